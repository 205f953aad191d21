"""What is tried in which order: greedy, annealing, exact search where it wins, annealing again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from gateway.production.schedule.problem import Plan, Problem
from gateway.production.schedule.solve.cpsat import MAX_OPEN_TASKS, improve
from gateway.production.schedule.solve.decode import Shop, decode, sequence_of
from gateway.production.schedule.solve.search import Found, anneal, full_cost, greedy


class Exact(StrEnum):
    """Whether the exact search may be used; it is left out anyhow where OR-Tools is not installed."""

    WHERE_IT_WINS = "where it wins"
    NEVER = "never"


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a search is: the share of its time used, the best cost so far, and what runs now."""

    share: float
    cost: float
    phase: str


Tell = Callable[[Progress], None]
_FIRST_SHARE = 0.25
_FIRST_SHARE_WITHOUT_SETUPS = 0.05


def search(
    problem: Problem,
    *,
    seconds: float,
    seed: int,
    exact: Exact = Exact.WHERE_IT_WINS,
    start: Plan | None = None,
    tell: Tell | None = None,
) -> Found:
    """Return the best plan found in about so many seconds; never worse than `start` where one is given.

    The same seed need not give the same plan: how far a search comes depends on the machine.
    """
    shop, say = Shop(problem), tell or (lambda _: None)
    best = greedy(shop)
    if start is not None:
        best = _better(best, _again(shop, start))
    say(Progress(share=0.0, cost=best.cost, phase="greedy"))
    open_tasks = len(problem.tasks) - len(problem.fixed)
    first = 1.0
    if exact is Exact.WHERE_IT_WINS and open_tasks <= MAX_OPEN_TASKS:
        setups = any(any(each.setups.values()) for each in problem.machines)
        first = _FIRST_SHARE if setups else _FIRST_SHARE_WITHOUT_SETUPS

    def annealed(begin: float, share: float, seed: int) -> Found:
        return anneal(
            shop, best.plan, seconds=max(0.001, seconds * share), seed=seed,
            report=lambda done, cost: say(
                Progress(share=begin + done * share, cost=cost, phase="annealing")
            ),
        )  # fmt: skip

    best = _better(best, annealed(0.0, first, seed))
    if first < 1:
        say(Progress(share=first, cost=best.cost, phase="exact"))
        improved = improve(shop, best.plan, seconds=seconds * (1 - first), seed=seed)
        if improved is None:
            best = _better(best, annealed(first, 1 - first, seed + 1))
        else:
            best = _better(best, improved)
    say(Progress(share=1.0, cost=best.cost, phase="done"))
    return best


def _again(shop: Shop, start: Plan) -> Found:
    """Return a start decoded again where that is no worse; it may leave idle time in on purpose."""
    problem = shop.problem
    plan = decode(shop, *sequence_of(problem, start))
    kept = Found(plan=start, cost=full_cost(problem, start), method="kept")
    return _better(kept, Found(plan=plan, cost=full_cost(problem, plan), method="kept"))


def _better(one: Found, other: Found) -> Found:
    return (
        other
        if other.cost < one.cost or (other.cost == one.cost and "proved" in other.method)
        else one
    )
