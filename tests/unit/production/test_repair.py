import time
from dataclasses import replace

import numpy as np

from gateway.production.schedule.check import faults
from gateway.production.schedule.confidence import Noise, confidence, replay, sigma_of
from gateway.production.schedule.problem import Choice, Machine, Order, Placed, Problem, Task
from gateway.production.schedule.repair import Breakdown, frozen, right_shift
from gateway.production.schedule.solve.decode import Shop
from gateway.production.schedule.solve.search import full_cost, greedy
from gateway.production.schedule.solve.strategy import Exact, search
from tests.peers.shops import random_shop, realistic_shop


def busiest(problem, plan):
    busy = [0] * len(problem.machines)
    for each in plan:
        busy[each.machine] += each.end_min - each.start_min
    return busy.index(max(busy))


def test_a_breakdown_shifts_60_orders_right_within_a_second():
    problem = realistic_shop(orders=60)
    plan = greedy(Shop(problem)).plan
    broken = Breakdown(machine=busiest(problem, plan), from_min=500, until_min=740)
    began = time.process_time()
    repair = right_shift(problem, plan, broken, now_min=500)
    took_s = time.process_time() - began
    assert took_s < 1.0
    assert repair.moved
    assert faults(repair.problem, repair.plan) == ()
    for old, new in zip(plan, repair.plan, strict=True):
        assert new.machine == old.machine
        assert new.start_min >= old.start_min
        if old.start_min < 500 and old.machine != broken.machine:
            assert new == old
    print(f"right shift of {len(plan)} operations: {took_s * 1000:.1f} ms")


def test_a_proposal_never_costs_more_than_the_right_shift():
    problem = realistic_shop(orders=20)
    plan = greedy(Shop(problem)).plan
    broken = Breakdown(machine=busiest(problem, plan), from_min=300, until_min=540)
    repair = right_shift(problem, plan, broken, now_min=300)
    held = frozen(repair.problem, repair.plan, until_min=360, keep_until_min=780)
    found = search(held, seconds=1.0, seed=1, exact=Exact.NEVER, start=repair.plan)
    assert found.cost <= full_cost(held, repair.plan)
    assert faults(held, found.plan) == ()
    for number, placed in held.fixed.items():
        assert found.plan[number] == placed


def test_right_shifts_of_random_shops_have_no_fault():
    for seed in range(200):
        problem = random_shop(seed)
        plan = greedy(Shop(problem)).plan
        broken = Breakdown(machine=seed % len(problem.machines), from_min=60, until_min=120)
        repair = right_shift(problem, plan, broken, now_min=60)
        assert faults(repair.problem, repair.plan) == (), f"seed {seed}"


def test_a_breakdown_that_meets_nothing_moves_nothing():
    problem = random_shop(3)
    plan = greedy(Shop(problem)).plan
    end = max(each.end_min for each in plan)
    broken = Breakdown(machine=0, from_min=end + 10, until_min=end + 20)
    assert right_shift(problem, plan, broken, now_min=end + 10).moved == ()


def test_without_noise_every_replay_equals_the_plan():
    for seed in range(200):
        problem = random_shop(seed)
        plan = greedy(Shop(problem)).plan
        ends = replay(problem, plan, Noise(), runs=3, seed=1)
        assert (ends == [each.end_min for each in plan]).all(), f"seed {seed}"
    problem = realistic_shop(orders=60)
    plan = greedy(Shop(problem)).plan
    sure = confidence(problem, plan, Noise(), runs=20, seed=1)
    assert sure.makespan_p50 == sure.makespan_p80 == max(each.end_min for each in plan)
    assert set(sure.p_on_time.values()) <= {0.0, 1.0}


def test_noise_makes_a_tight_order_uncertain_and_a_loose_one_sure():
    problem = Problem(
        tasks=(
            Task(id="A", order=0, choices=(Choice(machine=0, run_min=100),)),
            Task(id="B", order=1, choices=(Choice(machine=1, run_min=100),)),
        ),
        orders=(Order(id="tight", due_min=100), Order(id="loose", due_min=300)),
        machines=(Machine(id="M1"), Machine(id="M2")),
    )
    plan = tuple(Placed(task=at, machine=at, start_min=0, end_min=100) for at in range(2))
    sure = confidence(problem, plan, Noise(sigma=0.1), runs=4000, seed=7)
    assert abs(sure.p_on_time["tight"] - 0.52) < 0.03  # half, and what rounds to 100
    assert sure.p_on_time["loose"] == 1.0
    failing = Noise(failures={1: (100.0, 1000.0)})
    shaken = confidence(problem, plan, failing, runs=4000, seed=7)
    expected = np.exp(-1) + np.exp(-1) * (1 - np.exp(-0.2))  # no failure, or one that is short
    assert abs(shaken.p_on_time["loose"] - expected) < 0.05
    done = confidence(problem, plan, Noise(sigma=0.5), runs=100, seed=7, now_min=100)
    assert done.p_on_time == {"tight": 1.0, "loose": 1.0}


def test_sigma_comes_from_the_measured_tenth_and_ninetieth():
    draw = np.random.default_rng(1)
    cycles = 60 * np.exp(0.2 * draw.standard_normal(200_000))
    p10, p90 = np.quantile(cycles, (0.1, 0.9))
    assert abs(sigma_of(p10=p10, p90=p90) - 0.2) < 0.002


def test_a_thousand_replays_of_60_orders_are_quick():
    problem = realistic_shop(orders=60)
    plan = greedy(Shop(problem)).plan
    began = time.process_time()
    confidence(problem, plan, Noise(sigma=0.1), runs=1000, seed=1)
    took_s = time.process_time() - began
    print(f"1,000 replays of {len(plan)} operations: {took_s * 1000:.0f} ms")
    assert took_s < 2.0


def test_kept_places_cost_what_moving_them_costs():
    problem = random_shop(5)
    plan = greedy(Shop(problem)).plan
    dear = replace(problem, keep={each.task: each for each in plan})
    assert full_cost(dear, plan) == full_cost(problem, plan)
    shifted = tuple(replace(each, start_min=each.start_min + 2) for each in plan)
    assert full_cost(dear, shifted) == full_cost(problem, shifted) + 2 * len(plan)


def test_what_runs_longer_pushes_what_waits_for_it_and_what_shares_its_machine():
    problem = Problem(
        tasks=(
            Task(id="A", order=0, choices=(Choice(machine=0, run_min=20),), wait_min=7, family="red"),
            Task(id="B", order=0, choices=(Choice(machine=1, run_min=5),), before=(0,)),
            Task(id="C", order=1, choices=(Choice(machine=0, run_min=5),), family="blue"),
        ),
        orders=(Order(id="1"), Order(id="2")),
        machines=(Machine(id="M1", setups={("red", "blue"): 4}, closures=((22, 30),)), Machine(id="M2")),
    )  # fmt: skip
    plan = (  # A was planned with half its time
        Placed(task=0, machine=0, start_min=0, end_min=10),
        Placed(task=1, machine=1, start_min=17, end_min=22),
        Placed(task=2, machine=0, start_min=14, end_min=19),
    )
    ends = replay(problem, plan, Noise(), runs=1, seed=1)
    assert ends.tolist() == [
        [20, 32, 37]
    ]  # B after 20 + 7; C after 2 min of set-up, the closure and 2 more
