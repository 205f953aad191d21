"""The one table of who may do what: subjects by role, and the zone a role holds in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from gateway.errors import InvalidRequestError
from gateway.model import path_problem


class Role(StrEnum):
    """What somebody is in the plant; a person may be several things in several zones."""

    VIEWER = "viewer"
    OPERATOR = "operator"
    SUPERVISOR = "supervisor"
    MAINTENANCE = "maintenance"
    QUALITY = "quality"
    PRODUCTION_MANAGER = "production_manager"
    SPONSOR = "sponsor"
    ADMINISTRATOR = "administrator"
    MACHINE = "machine"
    DISPLAY = "display"


class Right(StrEnum):
    """What a route or a websocket verb asks for: a subject, and reading, proposing or approving it."""

    DISPLAY = "display"
    READ = "read"
    EXPORT = "export"
    METRICS = "metrics"
    INGEST = "ingest"
    ALARM_ACKNOWLEDGE = "alarm.acknowledge"
    ALARM_SHELVE = "alarm.shelve"
    DEMAND_READ = "demand.read"
    DEMAND_PROPOSE = "demand.propose"
    DEMAND_APPROVE = "demand.approve"
    PLAN_READ = "plan.read"
    PLAN_PROPOSE = "plan.propose"
    PLAN_APPROVE = "plan.approve"
    ROUTING_READ = "routing.read"
    ROUTING_PROPOSE = "routing.propose"
    ROUTING_APPROVE = "routing.approve"
    CHECKLIST_READ = "checklist.read"
    CHECKLIST_PROPOSE = "checklist.propose"
    CHECKLIST_APPROVE = "checklist.approve"
    SCHEDULE_READ = "schedule.read"
    SCHEDULE_PROPOSE = "schedule.propose"
    SCHEDULE_APPROVE = "schedule.approve"
    JOB_READ = "job.read"
    JOB_PROPOSE = "job.propose"
    JOB_HOLD = "job.hold"
    JOB_APPROVE = "job.approve"
    SETPOINT_READ = "setpoint.read"
    SETPOINT_PROPOSE = "setpoint.propose"
    SETPOINT_APPROVE = "setpoint.approve"
    DOWNTIME_READ = "downtime.read"
    DOWNTIME_PROPOSE = "downtime.propose"
    DOWNTIME_APPROVE = "downtime.approve"
    DISPOSITION_READ = "disposition.read"
    DISPOSITION_PROPOSE = "disposition.propose"
    DISPOSITION_APPROVE = "disposition.approve"
    ISSUE_READ = "issue.read"
    ISSUE_PROPOSE = "issue.propose"
    ISSUE_APPROVE = "issue.approve"
    VERIFY_READ = "verify.read"
    VERIFY_APPROVE = "verify.approve"
    STANDARD_TIME_READ = "standard_time.read"
    STANDARD_TIME_PROPOSE = "standard_time.propose"
    STANDARD_TIME_APPROVE = "standard_time.approve"
    KPI_READ = "kpi.read"
    KPI_PROPOSE = "kpi.propose"
    KPI_APPROVE = "kpi.approve"
    RULE_APPROVE = "rule.approve"
    CHART_READ = "chart.read"
    CHART_PROPOSE = "chart.propose"
    CHART_APPROVE = "chart.approve"
    CONFIGURATION_READ = "configuration.read"
    CONFIGURATION_APPROVE = "configuration.approve"
    BOARD_READ = "board.read"
    BOARD_PROPOSE = "board.propose"
    BOARD_APPROVE = "board.approve"
    NOTIFY_READ = "notify.read"
    NOTIFY_APPROVE = "notify.approve"
    MAINTENANCE_READ = "maintenance.read"
    MAINTENANCE_PROPOSE = "maintenance.propose"
    MAINTENANCE_APPROVE = "maintenance.approve"
    LOCKOUT = "lockout"
    USERS_READ = "users.read"
    USERS_APPROVE = "users.approve"
    AUDIT_READ = "audit.read"


_COLUMNS: Final = (
    Role.SPONSOR,
    Role.PRODUCTION_MANAGER,
    Role.SUPERVISOR,
    Role.QUALITY,
    Role.MAINTENANCE,
    Role.OPERATOR,
    Role.VIEWER,
)
_MATRIX: Final = {
    # Letters: R read, P propose, H hold, A approve or act (and propose), S second sign only, - nothing.
    "demand": "R A P R R - -",
    "plan": "R A P R P - -",
    "routing": "R A P P P R R",
    "checklist": "R P P A P R R",
    "schedule": "R A A R R R R",
    "job": "- A A H A A R",
    "setpoint": "- S A S P P R",
    "downtime": "R A A R A P R",
    "disposition": "R S P A R P R",
    "issue": "R A A A A P R",
    "verify": "R A - A - - R",
    "standard_time": "R A P R P R R",
    "kpi": "A P R R R R R",
    # Rules decide what is seen at all: who answers for quality or for the machines sets them.
    "rule": "R R R A A R R",
    # Limits of control charts: quality answers for them, who runs the machine sees when they no longer fit.
    "chart": "R R P A P R R",
    "configuration": "- R R R A - -",
    # Everybody makes boards; who approves shares them, and changes those of others.
    "board": "P A A A A P P",
    # The delivery log names people, so who only looks does not see it.
    "notify": "- R A R A - -",
    "maintenance": "R A A P A P R",
    # Who may name users may name himself administrator, so maintenance sees them and no more.
    "users": "- R R R R - -",
}
_VERBS: Final = {
    "-": (),
    "R": ("read",),
    "P": ("read", "propose"),
    "H": ("read", "hold"),
    "S": ("read", "approve"),
    "A": ("read", "propose", "hold", "approve"),
}
_FURTHER: Final[Mapping[Right, frozenset[Role]]] = {
    Right.DISPLAY: frozenset({*_COLUMNS, Role.DISPLAY}),
    Right.READ: frozenset(_COLUMNS),
    Right.EXPORT: frozenset(_COLUMNS) - {Role.OPERATOR, Role.VIEWER},
    Right.METRICS: frozenset({Role.MAINTENANCE, Role.MACHINE}),
    Right.INGEST: frozenset({Role.MACHINE}),
    Right.ALARM_ACKNOWLEDGE: frozenset(
        {Role.OPERATOR, Role.SUPERVISOR, Role.MAINTENANCE, Role.QUALITY, Role.PRODUCTION_MANAGER}
    ),
    Right.ALARM_SHELVE: frozenset({Role.SUPERVISOR, Role.MAINTENANCE, Role.QUALITY}),
    Right.LOCKOUT: frozenset({Role.SUPERVISOR, Role.MAINTENANCE}),
    Right.AUDIT_READ: frozenset({Role.QUALITY, Role.PRODUCTION_MANAGER}),
}


def _table() -> Mapping[Role, frozenset[Right]]:
    held: dict[Role, set[Right]] = {role: set() for role in Role}
    known = {each.value: each for each in Right}
    for subject, letters in _MATRIX.items():
        for role, letter in zip(_COLUMNS, letters.split(), strict=True):
            names = (f"{subject}.{verb}" for verb in _VERBS[letter])
            held[role] |= {known[name] for name in names if name in known}
    for right, roles in _FURTHER.items():
        for role in roles:
            held[role].add(right)
    held[Role.ADMINISTRATOR] = set(Right) - {Right.INGEST}
    return MappingProxyType({role: frozenset(rights) for role, rights in held.items()})


RIGHTS: Final = _table()
"""What each role may."""

_READS: Final = frozenset({Right.DISPLAY, Right.READ, Right.EXPORT, Right.METRICS})


@dataclass(frozen=True, slots=True, order=True)
class Grant:
    """A role in a zone: "" is the whole plant, otherwise `site`, `site/area` or `site/area/line`."""

    role: Role
    zone: str = ""

    def covers(self, path: str) -> bool:
        """Say whether a path lies in the zone; "" asks for the whole plant."""
        return not self.zone or path == self.zone or path.startswith(f"{self.zone}/")


def is_reading(right: Right) -> bool:
    """Say whether a right only looks: such a right holds plant-wide wherever it was granted."""
    return right in _READS or right.value.endswith(".read")


def may(grants: Iterable[Grant], right: Right, zone: str = "") -> bool:
    """Say whether grants hold a right at a path; "" asks for the whole plant. Looking needs no zone."""
    return any(
        right in RIGHTS[grant.role] and (is_reading(right) or grant.covers(zone))
        for grant in grants
    )


def parse_grant(text: str) -> Grant:
    """Return the grant that `role` or `role@site/area/line` names; raises `InvalidRequestError`."""
    word, _, zone = text.partition("@")
    try:
        role = Role(word)
    except ValueError as error:
        msg = f"{word!r} is no role, want one of {', '.join(Role)}"
        raise InvalidRequestError(msg) from error
    parts = zone.split("/") if zone else []
    filled = "/".join([*parts, *("x" for _ in range(5 - len(parts)))])
    if len(parts) > 3 or (parts and path_problem(filled)):
        msg = f"{zone!r} is no zone, want site, site/area or site/area/line"
        raise InvalidRequestError(msg)
    return Grant(role, zone)


def grant_text(grant: Grant) -> str:
    """Return a grant as `parse_grant` reads it."""
    return f"{grant.role}@{grant.zone}" if grant.zone else grant.role.value
