"""The rows a step reads: columns, not objects."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class Columns(NamedTuple):
    """Rows in order of arrival, and the engine time up to which conditions may complete.

    `signal` int32 index, `time_ns` int64, `value` float64, `quality` uint32 OPC UA status code; equal lengths.
    A row earlier than the engine's time counts as arriving now: engine time never runs backwards. `source_ns` int64
    is when the machine says it was; `time_ns` where it is not given.
    """

    signal: NDArray[np.int32]
    time_ns: NDArray[np.int64]
    value: NDArray[np.float64]
    quality: NDArray[np.uint32]
    now_ns: int
    source_ns: NDArray[np.int64] | None = None


class Rows(NamedTuple):
    """Columns made ready: time non-decreasing, `good` by status code, `usable` not bad and finite."""

    signal: NDArray[np.int32]
    time_ns: NDArray[np.int64]
    value: NDArray[np.float64]
    good: NDArray[np.bool_]
    usable: NDArray[np.bool_]
    source_ns: NDArray[np.int64]


def prepare(columns: Columns, *, since_ns: int) -> tuple[Rows, int]:
    """Return the rows with engine time, which starts at `since_ns`, and the engine time after them."""
    time_ns = np.maximum(np.maximum.accumulate(columns.time_ns), since_ns)
    severity = columns.quality >> np.uint32(30)
    usable = (severity < 2) & np.isfinite(columns.value)
    end_ns = max(since_ns, columns.now_ns, int(time_ns[-1]) if len(time_ns) else since_ns)
    source_ns = time_ns if columns.source_ns is None else columns.source_ns
    return Rows(columns.signal, time_ns, columns.value, severity == 0, usable, source_ns), end_ns
