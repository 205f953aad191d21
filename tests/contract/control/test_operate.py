"""From selection to outcome, on a real store and audit: written once, read back, never tried again."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from gateway.command import OperationState as S
from gateway.errors import (
    CommandRefusedError,
    ConflictError,
    ForbiddenError,
    NotFoundError,
    NotSentError,
    UnansweredError,
)
from tests.peers.control_house import (
    ANNA,
    BEN,
    MACHINE,
    SPEED,
    ControlHouse,
    person,
    refused,
)


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
