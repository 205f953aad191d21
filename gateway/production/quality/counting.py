"""How many pieces a machine has counted since it was first seen, and when it ran again after a stop."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from rules.throughput.classes import TimeClass
from rules.throughput.counters import added_to
from rules.throughput.pieces import Definition
from rules.throughput.window import COUNTERS, Rows, Track

TRAIL: Final = 1024
"""Readings that are remembered, so that a time of a moment ago still has its position."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Trail:
    """Positions by time, oldest first: `position[i]` holds from `time_ns[i]` on."""

    time_ns: NDArray[np.int64]
    position: NDArray[np.float64]

    def at(self, time_ns: int) -> float:
        """Return the position at a time; before the trail it is the first that is known."""
        place = int(np.searchsorted(self.time_ns, time_ns, side="right")) - 1
        return float(self.position[max(place, 0)])

    def when(self, position: float) -> int:
        """Return the time of the first reading that had reached a position, of the newest where none has."""
        place = int(np.searchsorted(self.position, position - 1e-9, side="left"))
        return int(self.time_ns[min(place, len(self.time_ns) - 1)])


@dataclass(frozen=True, slots=True, kw_only=True)
class Resumed:
    """A machine that produces again after it stood for some nanoseconds."""

    time_ns: int
    stood_ns: int


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Meter:
    """What is remembered of a machine; `readings` are the last (time, value) of each counter and the state."""

    trail: Trail
    readings: dict[int, tuple[int, float]] = field(default_factory=dict)
    stopped_ns: int | None = None

    @property
    def position(self) -> float:
        """Pieces counted so far."""
        return float(self.trail.position[-1])

    @property
    def newest_ns(self) -> int:
        """The time of the newest reading."""
        return int(self.trail.time_ns[-1])

    def document(self) -> dict[str, Any]:
        """Return what `recalled` needs beside position and time."""
        return {
            "readings": {str(track): list(held) for track, held in self.readings.items()},
            "stopped_ns": self.stopped_ns,
        }


def begun(time_ns: int) -> Meter:
    """Return the meter of a machine that is seen for the first time."""
    return Meter(trail=Trail(time_ns=np.array([time_ns], np.int64), position=np.zeros(1)))


def recalled(position: float, newest_ns: int, memory: dict[str, Any]) -> Meter:
    """Return a meter as it was kept."""
    readings = {int(track): (int(held[0]), held[1]) for track, held in memory["readings"].items()}
    trail = Trail(time_ns=np.array([newest_ns], np.int64), position=np.array([position]))
    return Meter(trail=trail, readings=readings, stopped_ns=memory["stopped_ns"])


def advance(meter: Meter, rows: Rows, definition: Definition) -> tuple[Meter, list[Resumed]]:
    """Return the meter after these rows, in any order, and the stops that ended.

    A reading older than the last of its counter counts nothing: a later one holds it already.
    """
    order = np.argsort(rows.time_ns, kind="stable")
    track, time_ns, value = rows.track[order], rows.time_ns[order], rows.value[order]
    readings = dict(meter.readings)
    parts = []
    for at, counter in enumerate(COUNTERS):
        mine = track == counter
        if not mine.any():
            continue
        new = added_to(
            readings.get(int(counter)), time_ns[mine], value[mine],
            bits=definition.bits[at], max_per_s=definition.max_per_s[at],
        )  # fmt: skip
        if new.last is not None:
            readings[int(counter)] = new.last
            parts.append((new.time_ns, new.counted.pieces))
    state, stopped, resumed = _stops(track, time_ns, value, readings, meter.stopped_ns, definition)
    if state is not None:
        readings[int(Track.STATE)] = state
    trail = _longer(meter.trail, parts)
    return replace(meter, trail=trail, readings=readings, stopped_ns=stopped), resumed


def _longer(trail: Trail, parts: list[tuple[NDArray[np.int64], NDArray[np.float64]]]) -> Trail:
    times = np.concatenate([each[0] for each in parts]) if parts else np.empty(0, np.int64)
    if len(times) == 0:
        return trail
    pieces = np.concatenate([each[1] for each in parts])
    order = np.argsort(times, kind="stable")
    # Two counters may be read at different times: what is told late counts from what is known already.
    times = np.maximum(times[order], trail.time_ns[-1])
    position = trail.position[-1] + np.cumsum(pieces[order])
    return Trail(
        time_ns=np.concatenate([trail.time_ns[-TRAIL:], times]),
        position=np.concatenate([trail.position[-TRAIL:], position]),
    )


def _stops(  # noqa: PLR0917 - private, called once above
    track: NDArray[np.uint8],
    time_ns: NDArray[np.int64],
    value: NDArray[np.float64],
    readings: dict[int, tuple[int, float]],
    stopped_ns: int | None,
    definition: Definition,
) -> tuple[tuple[int, float] | None, int | None, list[Resumed]]:
    """Return the last state, since when the machine stands, and the stops that ended."""
    last = readings.get(int(Track.STATE))
    resumed: list[Resumed] = []
    mine = (track == Track.STATE) & np.isfinite(value)
    for at_ns, state in zip(time_ns[mine].tolist(), value[mine].tolist(), strict=True):
        if last is not None and at_ns <= last[0]:
            continue
        last = (at_ns, state)
        producing = definition.classes.states.get(int(state)) is TimeClass.APT
        if not producing and stopped_ns is None:
            stopped_ns = at_ns
        elif producing and stopped_ns is not None:
            resumed.append(Resumed(time_ns=at_ns, stood_ns=at_ns - stopped_ns))
            stopped_ns = None
    return last, stopped_ns, resumed


def pieces_between(start: float, end: float) -> float:
    """Return the whole pieces between two positions, never fewer than none."""
    return max(0.0, math.floor(end - start + 1e-9))
