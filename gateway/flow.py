"""How a line flows: who is its bottleneck, who waits for whom, how it will end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """Change of a machine's cycle time in parts an hour with a 95 % interval; `significant` where 0 is outside."""

    per_hour: float
    low: float
    high: float
    significant: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineFlow:
    """One machine of a line over a window.

    `doing` is what it does now: `works`, `stands`, `waits` or `unseen`; while it waits `wait` says `starved`,
    `blocked` or `unexplained` and `root` whose fault that is. Seconds of the window: `active_s` neither starved
    nor blocked nor without an order, `sole_s` as the only bottleneck, `starved_s`, `blocked_s`, `unexplained_s`,
    `by_root` of them by the machine at fault. `rate_per_min` over busy time, `target_per_min` None where nothing
    says it, `takt_s` the time there is for a piece; `cycle_s` the median, `planned_cycle_s` the planned run time.
    """

    machine: str
    doing: str
    since_ns: int | None
    wait: str
    root: str
    active_s: float
    sole_s: float
    starved_s: float
    blocked_s: float
    unexplained_s: float
    by_root: Mapping[str, float]
    pieces: float
    rate_per_min: float | None
    target_per_min: float | None
    takt_s: float | None
    cycle_s: float | None
    planned_cycle_s: float | None
    drift: Drift | None
    minor_stops: int
    minor_stop_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class BottleneckTurn:
    """A machine is the bottleneck over [start, end)."""

    machine: str
    start_ns: int
    end_ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowForecast:
    """What will have been made when the planned time is over, or when an order is done; with a 90 % interval.

    `what` is `shift` or `order`; pieces are good ones of the line's last machine. `end_ns` is the end of the shift
    (None for an order). `finish_ns` is when `wanted` is reached: at best, as expected, at worst; None where it is
    never reached within 400 days. `assumes` says what this stands on.
    """

    what: str
    machine: str
    end_ns: int | None
    done: float
    wanted: float | None
    expected: float | None
    low: float | None
    high: float | None
    shortfall: float | None
    shortfall_low: float | None
    shortfall_high: float | None
    finish_ns: tuple[int | None, int | None, int | None]
    assumes: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LineFlow:
    """A line over [start, end): its machines in order, the bottleneck's turns, where it shifts, and the forecast.

    `ordered` tells whether the order of its machines is configured; without one nobody is told starved or blocked.
    `bottleneck` is who it is at the end of the window, `main` who it was for the longest time alone ("": nobody).
    """

    line: str
    path: str
    ordered: bool
    start_ns: int
    end_ns: int
    machines: tuple[MachineFlow, ...]
    bottleneck: str
    main: str
    turns: tuple[BottleneckTurn, ...]
    shifting: tuple[tuple[int, int], ...]
    shifting_s: float
    turning_point: str
    forecast: FlowForecast | None
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LineInfo:
    """A line that can be asked for, by its name or its path."""

    line: str
    path: str
    machines: tuple[str, ...]
    ordered: bool
