"""What speaks MQTT: a mill and a lathe, a hall and a cold store."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Protocol

import numpy as np

from simulators.plant.faults import FaultBoard, Reading, Value
from simulators.plant.noise import Ar1

MILL: Final = "mill-1"
LATHE: Final = "lathe-1"
HALL: Final = "hall-1"
COLD_STORE: Final = "cold-store"
ROOMS: Final = (HALL, COLD_STORE)

SIGNALS: Final[dict[str, tuple[str, ...]]] = {
    MILL: ("spindle_rpm", "load_pct", "temp_c", "state", "parts"),
    LATHE: ("speed", "load", "axis", "good", "scrap", "state"),
    HALL: ("temperature", "humidity", "battery"),
    COLD_STORE: ("temperature", "humidity"),
}
"""What each device measures, by its key."""


class Device(Protocol):
    """A thing that measures; advanced in plant seconds."""

    faults: FaultBoard

    def step(self, *, delta_s: float) -> None:
        """Let plant time pass."""
        ...

    def sample(self, t_s: float) -> dict[str, Reading]:
        """Return every signal's reading at plant time `t_s`."""
        ...


class Machining:
    """A machine tool that alternates between cutting and part change, and counts parts."""

    def __init__(
        self,
        *,
        key: str,
        cut_s: float,
        change_s: float,
        rpm: float,
        scrap_rate: float,
        rng: np.random.Generator,
    ) -> None:
        self.faults = FaultBoard()
        self.good = 0
        self.scrap = 0
        self._key = key
        self._cut_s = cut_s
        self._period_s = cut_s + change_s
        self._rpm = rpm
        self._scrap_rate = scrap_rate
        self._rng = rng
        self._in_cycle_s = float(rng.uniform(0, cut_s))
        self._held_s = 0.0
        self._slow: tuple[float, float] = (1.0, 0.0)
        self._noise = Ar1(rng=rng, sd=1.0, phi=0.8, size=6)
        self._temp_c = 38.0

    def hold(self, *, for_s: float) -> None:
        """Stop in the middle of the cycle for `for_s`."""
        self._held_s = max(self._held_s, for_s)

    def slow_down(self, *, factor: float, for_s: float) -> None:
        """Run at `factor` of the speed for `for_s`."""
        self._slow = (factor, for_s)

    def reset_counters(self) -> None:
        """Set the part counters to zero."""
        self.good = self.scrap = 0

    def step(self, *, delta_s: float) -> None:
        """Let plant time pass; a finished cycle counts one part."""
        cutting = self._state() == "EXECUTE"
        self._temp_c += ((52.0 if cutting else 30.0) - self._temp_c) * min(1.0, delta_s / 240.0)
        if self._held_s > 0:
            self._held_s -= delta_s
            return
        factor, left_s = self._slow
        self._slow = (factor, left_s - delta_s)
        self._in_cycle_s += delta_s * (factor if left_s > 0 else 1.0)
        if self._in_cycle_s >= self._period_s:
            self._in_cycle_s -= self._period_s
            if float(self._rng.random()) < self._scrap_rate:
                self.scrap += 1
            else:
                self.good += 1

    def sample(self, t_s: float) -> dict[str, Reading]:
        """Return every signal's reading at plant time `t_s`."""
        truth = self._mill() if self._key == MILL else self._lathe()
        return {name: self.faults.apply(name, value, t_s) for name, value in truth.items()}

    def _state(self) -> str:
        if self._held_s > 0:
            return "HELD"
        return "EXECUTE" if self._in_cycle_s < self._cut_s else "IDLE"

    def _spindle(self) -> tuple[float, float]:
        noise = self._noise.step()
        if self._state() != "EXECUTE":
            return 0.0, 2.0
        factor = self._slow[0] if self._slow[1] > 0 else 1.0
        return self._rpm * factor + 0.004 * self._rpm * float(noise[0]), 46.0 + 6.0 * float(
            noise[1]
        )

    def _mill(self) -> dict[str, Value]:
        rpm, load = self._spindle()
        return {
            "spindle_rpm": round(rpm, 1),
            "load_pct": round(load, 1),
            "temp_c": round(self._temp_c + 0.1 * float(self._noise.values[2]), 2),
            "state": self._state(),
            "parts": self.good,
        }

    def _lathe(self) -> dict[str, Value]:
        speed, load = self._spindle()
        noise = self._noise.values
        share = self._in_cycle_s / self._period_s
        axis = (120.0 * share, 0.02 * float(noise[4]), -80.0 + 40.0 * share)
        return {
            "speed": round(speed, 1),
            "load": round(load, 1),
            "axis": tuple(round(x, 3) for x in axis),
            "good": self.good,
            "scrap": self.scrap,
            "state": self._state(),
        }


class Room:
    """Slow air: temperature and humidity, and a battery that runs down."""

    def __init__(
        self,
        *,
        signals: Sequence[str],
        temp_c: float,
        humidity_pct: float,
        rng: np.random.Generator,
    ) -> None:
        self.faults = FaultBoard()
        self._signals = signals
        self._temp_c = temp_c
        self._humidity_pct = humidity_pct
        self._noise = Ar1(rng=rng, sd=1.0, phi=0.995, size=2)
        self._battery_pct = float(rng.uniform(60, 95))

    def step(self, *, delta_s: float) -> None:
        """Let plant time pass."""
        self._battery_pct = max(0.0, self._battery_pct - 2e-6 * delta_s)

    def sample(self, t_s: float) -> dict[str, Reading]:
        """Return every signal's reading at plant time `t_s`."""
        noise = self._noise.step()
        truth: dict[str, Value] = {
            "temperature": self._temp_c + 0.3 * float(noise[0]),
            "humidity": self._humidity_pct + 2.0 * float(noise[1]),
            "battery": self._battery_pct,
        }
        readings = {name: self.faults.apply(name, truth[name], t_s) for name in self._signals}
        return {n: _one_decimal(reading) for n, reading in readings.items()}


def _one_decimal(reading: Reading) -> Reading:
    if isinstance(reading.value, float):
        return Reading(round(reading.value, 1), reading.status)
    return reading


def build_cell(*, seed: int) -> dict[str, Machining | Room]:
    """Return the four devices by key; the same seed gives the same devices."""

    def rng(index: int) -> np.random.Generator:
        return np.random.default_rng(np.random.SeedSequence([seed, 1_000 + index]))

    return {
        MILL: Machining(
            key=MILL, cut_s=42.0, change_s=6.0, rpm=8_000.0, scrap_rate=0.0, rng=rng(0)
        ),
        LATHE: Machining(
            key=LATHE, cut_s=24.0, change_s=4.0, rpm=2_400.0, scrap_rate=0.02, rng=rng(1)
        ),
        HALL: Room(signals=SIGNALS[HALL], temp_c=21.4, humidity_pct=45.0, rng=rng(2)),
        COLD_STORE: Room(signals=SIGNALS[COLD_STORE], temp_c=4.2, humidity_pct=82.0, rng=rng(3)),
    }
