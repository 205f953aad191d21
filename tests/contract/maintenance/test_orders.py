"""Work orders on both databases: their life, what two people do at once, their figures, what opens them by itself."""

from __future__ import annotations

import asyncio

import pytest

from gateway.clock import NS_PER_S
from gateway.errors import ConflictError, InvalidRequestError, NotFoundError
from gateway.maintenance.changes import Changes
from gateway.store import Store
from gateway.workorder import (
    Labour,
    NewWork,
    Part,
    Priority,
    WorkAction,
    WorkKind,
    WorkState,
    WorkWanted,
)
from tests.peers.notify import deviation
from tests.peers.work_bench import ALL, HOUR_NS, MACHINE, Bench, bench, corrective


async def test_a_request_becomes_an_order_and_each_step_is_in_its_history(store: Store) -> None:
    desk = (await bench(store)).desk
    asked = await desk.open(
        NewWork(title="Door rattles", asset=MACHINE, checklist=("Lock out", "Oil")), by="otto"
    )
    assert (asked.number, asked.state, asked.kind) == (1, WorkState.REQUESTED, WorkKind.REQUEST)
    with pytest.raises(ConflictError, match="is requested: start is not possible now, but approve"):
        await desk.act(1, WorkAction.START, by="ben", version=1)
    order = await desk.act(1, WorkAction.APPROVE, by="sam", version=1)
    assert (order.state, order.kind, order.version) == (WorkState.OPEN, WorkKind.CORRECTIVE, 2)
    order = await desk.act(1, WorkAction.START, by="ben", version=2)
    with pytest.raises(InvalidRequestError, match="reason is empty"):
        await desk.act(1, WorkAction.HOLD, by="ben", version=3)
    order = await desk.act(1, WorkAction.HOLD, by="ben", version=3, note="part is ordered")
    assert order.hold_reason == "part is ordered"
    order = await desk.act(1, WorkAction.START, by="ben", version=4)
    assert order.hold_reason == ""
    with pytest.raises(InvalidRequestError, match="not done: Lock out; Oil"):
        await desk.act(1, WorkAction.COMPLETE, by="ben", version=5)
    await desk.check(1, 0, by="ben", done=True)
    order = await desk.check(1, 1, by="ben", done=True)
    assert [item.by for item in order.checklist] == ["ben", "ben"]
    await desk.add_labour(1, Labour(person="ben", minutes=20, time_ns=1), by="ben")
    await desk.add_part(1, Part(part="hinge", quantity=2, unit_cost=4.5), by="ben")
    order = await desk.note(1, "Oiled too.", by="ben")
    order = await desk.act(1, WorkAction.COMPLETE, by="ben", version=order.version, note="done")
    assert (order.state, order.completion_note) == (WorkState.COMPLETE, "done")
    order = await desk.act(1, WorkAction.CLOSE, by="sam", version=order.version)
    assert order.state is WorkState.CLOSED
    with pytest.raises(ConflictError, match="reopen it first"):
        await desk.check(1, 0, by="ben", done=False)
    told = [(event.action, event.by) for event in await desk.events(1)]
    assert told == [
        ("opened", "otto"),
        ("approve", "sam"),
        ("start", "ben"),
        ("hold", "ben"),
        ("start", "ben"),
        ("checked", "ben"),
        ("checked", "ben"),
        ("labour", "ben"),
        ("parts", "ben"),
        ("noted", "ben"),
        ("complete", "ben"),
        ("close", "sam"),
    ]


async def test_who_follows_hears_of_every_change_once_whoever_made_it(store: Store) -> None:
    b = await bench(store, grease=HOURS)
    changes = b.desk.changes
    waiting = asyncio.create_task(changes.wait(0))
    await b.desk.open(corrective(), by="sam")
    await waiting
    await b.desk.act(1, WorkAction.START, by="ben", version=1)
    await b.watch.look()
    b.meters.run(b.now_ns, b.now_ns + 11 * HOUR_NS)
    await b.clock.advance(11 * 3600)
    assert await b.watch.look() == 1
    heard = await changes.events(after=0, limit=100)
    assert [(each.seq, each.order, each.action) for each in heard] == [
        (1, 1, "opened"),
        (2, 1, "start"),
        (3, 2, "opened"),
    ]
    assert changes.revision == 3
    assert [each.seq for each in await changes.events(after=1, limit=1)] == [2]
    again = await Changes.open(store)
    assert again.revision == 3


async def test_of_two_people_at_once_the_second_is_told(store: Store) -> None:
    desk = (await bench(store)).desk
    await desk.open(corrective(), by="anna")
    await desk.change(1, {"priority": Priority.HIGH.value}, by="anna", version=1)
    with pytest.raises(ConflictError, match=r"changed meanwhile \(version 2, yours 1\)"):
        await desk.change(1, {"title": "other"}, by="ben", version=1)
    with pytest.raises(ConflictError, match="changed meanwhile"):
        await desk.act(1, WorkAction.START, by="ben", version=1)
    kept = await desk.order(1)
    assert (kept.title, kept.priority, kept.state) == (
        "Replace valve 3",
        Priority.HIGH,
        WorkState.OPEN,
    )
    assert (await desk.events(1))[1].detail == {"priority": ["medium", "high"]}


async def test_an_order_of_an_issue_is_in_both_histories_and_a_key_opens_once(store: Store) -> None:
    here = await bench(store)
    await here.issues.apply([deviation(1, here.now_ns)])
    await here.clock.advance(60)
    first = await here.desk.open(corrective(issue=1), by="anna", key="k")
    again = await here.desk.open(corrective(issue=1), by="anna", key="k")
    assert (first.number, again.number) == (1, 1)
    assert first.raised_ns == here.now_ns - 60 * NS_PER_S, "the need began with the issue"
    with pytest.raises(ConflictError, match="opened work order 1 before"):
        await here.desk.open(corrective(title="another"), by="anna", key="k")
    with pytest.raises(NotFoundError, match="no issue 9"):
        await here.desk.open(corrective(issue=9), by="anna")
    events = await here.issues.events(after=1, limit=9)
    assert [(e.action, e.detail["work_order"]) for e in events] == [("work_order", 1)]
    assert len(await here.desk.orders(WorkWanted(issue=1))) == 1


async def test_figures_come_from_the_same_records(store: Store) -> None:
    here = await bench(store)
    start_ns = here.now_ns
    here.meters.operating_s = 1200 * 60.0
    for repair_min, ack_min in ((20, 2), (45, 5), (10, 1)):
        order = await here.desk.open(corrective(), by="anna")
        down_ns = here.now_ns
        await here.clock.advance(ack_min * 60)
        order = await here.desk.act(order.number, WorkAction.START, by="ben", version=1)
        await here.clock.advance((repair_min - ack_min) * 60)
        await here.desk.set_downtime(
            order.number, start_ns=down_ns, end_ns=here.now_ns, by="ben", version=order.version
        )
    await here.desk.open(corrective(kind=WorkKind.PREVENTIVE), by="anna")
    found = await here.desk.reliability("demo", start_ns=start_ns, end_ns=here.now_ns + 1)
    assert (found.failures, found.orders) == (3, 4)
    assert (found.mtbf_s, found.mttr_s) == (400 * 60.0, 25 * 60.0)
    assert found.mtta_s == pytest.approx(2.667 * 60, abs=0.03)
    assert found.availability == pytest.approx(0.941176, abs=5e-7)
    elsewhere = await here.desk.reliability("demo/x", start_ns=start_ns, end_ns=here.now_ns)
    assert (elsewhere.failures, elsewhere.mtbf_s, elsewhere.operating_s) == (0, None, None)


HOURS = {"type": "running_hours", "title": "Grease", "machines": [MACHINE], "every_h": 10}


async def test_each_interval_of_running_hours_opens_one_order(store: Store) -> None:
    here = await bench(store, grease=HOURS | {"checklist": ["Lock out"], "due_after_s": 3600})
    assert await here.watch.look() == 0
    t0 = here.now_ns
    here.meters.run(t0 - HOUR_NS, t0 + 6 * HOUR_NS)
    here.meters.run(t0 + 6 * HOUR_NS, t0 + 8 * HOUR_NS, booked="adet_internal")
    here.meters.run(t0 + 8 * HOUR_NS, t0 + 11 * HOUR_NS, booked="asut")
    here.meters.run(t0 + 11 * HOUR_NS, t0 + 13 * HOUR_NS, settled=False)
    await here.clock.advance(13 * 3600)
    assert await here.watch.look() == 0
    status = (await here.desk.triggers())[0]
    assert (status.total, status.used) == (pytest.approx(9.0), pytest.approx(0.9))
    here.meters.intervals_[-1:] = []
    here.meters.run(t0 + 11 * HOUR_NS, t0 + 13 * HOUR_NS)
    assert await here.watch.look() == 1
    again = await Bench(store, {"triggers": {"grease": HOURS}}).open()
    again.watch._performance = again.meters = here.meters
    await again.clock.advance(13 * 3600)
    assert await again.watch.look() == 0, "a restart counts nothing twice"
    (order,) = await here.desk.orders(ALL)
    assert (order.kind, order.trigger, order.asset) == (WorkKind.PREVENTIVE, "grease", MACHINE)
    assert order.due_ns == here.now_ns + HOUR_NS
    assert [item.text for item in order.checklist] == ["Lock out"]
    assert (await here.desk.events(1))[0].detail == {"interval": 1, "meter": 10.0, "unit": "h"}


async def test_pieces_are_counted_by_whole_hours_that_are_in(store: Store) -> None:
    trigger = {"type": "cycles", "title": "Change the knife", "machines": [MACHINE], "every": 100}
    here = await bench(store, knife=trigger)
    await here.watch.look()
    t0 = here.now_ns
    here.meters.pieces = {t0 + n * HOUR_NS: 57.0 for n in range(6)}  # and 3 off plan: 60
    opened = []
    for _ in range(7):
        await here.clock.advance(3600)
        opened.append(await here.watch.look())
    assert opened == [0, 0, 1, 0, 1, 1, 0], "the newest hour waits for late counters"
    assert [o.key for o in await here.desk.orders(ALL)] == [
        f"pm:knife:{MACHINE}:{n}" for n in (3, 2, 1)
    ]


async def test_drift_opens_one_order_at_a_time_and_none_twice(store: Store) -> None:
    trigger = {"type": "drift", "title": "Look at the dosing", "rules": ["weight"]}
    here = await bench(store, wear=trigger)
    await here.issues.apply([deviation(1, here.now_ns), deviation(2, here.now_ns, rule="other")])
    await here.watch.look()
    await here.watch.look()
    (order,) = await here.desk.orders(ALL)
    assert (order.issue, order.key) == (1, "drift:wear:1")
    await here.issues.apply([deviation(3, here.now_ns)])
    await here.watch.look()
    assert len(await here.desk.orders(ALL)) == 1, "one is open at the machine already"
    await here.desk.act(1, WorkAction.CANCEL, by="sam", version=1, note="seen")
    await here.issues.apply([deviation(4, here.now_ns)])
    await here.watch.look()
    assert [o.issue for o in await here.desk.orders(ALL)] == [4, 1]
    assert "work_order" in [e.action for e in await here.issues.events(after=0, limit=20)]
