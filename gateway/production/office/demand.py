"""The desk of demand: orders, forecasts, and people who know better with a reason."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from gateway.errors import ConflictError
from gateway.production.archive import Archive
from gateway.production.demand.forecast import accepted, forecast, overridden, weekly
from gateway.production.lifecycle import DEMAND, DemandState, ForecastState, moved
from gateway.production.model import (
    DemandHistory,
    DemandLine,
    ForecastRun,
    Override,
    Product,
)
from gateway.production.office.options import PlanningOptions
from gateway.production.office.port import DemandSeries
from gateway.production.orders import by_week


class DemandDesk:
    """Demand lines and forecasts by product."""

    def __init__(self, archive: Archive, *, options: PlanningOptions) -> None:
        self._archive, self._options = archive, options

    async def lines(
        self, *, product: str = "", state: DemandState | None = None
    ) -> Sequence[DemandLine]:
        """Return demand lines by due day."""
        found = [
            each
            for each in await self._archive.newest(DemandLine)
            if (not product or each.product == product) and (state is None or each.state is state)
        ]
        return sorted(found, key=lambda each: (each.due, each.priority, each.id))

    async def add(self, line: DemandLine, *, by: str) -> DemandLine:
        """Add an order; raises `NotFoundError` for its product, `ConflictError` for a number in use."""
        await self._archive.get(Product, line.product)
        if await self._archive.versions(DemandLine, line.id):
            raise ConflictError(f"there is an order {line.id} already")
        await self._archive.add([line], by=by)
        return line

    async def cancel(self, name: str, *, by: str) -> DemandLine:
        """Cancel an order; raises `NotFoundError`, `ConflictError`."""
        line = await self._archive.get(DemandLine, name)
        state = moved(DEMAND, what=f"order {name}", now=line.state, to=DemandState.CANCELLED)
        cancelled = replace(line, state=state)
        await self._archive.change(line, cancelled, by=by)
        return cancelled

    async def series(self) -> Sequence[DemandSeries]:
        """Return every product that has history, orders or a forecast."""
        history = {each.product: each for each in await self._archive.newest(DemandHistory)}
        orders = by_week(await self._archive.newest(DemandLine))
        forecasts = {each.product: each for each in await self._archive.newest(ForecastRun)}
        names = sorted({*history, *orders, *forecasts})
        return [_series(name, history.get(name), orders, forecasts.get(name)) for name in names]

    async def forecast(self, product: str, *, by: str) -> ForecastRun:
        """Forecast a product anew as a draft; raises `NotFoundError` without history."""
        history = await self._archive.get(DemandHistory, product)
        run = await asyncio.to_thread(
            forecast,
            product,
            history.days,
            ahead=self._options.forecast_weeks,
            season=self._options.season_weeks,
        )
        return await self._keep(run, by=by)

    async def override(
        self, product: str, *, week: date, qty: float, reason: str, by: str
    ) -> ForecastRun:
        """Put a person's number in place of the forecast's, as a draft to accept."""
        run = await self._archive.get(ForecastRun, product)
        changed = overridden(run, [Override(week=week, qty=qty, by=by, reason=reason)])
        return await self._keep(changed, by=by)

    async def accept(self, product: str, *, by: str) -> ForecastRun:
        """Let the newest forecast count as demand; raises `NotFoundError`, `ConflictError`."""
        run = await self._archive.get(ForecastRun, product)
        counted = accepted(run)
        await self._archive.change(run, counted, by=by)
        return counted

    async def _keep(self, run: ForecastRun, *, by: str) -> ForecastRun:
        """Add the next version, or replace one that nobody has accepted yet."""
        held = await self._archive.versions(ForecastRun, run.product)
        if held and held[-1].state is ForecastState.DRAFT:
            kept = replace(run, version=held[-1].version)
            await self._archive.change(held[-1], kept, by=by)
            return kept
        kept = replace(run, version=held[-1].version + 1 if held else 1)
        await self._archive.add([kept], by=by)
        return kept


def _series(
    name: str,
    history: DemandHistory | None,
    orders: dict[str, dict[date, float]],
    run: ForecastRun | None,
) -> DemandSeries:
    weeks: tuple[date, ...] = ()
    wanted: tuple[float, ...] = ()
    if history is not None and history.days:
        values, last = weekly(history.days)
        wanted = tuple(values.tolist())
        first = date.fromordinal(last.toordinal() - 7 * (len(wanted) - 1))
        weeks = tuple(date.fromordinal(first.toordinal() + 7 * at) for at in range(len(wanted)))
    return DemandSeries(
        product=name, weeks=weeks, wanted=wanted, orders=orders.get(name, {}), forecast=run
    )
