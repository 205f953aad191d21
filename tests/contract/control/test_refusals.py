"""What speaks against a command: each refusal by its class and words, in the audit, with nothing sent."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from gateway.access.port import Identity
from gateway.access.rights import Grant, Role
from gateway.audit.port import Wanted
from gateway.command import OperationState as S
from gateway.errors import (
    CommandRefusedError,
    ConflictError,
    ForbiddenError,
    InvalidRequestError,
)
from tests.peers.control_house import (
    ANNA,
    CHIEF,
    MACHINE,
    MODE,
    SPEED,
    STATE,
    TEMP,
    ControlHouse,
    person,
    refused,
)


@pytest.fixture
def url(tmp_path: Path) -> str:
    """One database is enough: none of this is decided by it."""
    return f"sqlite:///{tmp_path}/control.db"


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
