"""What the web side is given: ports to read from, and where the page lies."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from gateway.clock import Clock
from gateway.control.port import Control
from gateway.ports import (
    Adoption,
    Alarms,
    Backtests,
    Boards,
    Cases,
    Catalogue,
    Charts,
    Flow,
    HealthSource,
    History,
    Issues,
    LatestValues,
    Ledger,
    Letters,
    Maintenance,
    Notifications,
    Performance,
    Presence,
    Remarks,
    Reports,
    RuleBook,
    RuleDesk,
    Switches,
    Tail,
)
from gateway.production.execution.port import Execution
from gateway.production.improvement.port import Improving
from gateway.production.office.port import Planning
from gateway.production.quality.port import Quality

Exposition = Callable[[], tuple[bytes, str]]
"""Gives the metrics as Prometheus reads them, and their content type."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """The contracts the web side stands on; none of them writes to a machine but `control`, by the guard.

    `metrics` returns the exposition and its content type; `time_zone` is the plant's IANA name; `units` how it wants
    values shown; `static` the folder of the built page, which may be missing; `exports` the folder that export files are written to.
    """

    catalogue: Catalogue
    history: History
    latest: LatestValues
    presence: Presence
    tail: Tail
    ledger: Ledger
    health: HealthSource
    issues: Issues
    cases: Cases
    alarms: Alarms
    backtests: Backtests
    boards: Boards
    remarks: Remarks
    switches: Switches
    letters: Letters
    adoption: Adoption
    performance: Performance
    planning: Planning
    execution: Execution
    quality: Quality
    improving: Improving
    reports: Reports
    flow: Flow
    notifications: Notifications
    maintenance: Maintenance
    rulebook: RuleBook
    rule_desk: RuleDesk
    charts: Charts
    control: Control
    metrics: Exposition
    clock: Clock
    site: str
    time_zone: str
    units: str
    version: str
    static: Path
    exports: Path
