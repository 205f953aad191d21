"""What any shop's schedule must be: the independent checker finds nothing."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.errors import InvalidRequestError
from gateway.production.model import Interruption
from gateway.production.schedule.check import faults
from gateway.production.schedule.solve.axis import Axis, Profile, union
from gateway.production.schedule.solve.decode import Shop, decode, sequence_of
from gateway.production.schedule.solve.search import _Neighbours, anneal, full_cost, greedy
from tests.peers.shops import frozen, moved, random_closures, random_shop


@pytest.mark.parametrize("block", range(10))
def test_the_checker_finds_no_fault_over_500_random_shops(block):
    for seed in range(block * 50, block * 50 + 50):
        problem = random_shop(seed)
        shop = Shop(problem)
        first = greedy(shop)
        assert faults(problem, first.plan) == (), f"seed {seed}"
        sequence, choice = sequence_of(problem, first.plan)
        neighbours = _Neighbours(problem, random.Random(seed))
        for _ in range(20):
            sequence, choice = neighbours.move(sequence, choice) or (sequence, choice)
            assert faults(problem, decode(shop, sequence, choice)) == (), f"seed {seed}"
        held = frozen(problem, first.plan, until=90)
        again = anneal(Shop(held), greedy(Shop(held)).plan, seconds=0.01, seed=seed)
        assert faults(held, again.plan) == (), f"seed {seed}, frozen"


def test_annealing_is_never_worse_than_its_start():
    for seed in range(20):
        problem = random_shop(seed)
        start = greedy(Shop(problem))
        found = anneal(Shop(problem), start.plan, seconds=0.02, seed=seed)
        assert found.cost <= start.cost
        assert found.cost == full_cost(problem, found.plan)


def test_the_checker_sees_what_a_decoder_could_do_wrong():
    """Move one task at random: the checker must object wherever a slow count of minutes does."""
    seen = 0
    for seed in range(200):
        problem = random_shop(seed)
        plan = greedy(Shop(problem)).plan
        draw = random.Random(seed)
        placed = draw.choice(plan)
        shift = draw.choice((-17, -5, -1, 1, 9))
        if placed.start_min + shift < 0:
            continue
        changed = moved(
            plan, placed.task, start_min=placed.start_min + shift, end_min=placed.end_min + shift
        )
        wrong = _wrong(problem, changed)
        assert bool(faults(problem, changed)) == wrong, f"seed {seed}"
        seen += wrong
    assert seen > 50


def _shut(closures, at):
    return any(begins <= at < ends for begins, ends in closures)


def _wrong(problem, plan):
    """Say whether a plan breaks a rule, by walking minute for minute in plain Python."""
    return (
        any(_wrong_run(problem, plan, each) for each in plan)
        or any(_wrong_machine(problem, plan, each) for each in range(len(problem.machines)))
        or any(_wrong_pool(problem, plan, each) for each in range(len(problem.pools)))
    )


def _wrong_run(problem, plan, placed):
    task = problem.tasks[placed.task]
    resources = [problem.machines[placed.machine]]
    resources += [problem.pools[pool] for pool, _ in task.holds]
    minutes = [
        not any(_shut(each.closures, at) for each in resources)
        for at in range(placed.start_min, placed.end_min)
    ]
    run = next(each.run_min for each in task.choices if each.machine == placed.machine)
    return (
        sum(minutes) != run
        or not (minutes[0] and minutes[-1])
        or (task.interruption is Interruption.BLOCKS and not all(minutes))
        or placed.start_min < problem.orders[task.order].release_min
        or any(
            placed.start_min < plan[before].end_min + problem.tasks[before].wait_min
            for before in task.before
        )
    )


def _wrong_machine(problem, plan, number):
    machine = problem.machines[number]
    free, family = 0, machine.family
    for placed in sorted((p for p in plan if p.machine == number), key=lambda p: p.start_min):
        to = problem.tasks[placed.task].family
        working = sum(not _shut(machine.closures, at) for at in range(free, placed.start_min))
        if placed.start_min < free or working < machine.setups.get((family, to), 0):
            return True
        free, family = placed.end_min, to
    return False


def _wrong_pool(problem, plan, number):
    for at in range(max(each.end_min for each in plan)):
        used = sum(
            dict(problem.tasks[each.task].holds).get(number, 0)
            for each in plan
            if each.start_min <= at < each.end_min
        )
        if used > problem.pools[number].capacity:
            return True
    return False


@settings(max_examples=150, deadline=None)
@given(seed=st.integers(0, 10_000), start=st.integers(0, 300), work=st.integers(0, 200))
def test_an_axis_counts_like_a_walk_over_minutes(seed, start, work):
    closures = union([random_closures(random.Random(seed), until=400)])
    axis = Axis(closures)

    def is_open(at):
        return not any(begins <= at < ends for begins, ends in closures)

    assert axis.worked(start) - axis.worked(0) == sum(map(is_open, range(start)))
    end, left = start, work
    while left:
        left -= is_open(end)
        end += 1
    assert axis.after(start, work) == end
    if work:
        begin, done = axis.fit(start, work, Interruption.BLOCKS)
        assert all(is_open(at) for at in range(begin, done))
        earlier = range(start, begin)
        assert not any(all(is_open(t) for t in range(at, at + work)) for at in earlier)


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 80), st.integers(0, 30), st.integers(1, 2)), max_size=12
    ),
    st.integers(0, 80), st.integers(1, 30), st.integers(1, 3),
)  # fmt: skip
def test_a_profile_blocks_exactly_where_too_much_is_held(holds, start, length, amount):
    profile = Profile(3)
    for begins, lasts, taken in holds:
        profile.hold(begins, begins + lasts, taken)

    def used(at):
        return sum(taken for begins, lasts, taken in holds if begins <= at < begins + lasts)

    until = profile.blocked_until(start, start + length, amount)
    full = [at for at in range(start, start + length) if used(at) + amount > 3]
    assert (until is not None) == bool(full)
    if until is not None:
        assert until > full[0]
        assert all(used(at) + amount > 3 for at in range(full[0], until))


def test_a_task_that_needs_more_than_there_is_is_refused_by_name():
    for seed in range(100):
        problem = random_shop(seed)
        if any(task.holds for task in problem.tasks):
            break
    starved = tuple(type(pool)(id=pool.id, capacity=0) for pool in problem.pools)
    with pytest.raises(InvalidRequestError, match="there are 0"):
        Shop(type(problem)(
            tasks=problem.tasks, orders=problem.orders, machines=problem.machines, pools=starved
        ))  # fmt: skip
