"""The guard from selection to outcome, on a real store and audit: what is refused, and that nothing is sent then."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from gateway.access.port import Identity
from gateway.access.rights import Grant, Right, Role
from gateway.audit.port import Wanted
from gateway.command import OperationState as S
from gateway.errors import (
    CommandRefusedError,
    ConflictError,
    ForbiddenError,
    InvalidRequestError,
    NotFoundError,
    NotSentError,
    StorageError,
    UnansweredError,
)
from tests.peers.control_house import (
    COMMANDS,
    MACHINE,
    MODE,
    SPEED,
    STATE,
    TEMP,
    ControlHouse,
    control_house,
    person,
)

ANNA, BEN = person("anna"), person("ben")
CHIEF = person("chief", Role.SUPERVISOR)
SECOND = person("second", Role.PRODUCTION_MANAGER)


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[ControlHouse]:
    async with control_house(tmp_path) as made:
        yield made


async def refused(house: ControlHouse, coroutine: Any, kind: type[Exception], *words: str) -> None:
    """Hold a refusal to its class and words, and see that it is in the audit and nothing was sent."""
    with pytest.raises(kind) as caught:
        await coroutine
    for word in words:
        assert word in str(caught.value), caught.value
    assert (await house.acts())[-1][2] == "refused"
    assert house.machine.sent == []


async def test_a_set_point_is_selected_written_once_and_read_back(house: ControlHouse) -> None:
    made = await house.select(110)
    assert made.operation.state is S.SELECTED
    assert dict(made.operation.present) == {SPEED: 120.0}
    assert house.machine.sent == []
    done = await house.operate(made)
    assert done.state is S.OK
    assert "speed shows 110" in done.explanation
    assert [dict(order.values) for order in house.machine.sent] == [{SPEED: 110.0}]
    assert house.machine.sent[0].id == done.id
    steps = [each.state for each in await house.guard.history(done.id)]
    assert steps == [S.SELECTED, S.SENDING, S.OK]
    assert await house.acts() == [
        ("anna", "control.operate", "asked"),
        ("gateway", "control.outcome", "ok"),
    ]
    (view,) = [v for v in await house.guard.commands(ANNA, machine=MACHINE) if v.name == "speed"]
    assert view.last is not None
    assert view.last.by == "anna"


async def test_the_audit_holds_the_operate_before_the_machine_hears_of_it(
    house: ControlHouse,
) -> None:
    held: list[str] = []

    def look(order: Any) -> None:
        held.extend(entry.action for entry in house.audit.entries)
        house.machine.values.update(order.values)

    house.machine.effect = look
    await house.operate(await house.select(110))
    assert "control.operate" in held


async def test_a_replayed_operate_finds_nothing(house: ControlHouse) -> None:
    made = await house.select(110)
    await house.operate(made)
    house.machine.sent.clear()
    await refused(house, house.operate(made), ConflictError, "select it anew")


async def test_of_many_operates_at_once_one_is_carried_out(house: ControlHouse) -> None:
    made = await house.select(110)
    house.machine.hold = asyncio.Event()
    tries = [asyncio.create_task(house.operate(made)) for _ in range(20)]
    await house.machine.heard.wait()
    house.machine.hold.set()
    results = await asyncio.gather(*tries, return_exceptions=True)
    assert len(house.machine.sent) == 1
    assert sum(isinstance(each, ConflictError) for each in results) == 19


async def test_a_late_operate_is_refused(house: ControlHouse) -> None:
    made = await house.select(110)
    await house.clock.advance(10.0)
    await refused(house, house.operate(made), ConflictError, "ran out")
    assert (await house.guard.operation(made.operation.id)).state is S.CANCELLED


async def test_a_forged_nonce_and_another_session_are_refused_and_cost_nothing(
    house: ControlHouse,
) -> None:
    made = await house.select(110)
    await refused(house, house.operate(made, nonce="forged"), ConflictError, "nonce")
    await refused(house, house.operate(made, BEN), ForbiddenError, "another session")
    other = person("anna", session="another browser")
    await refused(house, house.operate(made, other), ForbiddenError, "another session")
    # Whoever selected it still may.
    assert (await house.operate(made)).state is S.OK


async def test_an_unknown_operation_and_command_are_not_found(house: ControlHouse) -> None:
    with pytest.raises(NotFoundError):
        await house.guard.operate("nothing", nonce="x", expected={}, by=ANNA)
    with pytest.raises(NotFoundError, match="no command 'door'"):
        await house.guard.select("door", {"door": 1}, by=ANNA, reason="")


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (131.0, ("outside 60 to 130",)),
        (59.999, ("outside 60 to 130",)),
        (float("nan"), ("finite number",)),
        (float("inf"), ("finite number",)),
        pytest.param(10**400, ("finite number",), id="a number beyond every float"),
        (True, ("finite number",)),
        ("110", ("finite number",)),
        (85.0, ("step of 35", "at most 30")),
        (100.0, ("reason",)),
    ],
)
async def test_what_is_out_of_range_too_far_or_without_a_reason_is_refused(
    house: ControlHouse, value: Any, words: tuple[str, ...]
) -> None:
    await refused(house, house.select(value), InvalidRequestError, *words)


async def test_a_reason_allows_the_larger_step(house: ControlHouse) -> None:
    made = await house.select(100, reason="bottles tip over")
    assert made.operation.reason == "bottles tip over"


@pytest.mark.parametrize(
    "values", [{}, {"door": 1.0}, {"speed": 110.0, SPEED: 111.0}, {"speed": 110.0, "temp": 20.0}]
)
async def test_values_name_exactly_what_the_command_sets(
    house: ControlHouse, values: dict[str, float]
) -> None:
    asked = house.guard.select("speed", values, by=ANNA, reason="")
    await refused(house, asked, InvalidRequestError, "values")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda m: m.values.update({MODE: 2}), ("production", "mode is 2")),
        (lambda m: m.values.update({TEMP: 70.0}), ("production", "temp is 70")),
        (
            lambda m: m.problems.update({TEMP: "is not good: BadSensorFailure"}),
            ("temp", "not good"),
        ),
        (lambda m: m.problems.update({SPEED: "is not good: Uncertain"}), ("present value",)),
        (lambda m: setattr(m, "connected", False), ("not connected",)),
        (lambda m: setattr(m, "unfit", CommandRefusedError("no Int16")), ("no Int16",)),
    ],
)
async def test_what_the_machine_says_refuses_the_selection_and_later_the_operate(
    house: ControlHouse, change: Any, words: tuple[str, ...]
) -> None:
    made = await house.select(110)
    change(house.machine)
    await refused(house, house.operate(made), ConflictError, *words)
    assert (await house.guard.operation(made.operation.id)).state is S.CANCELLED
    await refused(house, house.select(110), ConflictError, *words)


@pytest.mark.parametrize(
    ("seconds", "quality", "away", "words"),
    [
        (11.0, 0, False, "11 s old"),
        (0.0, 0x808C0000, False, "not good"),
        (0.0, 0x40000000, False, "not good"),
        (0.0, 0, True, "not connected"),
    ],
)
async def test_an_interlock_whose_signal_is_old_bad_or_away_blocks(
    house: ControlHouse, seconds: float, quality: int, away: bool, words: str
) -> None:
    """The machine cannot be asked for this one: only what came by itself is known."""
    house.machine.silent = frozenset({TEMP})
    await refused(house, house.select(110), ConflictError, "temp", "no value")
    house.row(TEMP, 50.0, quality=quality)
    if away:
        house.presence.away.add(house.catalogue.index(TEMP))
    await house.clock.advance(seconds)
    await refused(house, house.select(110), ConflictError, "temp", words)
    house.presence.away.clear()
    house.row(TEMP, 50.0)
    assert (await house.select(110)).operation.state is S.SELECTED


async def test_a_clock_that_was_set_back_makes_no_old_value_fresh(house: ControlHouse) -> None:
    house.machine.silent = frozenset({TEMP})
    house.row(TEMP, 50.0)
    house.clock.set_wall_ns(house.clock.now_ns() - 3_600_000_000_000)
    await refused(house, house.select(110), ConflictError, "set back")


async def test_a_present_value_that_changed_meanwhile_is_refused(house: ControlHouse) -> None:
    made = await house.select(110)
    house.machine.values[SPEED] = 121.0
    await refused(house, house.operate(made), ConflictError, "changed from 120 to 121")
    made = await house.select(110)
    saw_another = house.operate(made, expected={SPEED: 119.0})
    await refused(house, saw_another, ConflictError, "was 121 at the selection, not 119")
    made = await house.select(110)
    await refused(house, house.operate(made, expected={}), InvalidRequestError, "expected")


async def test_the_rate_is_kept_across_a_restart(house: ControlHouse) -> None:
    for value in (110, 115, 120):
        await house.operate(await house.select(value))
    house.machine.sent.clear()
    await refused(house, house.select(115), ConflictError, "3 times within a minute")
    house.guard = await house.reopened(house.store).open()
    await refused(house, house.select(115), ConflictError, "3 times within a minute")
    await house.clock.advance(60.0)
    assert (await house.select(115)).operation.state is S.SELECTED


async def test_one_selection_a_target_at_a_time(house: ControlHouse) -> None:
    first = await house.select(110)
    await refused(house, house.select(115, BEN), ConflictError, "anna", "selected")
    # Who selects anew means the new one.
    second = await house.select(115)
    await refused(house, house.operate(first), ConflictError, "select it anew")
    assert (await house.operate(second)).values == {SPEED: 115.0}
    # Another command that sets the same signal waits as well.
    await house.select(110)
    proposal = await house.guard.propose("recipe", RECIPE, by=BEN, reason="")
    await house.guard.approve(proposal.id, by=SECOND)
    other = house.guard.select("recipe", RECIPE, by=BEN, reason="", proposal=proposal.id)
    house.machine.sent.clear()
    await refused(house, other, ConflictError, "selected")
    # A selection that ran out holds nothing.
    await house.clock.advance(10.0)
    assert (await house.select(110, BEN)).operation.by == "ben"


async def test_a_target_is_held_until_its_read_back_has_ended(house: ControlHouse) -> None:
    made = await house.select(110)
    house.machine.hold = asyncio.Event()
    task = asyncio.create_task(house.operate(made))
    await house.machine.heard.wait()
    with pytest.raises(ConflictError, match="has selected"):
        await house.select(115, BEN)
    house.machine.hold.set()
    assert (await task).state is S.OK
    assert (await house.select(115, BEN)).operation.state is S.SELECTED


@pytest.mark.parametrize(
    ("by", "words"),
    [
        (person("eve", Role.VIEWER), "setpoint.propose"),
        (person("eve", Role.QUALITY), "setpoint.propose"),
        (person("eve", Role.OPERATOR, zone="plant/bottling/line2"), "setpoint.propose"),
        (
            Identity(
                name="mes", kind="service", grants=(Grant(Role.SUPERVISOR),), credential="token"
            ),
            "may only propose",
        ),
    ],
)
async def test_who_lacks_the_right_the_zone_or_is_no_person_is_refused(
    house: ControlHouse, by: Identity, words: str
) -> None:
    await refused(house, house.select(110, by), ForbiddenError, words)


async def test_a_command_is_for_its_roles_alone(house: ControlHouse) -> None:
    asked: Any = {"by": ANNA, "reason": ""}
    await refused(
        house, house.guard.select("packml", {"command": 4}, **asked), ForbiddenError, "supervisor"
    )
    house.machine.effect = lambda order: house.machine.values.update({STATE: 11})
    made = await house.guard.select("packml", {"command": 4}, by=CHIEF, reason="")
    assert dict(made.operation.present) == {STATE: 6}
    done = await house.operate(made, CHIEF)
    assert done.state is S.OK, done.explanation
    assert "state shows 11" in done.explanation
    with pytest.raises(InvalidRequestError, match="2 Start, 4 Hold"):
        await house.guard.select("packml", {"command": 8}, by=CHIEF, reason="")


async def test_a_right_that_is_gone_since_the_selection_refuses_the_operate(
    house: ControlHouse,
) -> None:
    made = await house.select(110)
    less = person("anna", Role.VIEWER)
    await refused(house, house.operate(made, less), ForbiddenError, "setpoint.propose")


@pytest.mark.parametrize(
    ("answer", "state", "words"),
    [
        (CommandRefusedError("BadNotWritable"), S.FAILED, "the machine refused: BadNotWritable"),
        (NotSentError("there is no connection"), S.FAILED, "not sent"),
        (UnansweredError("no answer in time"), S.UNKNOWN, "Look at the machine"),
        (RuntimeError("a defect"), S.UNKNOWN, "Look at the machine"),
    ],
)
async def test_what_the_machine_answers_is_the_outcome_and_is_never_tried_again(
    house: ControlHouse, answer: Exception, state: S, words: str
) -> None:
    house.machine.answer = answer
    done = await house.operate(await house.select(110))
    assert done.state is state
    assert words in done.explanation
    await house.clock.advance(600)
    assert len(house.machine.sent) == 1
    wanted = {S.FAILED: "failed", S.UNKNOWN: "unknown"}[state]
    assert (await house.acts())[-1] == ("gateway", "control.outcome", wanted)


async def test_a_machine_that_does_not_show_it_has_failed_and_one_that_is_gone_is_unknown(
    house: ControlHouse,
) -> None:
    house.machine.deaf = True
    task = asyncio.create_task(house.operate(await house.select(110)))
    done = await _ended(house, task)
    assert done.state is S.FAILED
    assert "shows 120" in done.explanation
    house.machine.effect = lambda order: setattr(house.machine, "connected", False)
    task = asyncio.create_task(house.operate(await house.select(110)))
    done = await _ended(house, task)
    assert done.state is S.UNKNOWN
    assert len(house.machine.sent) == 2


async def _ended(house: ControlHouse, task: asyncio.Task[Any]) -> Any:
    for _ in range(10_000):
        if task.done():
            break
        await house.clock.advance(0.05)
        await asyncio.sleep(0.002)
    return await task


async def test_without_the_audit_nothing_is_sent_and_health_says_so(house: ControlHouse) -> None:
    made = await house.select(110)
    house.audit.broken = True
    with pytest.raises(StorageError):
        await house.operate(made)
    assert house.machine.sent == []
    assert house.guard.status().state == "failing"
    assert "audit" in house.guard.status().last_error
    assert (await house.guard.operation(made.operation.id)).state is S.CANCELLED
    house.audit.broken = False
    running = asyncio.create_task(house.guard.run())
    for _ in range(200):
        await house.clock.advance(1.0)
        await asyncio.sleep(0.005)
        if house.guard.status().state == "working":
            break
    assert house.guard.status().state == "working"
    running.cancel()


async def test_without_the_store_nothing_is_sent(house: ControlHouse) -> None:
    made = await house.select(110)
    await house.store.close()
    with pytest.raises(StorageError):
        await house.operate(made)
    assert house.machine.sent == []


async def test_the_kill_switch_stops_everything_also_between_audit_and_write(
    house: ControlHouse,
) -> None:
    made = await house.select(110)
    switch = house.folder / "control-off"
    switch.touch()
    await refused(house, house.operate(made), ConflictError, "control-off")
    await refused(house, house.select(110), ConflictError, "control-off")
    assert house.guard.state().off
    switch.unlink()
    made = await house.select(110)
    inner = house.audit.inner.record

    async def slow(entry: Any) -> int:
        number: int = await inner(entry)
        if entry.action == "control.operate":
            switch.touch()
        return number

    house.audit.inner.record = slow
    done = await house.operate(made)
    assert done.state is S.FAILED
    assert "not sent" in done.explanation
    assert house.machine.sent == []


async def test_a_lock_out_holds_for_everybody_and_is_released_by_who_set_it(
    house: ControlHouse,
) -> None:
    marta = person("marta", Role.MAINTENANCE)
    made = await house.select(110)
    with pytest.raises(ForbiddenError):
        await house.guard.lock(MACHINE, by=ANNA, why="I like to")
    with pytest.raises(InvalidRequestError, match="why"):
        await house.guard.lock(MACHINE, by=marta, why="")
    await house.guard.lock(MACHINE, by=marta, why="hand in the nozzle")
    await refused(house, house.operate(made), ConflictError, "marta", "hand in the nozzle")
    with pytest.raises(ConflictError, match="locked already by marta"):
        await house.guard.lock(MACHINE, by=CHIEF, why="me too")
    with pytest.raises(ForbiddenError, match="marta locked it"):
        await house.guard.release(MACHINE, by=CHIEF, why="line must run")
    root = person("root", Role.ADMINISTRATOR)
    with pytest.raises(InvalidRequestError, match="reason"):
        await house.guard.release(MACHINE, by=root, why="")
    # It is there after a restart as well.
    house.locks._held.clear()
    house.guard = await house.reopened(house.store).open()
    await refused(house, house.select(110), ConflictError, "hand in the nozzle")
    await house.guard.release(MACHINE, by=marta, why="")
    assert (await house.select(110)).operation.state is S.SELECTED


RECIPE = {"speed": 110, "fill": 500}


async def test_a_second_person_approves_and_the_proposer_carries_out(house: ControlHouse) -> None:
    by: Any = {"by": ANNA, "reason": ""}
    alone = house.guard.select("recipe", RECIPE, **by)
    await refused(house, alone, ConflictError, "second person")
    made = await house.guard.propose("recipe", RECIPE, **by)
    early = house.guard.select("recipe", RECIPE, proposal=made.id, **by)
    await refused(house, early, ConflictError, "is proposed")
    both = person("anna", Role.OPERATOR, Role.SUPERVISOR)
    await refused(house, house.guard.approve(made.id, by=both), ForbiddenError, "second person")
    await refused(house, house.guard.approve(made.id, by=BEN), ForbiddenError, "setpoint.approve")
    service = Identity(name="mes", kind="service", grants=(Grant(Role.SUPERVISOR),))
    await refused(house, house.guard.approve(made.id, by=service), ForbiddenError, "person")
    await house.guard.approve(made.id, by=SECOND)
    other = house.guard.select("recipe", {"speed": 120, "fill": 750}, proposal=made.id, **by)
    await refused(house, other, ConflictError, "other values")
    stranger = house.guard.select("recipe", RECIPE, by=BEN, reason="", proposal=made.id)
    await refused(house, stranger, ForbiddenError, "anna proposed it")
    selected = await house.guard.select("recipe", RECIPE, proposal=made.id, **by)
    assert selected.operation.id == made.id
    done = await house.operate(selected)
    assert done.state is S.OK, done.explanation
    assert done.approved_by == "second"
    assert dict(house.machine.sent[0].values) == {SPEED: 110.0, f"{MACHINE}/fill": 500.0}
    house.machine.sent.clear()
    again = house.guard.select("recipe", RECIPE, proposal=made.id, **by)
    await refused(house, again, ConflictError, "is ok")


async def test_only_recipes_of_the_list_are_taken(house: ControlHouse) -> None:
    odd = house.guard.propose("recipe", {"speed": 110, "fill": 750}, by=ANNA, reason="")
    await refused(house, odd, InvalidRequestError, "want one of cola, water")


async def test_a_proposal_runs_out_is_declined_or_taken_back(house: ControlHouse) -> None:
    made = await house.guard.propose("recipe", RECIPE, by=ANNA, reason="")
    declined = await house.guard.decline(made.id, by=SECOND, reason="not now")
    assert (declined.state, declined.explanation) == (S.DECLINED, "not now")
    await refused(house, house.guard.approve(made.id, by=SECOND), ConflictError, "is declined")
    made = await house.guard.propose("recipe", RECIPE, by=ANNA, reason="")
    await house.clock.advance(600)
    await refused(house, house.guard.approve(made.id, by=SECOND), ConflictError, "ran out")
    made = await house.guard.propose("recipe", RECIPE, by=ANNA, reason="")
    stranger = house.guard.cancel(made.id, by=BEN)
    await refused(house, stranger, ForbiddenError, "anna asked for it")
    assert (await house.guard.cancel(made.id, by=ANNA)).state is S.CANCELLED
    selected = await house.select(110)
    await house.guard.cancel(selected.operation.id, by=ANNA)
    await refused(house, house.operate(selected), ConflictError, "is cancelled")


RULES = Identity(
    name="rules",
    kind="rules",
    grants=(Grant(Role.SUPERVISOR),),
    rights=frozenset({Right.SETPOINT_PROPOSE}),
    credential="rules",
)


async def test_rules_propose_and_a_person_carries_out(house: ControlHouse) -> None:
    await refused(house, house.select(110, RULES), ForbiddenError, "may only propose")
    made = await house.guard.propose("speed", {"speed": 110}, by=RULES, reason="weight drifts")
    selected = await house.select(110, proposal=made.id)
    assert selected.operation.reason == "weight drifts"
    done = await house.operate(selected)
    assert (done.state, done.by, done.by_kind) == (S.OK, "rules", "rules")


async def test_what_is_marked_automatic_rules_carry_out_by_the_same_guard(tmp_path: Path) -> None:
    automatic = {"speed": {**COMMANDS["speed"], "automatic": ["rules"]}}
    async with control_house(tmp_path, commands=automatic) as house:
        house.machine.values[MODE] = 2
        await refused(house, house.select(110, RULES), ConflictError, "production")
        house.machine.values[MODE] = 1
        assert (await house.operate(await house.select(110, RULES), RULES)).state is S.OK


async def test_two_people_also_where_rules_propose(tmp_path: Path) -> None:
    async with control_house(tmp_path) as house:
        made = await house.guard.propose("recipe", RECIPE, by=RULES, reason="")
        await house.guard.approve(made.id, by=CHIEF)
        alone = house.guard.select("recipe", RECIPE, by=CHIEF, reason="", proposal=made.id)
        await refused(house, alone, ForbiddenError, "cannot carry it out")
        selected = await house.guard.select("recipe", RECIPE, by=ANNA, reason="", proposal=made.id)
        assert (await house.operate(selected)).state is S.OK


async def test_a_browser_that_goes_away_stops_nothing_half_way(house: ControlHouse) -> None:
    made = await house.select(110)
    house.machine.hold = asyncio.Event()
    task = asyncio.create_task(house.operate(made))
    await house.machine.heard.wait()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    house.machine.hold.set()
    for _ in range(500):
        if (await house.guard.operation(made.operation.id)).state is S.OK:
            break
        await asyncio.sleep(0.01)
    assert (await house.guard.operation(made.operation.id)).state is S.OK


async def test_a_restart_cancels_what_was_not_sent_and_leaves_the_rest_unknown(
    house: ControlHouse,
) -> None:
    selected = (await house.select(110)).operation
    proposed = await house.guard.propose("recipe", RECIPE, by=ANNA, reason="")
    house.machine.hold = asyncio.Event()
    sending = await house.guard.select("packml", {"command": 4}, by=CHIEF, reason="")
    task = asyncio.create_task(house.operate(sending, CHIEF))
    await house.machine.heard.wait()
    house.guard = await house.reopened(house.store).open()
    states = {
        each.id: each.state
        for each in await house.guard.operations(
            machine="plant", states=(), before_ns=None, limit=9
        )
    }
    assert states == {
        selected.id: S.CANCELLED,
        proposed.id: S.PROPOSED,
        sending.operation.id: S.UNKNOWN,
    }
    assert len(house.machine.sent) == 1
    acts = await house.acts()
    assert ("gateway", "control.restart", "unknown") in acts
    assert ("gateway", "control.restart", "refused") in acts
    task.cancel()
    house.machine.hold.set()
    await asyncio.gather(task, return_exceptions=True)


async def test_every_refusal_says_in_the_audit_who_wanted_what(house: ControlHouse) -> None:
    await refused(house, house.select(131), InvalidRequestError, "outside")
    (entry, *_) = await house.audit.search(Wanted(limit=1))
    assert entry.entry.actor == "anna"
    assert entry.entry.target == f"{MACHINE}: speed"
    assert "131" in entry.entry.detail
    assert "outside" in entry.entry.detail


async def test_a_view_says_what_speaks_against_a_command_now(house: ControlHouse) -> None:
    for path in (SPEED, TEMP, STATE, MODE):
        house.row(path, house.machine.values[path])  # type: ignore[arg-type]  # numbers, all of them
    views = {each.name: each for each in await house.guard.commands(ANNA, machine="plant")}
    assert views["speed"].why_not == ()
    assert views["speed"].parameters[0].present.value == 120.0
    assert "supervisor" in views["packml"].why_not[0]
    assert await house.guard.commands(ANNA, machine="plant/bottling/line2") == []
    house.machine.connected = False
    house.presence.away = {house.catalogue.index(SPEED)}
    views = {each.name: each for each in await house.guard.commands(ANNA, machine=MACHINE)}
    assert any("not connected" in why for why in views["speed"].why_not)
