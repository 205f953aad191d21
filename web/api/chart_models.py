"""Control charts as REST answers them."""

from __future__ import annotations

from web.api.models import Document, Number


class ChartLimitsDocument(Document):
    """Limits in force, frozen under a version; `origin` is configured, estimated or approved."""

    version: str
    centre: float
    sigma: float
    phi: float
    points: int
    origin: str


class ChartSummaryDocument(Document):
    """One chart there is; `phase` is estimating, monitoring or off, `have` of `want` points of Phase I."""

    rule: str
    title: str
    signal: str
    side: str
    kind: str
    unit: str
    phase: str
    have: int
    want: int
    active: bool
    limits: ChartLimitsDocument | None


class ChartList(Document):
    """Every chart that is kept."""

    items: list[ChartSummaryDocument]


class BaselineDocument(Document):
    """Limits of a chart: estimated, proposed, approved or rejected; by whom and why."""

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
    state: str
    start_ms: float | None
    end_ms: float | None
    proposed_by: str
    reason: str
    proposed_ms: float
    decided_by: str | None
    decision: str | None
    decided_ms: float | None


class BaselineList(Document):
    """The limits a rule's charts had and might get, newest first."""

    items: list[BaselineDocument]


class ChartPointsDocument(Document):
    """Columns that all panels share; `hits` names what fired at each point."""

    number: list[int]
    start_ms: list[float]
    end_ms: list[float]
    size: list[int]
    hits: list[list[str]]


class ChartPanelDocument(Document):
    """One plotted statistic, a value a point; null where it is unknown or has no such limit."""

    name: str
    unit: str
    value: list[Number]
    lower: list[Number]
    centre: list[Number]
    upper: list[Number]


class ChartRuleDocument(Document):
    """What may stand in `hits`."""

    name: str
    text: str


class AutocorrelationDocument(Document):
    """Whether neighbouring points depend on each other, and what is done about it."""

    r: Number
    low: Number
    high: Number
    pairs: int
    dependent: bool
    sentence: str


class ChangePointDocument(Document):
    """When the newest signalled change began by the CUSUM's estimate, and the mean since."""

    start_ms: float
    seen_ms: float
    mean: Number
    before: Number
    points: int


class CapabilityIndexDocument(Document):
    """An index with its confidence interval."""

    name: str
    value: Number
    low: Number
    high: Number


class ChartCapabilityDocument(Document):
    """Capability over the window; `refused` says why indices are withheld."""

    lower: Number
    upper: Number
    target: Number
    confidence: float
    values: int
    mean: Number
    sigma_within: Number
    sigma_overall: Number
    indices: list[CapabilityIndexDocument]
    refused: str


class ChartDocument(Document):
    """One chart over a window of the machine's own time."""

    summary: ChartSummaryDocument
    start_ms: float
    end_ms: float
    points: ChartPointsDocument
    panels: list[ChartPanelDocument]
    legend: list[ChartRuleDocument]
    autocorrelation: AutocorrelationDocument | None
    change: ChangePointDocument | None
    capability: ChartCapabilityDocument | None
