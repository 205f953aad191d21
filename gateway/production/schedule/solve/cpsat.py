"""The exact search: OR-Tools CP-SAT, where the extra `planning` is installed; only the child process imports it.

The model is solved over time without what is closed for all; its sequence is decoded again, so that whatever the
model leaves out cannot make a plan that does not work.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gateway.production.model import Interruption
from gateway.production.schedule.problem import Closures, Placed, Plan, Problem
from gateway.production.schedule.solve.axis import Axis, union
from gateway.production.schedule.solve.decode import Shop, decode, sequence_of
from gateway.production.schedule.solve.search import Found, full_cost

if TYPE_CHECKING:
    from ortools.sat.python import cp_model

MAX_OPEN_TASKS = 130
"""Above this many open operations annealing finds more in the same time (measured)."""

_ROOM = 1.15
_MOST_CLOSURES = 12


class _Folded:
    """Time with what is closed for every machine taken out, and back."""

    def __init__(self, problem: Problem) -> None:
        self.shared = _intersection([union([each.closures]) for each in problem.machines])
        self._axis = Axis(self.shared)
        self._zero = self._axis.worked(0)

    def to(self, at_min: int) -> int:
        return self._axis.worked(at_min) - self._zero

    def closures(self, closures: Closures) -> Closures:
        pairs = [(self.to(begins), self.to(ends)) for begins, ends in closures]
        return tuple(each for each in pairs if each[1] > each[0])

    def seams(self) -> list[int]:
        return [self.to(begins) for begins, _ in self.shared]


def _intersection(many: list[Closures]) -> Closures:
    """Return what is closed in all of them, by counting how many are."""
    marks: list[tuple[int, int]] = []
    for closures in many:
        for begins, ends in closures:
            marks += [(begins, 1), (ends, -1)]
    found: list[tuple[int, int]] = []
    depth, since = 0, 0
    for at, step in sorted(marks, key=lambda mark: (mark[0], -mark[1])):
        if depth == len(many) and step < 0 and at > since:
            found.append((since, at))
        depth += step
        if depth == len(many) and step > 0:
            since = at
    return tuple(found)


def _shortest(setups: Mapping[tuple[str, str], int]) -> dict[tuple[str, str], int]:
    """Return what a change takes at least, however many runs lie between: true for pairs far apart too."""
    families = sorted({each for pair in setups for each in pair})
    least = {(a, b): setups.get((a, b), 0) for a in families for b in families}
    for middle in families:
        for a in families:
            for b in families:
                way = least[a, middle] + least[middle, b]
                least[a, b] = min(least[a, b], way)
    return least


@dataclass(slots=True)
class _Option:
    task: int
    machine: int
    present: cp_model.IntVar
    start: cp_model.IntVar
    end: cp_model.IntVar
    interval: cp_model.IntervalVar
    family: str


class _Model:
    """One CP-SAT model of a problem with a complete hint from a plan."""

    def __init__(self, cp: Any, problem: Problem, plan: Plan) -> None:
        self.cp, self.problem, self.plan = cp, problem, plan
        self.model: cp_model.CpModel = cp.CpModel()
        self.fold = _Folded(problem)
        last = max(each.end_min for each in plan)
        self.horizon = int(self.fold.to(last) * _ROOM) + 10
        self.exact = not problem.keep and not any(
            machine.closures or machine.setups for machine in problem.machines
        )
        self.start: list[cp_model.IntVar] = []
        self.end: list[cp_model.IntVar] = []
        self.options: list[list[_Option]] = [[] for _ in problem.machines]
        for number in range(len(problem.tasks)):
            self._task(number)
        self._precedence()
        self._machines()
        self._pools()
        self._objective()

    def _hint(self, variable: cp_model.IntVar, value: int) -> None:
        self.model.add_hint(variable, value)

    def _task(self, number: int) -> None:
        task, model, placed = self.problem.tasks[number], self.model, self.plan[number]
        begin, finish = self.fold.to(placed.start_min), self.fold.to(placed.end_min)
        fixed = number in self.problem.fixed
        release = self.fold.to(max(self.problem.orders[task.order].release_min, task.release_min))
        low, high = (begin, begin) if fixed else (release, max(release, self.horizon))
        start = model.new_int_var(low, high, f"s{number}")
        end = model.new_int_var(finish if fixed else low, finish if fixed else high, f"e{number}")
        self._hint(start, begin)
        self._hint(end, finish)
        self.start.append(start)
        self.end.append(end)
        presents = []
        for choice in task.choices:
            here = choice.machine == placed.machine
            if fixed and not here:
                continue
            present = model.new_bool_var(f"p{number}.{choice.machine}")
            self._hint(present, int(here))
            presents.append(present)
            length = self._length(number, choice.machine, choice.run_min, present, fixed=fixed)
            interval = model.new_optional_interval_var(
                start, length, end, present, f"i{number}.{choice.machine}"
            )
            self.options[choice.machine].append(
                _Option(number, choice.machine, present, start, end, interval, task.family)
            )
        model.add_exactly_one(presents)

    def _length(
        self, number: int, machine: int, run: int, present: cp_model.IntVar, *, fixed: bool
    ) -> Any:
        """Return the elapsed time as an expression: the run, and each closure it pauses in."""
        task, placed = self.problem.tasks[number], self.plan[number]
        begin, finish = self.fold.to(placed.start_min), self.fold.to(placed.end_min)
        if fixed:
            return finish - begin
        pools = [self.problem.pools[pool].closures for pool, _ in task.holds]
        closed = union([self.problem.machines[machine].closures, *pools])
        here = [each for each in self.fold.closures(closed) if each[0] < self.horizon]
        if task.interruption is Interruption.BLOCKS:
            here += [(seam, seam) for seam in self.fold.seams() if seam < self.horizon]
        here.sort(key=lambda each: abs(each[0] - begin))
        pauses: list[Any] = []
        for at, (begins, ends) in enumerate(here[:_MOST_CLOSURES]):
            over = self.model.new_bool_var(f"o{number}.{machine}.{at}")
            behind = self.model.new_bool_var(f"b{number}.{machine}.{at}")
            chosen = placed.machine == machine
            meets = chosen and begin < begins and finish > ends
            self._hint(over, int(meets))
            self._hint(behind, int(chosen and begin >= ends))
            end, start = self.end[number], self.start[number]
            self.model.add(start >= ends).only_enforce_if(behind, present)
            self.model.add(end <= begins).only_enforce_if(behind.negated(), over.negated(), present)
            if task.interruption is Interruption.BLOCKS:
                self.model.add(over == 0)
                continue
            self.model.add_implication(over, behind.negated())
            self.model.add(start < begins).only_enforce_if(over, present)
            self.model.add(end > ends).only_enforce_if(over, present)
            pauses.append(over * (ends - begins))
        if not pauses:
            return run
        chosen = placed.machine == machine
        elapsed = self.model.new_int_var(0, self.horizon, f"d{number}.{machine}")
        self._hint(elapsed, finish - begin if chosen else run)
        self.model.add(elapsed == run + sum(pauses))
        return elapsed

    def _precedence(self) -> None:
        for number, task in enumerate(self.problem.tasks):
            for before in task.before:
                # a wait passes in closed time too, which is folded away: then only decoding counts it
                wait = 0 if self.fold.shared else self.problem.tasks[before].wait_min
                if number not in self.problem.fixed or before not in self.problem.fixed:
                    self.model.add(self.start[number] >= self.end[before] + wait)

    def _machines(self) -> None:
        for machine, options in zip(self.problem.machines, self.options, strict=True):
            self.model.add_no_overlap([each.interval for each in options])
            if any(machine.setups.values()):
                least = _shortest(machine.setups)
                self._setups(least, options)
                for option in options:
                    if option.task not in self.problem.fixed:
                        first = least.get((machine.family, option.family), 0)
                        ready = self.fold.to(Axis(union([machine.closures])).after(0, first))
                        self.model.add(option.start >= ready).only_enforce_if(option.present)
        if all(len(task.choices) == 1 for task in self.problem.tasks):
            return
        intervals = [
            self.model.new_interval_var(
                start, self._elapsed(number, start, end), end, f"all{number}"
            )
            for number, (start, end) in enumerate(zip(self.start, self.end, strict=True))
        ]
        self.model.add_cumulative(intervals, [1] * len(intervals), len(self.options))

    def _elapsed(self, number: int, start: cp_model.IntVar, end: cp_model.IntVar) -> Any:
        length = self.model.new_int_var(0, self.horizon, f"l{number}")
        placed = self.plan[number]
        self._hint(length, self.fold.to(placed.end_min) - self.fold.to(placed.start_min))
        self.model.add(length == end - start)
        return length

    def _setups(self, setups: Mapping[tuple[str, str], int], options: list[_Option]) -> None:
        for at, one in enumerate(options):
            for other in options[at + 1 :]:
                there = setups.get((one.family, other.family), 0)
                back = setups.get((other.family, one.family), 0)
                if not there and not back:
                    continue
                first = self.model.new_bool_var(f"f{one.task}.{other.task}.{one.machine}")
                begins = self.plan[one.task].start_min < self.plan[other.task].start_min
                self._hint(first, int(begins))
                both = (one.present, other.present)
                self.model.add(other.start >= one.end + there).only_enforce_if(first, *both)
                self.model.add(one.start >= other.end + back).only_enforce_if(
                    first.negated(), *both
                )

    def _pools(self) -> None:
        for number, pool in enumerate(self.problem.pools):
            intervals, amounts = [], []
            for task_number, task in enumerate(self.problem.tasks):
                for held, amount in task.holds:
                    if held == number:
                        start, end = self.start[task_number], self.end[task_number]
                        length = self._elapsed(task_number, start, end)
                        intervals.append(
                            self.model.new_interval_var(
                                start, length, end, f"h{number}.{task_number}"
                            )
                        )
                        amounts.append(amount)
            for begins, ends, amount in pool.absent:
                low, high = self.fold.to(begins), self.fold.to(ends)
                intervals.append(self.model.new_fixed_size_interval_var(low, high - low, "away"))
                amounts.append(amount)
            if intervals:
                self.model.add_cumulative(intervals, amounts, pool.capacity)

    def _objective(self) -> None:
        model = self.model
        makespan = model.new_int_var(0, self.horizon, "makespan")
        self._hint(makespan, max(self.fold.to(each.end_min) for each in self.plan))
        model.add_max_equality(makespan, self.end)
        for options in self.options:
            runs = [
                each.present * next(
                    choice.run_min for choice in self.problem.tasks[each.task].choices
                    if choice.machine == each.machine
                )
                for each in options
            ]  # fmt: skip
            if runs:
                model.add(sum(runs) <= makespan)
        terms: list[Any] = [makespan]
        for number, order in enumerate(self.problem.orders):
            mine = [at for at, task in enumerate(self.problem.tasks) if task.order == number]
            if order.due_min is None or not mine:
                continue
            late = model.new_int_var(0, self.horizon, f"late{number}")
            due = self.fold.to(order.due_min)
            self._hint(late, max(0, max(self.fold.to(self.plan[at].end_min) for at in mine) - due))
            for at in mine:
                model.add(late >= self.end[at] - due)
            terms.append(10 * order.weight * late)
        model.minimize(sum(terms))


def _tune(parameters: Any, problem: Problem) -> None:
    """Set what was measured to help, with one worker in 8 to 10 s of two busy cores."""
    setups = any(any(each.setups.values()) for each in problem.machines)
    given = all(len(task.choices) == 1 for task in problem.tasks)
    if setups or given:
        # the linear relaxation of so many either-ors only costs time: 15 orders 5,039 against 16,485
        parameters.linearization_level = 0
    if setups:  # probing them would take the whole time
        parameters.cp_model_probing_level = 0
        parameters.symmetry_level = 0
    elif given:  # reasoning on sequences: ft10 930 proved after 4 s of CPU, against 949 unproved
        parameters.use_precedences_in_disjunctive_constraint = True
        parameters.use_disjunctive_constraint_in_cumulative = True
        parameters.use_overload_checker_in_cumulative = True


def improve(shop: Shop, start: Plan, *, seconds: float, seed: int) -> Found | None:
    """Return the best of a start and what CP-SAT makes of it in so many seconds; None without OR-Tools."""
    try:
        from ortools.sat.python import cp_model as cp  # noqa: PLC0415 - an extra of 270 MB, in the child only
    except ImportError:
        return None
    problem = shop.problem
    made = _Model(cp, problem, start)
    solver = cp.CpSolver()
    solver.parameters.max_time_in_seconds = seconds
    solver.parameters.num_workers = 1
    solver.parameters.random_seed = seed
    _tune(solver.parameters, problem)
    status = solver.solve(made.model)
    best = Found(plan=start, cost=full_cost(problem, start), method="kept")
    if status not in {cp.OPTIMAL, cp.FEASIBLE}:
        return best
    chosen = {
        option.task: option.machine
        for options in made.options
        for option in options
        if solver.boolean_value(option.present)
    }
    raw = tuple(
        problem.fixed.get(
            number,
            Placed(
                task=number,
                machine=chosen[number],
                start_min=solver.value(made.start[number]),
                end_min=solver.value(made.end[number]),
            ),
        )
        for number in range(len(problem.tasks))
    )
    plan = decode(shop, *sequence_of(problem, raw))
    value = full_cost(problem, plan)
    proved = "CP-SAT, proved" if status == cp.OPTIMAL and made.exact else "CP-SAT"
    return Found(plan=plan, cost=value, method=proved) if value <= best.cost else best
