"""The search as a child process, and what it does without OR-Tools."""

import asyncio
import sys
import time

import pytest

from gateway.errors import InvalidRequestError, StorageError
from gateway.production.schedule.benchmark import InstanceKind, parse_instance
from gateway.production.schedule.check import faults
from gateway.production.schedule.problem import Choice, Machine, Order, Pool, Problem, Task
from gateway.production.schedule.solve import cpsat
from gateway.production.schedule.solve.decode import Shop
from gateway.production.schedule.solve.search import full_cost, greedy
from gateway.production.schedule.solve.solver import solve
from gateway.production.schedule.solve.strategy import Exact, Progress, search
from gateway.production.schedule.solve.wire import dump_problem, load_problem
from tests.peers.shops import frozen, random_shop, realistic_shop

FT06 = """6 6
2 1 0 3 1 6 3 7 5 3 4 6
1 8 2 5 4 10 5 10 0 10 3 4
2 5 3 4 5 8 0 9 1 1 4 7
1 5 0 5 2 5 3 3 4 8 5 9
2 9 1 3 4 5 5 4 0 3 3 1
1 3 3 3 5 9 0 10 4 4 2 1
"""


def test_problems_and_plans_survive_the_wire():
    for seed in range(50):
        problem = random_shop(seed)
        problem = frozen(problem, greedy(Shop(problem)).plan, until=60)
        assert load_problem(dump_problem(problem)) == problem


async def test_ft06_is_solved_by_the_child_with_progress():
    problem = parse_instance(FT06, kind=InstanceKind.JOB_SHOP)
    told: list[Progress] = []
    found = await solve(problem, seconds=2, on_progress=told.append)
    assert found.cost <= 58
    assert faults(problem, found.plan) == ()
    assert told[0].phase == "greedy"
    assert told[-1].share == 1.0
    assert [each.cost for each in told] == sorted((each.cost for each in told), reverse=True)


def test_ft06_is_proved_with_the_extra():
    pytest.importorskip("ortools", reason="needs the extra 'planning'")
    problem = parse_instance(FT06, kind=InstanceKind.JOB_SHOP)
    found = cpsat.improve(Shop(problem), greedy(Shop(problem)).plan, seconds=20, seed=1)
    assert found is not None
    assert (found.cost, found.method) == (55, "CP-SAT, proved")


def test_the_exact_model_holds_every_plan_that_works():
    """Fix its variables to a plan the checker accepts: a model that forbids it would cut off good plans."""
    cp = pytest.importorskip("ortools.sat.python.cp_model", reason="needs the extra 'planning'")
    for seed in range(60):
        problem = random_shop(seed)
        plan = greedy(Shop(problem)).plan
        if seed % 2:
            problem = frozen(problem, plan, until=90)
        made = cpsat._Model(cp, problem, plan)
        judge = cp.CpSolver()
        judge.parameters.num_workers = 1
        judge.parameters.fix_variables_to_their_hinted_value = True
        assert judge.solve(made.model) in {cp.OPTIMAL, cp.FEASIBLE}, f"seed {seed}"


def test_exact_search_of_random_shops_breaks_no_rule():
    pytest.importorskip("ortools", reason="needs the extra 'planning'")
    for seed in range(20):
        problem = random_shop(seed)
        start = greedy(Shop(problem))
        found = cpsat.improve(Shop(problem), start.plan, seconds=0.3, seed=1)
        assert found is not None
        assert found.cost <= start.cost
        assert faults(problem, found.plan) == (), f"seed {seed}"


def test_without_ortools_it_still_schedules(monkeypatch):
    monkeypatch.setitem(sys.modules, "ortools", None)
    monkeypatch.setitem(sys.modules, "ortools.sat.python", None)
    problem = realistic_shop(orders=10)
    start = greedy(Shop(problem))
    assert cpsat.improve(Shop(problem), start.plan, seconds=1, seed=1) is None
    found = search(problem, seconds=0.5, seed=1)
    assert found.method in {"greedy", "annealing"}
    assert found.cost <= start.cost
    assert faults(problem, found.plan) == ()


def test_ortools_is_imported_by_nothing_but_the_exact_search():
    for name in ("solver", "strategy", "worker"):
        module = sys.modules.get(f"gateway.production.schedule.{name}")
        assert module is None or "ortools" not in vars(module)


async def test_the_event_loop_runs_on_while_100_orders_are_searched():
    problem = realistic_shop(orders=100)
    late: list[float] = []

    async def watch():
        while True:
            began = time.perf_counter()
            await asyncio.sleep(0.005)
            late.append(time.perf_counter() - began - 0.005)

    watcher = asyncio.create_task(watch())
    began = time.perf_counter()
    found = await solve(problem, seconds=1.5, exact=Exact.NEVER)
    took_s = time.perf_counter() - began
    watcher.cancel()
    late.sort()
    lag_ms = 1000 * late[len(late) // 2]
    print(f"{len(problem.tasks)} operations in {took_s:.1f} s, loop lag p50 {lag_ms:.1f} ms")
    assert faults(problem, found.plan) == ()
    # The median, as other tests share the cores; were the search in this thread, there would be no more than a few.
    assert len(late) > 20
    assert lag_ms < 100


async def test_what_has_no_plan_is_refused_by_name():
    task = Task(id="A", order=0, choices=(Choice(machine=0, run_min=5),), holds=((0, 2),))
    problem = Problem(
        tasks=(task,), orders=(Order(id="A"),), machines=(Machine(id="M"),),
        pools=(Pool(id="setter", capacity=1),),
    )  # fmt: skip
    with pytest.raises(InvalidRequestError, match="A needs 2 of setter, there are 1"):
        await solve(problem, seconds=0.1)
    short = Problem(
        tasks=(Task(id="A", order=0, choices=(Choice(machine=0, run_min=5),)),),
        orders=(Order(id="A"),), machines=(Machine(id="M"),), horizon_min=4,
    )  # fmt: skip
    with pytest.raises(InvalidRequestError, match="after the horizon 4"):
        await solve(short, seconds=0.1)


async def test_a_child_that_dies_is_told(monkeypatch):
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(StorageError, match="ended without a result"):
        await solve(random_shop(1), seconds=0.1)


async def test_cancelling_ends_the_child(monkeypatch):
    children: list[asyncio.subprocess.Process] = []
    create = asyncio.create_subprocess_exec

    async def spy(*words, **options):
        children.append(await create(*words, **options))
        return children[-1]

    monkeypatch.setattr(asyncio, "create_subprocess_exec", spy)
    begun = asyncio.Event()
    asking = asyncio.create_task(
        solve(realistic_shop(orders=20), seconds=60, on_progress=lambda _: begun.set())
    )
    await asyncio.wait_for(begun.wait(), 30)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    assert children[0].returncode is not None


def test_instances_that_cannot_be_read_name_their_line():
    with pytest.raises(InvalidRequestError, match="line 3"):
        parse_instance("2 2\n0 1 1 2\n0 1 1\n", kind=InstanceKind.JOB_SHOP)
    with pytest.raises(InvalidRequestError, match="machine past 1"):
        parse_instance("1 2\n1 1 2 5\n", kind=InstanceKind.FLEXIBLE)
    with pytest.raises(InvalidRequestError, match="3 jobs are announced, 1"):
        parse_instance("3 2\n0 1 1 2\n", kind=InstanceKind.JOB_SHOP)
    flexible = parse_instance("1 2\n2 2 0 5 1 6 1 1 3\n", kind=InstanceKind.FLEXIBLE)
    assert [len(each.choices) for each in flexible.tasks] == [2, 1]


def test_full_cost_counts_ten_times_the_weighted_lateness_and_the_makespan():
    problem = random_shop(7)
    plan = greedy(Shop(problem)).plan
    ends: dict[int, int] = {}
    for each in plan:
        order = problem.tasks[each.task].order
        ends[order] = max(ends.get(order, 0), each.end_min)
    late = sum(
        order.weight * max(0, ends[number] - order.due_min)
        for number, order in enumerate(problem.orders)
        if order.due_min is not None
    )
    assert full_cost(problem, plan) == 10 * late + max(ends.values())
