"""The matrix of roles, read here a second time from the page of production management, and zones."""

from __future__ import annotations

import pytest

from gateway.access.port import Identity
from gateway.access.rights import RIGHTS, Grant, Right, Role, grant_text, may, parse_grant
from gateway.errors import InvalidRequestError

AT = "plant/bottling/line1/filler"


@pytest.mark.parametrize(
    ("right", "roles"),
    [
        (Right.DEMAND_APPROVE, {Role.PRODUCTION_MANAGER}),
        (Right.SCHEDULE_APPROVE, {Role.PRODUCTION_MANAGER, Role.SUPERVISOR}),
        (
            Right.SETPOINT_APPROVE,
            {Role.PRODUCTION_MANAGER, Role.SUPERVISOR, Role.QUALITY},
        ),
        (Right.SETPOINT_PROPOSE, {Role.SUPERVISOR, Role.MAINTENANCE, Role.OPERATOR}),
        (
            Right.JOB_APPROVE,
            {Role.PRODUCTION_MANAGER, Role.SUPERVISOR, Role.MAINTENANCE, Role.OPERATOR},
        ),
        (
            Right.JOB_HOLD,
            {
                Role.PRODUCTION_MANAGER,
                Role.SUPERVISOR,
                Role.QUALITY,
                Role.MAINTENANCE,
                Role.OPERATOR,
            },
        ),
        (Right.DISPOSITION_APPROVE, {Role.PRODUCTION_MANAGER, Role.QUALITY}),
        (Right.VERIFY_APPROVE, {Role.PRODUCTION_MANAGER, Role.QUALITY}),
        (Right.KPI_APPROVE, {Role.SPONSOR}),
        (Right.CONFIGURATION_APPROVE, {Role.MAINTENANCE}),
        (Right.USERS_APPROVE, set()),
        (Right.INGEST, {Role.MACHINE}),
    ],
)
def test_who_may_is_as_the_matrix_says(right: Right, roles: set[Role]) -> None:
    held = {role for role in Role if right in RIGHTS[role]} - {Role.ADMINISTRATOR}
    assert held == roles


def test_every_right_is_held_and_a_display_holds_one() -> None:
    assert set().union(*RIGHTS.values()) == set(Right)
    assert RIGHTS[Role.DISPLAY] == {Right.DISPLAY}
    changing = {each for each in RIGHTS[Role.VIEWER] if each.value.endswith(("propose", "approve"))}
    assert changing == {Right.BOARD_PROPOSE}, "boards of one's own, and nothing of the plant"
    assert not RIGHTS[Role.MACHINE] & {Right.READ, Right.DISPLAY, Right.USERS_READ}


@pytest.mark.parametrize(
    ("zone", "path", "held"),
    [
        ("", AT, True),
        ("", "", True),
        ("plant", AT, True),
        ("plant/bottling/line1", AT, True),
        ("plant/bottling/line1", "plant/bottling/line1", True),
        ("plant/bottling/line", AT, False),
        ("plant/bottling/line1", "plant/bottling", False),
        ("plant/bottling/line1", "", False),
        ("other", AT, False),
    ],
)
def test_a_zone_is_itself_and_what_lies_below(zone: str, path: str, *, held: bool) -> None:
    assert may([Grant(Role.SUPERVISOR, zone)], Right.ISSUE_APPROVE, path) is held
    assert may([Grant(Role.SUPERVISOR, zone)], Right.READ, path), "looking is plant-wide"


def test_a_token_is_narrowed_by_its_rights() -> None:
    grants = (Grant(Role.SUPERVISOR, "plant"),)
    who = Identity(name="t", kind="service", grants=grants, rights=frozenset({Right.READ}))
    assert who.may(Right.READ)
    assert not who.may(Right.ISSUE_APPROVE, AT)
    assert not who.may_somewhere(Right.ISSUE_APPROVE)


@pytest.mark.parametrize("text", ["viewer", "operator@plant", "quality@plant/a/b"])
def test_a_grant_reads_back(text: str) -> None:
    assert grant_text(parse_grant(text)) == text


@pytest.mark.parametrize(
    "text", ["", "Viewer", "king", "viewer@a/b/c/d", "viewer@a//b", "viewer@..", "viewer@a b"]
)
def test_what_is_no_grant_is_told(text: str) -> None:
    with pytest.raises(InvalidRequestError, match=r"is no (role|zone), want"):
        parse_grant(text)
