"""Greedy seeds, and simulated annealing over the serial decoder."""

from __future__ import annotations

import math
import random
import time
from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass

from gateway.production.schedule.problem import Plan, Problem, cost
from gateway.production.schedule.solve.decode import Decoder, Shop, decode, sequence_of

Report = Callable[[float, float], None]
"""Called with the share of the time used and the best cost so far."""

_START_SHARE = 0.003
_END_SHARE = 0.0002
_REACH = 40
_ANYWHERE = 0.1
_LEAP = 0.2
_WHOLE_ORDER = 0.15


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A plan, its cost and how it was found."""

    plan: Plan
    cost: float
    method: str


def full_cost(problem: Problem, plan: Plan) -> float:
    """Return the cost, with a fixed place that work before it overruns made dearer than any lateness."""
    broken = 0
    for number, placed in problem.fixed.items():
        for before in problem.tasks[number].before:
            handed_over = plan[before].end_min + problem.tasks[before].wait_min
            broken += max(0, handed_over - placed.start_min)
    return cost(problem, plan) + 1e6 * broken


def greedy(shop: Shop) -> Found:
    """Return the best of three dispatch rules: least slack for its weight, first free, most work left."""
    best: Found | None = None
    for rule in (_slack_rule, _first_free_rule, _work_left_rule):
        plan = _dispatch(shop, rule(shop.problem))
        value = full_cost(shop.problem, plan)
        if best is None or value < best.cost:
            best = Found(plan=plan, cost=value, method="greedy")
    if best is None:
        raise AssertionError  # there are three rules
    return best


Key = Callable[[int, int], tuple[float, ...]]
"""From a task and its earliest start to what is placed first: the smallest."""


def _work_left(problem: Problem) -> list[float]:
    followers: list[list[int]] = [[] for _ in problem.tasks]
    for number, task in enumerate(problem.tasks):
        for before in task.before:
            followers[before].append(number)
    left = [-1.0] * len(problem.tasks)

    def of(number: int) -> float:
        if left[number] < 0:
            task = problem.tasks[number]
            own = min(each.run_min for each in task.choices) + task.wait_min
            left[number] = own + max((of(each) for each in followers[number]), default=0.0)
        return left[number]

    return [of(number) for number in range(len(problem.tasks))]


def _slack_rule(problem: Problem) -> Key:
    left = _work_left(problem)

    def key(number: int, start: int) -> tuple[float, ...]:
        order = problem.orders[problem.tasks[number].order]
        due = order.due_min if order.due_min is not None else problem.horizon_min
        slack = due - start - left[number]
        return (start + (slack / order.weight if slack > 0 else slack * order.weight), left[number])

    return key


def _first_free_rule(problem: Problem) -> Key:
    left = _work_left(problem)
    return lambda number, start: (start, -left[number])


def _work_left_rule(problem: Problem) -> Key:
    left = _work_left(problem)
    return lambda number, start: (-left[number], start)


def _dispatch(shop: Shop, key: Key) -> Plan:
    problem, decoder = shop.problem, Decoder(shop)
    open_before = {
        number: sum(1 for before in task.before if before not in problem.fixed)
        for number, task in enumerate(problem.tasks)
        if number not in problem.fixed
    }
    followers: dict[int, list[int]] = {}
    for number in open_before:
        for before in problem.tasks[number].before:
            followers.setdefault(before, []).append(number)
    ready = {
        number: decoder.ready_min(number) for number, count in open_before.items() if not count
    }
    while ready:
        number = min(ready, key=lambda each: key(each, _earliest(decoder, problem, each, ready)))
        del ready[number]
        choices = range(len(problem.tasks[number].choices))
        decoder.place(number, min(choices, key=lambda each: decoder.find(number, each)[1]))
        for follower in followers.get(number, ()):
            open_before[follower] -= 1
            if not open_before[follower]:
                ready[follower] = decoder.ready_min(follower)
    return decoder.plan()


def _earliest(decoder: Decoder, problem: Problem, number: int, ready: dict[int, int]) -> int:
    free = min(decoder.tail[each.machine] for each in problem.tasks[number].choices)
    return max(free, ready[number])


def anneal(
    shop: Shop, start: Plan, *, seconds: float, seed: int, report: Report | None = None
) -> Found:
    """Return the best plan found in so many seconds from a start; never worse than the start decoded again."""
    problem, draw = shop.problem, random.Random(seed)  # noqa: S311 - a search, not a secret
    sequence, choice = sequence_of(problem, start)
    plan = decode(shop, sequence, choice)
    value = best_value = full_cost(problem, plan)
    best, began, told = plan, time.perf_counter(), 0.0
    hot, cold = max(1.0, value * _START_SHARE), max(0.05, value * _END_SHARE)
    neighbours = _Neighbours(problem, draw)
    while len(sequence) > 1 and (share := (time.perf_counter() - began) / seconds) < 1:
        if report is not None and share >= told + 0.02:
            told = share
            report(share, best_value)
        moved = neighbours.move(sequence, choice)
        if moved is None:
            continue
        new_plan = decode(shop, *moved)
        new_value = full_cost(problem, new_plan)
        heat = hot * (cold / hot) ** share
        if new_value <= value or draw.random() < math.exp((value - new_value) / heat):
            (sequence, choice), value = moved, new_value
            if value < best_value:
                best, best_value = new_plan, value
    return Found(plan=best, cost=best_value, method="annealing")


class _Neighbours:
    """Moves from one sequence to another in which every task still follows those before it."""

    def __init__(self, problem: Problem, draw: random.Random) -> None:
        self._before = [frozenset(each.before) for each in problem.tasks]
        after: list[set[int]] = [set() for _ in problem.tasks]
        for number, task in enumerate(problem.tasks):
            for before in task.before:
                after[before].add(number)
        self._after = [frozenset(each) for each in after]
        self._orders = [task.order for task in problem.tasks]
        self._whole_orders = all(
            problem.tasks[before].order == task.order
            for task in problem.tasks
            for before in task.before
        )
        self._choices = [len(each.choices) for each in problem.tasks]
        self._machines = [tuple(c.machine for c in each.choices) for each in problem.tasks]
        self._draw = draw

    def move(self, sequence: list[int], choice: list[int]) -> tuple[list[int], list[int]] | None:
        """Return a changed copy, or None where the drawn task cannot move."""
        at = int(self._draw.random() * len(sequence))
        number = sequence[at]
        if self._whole_orders and self._draw.random() < _WHOLE_ORDER:
            return self._order_moved(sequence, self._orders[number]), choice
        if self._choices[number] > 1 and self._draw.random() < 0.35:
            other = int(self._draw.random() * (self._choices[number] - 1))
            changed = choice.copy()
            changed[number] = other + (other >= choice[number])
            if self._draw.random() < 0.5:
                return sequence, changed
            return self._shifted(sequence, at, changed) or sequence, changed
        shifted = self._shifted(sequence, at, choice)
        return None if shifted is None else (shifted, choice)

    def _shifted(self, sequence: list[int], at: int, choice: list[int]) -> list[int] | None:
        number = sequence[at]
        low, before = at, self._before[number]
        while low > 0 and at - low < _REACH and sequence[low - 1] not in before:
            low -= 1
        high, after = at, self._after[number]
        while high + 1 < len(sequence) and high - at < _REACH and sequence[high + 1] not in after:
            high += 1
        if low == high:
            return None
        if self._draw.random() < _ANYWHERE:
            target = low + int(self._draw.random() * (high - low))
            target += target >= at
        else:  # past work of the same machine: other moves seldom change the plan
            machines, machine = self._machines, self._machines[number][choice[number]]
            rivals = [
                position
                for position in range(low, high + 1)
                if position != at
                and machines[sequence[position]][choice[sequence[position]]] == machine
            ]
            if not rivals:
                return None
            target = self._near(rivals, at)
        shifted = sequence.copy()
        shifted.insert(target, shifted.pop(at))
        return shifted

    def _order_moved(self, sequence: list[int], order: int) -> list[int]:
        """Return the sequence with all of one order's tasks earlier or later by as much."""
        by = int(self._draw.gauss(0, 1) * _REACH)
        orders = self._orders
        keys = [at + by * (orders[number] == order) for at, number in enumerate(sequence)]
        return [sequence[at] for at in sorted(range(len(sequence)), key=keys.__getitem__)]

    def _near(self, rivals: list[int], at: int) -> int:
        """Return mostly the next rival before or behind, sometimes any: small steps find more than leaps."""
        if self._draw.random() < _LEAP:
            return rivals[int(self._draw.random() * len(rivals))]
        behind = bisect_left(rivals, at)
        if behind == len(rivals) or (behind and self._draw.random() < 0.5):
            behind -= 1
        return rivals[behind]
