"""What others may ask of orders and forecasts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from gateway.production.lifecycle import DemandState
from gateway.production.model import DemandLine, ForecastRun


@dataclass(frozen=True, slots=True, kw_only=True)
class DemandSeries:
    """One product's past weeks, what orders ask for, and what is expected; weeks are Mondays."""

    product: str
    weeks: tuple[date, ...]
    wanted: tuple[float, ...]
    orders: Mapping[date, float]
    forecast: ForecastRun | None


class Demand(Protocol):
    """Orders and forecasts."""

    async def lines(
        self, *, product: str = "", state: DemandState | None = None
    ) -> Sequence[DemandLine]:
        """Return demand lines by due day."""
        ...

    async def add(self, line: DemandLine, *, by: str) -> DemandLine:
        """Add an order; raises `NotFoundError` for its product, `ConflictError` for a number in use."""
        ...

    async def cancel(self, name: str, *, by: str) -> DemandLine:
        """Cancel an order; raises `NotFoundError`, `ConflictError`."""
        ...

    async def series(self) -> Sequence[DemandSeries]:
        """Return every product that has history, orders or a forecast."""
        ...

    async def forecast(self, product: str, *, by: str) -> ForecastRun:
        """Forecast a product anew as a draft; raises `NotFoundError` without history."""
        ...

    async def override(
        self, product: str, *, week: date, qty: float, reason: str, by: str
    ) -> ForecastRun:
        """Put a person's number in place of the forecast's, as a draft to accept."""
        ...

    async def accept(self, product: str, *, by: str) -> ForecastRun:
        """Let the newest forecast count as demand; raises `NotFoundError`, `ConflictError`."""
        ...
