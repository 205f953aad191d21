"""Reports and targets as they are read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from gateway.performance import TargetStanding
from gateway.report import Report, ReportAsked, ReportFormat


class Reports(Protocol):
    """Hand-over of shifts, daily reports, and how KPIs stand against their targets."""

    async def report(self, asked: ReportAsked) -> Report:
        """Return a report; raises `NotFoundError`, `InvalidRequestError`, and as its sources do."""
        ...

    async def file(self, asked: ReportAsked, form: ReportFormat) -> bytes:
        """Return a report as a file; raises as `report`."""
        ...

    async def targets(self) -> Sequence[TargetStanding]:
        """Return every target, those that are missed first, the furthest first."""
        ...
