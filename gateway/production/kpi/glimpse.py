"""What the flow of a line reads of each machine: whole spans, settled or not, and its window."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gateway.production.kpi.memory import Settled
from gateway.production.kpi.roster import Machine
from gateway.production.kpi.timetable import Timetable
from rules.throughput.window import Window


class Spanned(NamedTuple):
    """Spans [start, end) of a machine as columns, rising: int64 ns, `state`, `mode` float64, `booked` uint8."""

    start_ns: NDArray[np.int64]
    end_ns: NDArray[np.int64]
    state: NDArray[np.float64]
    mode: NDArray[np.float64]
    booked: NDArray[np.uint8]


def spanned(rows: Sequence[Settled]) -> Spanned:
    """Return spans as columns."""
    return Spanned(
        np.array([row.start_ns for row in rows], np.int64),
        np.array([row.end_ns for row in rows], np.int64),
        np.array([row.state for row in rows], np.float64),
        np.array([row.mode for row in rows], np.float64),
        np.array([row.booked for row in rows], np.uint8),
    )


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Glimpse:
    """One machine over a range: its spans that touch it, whole, and what is not settled of it."""

    machine: Machine
    timetable: Timetable
    spans: Spanned
    window: Window | None
