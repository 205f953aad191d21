"""Scheduler and rules before the guard: a name of their own, a person in between, once by their key."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from gateway.command import CommandRequest
from gateway.command import OperationState as S
from gateway.control.options import Source
from gateway.control.requests import GuardRequests
from gateway.errors import (
    ConflictError,
    ForbiddenError,
    InvalidRequestError,
    NotFoundError,
    StorageError,
    UnansweredError,
)
from tests.peers.control_house import (
    COMMANDS,
    MODE,
    SPEED,
    ControlHouse,
    control_house,
    person,
    refused,
)

AUTOMATIC = {"speed": {**COMMANDS["speed"], "automatic": ["scheduler"]}}


def speed(value: float = 110, key: str = "job 7 start", **more: Any) -> CommandRequest:
    given: Any = {"command": "speed", "value": value, "key": key, "reason": "order 4711", **more}
    return CommandRequest(**given)


async def test_what_the_scheduler_asks_waits_for_a_person(house: ControlHouse) -> None:
    scheduler = GuardRequests(house.guard, Source.SCHEDULER)
    made = await scheduler.ask(speed(cause="job 7"))
    assert (made.state, made.by, made.by_kind) == (S.PROPOSED, "scheduler: job 7", "scheduler")
    assert (dict(made.values), made.reason) == ({SPEED: 110.0}, "order 4711")
    await house.clock.advance(60)
    assert house.machine.sent == []
    selected = await house.select(110, proposal=made.id)
    assert (await house.operate(selected)).state is S.OK
    assert (await scheduler.operation(made.id)).state is S.OK
    assert [act[:2] for act in await house.acts()] == [
        ("scheduler: job 7", "control.propose"),
        ("anna", "control.operate"),
        ("gateway", "control.outcome"),
    ]


async def test_one_key_is_one_operation_also_after_a_restart(house: ControlHouse) -> None:
    scheduler = GuardRequests(house.guard, Source.SCHEDULER)
    first, second = await asyncio.gather(scheduler.ask(speed()), scheduler.ask(speed()))
    assert first.id == second.id
    guard = await house.reopened(house.store).open()
    again = GuardRequests(guard, Source.SCHEDULER)
    assert (await again.ask(speed())).id == first.id
    assert (await again.ask(speed(key="job 8 start"))).id != first.id
    # Another asker with the same word is another occasion.
    assert (await GuardRequests(guard, Source.RULES).ask(speed())).id != first.id
    boss = person("boss")
    with pytest.raises(ForbiddenError):
        await guard.decline(first.id, by=boss, reason="no")
    assert (await again.withdraw(first.id)).state is S.CANCELLED
    # What was answered stays answered.
    assert (await again.ask(speed())).state is S.CANCELLED
    with pytest.raises(ConflictError, match="scheduler's, not rules'"):
        await GuardRequests(guard, Source.RULES).withdraw(first.id)


async def test_a_recipe_by_its_name_and_what_is_refused(house: ControlHouse) -> None:
    scheduler = GuardRequests(house.guard, Source.SCHEDULER)
    cola = CommandRequest(command="recipe", recipe="cola", key="job 7", reason="")
    made = await scheduler.ask(cola)
    assert sorted(made.values.values()) == [110.0, 500.0]  # type: ignore[type-var]  # both are numbers
    with pytest.raises(NotFoundError, match="there are: cola, water"):
        await scheduler.ask(CommandRequest(command="recipe", recipe="tea", key="1", reason=""))
    with pytest.raises(NotFoundError, match="no command"):
        await scheduler.ask(CommandRequest(command="door", value=1, key="2", reason=""))
    with pytest.raises(InvalidRequestError, match="want one of"):
        await scheduler.ask(speed(recipe="cola", key="3"))
    with pytest.raises(InvalidRequestError, match="want values"):
        await scheduler.ask(CommandRequest(command="recipe", value=1, key="4", reason=""))
    await refused(house, scheduler.ask(speed(500, key="5")), InvalidRequestError, "outside")
    house.audit.broken = True
    with pytest.raises(StorageError):
        await scheduler.ask(speed(key="6"))


async def test_where_a_command_names_it_the_scheduler_goes_through_the_whole_guard(
    tmp_path: Path, url: str
) -> None:
    async with control_house(tmp_path, url=url, commands=AUTOMATIC) as house:
        scheduler = GuardRequests(house.guard, Source.SCHEDULER)
        done = await scheduler.ask(speed())
        assert done.state is S.OK, done.explanation
        assert [act[:2] for act in await house.acts()] == [
            ("scheduler", "control.propose"),
            ("scheduler", "control.operate"),
            ("gateway", "control.outcome"),
        ]
        # Rules are not named: they only propose.
        assert (await GuardRequests(house.guard, Source.RULES).ask(speed())).state is S.PROPOSED
        house.machine.sent.clear()
        house.machine.values[MODE] = 2
        held = await scheduler.ask(speed(120, key="job 8"))
        assert (held.state, house.machine.sent) == (S.PROPOSED, [])
        assert (await house.acts())[-1] == ("scheduler", "control.select", "refused")
        house.machine.values[MODE] = 1
        house.machine.answer = UnansweredError("no answer in time")
        unknown = await scheduler.ask(speed(120, key="job 9"))
        assert unknown.state is S.UNKNOWN
        assert (await scheduler.ask(speed(120, key="job 9"))).id == unknown.id
        assert len(house.machine.sent) == 1
