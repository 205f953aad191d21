"""Control charts as they are read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from gateway.chart import Baseline, Chart, ChartSummary


class Charts(Protocol):
    """The control charts of the rules that run now. Times are UTC nanoseconds of the machine's own time."""

    def list(self, *, asset: str = "") -> Sequence[ChartSummary]:
        """Return every chart whose signal is this path or lies below it."""
        ...

    async def chart(
        self, rule: str, signal: str, *, start_ns: int, end_ns: int, side: str = ""
    ) -> Chart:
        """Return a chart with its points of a window; raises `NotFoundError`, `InvalidRequestError`."""
        ...

    async def baselines(self, rule: str, *, limit: int) -> Sequence[Baseline]:
        """Return the limits a rule's charts had and might get, newest first."""
        ...

    async def baseline(self, number: int) -> Baseline:
        """Return limits by their number; raises `NotFoundError`."""
        ...

    async def propose(
        self,
        rule: str,
        signal: str,
        *,
        side: str,
        start_ns: int,
        end_ns: int,
        by: str,
        reason: str,
    ) -> Baseline:
        """Estimate limits from a window and propose them; raises `NotFoundError`, `InvalidRequestError`."""
        ...

    async def approve(self, number: int, *, by: str, reason: str) -> Baseline:
        """Put proposed limits in force at once; the proposer may not.

        Raises `NotFoundError`, `InvalidRequestError`, and `ConflictError` where it was decided or others came into
        force meanwhile.
        """
        ...

    async def reject(self, number: int, *, by: str, reason: str) -> Baseline:
        """Refuse proposed limits; raises `NotFoundError`, `ConflictError`."""
        ...
