"""Pieces are never made or lost, and a stop travels through the buffers."""

from __future__ import annotations

import numpy as np
import pytest

from simulators.plant.gauges import COUNTER_MODULUS
from simulators.plant.line import STEP_S, Line
from simulators.plant.noise import Ar1
from simulators.plant.packml import State, Trigger


def run(line: Line, seconds: float) -> None:
    for _ in range(round(seconds / STEP_S)):
        line.step()


@pytest.fixture
def line() -> Line:
    line = Line(seed=11)
    line.warm_up()
    return line


def states(line: Line) -> dict[str, State]:
    return {key: machine.unit.state for key, machine in line.machines.items()}


@pytest.mark.parametrize("seed", range(5))
def test_pieces_in_are_pieces_out_plus_on_the_way_plus_rejects(seed: int) -> None:
    line = Line(seed=seed)
    rng = np.random.default_rng(seed)
    for _ in range(400):
        run(line, 1.0)
        machine = line.machines[str(rng.choice(list(line.machines)))]
        draw = rng.random()
        if draw < 0.02:
            machine.abort(for_s=8.0, reason="fault")
        elif draw < 0.06:
            machine.hold(for_s=3.0, reason="short")
        elif draw < 0.08:
            machine.slow_down(factor=0.5, for_s=20.0)
        accounted = line.sink.taken + line.in_buffers + line.in_machines + line.rejects
        assert line.source.given == accounted
        for between in line.machines.values():
            assert 0 <= between.outfeed.level <= between.outfeed.capacity
    assert line.sink.taken > 100


def test_an_undisturbed_line_makes_its_target_rate(line: Line) -> None:
    before = line.sink.taken
    run(line, 600)
    assert (line.sink.taken - before) / 10 == pytest.approx(119, abs=2)
    assert all(m.stop_reason in ("", "Starved", "Blocked") for m in line.machines.values())


def test_a_stop_in_the_middle_blocks_upstream_and_starves_downstream(line: Line) -> None:
    line.machines["capper"].abort(for_s=120.0, reason="Cap jam")
    run(line, 60)
    assert states(line)["capper"] is State.ABORTED
    assert line.machines["capper"].stop_reason == "Cap jam"
    for key, reason in (
        ("rinser", "Blocked"),
        ("filler", "Blocked"),
        ("labeller", "Starved"),
        ("packer", "Starved"),
    ):
        assert states(line)[key] is State.SUSPENDED, key
        assert line.machines[key].stop_reason == reason
    run(line, 120)
    assert states(line)["capper"] is State.EXECUTE
    before = line.sink.taken
    run(line, 60)
    assert line.sink.taken - before > 90


def test_neighbours_stop_in_the_order_of_their_distance(line: Line) -> None:
    line.machines["packer"].hold(for_s=200.0, reason="Carton skew")
    blocked_at: dict[str, int] = {}
    for number in range(round(150 / STEP_S)):
        line.step()
        for key, machine in line.machines.items():
            if machine.stop_reason == "Blocked":
                blocked_at.setdefault(key, number)
    order = sorted(blocked_at, key=blocked_at.__getitem__)
    assert order == ["labeller", "capper", "filler", "rinser"]


def test_a_hold_that_packml_forbids_is_counted_and_changes_nothing(line: Line) -> None:
    machine = line.machines["filler"]
    machine.abort(for_s=10.0, reason="fault")
    run(line, 1)
    machine.hold(for_s=5.0, reason="short")
    assert machine.illegal_requests == 1
    assert machine.unit.state is State.ABORTED


def test_counters_roll_over_at_65536_and_never_leave_their_range(line: Line) -> None:
    gauge = line.gauges["packer"]
    seen = []
    for second in range(1_200):
        run(line, 1)
        seen.append(gauge.sample(float(second + 1))["GoodCount"].value)
    counts = np.array(seen, dtype=np.int64)
    assert counts.min() >= 0
    assert counts.max() < COUNTER_MODULUS
    steps = np.diff(counts)
    assert (steps < 0).sum() == 1, "rolls over once within twenty minutes"
    made = line.machines["packer"].good_total
    assert int((steps % COUNTER_MODULUS).sum()) <= made


def test_a_counter_reset_starts_from_zero(line: Line) -> None:
    gauge = line.gauges["rinser"]
    gauge.reset_counters()
    assert gauge.sample(1.0)["GoodCount"].value == 0
    run(line, 10)
    count = gauge.sample(11.0)["GoodCount"].value
    assert isinstance(count, int)
    assert 15 <= count <= 25


def test_noise_has_the_spread_and_the_autocorrelation_it_promises() -> None:
    series = Ar1(rng=np.random.default_rng(1), sd=0.8, phi=0.6)
    x = np.array([series.step()[0] for _ in range(20_000)])
    assert x.std() == pytest.approx(0.8, rel=0.05)
    assert np.corrcoef(x[:-1], x[1:])[0, 1] == pytest.approx(0.6, abs=0.03)


def test_fill_weights_are_on_target_with_the_spread_of_a_good_filler(line: Line) -> None:
    weights = []
    for second in range(2_000):
        run(line, 0.5)
        weights.append(line.gauges["filler"].sample(second / 2)["FillWeight"].value)
    got = np.array(weights, dtype=np.float64)
    assert got.mean() == pytest.approx(500.0, abs=0.15)
    assert got.std() == pytest.approx(0.8, rel=0.1)


def test_remote_commands_move_a_machine_along_packml_and_it_waits_for_the_next() -> None:
    line = Line(seed=1)
    line.warm_up()
    filler = line.machines["filler"]

    def after(seconds: float) -> State:
        run(line, seconds)
        return filler.unit.state

    assert not filler.obey(Trigger.UNHOLD)
    assert filler.obey(Trigger.HOLD)
    assert after(30) is State.HELD
    assert filler.stop_reason == "Held by command"
    assert filler.obey(Trigger.UNHOLD)
    assert after(5) in {State.EXECUTE, State.SUSPENDED}
    assert filler.obey(Trigger.STOP)
    assert after(30) is State.STOPPED
    assert not filler.obey(Trigger.START)
    assert filler.obey(Trigger.RESET)
    assert after(30) is State.IDLE
    assert filler.obey(Trigger.START)
    assert after(5) in {State.EXECUTE, State.SUSPENDED}
    assert filler.obey(Trigger.ABORT)
    assert after(30) is State.ABORTED
    assert filler.obey(Trigger.CLEAR)
    assert after(30) is State.STOPPED
    assert not filler.obey(Trigger.SC), "completing a state is no remote command"
