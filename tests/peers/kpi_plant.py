"""Two machines with every role, told second by second, for tests of performance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from gateway.model import DataType, SampleBatch, Signal, SignalKind, SignalRole
from gateway.ports import Chunk

S = 10**9
T0 = 1_767_225_600 * S
MACHINES = ("p/a/l/filler", "p/a/l/packer")
OPTIONS: Mapping[str, Any] = {
    "commit_every_s": 5,
    "minor_stop_s": 30,
    "lateness_s": 120,
    "calendars": {
        "day": {"shifts": {"early": {"start": "00:00", "end": "00:45", "breaks": [{"start": "00:10", "end": "00:15"}]}}}
    },
    "units": {"p/a/l": {"run_time_s": 0.5, "calendar": "day"}, "p/a/l/filler": {"target_per_min": 100}},
}  # fmt: skip


def signals(*, scrap: bool = True) -> list[Signal]:
    found = []
    for machine in MACHINES:
        found += [
            Signal(
                path=f"{machine}/state",
                kind=SignalKind.STATE,
                data_type=DataType.ENUM,
                role=SignalRole.STATE,
                labels=((6, "Execute"), (11, "Held"), (9, "Aborted")),
            ),
            Signal(path=f"{machine}/good", data_type=DataType.INTEGER, role=SignalRole.GOOD_COUNT, counter_bits=16),
            Signal(
                path=f"{machine}/reject",
                data_type=DataType.INTEGER,
                role=SignalRole.REJECT_COUNT if scrap else None,
                counter_bits=16,
            ),
            Signal(path=f"{machine}/temp"),
        ]  # fmt: skip
    return found


def state(machine: int, second: int) -> float:
    """Held 20 s of each 100, aborted for 60 s at 1000."""
    if 1000 + 7 * machine <= second < 1060 + 7 * machine:
        return 9.0
    return 11.0 if second % 100 >= 80 else 6.0


def made(second: int) -> tuple[float, float]:
    """Return both counters: a piece a second, every 50th is bad; rolling over at 16 bits."""
    return float((65_000 + second - second // 50) % 65_536), float(second // 50)


def chunk(seq: int, seconds: Sequence[int], *, lag_s: int = 0) -> Chunk:
    """Return what both machines told in these seconds."""
    rows: list[tuple[int, int, float]] = []
    for second in seconds:
        for machine in range(len(MACHINES)):
            good, bad = made(second)
            told = (state(machine, second), good, bad, 20.0)
            rows += [(4 * machine + n, second, value) for n, value in enumerate(told)]
    received = [T0 + (second + lag_s) * S for _, second, _ in rows]
    batch = SampleBatch.of(
        signal=[signal for signal, _, _ in rows],
        source_ns=[T0 + second * S for _, second, _ in rows],
        value=[value for _, _, value in rows],
        received_ns=np.array(received, np.int64),
    )
    return Chunk(batch=batch, first_seq=seq, last_seq=seq)
