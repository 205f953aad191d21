"""How sure a plan is: the same work replayed many times with run times and breakdowns as they really vary.

People and tools are not fought over in a replay; their closures and the plan's own starts are kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from gateway.production.model import Interruption
from gateway.production.schedule.problem import Closures, Plan, Problem
from gateway.production.schedule.solve.axis import union

Minutes = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Noise:
    """How much reality varies: `sigma` of the log of a run time, and by machine (MTBF, MTTR) in minutes."""

    sigma: float = 0.0
    sigma_by_task: Mapping[int, float] = field(default_factory=dict)
    failures: Mapping[int, tuple[float, float]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Confidence:
    """The share of runs in which each order with a due time makes it, and quantiles of the end of all work."""

    p_on_time: Mapping[str, float]
    makespan_p50: float
    makespan_p80: float
    runs: int


def sigma_of(*, p10: float, p90: float) -> float:
    """Return the log-normal sigma whose 10 % and 90 % points lie that far apart."""
    return float(np.log(p90 / p10) / 2.5631031310892007)


def replay(
    problem: Problem, plan: Plan, noise: Noise, *, runs: int, seed: int, now_min: int = 0
) -> Minutes:
    """Return the ends of all tasks, runs by tasks; without noise each run equals the plan.

    No task starts before its plan, and what ended before `now_min` is certain.
    """
    draw = np.random.default_rng(seed)
    ends = np.zeros((runs, len(plan)), np.int64)
    last: dict[int, int] = {}
    axes: dict[tuple[int, tuple[int, ...]], _Axis] = {}
    for placed in sorted(plan, key=lambda each: (each.start_min, each.end_min, each.task)):
        number, task = placed.task, problem.tasks[placed.task]
        ready = np.full(runs, placed.start_min, np.int64)
        for before in task.before:
            ready = np.maximum(ready, ends[:, before] + problem.tasks[before].wait_min)
        machine = problem.machines[placed.machine]
        clock = axes.setdefault((placed.machine, ()), _Axis(machine.closures))
        if placed.machine in last:
            previous = last[placed.machine]
            setup = machine.setups.get((problem.tasks[previous].family, task.family), 0)
            ready = np.maximum(ready, clock.after(ends[:, previous], np.int64(setup)))
        last[placed.machine] = number
        if placed.end_min <= now_min:
            ends[:, number] = placed.end_min
            continue
        run = next(each.run_min for each in task.choices if each.machine == placed.machine)
        pools = tuple(pool for pool, _ in task.holds)
        key = (placed.machine, pools)
        if key not in axes:
            closed = [machine.closures, *(problem.pools[pool].closures for pool in pools)]
            axes[key] = _Axis(union(closed))
        work = _varied(draw, noise, run=run, runs=runs, task=number, machine=placed.machine)
        ends[:, number] = axes[key].fit(ready, work, task.interruption)
    return ends


def confidence(
    problem: Problem, plan: Plan, noise: Noise, *, runs: int = 1000, seed: int, now_min: int = 0
) -> Confidence:
    """Return how sure the plan is, from so many replays."""
    ends = replay(problem, plan, noise, runs=runs, seed=seed, now_min=now_min)
    shares = {}
    for number, order in enumerate(problem.orders):
        mine = [at for at, task in enumerate(problem.tasks) if task.order == number]
        if order.due_min is not None and mine:
            shares[order.id] = float((ends[:, mine].max(axis=1) <= order.due_min).mean())
    p50, p80 = np.quantile(ends.max(axis=1), (0.5, 0.8))
    return Confidence(p_on_time=shares, makespan_p50=float(p50), makespan_p80=float(p80), runs=runs)


def _varied(
    draw: np.random.Generator, noise: Noise, *, run: int, runs: int, task: int, machine: int
) -> Minutes:
    sigma = noise.sigma_by_task.get(task, noise.sigma)
    work = np.full(runs, float(run))
    if sigma:
        work *= np.exp(sigma * draw.standard_normal(runs))
    if machine in noise.failures:
        between, repair = noise.failures[machine]
        failures = draw.poisson(work / between)
        work += np.where(failures > 0, draw.gamma(np.maximum(failures, 1), repair), 0.0)
    rounded: Minutes = np.rint(work).astype(np.int64)
    return rounded


class _Axis:
    """Working time of one resource over arrays of instants."""

    def __init__(self, closures: Closures) -> None:
        pairs = np.array(union([closures]), np.int64).reshape(-1, 2)
        self._begins, self._ends = pairs[:, 0], pairs[:, 1]
        self._closed = np.concatenate(([0], np.cumsum(self._ends - self._begins)))
        self._works = self._begins - self._closed[:-1]

    def after(self, start: Minutes, work: Minutes | np.int64) -> Minutes:
        passed = np.searchsorted(self._begins, start, side="right")
        done = start - self._closed[passed]
        if len(self._begins):
            at = np.maximum(passed - 1, 0)
            inside = (passed > 0) & (self._ends[at] > start)
            done = np.where(inside, self._works[at], done)
        target = done + work
        end = target + self._closed[np.searchsorted(self._works, target, side="left")]
        return np.where(np.asarray(work) > 0, end, start)

    def fit(self, start: Minutes, work: Minutes, interruption: Interruption) -> Minutes:
        if interruption is Interruption.PAUSES or not len(self._begins):
            return self.after(start, work)
        begins = np.append(self._begins, np.iinfo(np.int64).max)
        ends = np.append(self._ends, 0)
        at = np.searchsorted(self._begins, start, side="right")
        before = np.maximum(at - 1, 0)
        start = np.where((at > 0) & (ends[before] > start), ends[before], start)
        while (meets := begins[at] < start + work).any():
            start = np.where(meets, ends[at], start)
            at = at + meets
        return start + work
