"""A line of three machines with a state and a counter, told second by second, for tests of flow."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from gateway.model import DataType, SampleBatch, Signal, SignalKind, SignalRole
from gateway.ports import Chunk

S = 10**9
T0 = 1_767_225_600 * S
LINE = "p/a/line1"
MACHINES = (f"{LINE}/rinser", f"{LINE}/filler", f"{LINE}/packer")
EXECUTE, SUSPENDED, HELD = 6.0, 5.0, 11.0
OPTIONS: Mapping[str, Any] = {
    "commit_every_s": 5,
    "minor_stop_s": 15,
    "lateness_s": 600,
    "calendars": {"day": {"shifts": {"early": {"start": "00:00", "end": "08:00"}}}},
    "units": {LINE: {"run_time_s": 1, "calendar": "day"}, MACHINES[2]: {"target_per_min": 50}},
}

States = Callable[[int, int], float]
"""The state of a machine (its place) at a second."""


def signals() -> list[Signal]:
    found = []
    for machine in MACHINES:
        found += [
            Signal(
                path=f"{machine}/state",
                kind=SignalKind.STATE,
                data_type=DataType.ENUM,
                role=SignalRole.STATE,
            ),
            Signal(
                path=f"{machine}/good",
                kind=SignalKind.COUNTER,
                data_type=DataType.INTEGER,
                role=SignalRole.GOOD_COUNT,
            ),
        ]
    return found


class Counts:
    """Good pieces: one for every second in which a machine worked."""

    def __init__(self, states: States) -> None:
        self._states = states
        self._made = [0] * len(MACHINES)
        self._at = [0] * len(MACHINES)

    def at(self, place: int, second: int) -> float:
        while self._at[place] < second:
            self._made[place] += self._states(place, self._at[place]) == EXECUTE
            self._at[place] += 1
        return float(self._made[place])


def chunk(seq: int, seconds: Iterable[int], states: States, counts: Counts) -> Chunk:
    """Return what the machines told in these seconds."""
    rows = [
        (2 * place + n, second, value)
        for second in seconds
        for place in range(len(MACHINES))
        for n, value in enumerate((states(place, second), counts.at(place, second)))
    ]
    at = [T0 + second * S for _, second, _ in rows]
    batch = SampleBatch.of(
        signal=[signal for signal, _, _ in rows],
        source_ns=at,
        value=[value for _, _, value in rows],
        received_ns=at,
    )
    return Chunk(batch=batch, first_seq=seq, last_seq=seq)
