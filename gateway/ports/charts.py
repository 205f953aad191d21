"""Control charts as they are read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from gateway.chart import Chart, ChartSummary


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
