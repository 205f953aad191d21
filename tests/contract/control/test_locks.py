"""What stands above every command: rate, held targets, audit, kill switch, lock-outs, restarts."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from gateway.access.rights import Role
from gateway.command import OperationState as S
from gateway.errors import (
    ConflictError,
    ForbiddenError,
    InvalidRequestError,
    StorageError,
)
from tests.peers.control_house import (
    ANNA,
    BEN,
    CHIEF,
    MACHINE,
    RECIPE,
    SECOND,
    SPEED,
    ControlHouse,
    person,
    refused,
)


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
