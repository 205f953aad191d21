"""The life cycles of production management: one Enum and one transition table each."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final, TypeVar

from gateway.errors import ConflictError

State = TypeVar("State", bound=StrEnum)


class EquipmentState(StrEnum):
    """Whether a machine may be planned on."""

    ACTIVE = "active"
    OUT_OF_SERVICE = "out of service"


class CalendarState(StrEnum):
    """Whether a calendar counts."""

    DRAFT = "draft"
    ACTIVE = "active"


class PersonState(StrEnum):
    """Whether a person works here."""

    ACTIVE = "active"
    LEFT = "left"


class ToolState(StrEnum):
    """Whether a tool can be used."""

    READY = "ready"
    IN_USE = "in use"
    WORN = "worn"
    BLOCKED = "blocked"


class LotState(StrEnum):
    """Whether a material lot may be used."""

    QUARANTINE = "quarantine"
    RELEASED = "released"
    BLOCKED = "blocked"
    CONSUMED = "consumed"


class RoutingState(StrEnum):
    """Where a routing version is between its draft and its end."""

    DRAFT = "draft"
    REVIEW = "review"
    ACTIVE = "active"
    RETIRED = "retired"


class StandardState(StrEnum):
    """Whether planning uses a standard time."""

    PROPOSED = "proposed"
    APPROVED = "approved"
    SUPERSEDED = "superseded"


class DemandState(StrEnum):
    """What became of a demand line."""

    OPEN = "open"
    PLANNED = "planned"
    FULFILLED = "fulfilled"
    CANCELLED = "cancelled"


class ForecastState(StrEnum):
    """Whether a forecast counts as demand."""

    DRAFT = "draft"
    ACCEPTED = "accepted"


class PlanState(StrEnum):
    """Where a production plan is on its way to approval."""

    DRAFT = "draft"
    CHECKED = "checked"
    APPROVED = "approved"
    SUPERSEDED = "superseded"


class WorkOrderState(StrEnum):
    """Where a work order is."""

    CREATED = "created"
    RELEASED = "released"
    IN_PROGRESS = "in progress"
    COMPLETED = "completed"
    CLOSED = "closed"
    HOLD = "hold"
    CANCELLED = "cancelled"


class JobState(StrEnum):
    """Where a job order is: ours until it is sent, then the states of OPC 10031-4."""

    PLANNED = "planned"
    READY = "ready"
    SENT = "sent"
    NOT_ALLOWED_TO_START = "not allowed to start"
    ALLOWED_TO_START = "allowed to start"
    RUNNING = "running"
    INTERRUPTED = "interrupted"
    ENDED = "ended"
    ABORTED = "aborted"


class ScheduleState(StrEnum):
    """Where a schedule version is."""

    PROPOSED = "proposed"
    APPROVED = "approved"
    PUBLISHED = "published"
    SUPERSEDED = "superseded"


EQUIPMENT: Final = {
    EquipmentState.ACTIVE: {EquipmentState.OUT_OF_SERVICE},
    EquipmentState.OUT_OF_SERVICE: {EquipmentState.ACTIVE},
}
CALENDAR: Final = {CalendarState.DRAFT: {CalendarState.ACTIVE}, CalendarState.ACTIVE: set()}
PERSON: Final = {PersonState.ACTIVE: {PersonState.LEFT}, PersonState.LEFT: {PersonState.ACTIVE}}
TOOL: Final = {
    ToolState.READY: {ToolState.IN_USE, ToolState.BLOCKED, ToolState.WORN},
    ToolState.IN_USE: {ToolState.READY, ToolState.WORN, ToolState.BLOCKED},
    ToolState.WORN: {ToolState.READY, ToolState.BLOCKED},
    ToolState.BLOCKED: {ToolState.READY, ToolState.WORN},
}
LOT: Final = {
    LotState.QUARANTINE: {LotState.RELEASED, LotState.BLOCKED},
    LotState.RELEASED: {LotState.BLOCKED, LotState.CONSUMED},
    LotState.BLOCKED: {LotState.RELEASED, LotState.QUARANTINE},
    LotState.CONSUMED: set(),
}
ROUTING: Final = {
    RoutingState.DRAFT: {RoutingState.REVIEW},
    RoutingState.REVIEW: {RoutingState.ACTIVE, RoutingState.DRAFT},
    RoutingState.ACTIVE: {RoutingState.RETIRED},
    RoutingState.RETIRED: set(),
}
STANDARD: Final = {
    StandardState.PROPOSED: {StandardState.APPROVED, StandardState.SUPERSEDED},
    StandardState.APPROVED: {StandardState.SUPERSEDED},
    StandardState.SUPERSEDED: set(),
}
DEMAND: Final = {
    DemandState.OPEN: {DemandState.PLANNED, DemandState.CANCELLED},
    DemandState.PLANNED: {DemandState.OPEN, DemandState.FULFILLED, DemandState.CANCELLED},
    DemandState.FULFILLED: set(),
    DemandState.CANCELLED: set(),
}
FORECAST: Final = {ForecastState.DRAFT: {ForecastState.ACCEPTED}, ForecastState.ACCEPTED: set()}
PLAN: Final = {
    PlanState.DRAFT: {PlanState.CHECKED, PlanState.SUPERSEDED},
    PlanState.CHECKED: {PlanState.DRAFT, PlanState.APPROVED, PlanState.SUPERSEDED},
    PlanState.APPROVED: {PlanState.SUPERSEDED},
    PlanState.SUPERSEDED: set(),
}
WORK_ORDER: Final = {
    WorkOrderState.CREATED: {WorkOrderState.RELEASED, WorkOrderState.CANCELLED},
    WorkOrderState.RELEASED: {
        WorkOrderState.IN_PROGRESS,
        WorkOrderState.HOLD,
        WorkOrderState.CANCELLED,
    },
    WorkOrderState.IN_PROGRESS: {WorkOrderState.COMPLETED, WorkOrderState.HOLD},
    WorkOrderState.HOLD: {
        WorkOrderState.RELEASED,
        WorkOrderState.IN_PROGRESS,
        WorkOrderState.CANCELLED,
    },
    WorkOrderState.COMPLETED: {WorkOrderState.CLOSED},
    WorkOrderState.CLOSED: set(),
    WorkOrderState.CANCELLED: set(),
}
JOB: Final = {
    JobState.PLANNED: {JobState.READY},
    JobState.READY: {JobState.PLANNED, JobState.SENT},
    JobState.SENT: {
        JobState.READY,  # the machine refused
        JobState.NOT_ALLOWED_TO_START,
        JobState.ALLOWED_TO_START,
        JobState.RUNNING,
    },
    JobState.NOT_ALLOWED_TO_START: {JobState.ALLOWED_TO_START, JobState.ABORTED},
    JobState.ALLOWED_TO_START: {
        JobState.NOT_ALLOWED_TO_START,
        JobState.RUNNING,
        JobState.ABORTED,
    },
    JobState.RUNNING: {JobState.INTERRUPTED, JobState.ENDED, JobState.ABORTED},
    JobState.INTERRUPTED: {JobState.RUNNING, JobState.ENDED, JobState.ABORTED},
    JobState.ENDED: set(),
    JobState.ABORTED: set(),
}
SCHEDULE: Final = {
    ScheduleState.PROPOSED: {ScheduleState.APPROVED, ScheduleState.SUPERSEDED},
    ScheduleState.APPROVED: {ScheduleState.PUBLISHED, ScheduleState.SUPERSEDED},
    ScheduleState.PUBLISHED: {ScheduleState.SUPERSEDED},
    ScheduleState.SUPERSEDED: set(),
}


def moved(table: Mapping[State, set[State]], *, what: str, now: State, to: State) -> State:
    """Return `to` where the table allows it; raises `ConflictError` naming `what`, `now` and what is possible."""
    if to in table[now]:
        return to
    possible = ", ".join(sorted(table[now])) or "nothing any more"
    raise ConflictError(f"{what} is {now} and cannot become {to}; possible: {possible}")
