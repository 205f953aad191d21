"""The scheduler on instances of the literature and on realistic shops, and the event loop's lag meanwhile.

Run it as `python -m tests.bench.scheduling [--seconds 10] [FILE ...]`; a FILE is another instance, flexible where its
name begins with mk. Instances of ../shared are used only where they are there.
"""

from __future__ import annotations

import argparse
import asyncio
import time
from pathlib import Path

from gateway.production.schedule.benchmark import InstanceKind, parse_instance
from gateway.production.schedule.problem import Problem
from gateway.production.schedule.repair import Breakdown, frozen, right_shift
from gateway.production.schedule.solve.decode import Shop
from gateway.production.schedule.solve.search import full_cost, greedy
from gateway.production.schedule.solve.solver import solve
from tests.peers.shops import realistic_shop

HERE = Path(__file__).parent / "jobshop"
SHARED = Path(__file__).parents[3] / "shared" / "data" / "jobshop"
BEST = {"ft06": 55, "ft10": 930, "la01": 666, "la02": 655, "mk01": 40, "mk02": 26}


def instance(path: Path) -> Problem:
    kind = InstanceKind.FLEXIBLE if path.stem.startswith("mk") else InstanceKind.JOB_SHOP
    return parse_instance(path.read_text(), kind=kind)


async def lag(late: list[float]) -> None:
    while True:
        began = time.perf_counter()
        await asyncio.sleep(0.005)
        late.append(1000 * (time.perf_counter() - began - 0.005))


async def literature(paths: list[Path], seconds: float) -> None:
    print(f"{'instance':<10}{'best known':>12}{'ours':>8}{'seconds':>9}  how")
    for path in paths:
        began = time.perf_counter()
        found = await solve(instance(path), seconds=seconds)
        took = time.perf_counter() - began
        best = BEST.get(path.stem, "-")
        print(f"{path.stem:<10}{best:>12}{found.cost:>8.0f}{took:>9.1f}  {found.method}")


async def realistic(orders: int, seconds: float) -> None:
    problem = realistic_shop(orders=orders)
    first = greedy(Shop(problem))
    late: list[float] = []
    watcher = asyncio.create_task(lag(late))
    found = await solve(problem, seconds=seconds)
    busiest = max(found.plan, key=lambda each: each.end_min - each.start_min).machine
    broken = Breakdown(machine=busiest, from_min=500, until_min=740)
    began = time.perf_counter()
    repair = right_shift(problem, found.plan, broken, now_min=500)
    shift_ms = 1000 * (time.perf_counter() - began)
    held = frozen(repair.problem, repair.plan, until_min=560, keep_until_min=980)
    shifted = full_cost(held, repair.plan)
    began = time.perf_counter()
    proposal = await solve(held, seconds=3, start=repair.plan)
    proposal_s = time.perf_counter() - began
    watcher.cancel()
    late.sort()
    print(
        f"{orders} orders/{len(problem.tasks)} operations: greedy {first.cost:,.0f},"
        f" {seconds:g} s {found.cost:,.0f} ({found.method}); breakdown: shift {shift_ms:.1f} ms"
        f" at {shifted:,.0f}, proposal {proposal_s:.1f} s at {proposal.cost:,.0f};"
        f" loop lag p99 {late[int(0.99 * len(late))]:.1f} ms, max {late[-1]:.1f} ms"
    )


async def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.scheduling", description=__doc__)
    parser.add_argument("--seconds", type=float, default=10.0, help="time of each search")
    parser.add_argument("files", nargs="*", type=Path, help="other instances")
    given = parser.parse_args()
    there = sorted(HERE.glob("*.txt")) + sorted(SHARED.glob("mk*.txt"))
    await literature(given.files or there, given.seconds)
    for orders in (15, 30, 60, 100):
        await realistic(orders, given.seconds)


if __name__ == "__main__":
    asyncio.run(main())
