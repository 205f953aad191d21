"""Each kind of scenario event is seen in what the plant shows, and a seed repeats it exactly."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

from simulators.plant.faults import Reading, Status
from simulators.plant.model import PlantModel, Tick
from simulators.plant.packml import State
from simulators.scenario import load_scenario, parse_scenario


def ticks(event: str, *, seconds: float, seed: int = 5) -> list[Tick]:
    text = f"name: t\nevents: [{{{event}}}]" if event else "name: t"
    model = PlantModel(seed=seed, events=parse_scenario(text, name="t").events)
    return [model.advance() for _ in range(round(seconds * 4))]


def values(run: list[Tick], machine: str, signal: str) -> list[Any]:
    return [tick.samples[machine].readings[signal].value for tick in run]


def test_the_same_seed_gives_the_identical_trace_and_another_seed_does_not() -> None:
    demo = load_scenario("demo")

    def trace(seed: int) -> list[Tick]:
        model = PlantModel(seed=seed, events=demo.events, repeat_s=demo.repeat_s)
        return [model.advance() for _ in range(1_000)]

    assert trace(7) == trace(7)
    assert trace(7) != trace(8)


def test_drift_rises_by_its_rate_stays_and_recovers() -> None:
    what = "at_s: 5, machine: filler, kind: drift, signal: FillWeight"
    run = ticks(f"{what}, rate_per_s: 2.0, for_s: 10, hold_s: 10, recover_s: 10", seconds=60)
    clean = ticks("", seconds=60)
    shift = [
        a - b
        for a, b in zip(
            values(run, "filler", "FillWeight"), values(clean, "filler", "FillWeight"), strict=True
        )
    ]
    assert shift[:20] == [0] * 20
    assert shift[39] == pytest.approx(10, abs=1.2)
    assert shift[79] == pytest.approx(20, abs=0.1)
    assert shift[119] == pytest.approx(10, abs=1.2)
    assert shift[-1] == pytest.approx(0, abs=0.02)
    nozzles = values(run, "filler", "NozzleWeights")[79]
    assert len(nozzles) == 8
    assert sum(nozzles) / 8 == pytest.approx(520, abs=2)


def test_step_and_spike_move_the_value_for_their_time_only() -> None:
    step = ticks(
        "at_s: 2, machine: cold-store, kind: step, signal: temperature, offset: 6.0, for_s: 4",
        seconds=10,
    )
    temperatures = values(step, "cold-store", "temperature")
    assert [t > 8 for t in temperatures] == [False] * 8 + [True] * 15 + [False] * 17
    spike = ticks("at_s: 3, machine: capper, kind: spike, signal: Torque, offset: 5.0", seconds=10)
    assert 1 <= sum(t > 5 for t in values(spike, "capper", "Torque")) <= 3


def test_a_stuck_sensor_repeats_itself() -> None:
    run = ticks(
        "at_s: 2, machine: rinser, kind: stuck, signal: WaterPressure, for_s: 10", seconds=15
    )
    pressures = values(run, "rinser", "WaterPressure")
    assert len(set(pressures[9:46])) == 1
    assert len(set(pressures[:8])) > 4
    assert len(set(pressures[50:])) > 4


def test_a_jam_aborts_with_its_reason_and_the_line_restarts() -> None:
    run = ticks(
        "at_s: 2, machine: labeller, kind: jam, for_s: 20, reason: Label web torn", seconds=60
    )
    states = values(run, "labeller", "State")
    assert states[40] == State.ABORTED
    assert values(run, "labeller", "StopReason")[40] == "Label web torn"
    assert states[-1] == State.EXECUTE
    assert values(run, "labeller", "StopReason")[-1] == ""
    assert not any(values(run, "labeller", "Running")[20:80])


def test_micro_stops_hold_as_often_as_asked() -> None:
    what = "at_s: 2, machine: packer, kind: micro_stops, count: 3, every_s: 10, stop_s: 2"
    held = [s == State.HELD for s in values(ticks(what, seconds=40), "packer", "State")]
    assert sum(b and not a for a, b in pairwise(held)) == 3


def test_slow_is_a_speed_loss_that_the_packer_feels() -> None:
    what = "at_s: 1, machine: capper, kind: slow, factor: 0.5, for_s: 500"
    counts = values(ticks(what, seconds=130), "packer", "GoodCount")
    per_min = ((counts[-1] - counts[159]) % 65_536) / (361 / 240)
    assert per_min < 0.6 * 120


def test_counter_reset_goes_back_to_zero() -> None:
    run = ticks("at_s: 5, machine: rinser, kind: counter_reset", seconds=8)
    counts = values(run, "rinser", "GoodCount")
    assert counts[19] > 60_000
    assert counts[20] <= 2
    parts = values(
        ticks("at_s: 100, machine: mill-1, kind: counter_reset", seconds=102), "mill-1", "parts"
    )
    assert max(parts) >= 1
    assert parts[-1] == 0


def test_bad_quality_has_the_status_and_no_value() -> None:
    what = "at_s: 2, machine: labeller, kind: bad_quality, signal: LabelOffset, for_s: 5"
    run = ticks(what, seconds=12)
    bad = Reading(None, Status.BAD_SENSOR_FAILURE)
    readings = [tick.samples["labeller"].readings["LabelOffset"] for tick in run]
    assert readings[20] == bad
    assert readings[4].status == readings[-1].status == Status.GOOD
    assert readings[-1].value is not None


def test_bad_quality_of_a_whole_machine_and_an_uncertain_one() -> None:
    run = ticks("at_s: 0, machine: hall-1, kind: bad_quality, for_s: 5", seconds=3)
    assert {r.status for r in run[-1].samples["hall-1"].readings.values()} == {
        Status.BAD_SENSOR_FAILURE
    }
    what = "at_s: 0, machine: rinser, kind: bad_quality, for_s: 5"
    run = ticks(f"{what}, signal: WaterPressure, status: UncertainLastUsableValue", seconds=1)
    reading = run[-1].samples["rinser"].readings["WaterPressure"]
    assert reading.status is Status.UNCERTAIN_LAST_USABLE_VALUE
    assert reading.value is not None


def test_clock_skew_moves_the_stamps_for_its_time() -> None:
    what = "at_s: 1, machine: lathe-1, kind: clock_skew, offset_s: -90, for_s: 5"
    skews = [tick.samples["lathe-1"].skew_ns for tick in ticks(what, seconds=10)]
    assert skews[10] == -90_000_000_000
    assert skews[0] == skews[-1] == 0


def test_disconnect_and_renumbering_are_handed_to_the_servers_once() -> None:
    for event in (
        "at_s: 1, machine: packer, kind: disconnect, for_s: 5",
        "at_s: 1, machine: packer, kind: renumber_namespaces, others: 2",
    ):
        got = [e.kind for tick in ticks(event, seconds=4) for e in tick.transport]
        assert got == [event.split("kind: ")[1].split(",")[0]]


def test_a_repeating_scenario_begins_again() -> None:
    text = "name: t\nrepeat_s: 5\nevents: [{at_s: 1, machine: packer, kind: disconnect, for_s: 1}]"
    scenario = parse_scenario(text, name="t")
    model = PlantModel(seed=1, events=scenario.events, repeat_s=scenario.repeat_s)
    assert sum(len(model.advance().transport) for _ in range(80)) == 4


def test_the_demo_crosses_504_g_soon_and_loses_a_fifth_of_its_rate() -> None:
    demo = load_scenario("demo")
    model = PlantModel(seed=7, events=demo.events, repeat_s=demo.repeat_s)
    run = [model.advance() for _ in range(240)]
    weights = values(run, "filler", "FillWeight")
    crossed_s = next(i for i, w in enumerate(weights) if w > 504) / 4
    assert 15 <= crossed_s <= 26
    assert all(w > 504 for w in weights[160:])
    counts = values(run, "packer", "GoodCount")
    assert (counts[199] - counts[39]) * 1.5 < 0.8 * 120
    later = [model.advance() for _ in range(800)]
    assert abs(values(later, "filler", "FillWeight")[-1] - 500) < 4
    assert all(tick.samples["capper"].readings["State"].value == 6 for tick in later[-20:])


def test_in_a_quiet_plant_nothing_happens() -> None:
    assert load_scenario("quiet").events == ()
