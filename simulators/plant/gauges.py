"""What a machine shows of itself: counters that roll over, drives, process values."""

from __future__ import annotations

from typing import Final

import numpy as np

from simulators.plant.faults import FaultBoard, Reading, Value
from simulators.plant.layout import (
    COMMON_NODES,
    PIECES_A_CASE,
    PIECES_A_PALLET,
    Instrument,
    Pace,
)
from simulators.plant.machine import Machine
from simulators.plant.noise import Ar1
from simulators.plant.packml import State

COUNTER_MODULUS: Final = 65_536
AMBIENT_C: Final = 24.0
MOTOR_RISE_C: Final = 38.0
MOTOR_TAU_S: Final = 180.0
IDLE_A: Final = 0.9
LOAD_A: Final = 4.3


class Gauges:
    """The instruments of one machine; `sample` returns every variable's reading."""

    def __init__(self, *, machine: Machine, rng: np.random.Generator) -> None:
        self.faults = FaultBoard()
        self._machine = machine
        self._good_base = COUNTER_MODULUS - int(rng.integers(200, 2_000))
        self._reject_base = int(rng.integers(0, 300))
        self._noise = {i.name: _noise(i, rng) for i in machine.spec.instruments}
        self._seen = {i.name: -1 for i in machine.spec.instruments}
        self._shown: dict[str, Reading] = {}
        self._speed_noise = Ar1(rng=rng, sd=0.004, phi=0.8)
        self._current_noise = Ar1(rng=rng, sd=0.08, phi=0.7)
        self._temp_noise = Ar1(rng=rng, sd=0.15, phi=0.98)
        self._motor_c = AMBIENT_C + MOTOR_RISE_C
        self._last_t_s = 0.0

    def reset_counters(self) -> None:
        """Set both counters to zero, as a controller's restart does."""
        self._good_base = -self._machine.good_total
        self._reject_base = -self._machine.reject_total

    def sample(self, t_s: float) -> dict[str, Reading]:
        """Return the reading of each variable at plant time `t_s`, faults applied."""
        truth = self._common(t_s)
        shown = {
            node.name: self.faults.apply(node.name, truth[node.name], t_s) for node in COMMON_NODES
        }
        for instrument in self._machine.spec.instruments:
            shown[instrument.name] = self._process(instrument, t_s)
        return shown

    def _common(self, t_s: float) -> dict[str, Value]:
        machine = self._machine
        runs = machine.unit.state is State.EXECUTE
        speed = machine.speed_per_min if runs else 0.0
        speed *= 1.0 + float(self._speed_noise.step()[0])
        good = (machine.good_total + self._good_base) % COUNTER_MODULUS
        is_last = machine.outfeed.capacity == float("inf")
        level = machine.good_total % PIECES_A_PALLET if is_last else machine.outfeed.level
        return {
            "State": int(machine.unit.state),
            "Mode": int(machine.unit.mode),
            "GoodCount": good,
            "RejectCount": (machine.reject_total + self._reject_base) % COUNTER_MODULUS,
            "CycleTime": round(machine.cycle_time_s, 3),
            "Speed": round(speed, 1),
            "TargetSpeed": machine.target_per_min,
            "StopReason": machine.stop_reason,
            "Running": runs,
            "OutfeedLevel": int(level),
            "MotorTemp": self._motor_temp(speed, t_s),
            "MotorCurrent": self._motor_current(speed),
        }

    def _motor_temp(self, speed: float, t_s: float) -> float:
        goal_c = AMBIENT_C + MOTOR_RISE_C * speed / self._machine.spec.nominal_per_min
        share = min(1.0, (t_s - self._last_t_s) / MOTOR_TAU_S)
        self._last_t_s = t_s
        self._motor_c += (goal_c - self._motor_c) * share
        return round(self._motor_c + float(self._temp_noise.step()[0]), 1)

    def _motor_current(self, speed: float) -> float:
        load = speed / self._machine.spec.nominal_per_min
        return round(IDLE_A + LOAD_A * load + float(self._current_noise.step()[0]), 2)

    def _process(self, instrument: Instrument, t_s: float) -> Reading:
        mark = self._mark(instrument.pace)
        if instrument.pace is not Pace.CONTINUOUS and mark == self._seen[instrument.name]:
            return self._shown[instrument.name]
        self._seen[instrument.name] = mark
        values = instrument.mean + self._noise[instrument.name].step()
        if instrument.follows:
            values = values + self.faults.offset(instrument.follows, t_s)
        truth = float(values[0]) if instrument.size == 1 else tuple(map(float, values))
        reading = _rounded(self.faults.apply(instrument.name, truth, t_s), instrument.decimals)
        self._shown[instrument.name] = reading
        return reading

    def _mark(self, pace: Pace) -> int:
        if pace is Pace.CASE:
            return self._machine.good_total // PIECES_A_CASE
        return self._machine.pieces_done


def _noise(instrument: Instrument, rng: np.random.Generator) -> Ar1:
    return Ar1(rng=rng, sd=instrument.sd, phi=instrument.phi, size=instrument.size)


def _rounded(reading: Reading, decimals: int) -> Reading:
    if isinstance(reading.value, tuple):
        return Reading(tuple(round(v, decimals) for v in reading.value), reading.status)
    if isinstance(reading.value, float):
        return Reading(round(reading.value, decimals), reading.status)
    return reading
