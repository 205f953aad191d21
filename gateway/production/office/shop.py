"""The open work as a problem: which orders, what is frozen, and a schedule's jobs as a plan of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from gateway.production.archive import Archive
from gateway.production.execution.port import JobRun
from gateway.production.floor import Floor
from gateway.production.lifecycle import JobState, StandardState, WorkOrderState
from gateway.production.model import Down, JobOrder, Pin, Routing, StandardTime, WorkOrder
from gateway.production.office.floorplan import load_floor
from gateway.production.office.options import PlanningOptions
from gateway.production.schedule.build import Asked, Built, build, job_id
from gateway.production.schedule.confidence import Noise, sigma_of
from gateway.production.schedule.problem import Closures, Placed, Plan, Problem

OPEN_ORDERS = frozenset(
    {WorkOrderState.CREATED, WorkOrderState.RELEASED, WorkOrderState.IN_PROGRESS}
)
BEGUN = frozenset(
    {
        JobState.SENT,
        JobState.NOT_ALLOWED_TO_START,
        JobState.ALLOWED_TO_START,
        JobState.RUNNING,
        JobState.INTERRUPTED,
        JobState.ENDED,
    }
)
"""States of a job that a machine has been told of: nobody moves it any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shop:
    """The floor, the open orders with their routings, and the problem they make."""

    floor: Floor
    orders: tuple[WorkOrder, ...]
    built: Built

    @property
    def problem(self) -> Problem:
        """The problem, in minutes from `built.origin_min`."""
        return self.built.problem


async def open_orders(archive: Archive) -> tuple[WorkOrder, ...]:
    """Return the orders that are to be scheduled."""
    found = await archive.newest(WorkOrder)
    return tuple(each for each in found if each.state in OPEN_ORDERS)


async def routings_of(
    archive: Archive, orders: Sequence[WorkOrder]
) -> dict[tuple[str, int], Routing]:
    """Return the routing version each order keeps to, where it is there."""
    wanted = {(each.product, each.routing_version) for each in orders}
    found: dict[tuple[str, int], Routing] = {}
    for product in {name for name, _ in wanted}:
        for each in await archive.versions(Routing, product):
            if (product, each.version) in wanted:
                found[product, each.version] = each
    return found


async def shop_of(
    archive: Archive,
    options: PlanningOptions,
    orders: Sequence[WorkOrder],
    *,
    start_at_min: int,
    frozen: Sequence[JobOrder] = (),
    keep: Sequence[JobOrder] = (),
    pins: Sequence[Pin] = (),
    down: Mapping[str, Closures] | None = None,
) -> Shop:
    """Return the problem of some orders; raises `NotFoundError`, `InvalidRequestError` by name."""
    floor = await load_floor(archive)
    asked = Asked(
        orders=tuple(orders),
        routings=await routings_of(archive, orders),
        start_at_min=start_at_min,
        days=options.horizon_days,
        frozen=tuple(frozen),
        keep=tuple(keep),
        pins=tuple(pins),
        down=down or {},
    )
    return Shop(floor=floor, orders=tuple(orders), built=build(floor, asked))


def plan_of(shop: Shop, jobs: Sequence[JobOrder]) -> Plan | None:
    """Return jobs as a plan of the shop's tasks; None where one of them is not among the jobs."""
    machine = {each.id: number for number, each in enumerate(shop.problem.machines)}
    held = {each.id: each for each in jobs}
    placed = []
    for number, (order, op) in enumerate(shop.built.steps):
        job = held.get(job_id(order, op))
        if job is None or job.machine not in machine:
            return None
        placed.append(
            Placed(
                task=number,
                machine=machine[job.machine],
                start_min=job.start_at_min - shop.built.origin_min,
                end_min=job.end_at_min - shop.built.origin_min,
            )
        )
    return tuple(placed)


def by_machine(down: Sequence[Down]) -> dict[str, Closures]:
    """Return when each machine is out."""
    found: dict[str, Closures] = {}
    for each in down:
        held = found.get(each.machine, ())
        found[each.machine] = (*held, (each.from_at_min, each.until_at_min))
    return found


def as_it_is(jobs: Sequence[JobOrder], runs: Mapping[str, JobRun]) -> tuple[JobOrder, ...]:
    """Return jobs of a schedule with what became of them: their states, and what was given to them."""
    return tuple(
        replace(each, state=run.state, tool=run.tool, lots=run.lots)
        if (run := runs.get(each.id)) is not None
        else each
        for each in jobs
    )


def as_known(jobs: Sequence[JobOrder], before: Sequence[JobOrder]) -> tuple[JobOrder, ...]:
    """Return jobs with what is known of them: state, tool and lots stay a job's own."""
    held = {each.id: each for each in before}
    return tuple(
        replace(each, state=known.state, tool=known.tool, lots=known.lots)
        if (known := held.get(each.id)) is not None
        else each
        for each in jobs
    )


def noise_of(shop: Shop, options: PlanningOptions) -> tuple[Noise, int]:
    """Return how much run times and machines vary, and of how many tasks nobody has measured it."""
    sigmas: dict[int, float] = {}
    product = {each.id: each.product for each in shop.orders}
    for number, (order, op) in enumerate(shop.built.steps):
        measured = [
            each
            for each in shop.floor.standards
            if (each.product, each.op) == (product[order], op) and _is_measured(each)
        ]
        if measured:
            best = max(measured, key=lambda each: each.cycles)
            sigmas[number] = sigma_of(p10=best.p10_s or 1.0, p90=best.p90_s or 1.0)
    failures = {
        number: (each.mtbf_min, each.mttr_min or 0.0)
        for number, each in enumerate(shop.floor.machines)
        if each.mtbf_min
    }
    noise = Noise(sigma=options.run_time_spread, sigma_by_task=sigmas, failures=failures)
    return noise, len(shop.problem.tasks) - len(sigmas)


def _is_measured(each: StandardTime) -> bool:
    return each.state is StandardState.APPROVED and bool(each.p10_s) and bool(each.p90_s)
