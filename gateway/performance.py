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
