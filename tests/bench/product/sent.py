"""What the bench's sources sent, row by row, and whether the product has all of it or says what it has not.

A source appends one record a sample (OPC UA) or a message (MQTT) to a file; values are not kept but computed again.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final

import numpy as np
from numpy.typing import NDArray

VALUES: Final = 4
"""Values in one MQTT message."""
PHASES: Final = 64
MACHINES: Final = 5
RECORD: Final = np.dtype([("count", "<u4"), ("time", "<i8")])
"""OPC UA: number of the variable and 100 ns ticks since 1970; MQTT: number of the message and ms since 1970."""


class SentFile:
    """Appends records; `flush` before anybody reads."""

    def __init__(self, path: Path) -> None:
        self._file: IO[bytes] = path.open("wb")

    def add(self, count: NDArray[Any], time: NDArray[Any]) -> None:
        """Append one record for each pair."""
        rows = np.empty(len(count), RECORD)
        rows["count"], rows["time"] = count, time
        self._file.write(rows.tobytes())

    def flush(self) -> None:
        """Hand everything to the operating system."""
        self._file.flush()


@dataclass(frozen=True, eq=False)
class Rows:
    """Samples of one signal: int64 nanoseconds, ascending, and their float64 values."""

    time_ns: NDArray[np.int64]
    value: NDArray[np.float64]


def opcua_value(ticks: NDArray[Any], number: NDArray[Any]) -> NDArray[np.float64]:
    """Return what variable `number` shows at a time."""
    return np.asarray(50 + np.round(20 * np.sin(ticks / 1e8 + number), 2), np.float64)


def mqtt_texts() -> list[bytes]:
    """Return the values part of a message, by phase."""
    return [
        b',"v0":%.2f,"v1":%.2f,"v2":%.2f,"v3":%.2f}' % (20 + p / 8, 50 - p / 4, p / 2, 101.25 + p)
        for p in range(PHASES)
    ]


def mqtt_values() -> NDArray[np.float64]:
    """Return the same as numbers: one row a phase, one column a value."""
    texts = [text.decode().rstrip("}").split(",")[1:] for text in mqtt_texts()]
    return np.array([[float(part.partition(":")[2]) for part in text] for text in texts])


def sent_rows(folder: Path, kind: str, signals: int) -> Iterator[tuple[str, Rows]]:
    """Yield each signal's path and what was sent of it."""
    records = np.fromfile(folder / f"{kind}_source.sent", RECORD)
    groups = signals if kind == "opcua" else signals // VALUES
    which = records["count"] % groups
    order = np.argsort(which, kind="stable")
    ends = np.searchsorted(which[order], np.arange(groups + 1))
    table = mqtt_values()
    for group in range(groups):
        mine = records[order[ends[group] : ends[group + 1]]]
        mine = mine[np.argsort(mine["time"], kind="stable")]
        if kind == "opcua":
            path = f"bench/area/opcua/m{group % MACHINES}/v{group}"
            yield path, Rows(mine["time"] * 100, opcua_value(mine["time"], mine["count"]))
            continue
        phase = mine["count"] % PHASES
        for n in range(VALUES):
            path = f"bench/area/mqtt/m{group % MACHINES}/g{group // MACHINES}_v{n}"
            yield path, Rows(mine["time"] * 1_000_000, table[phase, n])
