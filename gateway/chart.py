"""Control charts as people meet them: points against limits, what fired, and how capable the process is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class ChartPhase(StrEnum):
    """Whether limits are still estimated (Phase I) or points are held against frozen ones (Phase II)."""

    ESTIMATING = "estimating"
    MONITORING = "monitoring"
    OFF = "off"


class LimitsOrigin(StrEnum):
    """Where the limits in force come from."""

    CONFIGURED = "configured"
    ESTIMATED = "estimated"
    APPROVED = "approved"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChartLimits:
    """Limits in force: centre and standard deviation in the signal's unit, frozen under a version.

    `phi` is the lag-1 correlation of the AR(1) model whose residuals are charted, 0 where points are; `points` how
    many they were estimated from, 0 where they were given.
    """

    version: str
    centre: float
    sigma: float
    phi: float
    points: int
    origin: LimitsOrigin


class BaselineState(StrEnum):
    """The life of control limits: frozen by Phase I, or proposed and then decided by somebody else."""

    ESTIMATED = "estimated"
    PROPOSED = "proposed"
    APPROVED = "approved"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """Limits of a chart under their version, where they come from, and who decided; `replaces` those seen then.

    `start_ns` to `end_ns` is the history a proposal was estimated from, `said` what was found of it.
    """

    number: int
    rule: str
    signal: str
    side: str
    version: str
    replaces: str
    centre: float
    sigma: float
    phi: float
    points: int
    left_out: int
    said: str
    state: BaselineState
    start_ns: int | None
    end_ns: int | None
    proposed_by: str
    reason: str
    proposed_ns: int
    decided_by: str | None
    decision: str | None
    decided_ns: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Autocorrelation:
    """Lag-1 correlation of the points of Phase I with its 95 % interval, and the sentence that stands on the chart.

    Without numbers where limits were put in force from the store: then only what was said of them is known.
    """

    r: float | None
    low: float | None
    high: float | None
    pairs: int
    dependent: bool
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChartSummary:
    """One chart there is: a rule on a signal; `have` points of the `want` that Phase I needs; `side` of one stream."""

    rule: str
    title: str
    signal: str
    side: str
    kind: str
    unit: str
    phase: ChartPhase
    have: int
    want: int
    active: bool
    limits: ChartLimits | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChartPoints:
    """Columns of the points, oldest first: `hits` names what fired at each, `number` counts from 1 in the window."""

    number: Sequence[int]
    start_ns: Sequence[int]
    end_ns: Sequence[int]
    size: Sequence[int]
    hits: Sequence[Sequence[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChartPanel:
    """One plotted statistic, a value a point; None where it is unknown or has no such limit."""

    name: str
    unit: str
    value: Sequence[float | None]
    lower: Sequence[float | None]
    centre: Sequence[float | None]
    upper: Sequence[float | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChartRule:
    """What may stand in `hits`: its name, and what it found in words."""

    name: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangePoint:
    """When the newest signalled change began by the CUSUM's estimate, and the mean since (rules.md §1.2)."""

    start_ns: int
    seen_ns: int
    mean: float
    before: float
    points: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CapabilityIndex:
    """An index with its confidence interval."""

    name: str
    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ChartCapability:
    """Capability over the window; `refused` says why Cp, Cpk and Cpm are withheld, or why there is nothing at all."""

    lower: float | None
    upper: float | None
    target: float | None
    confidence: float
    values: int
    mean: float | None
    sigma_within: float | None
    sigma_overall: float | None
    indices: Sequence[CapabilityIndex]
    refused: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """One chart over a window of the machine's own time."""

    summary: ChartSummary
    start_ns: int
    end_ns: int
    points: ChartPoints
    panels: Sequence[ChartPanel]
    legend: Sequence[ChartRule]
    autocorrelation: Autocorrelation | None
    change: ChangePoint | None
    capability: ChartCapability | None
