"""A report of a shift or a day as it is handed over: what was made, lost, open, and what comes next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from gateway.performance import TargetStanding


class ReportKind(StrEnum):
    """What a report covers: the shift that is handed over, or a local day."""

    SHIFT = "shift"
    DAY = "day"


class ReportFormat(StrEnum):
    """How a report is given as a file."""

    PDF = "pdf"
    CSV = "csv"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportAsked:
    """Which report is wanted: of a shift of a day by its name, or of the day; None is the last that has ended."""

    kind: ReportKind
    unit: str = ""
    day: str | None = None
    shift: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportLine:
    """How a machine did, or all together; pieces of all together are those of each machine added up.

    `losses` in seconds by name, greatest first; None where something for it is not known.
    """

    unit: str
    kpis: Mapping[str, float | None]
    pieces: float
    good: float
    target_pieces: float | None
    losses: Mapping[str, float]
    coverage: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportIssue:
    """An issue that was opened meanwhile or is still open."""

    number: int
    severity: str
    state: str
    title: str
    asset: str
    opened_ns: int
    is_new: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportJob:
    """A job of the published schedule that comes next."""

    job: str
    machine: str
    product: str
    qty: int
    start_ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One report; `held` are sentences of what quality holds up, `remarks` what the figures leave out."""

    kind: ReportKind
    unit: str
    label: str
    start_ns: int
    end_ns: int
    made_ns: int
    time_zone: str
    is_over: bool
    total: ReportLine
    lines: Sequence[ReportLine]
    targets: Sequence[TargetStanding]
    issues: Sequence[ReportIssue]
    held: Sequence[str]
    checks_due: int
    checks_late: int
    next_jobs: Sequence[ReportJob]
    remarks: Sequence[str]
