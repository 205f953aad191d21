"""What flows: signals, columns of samples, dead letters and gaps."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

SideValue: TypeAlias = "str | int | tuple[float, ...]"
"""What a float64 cannot hold: text, an integer beyond 2**53, a numeric array."""

MAX_PATH_LENGTH: Final = 255


class SignalKind(StrEnum):
    """What a signal means over time."""

    MEASUREMENT = "measurement"
    COUNTER = "counter"
    STATE = "state"
    EVENT = "event"
    SETPOINT = "setpoint"


class DataType(StrEnum):
    """What a signal's values are; fixed for the signal's life."""

    FLOAT = "float"
    INTEGER = "integer"
    BOOLEAN = "boolean"
    ENUM = "enum"
    STRING = "string"
    ARRAY = "array"


class SignalRole(StrEnum):
    """The part a signal plays on its machine, so that screens and rules find it without knowing its name."""

    STATE = "state"
    MODE = "mode"
    GOOD_COUNT = "good_count"
    REJECT_COUNT = "reject_count"
    SPEED = "speed"
    TARGET_SPEED = "target_speed"
    CYCLE_TIME = "cycle_time"
    STOP_REASON = "stop_reason"
    OUTFEED_LEVEL = "outfeed_level"
    """How many pieces wait behind the machine for the next; its range tells how many fit."""
    KEY_VALUE = "key_value"


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """One measured thing, addressed by its ISA-95 path `site/area/line/machine/signal`.

    `unit` is the engineering unit's symbol; `low` and `high` its engineering range; `counter_bits` the width
    at which a counter rolls over; `labels` the words of an enumeration, as (number, word); `owner` the role
    that answers for it; a value older than `stale_after_s` seconds is shown as stale,
    unless that is 0, for sources that send only changes.
    """

    path: str
    kind: SignalKind = SignalKind.MEASUREMENT
    data_type: DataType = DataType.FLOAT
    unit: str = ""
    low: float | None = None
    high: float | None = None
    decimals: int = 2
    role: SignalRole | None = None
    counter_bits: int | None = None
    labels: tuple[tuple[int, str], ...] = ()
    description: str = ""
    owner: str = ""
    stale_after_s: float = 10.0

    def __post_init__(self) -> None:
        """Refuse a path that is not five clean levels."""
        problem = path_problem(self.path)
        if problem is not None:
            msg = f"signal path {self.path!r}: {problem}"
            raise ValueError(msg)

    @property
    def machine(self) -> str:
        """The path of the machine: the first four levels."""
        return self.path.rpartition("/")[0]

    @property
    def name(self) -> str:
        """The last level of the path."""
        return self.path.rpartition("/")[2]


def lies_within(path: str, above: str) -> bool:
    """Say whether a path is another or lies below it; everything lies within ""."""
    return not above or path == above or path.startswith(f"{above}/")


def path_problem(path: str) -> str | None:
    """Say what is wrong with a signal path, or None if nothing is."""
    if len(path) > MAX_PATH_LENGTH:
        return f"{len(path)} characters, at most {MAX_PATH_LENGTH} are allowed"
    levels = path.split("/")
    if len(levels) != 5:
        return f"{len(levels)} levels, want 5: site/area/line/machine/signal"
    for level in levels:
        if not level:
            return "an empty level, want site/area/line/machine/signal"
        if not all(c.isalnum() or c in "-_." for c in level) or level.strip(".") == "":
            return f"level {level!r} may hold letters, digits, '-', '_' and '.' only"
    return None


@dataclass(frozen=True, slots=True, eq=False)
class SampleBatch:
    """Columns of samples, one row each, in order of arrival.

    `signal` int32 index into the catalogue; `source_ns` and `received_ns` int64 UTC nanoseconds; `value`
    float64; `quality` uint32 OPC UA status code; `side` the rows whose value a float64 cannot hold (for text
    and arrays `value` is NaN). `seq` is 0 until the journal has given the batch its number.
    """

    signal: NDArray[np.int32]
    source_ns: NDArray[np.int64]
    received_ns: NDArray[np.int64]
    value: NDArray[np.float64]
    quality: NDArray[np.uint32]
    side: Mapping[int, SideValue] = field(default_factory=lambda: MappingProxyType({}))
    seq: int = 0

    def __len__(self) -> int:
        return len(self.signal)

    @classmethod
    def empty(cls) -> SampleBatch:
        """Return a batch without rows."""
        return cls(
            np.empty(0, np.int32),
            np.empty(0, np.int64),
            np.empty(0, np.int64),
            np.empty(0, np.float64),
            np.empty(0, np.uint32),
        )

    @classmethod
    def of(
        cls,
        *,
        signal: Sequence[int] | NDArray[np.integer[Any]],
        source_ns: Sequence[int] | NDArray[np.integer[Any]],
        value: Sequence[float] | NDArray[np.floating[Any]],
        received_ns: int | Sequence[int] | NDArray[np.integer[Any]],
        quality: int | Sequence[int] | NDArray[np.integer[Any]] = 0,
        side: Mapping[int, SideValue] | None = None,
    ) -> SampleBatch:
        """Build a batch from anything numpy can turn into its columns; scalars are repeated."""
        n = len(signal)
        return cls(
            np.asarray(signal, np.int32),
            np.asarray(source_ns, np.int64),
            np.ascontiguousarray(np.broadcast_to(np.asarray(received_ns, np.int64), (n,))),
            np.asarray(value, np.float64),
            np.ascontiguousarray(np.broadcast_to(np.asarray(quality, np.uint32), (n,))),
            MappingProxyType(dict(side or {})),
        )

    @classmethod
    def concat(cls, batches: Iterable[SampleBatch]) -> SampleBatch:
        """Return one batch with the rows of all, in order; the sequence number is not kept."""
        parts = [batch for batch in batches if len(batch)]
        if not parts:
            return cls.empty()
        if len(parts) == 1 and parts[0].seq == 0:
            return parts[0]
        side: dict[int, SideValue] = {}
        offset = 0
        for part in parts:
            side.update({offset + row: held for row, held in part.side.items()})
            offset += len(part)
        return cls(
            np.concatenate([part.signal for part in parts]),
            np.concatenate([part.source_ns for part in parts]),
            np.concatenate([part.received_ns for part in parts]),
            np.concatenate([part.value for part in parts]),
            np.concatenate([part.quality for part in parts]),
            MappingProxyType(side),
        )

    def take(self, rows: NDArray[np.intp] | NDArray[np.bool_]) -> SampleBatch:
        """Return the chosen rows, by index or mask, with the same sequence number."""
        index = np.flatnonzero(rows) if rows.dtype == np.bool_ else rows
        side: dict[int, SideValue] = {}
        if self.side:
            side = {
                new: self.side[old] for new, old in enumerate(index.tolist()) if old in self.side
            }
        return SampleBatch(
            self.signal[index],
            self.source_ns[index],
            self.received_ns[index],
            self.value[index],
            self.quality[index],
            MappingProxyType(side),
            self.seq,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetter:
    """A payload that could not be used: where it came from, why, and its original bytes (cut at a stated cap)."""

    time_ns: int
    connector: str
    source: str
    reason: str
    payload: bytes
    payload_size: int
    id: int = 0


class GapState(StrEnum):
    """What became of an interval without data."""

    OPEN = "open"
    REPUBLISHED = "republished"
    BACKFILLED = "backfilled"
    LOST = "lost"


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """An interval, per signal, for which no data was received; `end_ns` is None while it is open."""

    signal: int
    start_ns: int
    end_ns: int | None
    state: GapState
    cause: str
    id: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """A loss that the protocol itself declared between two times of one signal (a queue overflow bit)."""

    signal: int
    start_ns: int
    end_ns: int
    cause: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Intake:
    """What one read of a connector gave: rows, unusable payloads, declared losses, and the receipt to acknowledge."""

    batch: SampleBatch
    dead_letters: tuple[DeadLetter, ...] = ()
    losses: tuple[Loss, ...] = ()
    receipt: object = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """Who asks: a person, a service or a display, with the roles that rights are decided by."""

    name: str
    kind: str
    roles: frozenset[str]
