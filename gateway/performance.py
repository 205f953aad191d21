"""Performance of machines and lines as it is read: KPIs by bucket, state intervals, shifts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class KpiBucket(StrEnum):
    """What KPIs are gathered by; shifts and days are those of the calendar."""

    HOUR = "hour"
    SHIFT = "shift"
    DAY = "day"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kpis:
    """KPIs of one bucket, or of the whole range, with what they are computed from.

    `kpis` by name, None where something for it is not known; `sums` are times in seconds and pieces over planned
    busy time; `losses` in seconds; `coverage` the part of planned busy time with data; `off_plan` seconds and
    pieces outside planned busy time; `version` rises when late data restates a bucket that had ended;
    `provisional` while it has not ended; `remarks` sentences on what is missing or doubtful.
    """

    label: str
    start_ns: int
    end_ns: int
    shift: str
    day: str
    kpis: Mapping[str, float | None]
    sums: Mapping[str, float]
    losses: Mapping[str, float | None]
    off_plan: Mapping[str, float]
    coverage: float | None
    target_pieces: float | None
    version: int
    provisional: bool
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class KpiReport:
    """KPIs of a machine, or of everything below a path, added up and never averaged.

    `minor_stops` is the switch: `iso` books stops shorter than `minor_stop_s` as delay, `six_losses` as run time.
    """

    unit: str
    machines: tuple[str, ...]
    bucket: KpiBucket
    minor_stops: str
    minor_stop_s: tuple[float, ...]
    time_zone: str
    buckets: tuple[Kpis, ...]
    total: Kpis


@dataclass(frozen=True, slots=True, kw_only=True)
class StateInterval:
    """A machine in one state and mode; `booked` is the time class of ISO 22400.

    `state` is None where it was not known; `provisional` while its end or its class may still change.
    """

    start_ns: int
    end_ns: int
    state: int | None
    state_name: str
    mode: int | None
    mode_name: str
    booked: str
    provisional: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ShiftTime:
    """One shift of a calendar on one day; `breaks` are (start, end) in UTC ns; `units` who works by the calendar."""

    calendar: str
    shift: str
    day: str
    start_ns: int
    end_ns: int
    breaks: tuple[tuple[int, int], ...]
    units: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetStanding:
    """How a KPI stands against its target over [start, end); `value` is None where it is not known.

    `owner` answers for it and does `action` when it `is_off`; `miss` is the share of the target by which it is missed.
    """

    name: str
    kpi: str
    unit: str
    owner: str
    action: str
    target: float
    higher_is_better: bool
    days: int
    value: float | None
    coverage: float | None
    miss: float | None
    is_off: bool
    start_ns: int
    end_ns: int


class ShiftPick(StrEnum):
    """Which shift of each machine's own calendar is meant; the local day where there is no calendar."""

    CURRENT = "current"
    PREVIOUS = "previous"


class PlanSource(StrEnum):
    """What says how many pieces are planned."""

    TARGET = "target"
    RUN_TIME = "run_time"


class Level(StrEnum):
    """What a standing is of."""

    PLANT = "plant"
    LINE = "line"
    MACHINE = "machine"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedPieces:
    """Pieces that are planned: in the whole shift, by now, and in the planned time that was seen."""

    shift: float
    by_now: float
    seen: float
    source: PlanSource


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How a machine, a line or the plant stands in a shift.

    `shift` is empty where the calendar has none at that time, and `day_only` says that there is no calendar. Start
    and end are None where machines work different shifts. `good` and `planned` are those of `counted_at`: of a line
    its last machine, of the plant the last machines of all lines that have a plan; empty where the order of the
    machines is not configured, and then `good` is None. `planned` is None where nothing says what is wanted;
    `target_per_min` and `run_time_s` are what says it for a machine. KPIs are those of `known` of its `members`
    machines: of all, unless OEE is not known at some, which then are left out.
    """

    unit: str
    level: Level
    shift: str
    day: str
    day_only: bool
    start_ns: int | None
    end_ns: int | None
    breaks: tuple[tuple[int, int], ...]
    good: float | None
    counted_at: tuple[str, ...]
    planned: PlannedPieces | None
    target_per_min: float | None
    run_time_s: float | None
    members: int
    known: int
    kpis: Kpis
