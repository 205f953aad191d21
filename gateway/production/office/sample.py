"""Fills an empty production office with the sample shop, so that a demo's plan, map and board can be tried."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date, timedelta
from math import pi, sin
from pathlib import Path
from typing import Final

from gateway.errors import InvalidRequestError
from gateway.production.model import ScheduleCause
from gateway.production.office.port import JobState, Planning, Purpose

FOLDER: Final = Path(__file__).parents[1] / "samples" / "demo"
_FILES: Final = (
    "calendar", "products", "materials", "machines", "setup", "people", "tools", "lots", "routings",
)  # fmt: skip
_ORDERS: Final = 60
_HISTORY_WEEKS: Final = 60
_MOST: Final = {
    "water 500": 9000, "water 1000": 5000, "sparkling 500": 8000, "lemonade 500": 6000,
    "valve body": 120, "adapter": 150,
}  # fmt: skip


async def fill(planning: Planning, *, today: date, seed: int, by: str) -> None:
    """Import the sample tables, plan four weeks and publish a schedule; leaves an office with anything in it alone."""
    if any(each.count for each in await planning.tables.tables()):
        return
    for name in _FILES:
        await _kept(planning, name, (FOLDER / f"{name}.csv").read_bytes(), by=by)
    await _kept(planning, "orders", orders(today, seed), by=by)
    await _kept(planning, "history", history(today, seed), by=by)
    for routing in await planning.routings.routings():
        await planning.routings.submit(routing.product, routing.version, by=by)
        await planning.routings.approve(routing.product, routing.version, by=by)
    for series in await planning.demand.series():
        await planning.demand.forecast(series.product, by=by)
    plan = await planning.plans.draft(weeks=4, opening={}, by=by)
    plan = await planning.plans.check(plan.id, by=by)
    for gap in plan.undecided:
        await planning.plans.decide(
            plan.id, gap=gap.id, remedy=gap.remedies[0].kind, by=by,
            reason="sample data: the first remedy that was computed",
        )  # fmt: skip
    await planning.plans.approve(plan.id, by=by)
    await planning.plans.release(plan.id, by=by)
    await _published(planning, by=by)


async def _published(planning: Planning, *, by: str) -> None:
    job = planning.schedules.search(cause=ScheduleCause.NEW_ORDER, seconds=3.0, pins=None, by=by)
    job = await planning.schedules.settled(job.id)
    if job.version is None:
        raise InvalidRequestError(f"the sample shop could not be scheduled: {job.error}")
    await planning.schedules.approve(job.version, by=by)
    await planning.schedules.publish(job.version, by=by)


async def _kept(planning: Planning, table: str, content: bytes, *, by: str) -> None:
    job = planning.tables.start(
        table, file=f"{table}.csv", content=content, purpose=Purpose.KEEP, by=by
    )
    job = await planning.tables.settled(job.id)
    if job.state is not JobState.DONE:
        first = f": {job.mistakes[0]}" if job.mistakes else ""
        raise InvalidRequestError(f"sample table {table}: {job.error}{first}")


def orders(today: date, seed: int) -> bytes:
    """Return sixty orders of the next weeks as a file of the table `orders`."""
    draw = random.Random(seed)  # noqa: S311 - sample data, the same for a seed
    lines = []
    for number, product in enumerate(_cycle(draw)):
        qty = max(1, round(_MOST[product] * draw.uniform(0.3, 1.0)))
        due = today + timedelta(days=2 + number // 4 + draw.randrange(3))
        lines.append(f"A-{1001 + number},{product},{qty},{due},{draw.randint(1, 9)}")
    return ("id,product,qty,due,priority\n" + "\n".join(lines) + "\n").encode()


def _cycle(draw: random.Random) -> Iterator[str]:
    names = list(_MOST)
    for number in range(_ORDERS):
        yield names[number % len(names)] if number % 7 else draw.choice(names)


def history(today: date, seed: int) -> bytes:
    """Return past weekly demand with a season as a file of the table `history`."""
    draw = random.Random(seed)  # noqa: S311 - sample data, the same for a seed
    monday = today - timedelta(days=today.weekday())
    lines = [
        f"{product},{monday - timedelta(weeks=_HISTORY_WEEKS - week)},"
        f"{max(0, round(1.2 * most * (1 + 0.25 * sin(2 * pi * week / 52)) * draw.gauss(1, 0.1)))}"
        for product, most in _MOST.items()
        for week in range(_HISTORY_WEEKS)
    ]
    return ("product,date,qty\n" + "\n".join(lines) + "\n").encode()
