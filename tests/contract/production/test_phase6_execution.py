"""Phase 6, Execution Management: refusal, timeout, counts and restart, asked at the desk (production.md §2)."""

from __future__ import annotations

import math
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gateway.clock import NS_PER_S, ManualClock
from gateway.errors import ConflictError, InvalidRequestError
from gateway.production.execution.machines import Answer, Outcome, Verb
from gateway.production.execution.port import Act, Commanded, Way
from gateway.production.lifecycle import JobState, WorkOrderState
from gateway.production.model import ScheduleCause, WorkOrder
from gateway.production.office.options import Approval, PlanningOptions
from gateway.production.office.schedules import ScheduleDesk
from gateway.store import Store
from tests.peers.job_house import EIGHT_NS, JOB, JobHouse
from tests.peers.shop_floor import ANNA, LATHE, QTY, fill, things
from tests.peers.web_services import memory_plant

DISPATCH = Commanded(act=Act.DISPATCH)


@pytest.fixture
async def house(url: str, tmp_path: Path) -> AsyncIterator[JobHouse]:
    clock = ManualClock(start_ns=EIGHT_NS)
    store = await Store.open(url)
    house = JobHouse(store, clock, memory_plant(folder=tmp_path, clock=clock))
    await fill(house.archive, things(EIGHT_NS // (60 * NS_PER_S)))
    yield house
    await store.close()


async def test_phase6_sent_becomes_running_only_when_the_machine_says_so(house: JobHouse) -> None:
    desk = house.executing.desk
    waiting = (await desk.station("M1")).next[0]
    assert (waiting.run.job, waiting.commands) == (JOB, (Act.DISPATCH,))
    assert Act.START in (await desk.station("M2")).next[0].commands
    run = await desk.command(JOB, DISPATCH, by=ANNA)
    assert (run.state, run.way) == (JobState.SENT, Way.JOB_CONTROL)
    (call,) = house.machines.calls
    assert (call.verb, call.job, call.product, call.qty) == (Verb.STORE_AND_START, JOB, "P", QTY)
    await house.look()
    assert await house.state() is JobState.SENT
    await house.seen(JobState.ALLOWED_TO_START)
    assert await house.state() is JobState.ALLOWED_TO_START
    started_ns = EIGHT_NS + NS_PER_S
    await house.seen(JobState.RUNNING, started_ns=started_ns)
    run = (await desk.detail(JOB)).job.run
    assert (run.state, run.started_ns) == (JobState.RUNNING, started_ns)
    assert (await house.archive.get(WorkOrder, "W-1")).state is WorkOrderState.IN_PROGRESS
    paused = await desk.command(JOB, Commanded(act=Act.PAUSE, code="jam"), by=ANNA)
    assert paused.state is JobState.RUNNING
    assert house.machines.calls[-1].verb is Verb.PAUSE
    await house.seen(JobState.INTERRUPTED, started_ns=started_ns)
    assert await house.state() is JobState.INTERRUPTED


async def test_phase6_a_refusal_takes_the_job_back_to_ready_with_the_machines_code(
    house: JobHouse,
) -> None:
    desk = house.executing.desk
    said = "the method: BadInvalidState"
    house.machines.answer = Answer(outcome=Outcome.REFUSED, said=said)
    with pytest.raises(ConflictError, match="BadInvalidState"):
        await desk.command(JOB, DISPATCH, by=ANNA)
    detail = await desk.detail(JOB)
    assert (detail.job.run.state, detail.job.run.note) == (JobState.READY, said)
    assert [each.state for each in detail.steps] == [JobState.SENT, JobState.READY]
    assert said in detail.steps[-1].said
    house.machines.answer = Answer(outcome=Outcome.OK, said="Good")
    assert (await desk.command(JOB, DISPATCH, by=ANNA)).state is JobState.SENT


async def test_phase6_no_answer_is_unknown_asked_for_and_never_sent_again(house: JobHouse) -> None:
    desk = house.executing.desk
    house.machines.answer = Answer(outcome=Outcome.UNKNOWN, said="no answer within 15 s")
    run = await desk.command(JOB, DISPATCH, by=ANNA)
    assert run.state is JobState.SENT
    assert run.doubt == "StoreAndStart was not answered: no answer within 15 s"
    with pytest.raises(ConflictError, match="possible: settle"):
        await desk.command(JOB, DISPATCH, by=ANNA)
    for _ in range(3):
        await house.clock.advance(60)
        await house.look()
    assert len(house.machines.calls) == 1
    assert (await desk.detail(JOB)).job.run.doubt
    # The machine had taken it: its list says so, and the doubt ends.
    await house.seen(JobState.RUNNING, started_ns=EIGHT_NS + NS_PER_S)
    run = (await desk.detail(JOB)).job.run
    assert (run.state, run.doubt) == (JobState.RUNNING, "")
    assert len(house.machines.calls) == 1


async def test_phase6_a_person_settles_what_the_machine_cannot_say(house: JobHouse) -> None:
    desk = house.executing.desk
    house.machines.answer = Answer(outcome=Outcome.UNKNOWN, said="no answer")
    await desk.command(JOB, DISPATCH, by=ANNA)
    with pytest.raises(InvalidRequestError, match="reason"):
        await desk.command(JOB, Commanded(act=Act.SETTLE, state=JobState.READY), by=ANNA)
    found = Commanded(act=Act.SETTLE, state=JobState.READY, reason="its screen shows no job")
    run = await desk.command(JOB, found, by=ANNA)
    assert (run.state, run.doubt) == (JobState.READY, "")


async def test_phase6_after_a_kill_the_job_is_where_the_machines_list_has_it(
    house: JobHouse,
) -> None:
    await house.executing.desk.command(JOB, DISPATCH, by=ANNA)
    await house.seen(JobState.RUNNING, started_ns=EIGHT_NS + NS_PER_S)
    ended_ns = EIGHT_NS + 600 * NS_PER_S
    house.again()
    await house.clock.advance(700)
    house.machines.listed = None
    await house.look()
    assert await house.state() is JobState.RUNNING
    await house.seen(
        JobState.ENDED, started_ns=EIGHT_NS + NS_PER_S, ended_ns=ended_ns, good=250.0, made=252.0
    )
    run = (await house.executing.desk.detail(JOB)).job.run
    assert (run.state, run.ended_ns) == (JobState.ENDED, ended_ns)
    assert (run.said_good, run.said_made) == (250.0, 252.0)


async def test_phase6_a_machine_that_forgot_its_jobs_leaves_a_doubt_not_a_guess(
    house: JobHouse,
) -> None:
    await house.executing.desk.command(JOB, DISPATCH, by=ANNA)
    await house.seen(JobState.RUNNING, started_ns=EIGHT_NS)
    house.machines.listed = []
    await house.look()
    run = (await house.executing.desk.detail(JOB)).job.run
    assert run.state is JobState.RUNNING
    assert "no longer lists it" in run.doubt


async def test_phase6_reset_and_rollover_never_yield_negative_or_double_pieces(
    house: JobHouse,
) -> None:
    """E4 of rules.md: 65530, 65534, 3, 10, 0, 4 at most 2/s, 10 s apart, count 20."""
    await house.executing.desk.command(JOB, DISPATCH, by=ANNA)
    await house.seen(JobState.RUNNING, started_ns=EIGHT_NS - NS_PER_S)
    values = (65530.0, 65534.0, 3.0, 10.0, 0.0, 4.0)
    rows = [(10.0 * n, house.good, value) for n, value in enumerate(values)]
    booked = []
    for row in rows:
        await house.count(row)
        booked.append((await house.pieces())[0])
    assert booked == [0.0, 4.0, 9.0, 16.0, 16.0, 20.0]
    # The same chunk again, and a gateway that begins anew, count nothing twice.
    house.seq -= 1
    await house.count(rows[-1])
    assert await house.pieces() == (20.0, 0.0)
    house.again()
    await house.executing.counts.cursor()
    house.seq -= 3
    for row in rows[-3:]:
        await house.count(row)
    assert await house.pieces() == (20.0, 0.0)


async def test_phase6_a_count_that_is_no_number_books_nothing(house: JobHouse) -> None:
    await house.executing.desk.command(JOB, DISPATCH, by=ANNA)
    await house.seen(JobState.RUNNING, started_ns=EIGHT_NS - NS_PER_S)
    for at_s, value in ((0.0, 100.0), (1.0, math.inf), (2.0, -math.inf), (3.0, 103.0)):
        await house.count((at_s, house.good, value))
    assert await house.pieces() == (3.0, 0.0)


async def test_phase6_250_pieces_are_250_booked_even_if_begin_and_end_are_told_late(
    house: JobHouse,
) -> None:
    """Pieces belong to the job that ran when they were made, by the machine's own time."""
    await house.executing.desk.command(JOB, DISPATCH, by=ANNA)
    await house.count((0.0, house.good, 1000.0), (0.0, house.reject, 7.0))
    # Seven pieces of the job before it, then 250 of which one in fifty is bad, then five of the next one.
    good, bad, at = 1000.0, 7.0, 0.0
    for number in range(7):
        at, good = number + 1.0, good + 1
        await house.count((at, house.good, good))
    for number in range(255):
        at += 1.0
        good += 1
        await house.count((at, house.good, good))
        if number % 50 == 49:
            bad += 1
            await house.count((at, house.reject, bad))
        if number == 20:
            # Thirteen seconds late: the machine says that it began with the eighth piece.
            await house.seen(JobState.RUNNING, started_ns=EIGHT_NS + round(7.5 * NS_PER_S))
    ended_ns = EIGHT_NS + round(257.5 * NS_PER_S)
    await house.seen(
        JobState.ENDED, started_ns=EIGHT_NS + round(7.5 * NS_PER_S), ended_ns=ended_ns,
        good=250.0, made=255.0,
    )  # fmt: skip
    assert await house.pieces() == (250.0, 5.0)
    run = (await house.executing.desk.detail(JOB)).job.run
    assert (run.said_good, run.said_made) == (250.0, 255.0)
    await house.clock.advance(120)
    assert await house.pieces() == (250.0, 5.0)
    assert house.executing.counts.unbooked(LATHE) == 12.0


async def test_phase6_where_a_person_confirms_the_order_moves_with_its_jobs(
    house: JobHouse,
) -> None:
    desk = house.executing.desk
    start = Commanded(act=Act.START)
    run = await desk.command("W-2/turn", start, by=ANNA)
    assert (run.state, run.way, run.tool, run.lots) == (
        JobState.RUNNING, Way.PERSON, "T-1", ("L-1",),
    )  # fmt: skip
    with pytest.raises(ConflictError, match="changed meanwhile"):
        await desk.command("W-2/turn", Commanded(act=Act.FINISH, version=0), by=ANNA)
    await desk.command("W-2/turn", Commanded(act=Act.COUNT, good=200, reject=4), by=ANNA)
    await desk.command("W-2/turn", Commanded(act=Act.PAUSE, code="jam"), by=ANNA)
    station = await desk.station("M2")
    assert station.stop is not None
    assert (station.stop.code, station.stop.end_ns) == ("jam", None)
    # A page's milliseconds miss the nanosecond; the reason is still that stop's.
    near_ns = station.stop.start_ns + 120
    await desk.give_reason("M2", start_ns=near_ns, end_ns=None, code="other", note="", by=ANNA)
    station = await desk.station("M2")
    assert [(each.code, each.end_ns) for each in station.stops] == [("other", None)]
    await house.clock.advance(90)
    await desk.command("W-2/turn", Commanded(act=Act.RESUME), by=ANNA)
    assert (await desk.station("M2")).stop is None
    await desk.command("W-2/turn", Commanded(act=Act.FINISH, good=50), by=ANNA)
    await desk.command("W-2/turn", Commanded(act=Act.ACCEPT), by=ANNA)
    assert (await house.archive.get(WorkOrder, "W-2")).state is WorkOrderState.IN_PROGRESS
    await desk.command("W-2/test", start, by=ANNA)
    await desk.command("W-2/test", Commanded(act=Act.FINISH, good=QTY), by=ANNA)
    run = (await desk.detail("W-2/turn")).job.run
    assert (run.good, run.reject, run.state) == (250.0, 4.0, JobState.ENDED)
    assert (await house.archive.get(WorkOrder, "W-2")).state is WorkOrderState.COMPLETED


async def test_phase6_a_reason_that_there_is_not_stops_no_job(house: JobHouse) -> None:
    desk = house.executing.desk
    await desk.command("W-2/turn", Commanded(act=Act.START), by=ANNA)
    with pytest.raises(InvalidRequestError, match="'jamm' is no reason"):
        await desk.command("W-2/turn", Commanded(act=Act.PAUSE, code="jamm"), by=ANNA)
    assert await house.state("W-2/turn") is JobState.RUNNING


async def test_phase6_a_search_leaves_what_has_begun_and_begins_nothing_before_now(
    house: JobHouse,
) -> None:

    desk = house.executing.desk
    options = PlanningOptions(solve_s=0.2, approval=Approval.ANYBODY, frozen_min=0)
    schedules = ScheduleDesk(
        house.archive,
        options=options,
        clock=house.clock,
        progress=desk.progress,
        states=desk.states,
    )
    before = {each.job.id: each.job for each in (await schedules.board()).bars}
    await house.clock.advance(100 * 60)
    await desk.command("W-2/turn", Commanded(act=Act.START), by=ANNA)
    await house.clock.advance(30 * 60)
    now_min = house.clock.now_ns() // (60 * NS_PER_S)
    job = schedules.search(cause=ScheduleCause.DRIFT, seconds=0.2, pins=None, by="anna")
    job = await schedules.settled(job.id)
    assert job.version is not None, job.error
    board = await schedules.board(job.version)
    after = {each.job.id: each.job for each in board.bars}
    # Its standard time says 105 minutes, its plan said 120: what has begun is not judged anew.
    assert board.faults == ()
    begun = after.pop("W-2/turn")
    assert begun.state is JobState.RUNNING
    assert (begun.start_at_min, begun.end_at_min) == (
        before["W-2/turn"].start_at_min, before["W-2/turn"].end_at_min,
    )  # fmt: skip
    assert all(each.start_at_min >= now_min for each in after.values())
    await schedules.close()


async def test_phase6_the_board_projects_from_real_progress_and_the_plan_stays(
    house: JobHouse,
) -> None:

    desk = house.executing.desk
    schedules = ScheduleDesk(
        house.archive, options=PlanningOptions(), clock=house.clock, progress=desk.progress,
        states=desk.states,
    )  # fmt: skip
    await house.clock.advance(45 * 60)
    await desk.command("W-2/turn", Commanded(act=Act.START), by=ANNA)
    await house.clock.advance(60 * 60)
    await desk.command("W-2/turn", Commanded(act=Act.COUNT, good=50), by=ANNA)
    board = await schedules.board()
    bar = next(each for each in board.bars if each.job.id == "W-2/turn")
    begun = EIGHT_NS // (60 * NS_PER_S) + 45
    # 50 of 250 took an hour: four more to go.
    assert (bar.projected_start_min, bar.projected_end_min) == (begun, begun + 300)
    assert bar.job.state is JobState.RUNNING
    assert bar.job.start_at_min == begun + 15
    await schedules.close()
