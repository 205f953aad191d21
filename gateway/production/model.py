"""What production management talks about: resources, definitions, demand, plans, schedules (ISA-95 names).

Times are UTC minutes since 1970 (`*_min` instants end in `_at_min`), durations integer minutes in planning.
Rows are versioned: a version that was used is never edited, a change makes the next one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from gateway.production.lifecycle import (
    CalendarState,
    DemandState,
    EquipmentState,
    ForecastState,
    JobState,
    LotState,
    PersonState,
    RoutingState,
    ScheduleState,
    StandardState,
    ToolState,
    WorkOrderState,
)


class Interruption(StrEnum):
    """What a closure does to an operation: it pauses it, or the operation must not meet it."""

    PAUSES = "pauses"
    BLOCKS = "blocks"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """Working time of one weekday in local minutes after midnight; an end past 1440 lies on the next day.

    `weekday` 0 is Monday; `breaks` are (from, to) pairs on the same scale, inside the shift.
    """

    weekday: int
    start_min: int
    end_min: int
    breaks: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DayException:
    """A dated day that replaces its weekday: no shifts is a closed day."""

    day: date
    shifts: tuple[Shift, ...] = ()
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """When a resource works, in an IANA zone's wall time."""

    id: str
    zone: str
    shifts: tuple[Shift, ...]
    exceptions: tuple[DayException, ...] = ()
    state: CalendarState = CalendarState.ACTIVE
    version: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Equipment:
    """One machine or work unit; `family` is what it is set up for now, empty where that is not known."""

    id: str
    work_centre: str
    calendar: str
    path: str = ""
    classes: tuple[str, ...] = ()
    design_rate_per_h: float | None = None
    family: str = ""
    mtbf_min: float | None = None
    mttr_min: float | None = None
    state: EquipmentState = EquipmentState.ACTIVE
    version: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Skill:
    """What a person can do, level 0 to 4; `valid_to` is the last day it holds, None where it does not expire."""

    skill: str
    level: int
    valid_to: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """One person with skills and a shift calendar; never ranked."""

    id: str
    calendar: str
    skills: tuple[Skill, ...] = ()
    state: PersonState = PersonState.ACTIVE
    version: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """One tool of a class; `life_cycles` None has no limit, `calibration_due` is the last good day."""

    id: str
    tool_class: str
    life_cycles: int | None = None
    used_cycles: int = 0
    calibration_due: date | None = None
    state: ToolState = ToolState.READY
    version: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class MaterialLot:
    """A quantity of one material in one place."""

    lot: str
    material: str
    qty: float
    uom: str = "pcs"
    location: str = ""
    state: LotState = LotState.RELEASED
    version: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class SetupMatrix:
    """Minutes to change a work centre from one family to another; a pair not named takes no time."""

    work_centre: str
    minutes: Mapping[tuple[str, str], int]
    version: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """What is made; `materials` are quantities a piece, `scrap_fraction` what is planned to fail."""

    id: str
    uom: str = "pcs"
    family: str = ""
    materials: Mapping[str, float] = field(default_factory=dict)
    scrap_fraction: float = 0.0
    version: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Crew:
    """People an operation holds while it runs."""

    skill: str
    level: int = 1
    heads: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Handover:
    """What one role gives another: `accepted_by` names who takes it."""

    what: str
    accepted_by: str
    qty: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One step of a routing; `after` names the steps before it, `machines` the alternatives in its work centre.

    `wait_min` is wall time after it before the next may start; `handover` is due where the next role differs.
    """

    op: str
    work_centre: str
    machines: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    role: str = ""
    handover: Handover | None = None
    crew: Crew | None = None
    tool_class: str = ""
    transfer_lot: int | None = None
    wait_min: int = 0
    checklist: str = ""
    interruption: Interruption = Interruption.PAUSES


@dataclass(frozen=True, slots=True, kw_only=True)
class Routing:
    """How a product is made, one version of it; `author` proposed it and may not approve it."""

    product: str
    operations: tuple[Operation, ...]
    author: str = ""
    approver: str = ""
    state: RoutingState = RoutingState.DRAFT
    version: int = 1


class TimeSource(StrEnum):
    """Where a standard time comes from."""

    ESTIMATE = "estimate"
    MEASURED = "measured"


@dataclass(frozen=True, slots=True, kw_only=True)
class StandardTime:
    """Planned time of one operation on one machine (empty: on any); measured ones carry their evidence."""

    product: str
    op: str
    machine: str = ""
    run_s: float
    setup_min: int = 0
    source: TimeSource = TimeSource.ESTIMATE
    p10_s: float | None = None
    p90_s: float | None = None
    cycles: int = 0
    jobs: tuple[str, ...] = ()
    state: StandardState = StandardState.APPROVED
    version: int = 1


class DemandKind(StrEnum):
    """Who wants it."""

    ORDER = "order"
    INTERNAL = "internal"


@dataclass(frozen=True, slots=True, kw_only=True)
class DemandLine:
    """Somebody wants pieces by a day; priority 1 is the most urgent of 1 to 9."""

    id: str
    product: str
    qty: int
    due: date
    priority: int = 5
    customer: str = ""
    kind: DemandKind = DemandKind.ORDER
    state: DemandState = DemandState.OPEN
    version: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class DemandHistory:
    """What was wanted of one product on past days."""

    product: str
    days: Mapping[date, float]
    version: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class ForecastRun:
    """Expected weekly demand of one product; `weak` rests on too little history, errors None where unknown.

    `weeks` are Mondays; `p50` and `p80` are the quantities that demand stays below in that share of weeks.
    """

    product: str
    weeks: tuple[date, ...]
    method: str
    point: tuple[float, ...]
    p50: tuple[float, ...]
    p80: tuple[float, ...]
    mase: float | None
    bias: float | None
    weak: bool
    overrides: tuple[Override, ...] = ()
    state: ForecastState = ForecastState.DRAFT
    version: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """A person's number in place of the forecast's, with the reason."""

    week: date
    qty: float
    by: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkOrder:
    """Pieces to make by an instant; the routing version is fixed when it is created."""

    id: str
    product: str
    qty: int
    due_at_min: int
    release_at_min: int = 0
    weight: int = 1
    routing_version: int = 1
    demand: tuple[str, ...] = ()
    state: WorkOrderState = WorkOrderState.CREATED
    version: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class JobOrder:
    """One operation of one work order on its machine, as scheduled; times in UTC minutes."""

    id: str
    order: str
    op: str
    machine: str
    start_at_min: int
    end_at_min: int
    tool: str = ""
    lots: tuple[str, ...] = ()
    state: JobState = JobState.PLANNED
    version: int = 1


class ScheduleCause(StrEnum):
    """Why a schedule version was made."""

    NEW_ORDER = "new order"
    BREAKDOWN = "breakdown"
    DRIFT = "drift"
    MANUAL = "manual"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pin:
    """A person fixed a job's machine, or machine and start."""

    job: str
    machine: str
    start_at_min: int | None = None
    by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Down:
    """A machine that is out for a time, in UTC minutes."""

    machine: str
    from_at_min: int
    until_at_min: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """One version of who does what when; `cost` in weighted minutes, `p_on_time` by order."""

    jobs: tuple[JobOrder, ...]
    cause: ScheduleCause
    frozen_until_min: int
    cost: float
    pins: tuple[Pin, ...] = ()
    down: tuple[Down, ...] = ()
    p_on_time: Mapping[str, float] = field(default_factory=dict)
    proposer: str = ""
    approver: str = ""
    parent: int | None = None
    state: ScheduleState = ScheduleState.PROPOSED
    version: int = 1
