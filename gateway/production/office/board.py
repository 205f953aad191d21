"""The scheduling board: a version of the schedule on its machines, as planned and as things go."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from gateway.production.lifecycle import JobState
from gateway.production.model import JobOrder, Schedule, WorkOrder
from gateway.production.office.port import Bar, Board, Lane
from gateway.production.office.shop import Shop, plan_of
from gateway.production.schedule.check import faults
from gateway.production.schedule.live import Progress, projected
from gateway.production.schedule.problem import Plan

_DAY_MIN = 1440
_UNCHANGED = frozenset({JobState.ENDED, JobState.ABORTED})


def board_of(
    schedule: Schedule,
    shop: Shop,
    *,
    progress: Mapping[str, Progress],
    now_min: int,
    unplanned: Sequence[str],
    assumed: int,
) -> Board:
    """Return the board; where jobs and orders no longer fit together it says so instead of projecting."""
    plan = plan_of(shop, schedule.jobs)
    wrong = (
        ("the schedule no longer holds every step of its orders: plan again",)
        if plan is None
        else faults(shop.problem, plan)
    )
    where = {} if plan is None else _projection(shop, plan, progress, now_min=now_min)
    bars = _bars(schedule, shop, where)
    return Board(
        schedule=schedule,
        now_min=now_min,
        lanes=_lanes(shop, bars, now_min),
        bars=bars,
        late={each.job.order: each.late_min for each in bars if each.late_min > 0},
        faults=wrong,
        unplanned=tuple(unplanned),
        assumed=assumed,
    )


def _projection(
    shop: Shop, plan: Plan, progress: Mapping[str, Progress], *, now_min: int
) -> dict[str, tuple[int, int]]:
    """Return when each job will run as things go, in UTC minutes."""
    origin = shop.built.origin_min
    number = {each.id: at for at, each in enumerate(shop.problem.tasks)}
    begun = {
        number[job]: Progress(
            started_min=each.started_min - origin,
            ended_min=None if each.ended_min is None else each.ended_min - origin,
            expected_end_min=(
                None if each.expected_end_min is None else each.expected_end_min - origin
            ),
        )
        for job, each in progress.items()
        if job in number
    }
    found = projected(shop.problem, plan, begun, now_min=max(0, now_min - origin))
    return {
        shop.problem.tasks[each.task].id: (each.start_min + origin, each.end_min + origin)
        for each in found
    }


def _bars(schedule: Schedule, shop: Shop, where: Mapping[str, tuple[int, int]]) -> tuple[Bar, ...]:
    orders: dict[str, WorkOrder] = {each.id: each for each in shop.orders}
    ends: dict[str, int] = {}
    for job in schedule.jobs:
        _, end = where.get(job.id, (0, job.end_at_min))
        ends[job.order] = max(ends.get(job.order, end), end)
    pinned = {each.job for each in schedule.pins}
    return tuple(
        _bar(job, orders[job.order], where, ends[job.order], schedule, pinned)
        for job in schedule.jobs
        if job.order in orders
    )


def _bar(  # noqa: PLR0917 - private, called once above
    job: JobOrder,
    order: WorkOrder,
    where: Mapping[str, tuple[int, int]],
    order_end: int,
    schedule: Schedule,
    pinned: set[str],
) -> Bar:
    start, end = where.get(job.id, (job.start_at_min, job.end_at_min))
    return Bar(
        job=job,
        product=order.product,
        qty=order.qty,
        due_at_min=order.due_at_min,
        projected_start_min=start,
        projected_end_min=end,
        late_min=max(0, order_end - order.due_at_min),
        pinned=job.id in pinned,
        frozen=job.start_at_min < schedule.frozen_until_min or job.state in _UNCHANGED,
    )


def _lanes(shop: Shop, bars: Sequence[Bar], now_min: int) -> tuple[Lane, ...]:
    first = min([now_min, *(each.job.start_at_min for each in bars)]) - _DAY_MIN
    last = max([now_min, *(each.projected_end_min for each in bars)]) + _DAY_MIN
    origin = shop.built.origin_min
    return tuple(
        Lane(
            machine=each.id,
            work_centre=equipment.work_centre,
            path=equipment.path,
            closures=tuple(
                (max(first, begins + origin), min(last, ends + origin))
                for begins, ends in each.closures
                if begins + origin < last and ends + origin > first
            ),
        )
        for each, equipment in zip(shop.problem.machines, shop.floor.machines, strict=True)
    )
