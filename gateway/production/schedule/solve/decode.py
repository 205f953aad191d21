"""The serial decoder: a sequence of tasks and a machine for each becomes a plan without idle time it could avoid."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from gateway.errors import InvalidRequestError
from gateway.production.schedule.problem import Placed, Plan, Problem
from gateway.production.schedule.solve.axis import Axis, Profile, union


class Shop:
    """What stays the same over many decodings of one problem; `not_before` holds tasks back to an instant.

    Raises `InvalidRequestError` where a task needs more of a pool than there is.
    """

    def __init__(self, problem: Problem, *, not_before: Mapping[int, int] | None = None) -> None:
        self.problem = problem
        self.machine_axes = [Axis(union([each.closures])) for each in problem.machines]
        self.axes: list[list[Axis]] = []
        self.ready: list[int] = []
        cache: dict[tuple[int, tuple[int, ...]], Axis] = {}
        for number, task in enumerate(problem.tasks):
            pools = tuple(pool for pool, _ in task.holds)
            self._check(number)
            row = []
            for choice in task.choices:
                key = (choice.machine, pools)
                if key not in cache:
                    closed = [problem.machines[choice.machine].closures]
                    closed += [problem.pools[pool].closures for pool in pools]
                    cache[key] = Axis(union(closed))
                row.append(cache[key])
            self.axes.append(row)
            release = max(problem.orders[task.order].release_min, task.release_min)
            self.ready.append(max(release, (not_before or {}).get(number, release)))
        blocks: list[list[Placed]] = [[] for _ in problem.machines]
        for placed in problem.fixed.values():
            blocks[placed.machine].append(placed)
        self.blocks = [sorted(each, key=lambda placed: placed.start_min) for each in blocks]

    def _check(self, number: int) -> None:
        task = self.problem.tasks[number]
        if not task.choices:
            raise InvalidRequestError(f"{task.id}: no machine can do it")
        for pool, amount in task.holds:
            there = self.problem.pools[pool]
            if amount > there.capacity:
                raise InvalidRequestError(
                    f"{task.id} needs {amount} of {there.id}, there are {there.capacity}"
                )


class Decoder:
    """One plan in the making: place tasks in a feasible order, each after those it follows."""

    def __init__(self, shop: Shop) -> None:
        self._shop = shop
        problem = shop.problem
        self._profiles = [Profile(each.capacity) for each in problem.pools]
        for profile, there in zip(self._profiles, problem.pools, strict=True):
            for begins, ends, amount in there.absent:
                profile.hold(begins, ends, amount)
        self.tail = [0] * len(problem.machines)
        self._family = [each.family for each in problem.machines]
        self._passed = [0] * len(problem.machines)
        self.placed: list[Placed | None] = [None] * len(problem.tasks)
        for number, placed in problem.fixed.items():
            self.placed[number] = placed
            for pool, amount in problem.tasks[number].holds:
                self._profiles[pool].hold(placed.start_min, placed.end_min, amount)

    def ready_min(self, number: int) -> int:
        """Return when a task may start as far as its order and the tasks before it go."""
        ready = self._shop.ready[number]
        tasks = self._shop.problem.tasks
        for before in tasks[number].before:
            placed = self.placed[before]
            if placed is None:
                raise InvalidRequestError(
                    f"{tasks[number].id} was placed before {tasks[before].id}"
                )
            ready = max(ready, placed.end_min + tasks[before].wait_min)
        return ready

    def find(self, number: int, choice: int) -> tuple[int, int, int]:
        """Return (start, end, fixed blocks passed) of the earliest place behind what its machine has already."""
        shop, problem = self._shop, self._shop.problem
        task = problem.tasks[number]
        machine, run = task.choices[choice].machine, task.choices[choice].run_min
        setups, axis = problem.machines[machine].setups, shop.axes[number][choice]
        clock, blocks = shop.machine_axes[machine], shop.blocks[machine]
        ready, passed = self.ready_min(number), self._passed[machine]
        tail, family = self.tail[machine], self._family[machine]
        while True:
            setup = setups.get((family, task.family), 0)
            start, end = axis.fit(max(ready, clock.after(tail, setup)), run, task.interruption)
            if task.holds:
                start, end = self._with_pools(task.holds, axis, start, run, number)
            if passed == len(blocks):
                return start, end, passed
            block = blocks[passed]
            following = problem.tasks[block.task].family
            needed = setups.get((task.family, following), 0)
            if clock.after(end, needed) <= block.start_min:
                return start, end, passed
            tail, family, passed = block.end_min, following, passed + 1

    def _with_pools(
        self, holds: tuple[tuple[int, int], ...], axis: Axis, start: int, run: int, number: int
    ) -> tuple[int, int]:
        interruption = self._shop.problem.tasks[number].interruption
        while True:
            start, end = axis.fit(start, run, interruption)
            for pool, amount in holds:
                until = self._profiles[pool].blocked_until(start, end, amount)
                if until is not None:
                    start = until
                    break
            else:
                return start, end

    def place(self, number: int, choice: int) -> Placed:
        """Place a task for good."""
        start, end, passed = self.find(number, choice)
        task = self._shop.problem.tasks[number]
        machine = task.choices[choice].machine
        placed = Placed(task=number, machine=machine, start_min=start, end_min=end)
        self.placed[number] = placed
        self.tail[machine], self._family[machine] = end, task.family
        self._passed[machine] = passed
        for pool, amount in task.holds:
            self._profiles[pool].hold(start, end, amount)
        return placed

    def plan(self) -> Plan:
        """Return the finished plan."""
        return tuple(each for each in self.placed if each is not None)


def decode(shop: Shop, sequence: Sequence[int], choice: Sequence[int]) -> Plan:
    """Return the plan of a sequence of all tasks that are not fixed, with the choice of each by task number."""
    decoder = Decoder(shop)
    for number in sequence:
        decoder.place(number, choice[number])
    return decoder.plan()


def sequence_of(problem: Problem, plan: Plan) -> tuple[list[int], list[int]]:
    """Return the sequence and choices that a plan was made from, to search on from it."""
    choice = [0] * len(problem.tasks)
    for placed in plan:
        machines = [each.machine for each in problem.tasks[placed.task].choices]
        if placed.machine in machines:
            choice[placed.task] = machines.index(placed.machine)
    depth = _depths(problem)
    open_tasks = [each for each in plan if each.task not in problem.fixed]
    open_tasks.sort(key=lambda each: (each.start_min, depth[each.task], each.end_min))
    return [each.task for each in open_tasks], choice


def _depths(problem: Problem) -> list[int]:
    depth = [-1] * len(problem.tasks)

    def of(number: int) -> int:
        if depth[number] < 0:
            depth[number] = 1 + max((of(each) for each in problem.tasks[number].before), default=-1)
        return depth[number]

    for number in range(len(problem.tasks)):
        of(number)
    return depth
