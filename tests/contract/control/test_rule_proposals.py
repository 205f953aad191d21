"""Rules before the guard: one proposal an alarm, taken back with it, sent by nobody but a person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gateway.alarm import Alarm
from gateway.command import OperationState as S
from gateway.control.options import Source
from gateway.control.requests import GuardRequests
from gateway.detect.options import RuleOptions, rule_types
from gateway.detect.proposing import Proposing
from gateway.errors import StorageError
from tests.peers.control_house import COMMANDS, SPEED, ControlHouse, control_house
from tests.peers.web_alarms import EXAMPLE

ALARM = replace(EXAMPLE, rule="weight", suppressed_or_shelved=False, active=True, onset_ns=7)


@pytest.fixture
def url(tmp_path: Path) -> str:
    """One database is enough: the requests themselves are held to both."""
    return f"sqlite:///{tmp_path}/control.db"


class Standing:
    """The alarms that a test lets stand."""

    def __init__(self) -> None:
        self.rows: list[Alarm] = [ALARM]
        self.revision = 1

    async def list(self, *, limit: int, before: int | None = None, **_: Any) -> Sequence[Alarm]:
        return [each for each in self.rows if before is None or each.number < before][:limit]


def rule(**propose: Any) -> RuleOptions:
    return rule_types()["limit"].model_validate(
        {
            "type": "limit",
            "title": "Fill weight high",
            "signals": [EXAMPLE.signal],
            "high": 510,
            "issue_type": "quality",
            "propose": {"command": "speed", **(propose or {"value": 110})},
        }
    )


def proposing(house: ControlHouse, alarms: Standing, made: RuleOptions) -> Proposing:
    return Proposing(
        lambda: {"weight": made},
        alarms=alarms,  # type: ignore[arg-type]  # the half of the port that it reads
        requests=GuardRequests(house.guard, Source.RULES),
        clock=house.clock,
    )


async def states(house: ControlHouse) -> list[S]:
    found = await house.guard.operations(machine="", states=(), before_ns=None, limit=9)
    return [each.state for each in reversed(found)]


@pytest.fixture
def alarms() -> Standing:
    return Standing()


async def test_an_alarm_proposes_once_and_a_person_carries_it_out(
    house: ControlHouse, alarms: Standing
) -> None:
    rules = proposing(house, alarms, rule())
    await rules.look()
    await rules.look()
    (made,) = await house.guard.operations(machine="", states=(), before_ns=None, limit=9)
    assert (made.state, made.by, made.by_kind) == (S.PROPOSED, "rules: weight", "rules")
    assert dict(made.values) == {SPEED: 110.0}
    assert EXAMPLE.explanation in made.reason
    assert house.machine.sent == []
    # A gateway that is started again, and a detector that replays, ask nothing anew.
    await proposing(house, alarms, rule()).look()
    assert await states(house) == [S.PROPOSED]
    done = await house.operate(await house.select(110, proposal=made.id))
    assert done.state is S.OK
    alarms.rows = []
    await rules.look()
    assert await states(house) == [S.OK]
    alarms.rows = [replace(ALARM, onset_ns=8)]
    await rules.look()
    assert await states(house) == [S.OK, S.PROPOSED]


async def test_what_its_alarm_no_longer_holds_is_taken_back(
    house: ControlHouse, alarms: Standing
) -> None:
    rules = proposing(house, alarms, rule())
    await rules.look()
    alarms.rows = [replace(ALARM, suppressed_or_shelved=True)]
    await rules.look()
    assert await states(house) == [S.CANCELLED]
    # Who declined it is not asked again for the same alarm.
    alarms.rows = [ALARM]
    await rules.look()
    assert await states(house) == [S.CANCELLED]
    assert [act[:2] for act in await house.acts()] == [
        ("rules: weight", "control.propose"),
        ("rules: weight", "control.cancel"),
    ]


async def test_a_refused_proposal_is_told_once_and_a_store_that_is_away_is_tried_again(
    house: ControlHouse, alarms: Standing
) -> None:
    rules = proposing(house, alarms, rule(value=500))
    await rules.look()
    await rules.look()
    assert ["outside 60 to 130" in each for each in rules.remarks()] == [True]
    assert [act[2] for act in await house.acts()] == ["refused"]
    rules = proposing(house, alarms, rule())
    house.audit.broken = True
    with pytest.raises(StorageError):
        await rules.look()
    house.audit.broken = False
    await rules.look()
    assert await states(house) == [S.PROPOSED]


async def test_a_rule_sends_by_itself_only_where_its_command_names_rules(
    tmp_path: Path, alarms: Standing
) -> None:
    automatic = {"speed": {**COMMANDS["speed"], "automatic": ["rules"]}}
    async with control_house(tmp_path, commands=automatic) as house:
        await proposing(house, alarms, rule()).look()
        assert await states(house) == [S.OK]
        assert [dict(each.values) for each in house.machine.sent] == [{SPEED: 110.0}]
