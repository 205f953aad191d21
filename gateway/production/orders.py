"""From an approved plan to work orders: what stock does not cover, by when, with which routing version."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Final

from gateway.errors import ConflictError, NotFoundError
from gateway.production.calendar import utc_min, zone
from gateway.production.capacity.plan import ProductionPlan
from gateway.production.lifecycle import DemandState, PlanState
from gateway.production.model import DemandLine, Routing, WorkOrder

_WEEK: Final = timedelta(days=7)
_STOCK_WEIGHT: Final = 1


def week_of(day: date) -> date:
    """Return the Monday of a day's week."""
    return day - timedelta(days=day.weekday())


def by_week(lines: Sequence[DemandLine]) -> dict[str, dict[date, float]]:
    """Return what open demand lines ask for, by product and week."""
    sums: dict[str, dict[date, float]] = {}
    for each in lines:
        if each.state in {DemandState.OPEN, DemandState.PLANNED}:
            weeks = sums.setdefault(each.product, {})
            weeks[week_of(each.due)] = weeks.get(week_of(each.due), 0.0) + each.qty
    return sums


def causes(lines: Sequence[DemandLine]) -> dict[tuple[str, date], list[str]]:
    """Return the ids of the open lines behind each product and week."""
    found: dict[tuple[str, date], list[str]] = {}
    for each in lines:
        if each.state in {DemandState.OPEN, DemandState.PLANNED}:
            found.setdefault((each.product, week_of(each.due)), []).append(each.id)
    return found


def work_orders(
    plan: ProductionPlan,
    lines: Sequence[DemandLine],
    *,
    routings: Mapping[str, Routing],
    time_zone: str,
) -> tuple[WorkOrder, ...]:
    """Return a work order for what stock leaves of each demand line, and one a week for what is made for stock.

    Stock goes to what is due first; due is the end of the day. Raises `ConflictError` for a plan that is not approved,
    `NotFoundError` for a product without a routing in force.
    """
    if plan.state is not PlanState.APPROVED:
        raise ConflictError(f"plan {plan.id} is {plan.state}: only an approved plan is released")
    stock: dict[str, float] = {}
    left: dict[tuple[str, date], float] = {}
    for line in plan.lines:
        stock.setdefault(line.product, line.opening)
        left[line.product, line.week] = line.output
    found = []
    for demand in sorted(lines, key=lambda each: (each.due, each.priority, each.id)):
        key = (demand.product, week_of(demand.due))
        if demand.state not in {DemandState.OPEN, DemandState.PLANNED} or key not in left:
            continue
        used = min(stock[demand.product], demand.qty)
        stock[demand.product] -= used
        qty = demand.qty - int(used)
        left[key] -= qty
        if qty > 0:
            found.append(
                _order(f"W-{demand.id}", demand.product, qty, demand.due, routings, time_zone,
                       weight=10 - demand.priority, demand=(demand.id,))
            )  # fmt: skip
    for (product, week), rest in left.items():
        if rest >= 1:
            last = week + _WEEK - timedelta(days=1)
            found.append(
                _order(f"S-{product}-{week}", product, int(rest), last, routings, time_zone,
                       weight=_STOCK_WEIGHT, demand=())
            )  # fmt: skip
    return tuple(found)


def _order(  # noqa: PLR0917 - private, called twice above
    name: str,
    product: str,
    qty: int,
    due: date,
    routings: Mapping[str, Routing],
    time_zone: str,
    *,
    weight: int,
    demand: tuple[str, ...],
) -> WorkOrder:
    if product not in routings:
        raise NotFoundError(f"{name}: {product} has no routing in force")
    return WorkOrder(
        id=name, product=product, qty=qty, weight=weight, demand=demand,
        due_at_min=utc_min(due + timedelta(days=1), 0, zone(time_zone)),
        routing_version=routings[product].version,
    )  # fmt: skip
