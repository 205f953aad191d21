"""Two people, and who is no person: proposals, approvals, and what rules may do by themselves."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from gateway.access.port import Identity
from gateway.access.rights import Grant, Right, Role
from gateway.command import OperationState as S
from gateway.errors import (
    ConflictError,
    ForbiddenError,
    InvalidRequestError,
)
from tests.peers.control_house import (
    ANNA,
    BEN,
    CHIEF,
    COMMANDS,
    MACHINE,
    MODE,
    RECIPE,
    SECOND,
    SPEED,
    ControlHouse,
    control_house,
    person,
    refused,
)


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
