"""The path of a sample: catalogue, connectors, the journal's tail, and who consumes it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from gateway.model import DeadLetter, Intake, SampleBatch, Signal
from gateway.status import (
    ConnectorFigures,
    SourceTrouble,
    UnknownSource,
)


class Catalogue(Protocol):
    """All signals ever seen; an index, once given, belongs to its path for life and across restarts."""

    def register(self, signals: Sequence[Signal]) -> NDArray[np.int32]:
        """Return the index of each signal, giving new ones an index that is on disk before this returns.

        Descriptive fields of a known path are updated. Raises `ConfigError` where a path is known with
        another data type, naming path and both types.
        """
        ...

    def __len__(self) -> int: ...

    def signal(self, index: int) -> Signal:
        """Return the signal at an index; raises `NotFoundError`."""
        ...

    def index(self, path: str) -> int:
        """Return the index of a path; raises `NotFoundError` with the nearest path."""
        ...

    def all(self) -> Sequence[Signal]:
        """Return every signal, in index order."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """What a successful connect found: whether the peer kept our session (and so what it queued), and remarks."""

    resumed: bool
    remarks: tuple[str, ...] = ()


class Connector(Protocol):
    """One source of samples. It never loops over reconnects: the supervisor calls `connect` again.

    Built from its options, the catalogue and a clock without touching the network. `connect` builds a new
    protocol client each time. Raises `NotConnectedError`, `BackOffError`, `RefusedError` or `EndedError`.
    """

    name: str
    kind: str
    target: str

    async def connect(self) -> Session:
        """Make one attempt; the supervisor bounds it with an outer deadline and may cancel it."""
        ...

    async def read(self) -> Intake:
        """Return the next rows as soon as there are any, gathering for a few milliseconds at most.

        Cancelling it loses nothing.
        """
        ...

    async def acknowledge(self, receipt: object) -> None:
        """Tell the peer that everything up to this receipt is on disk; a receipt of an older session is ignored."""
        ...

    async def close(self) -> None:
        """Release everything within a few seconds, whatever state it is in; never raises for a broken peer."""
        ...

    def signals(self) -> Sequence[int]:
        """Return the indices this connector feeds, as far as they are known now."""
        ...

    def figures(self) -> ConnectorFigures:
        """Return its own counts."""
        ...

    def troubles(self) -> Sequence[SourceTrouble]:
        """Return configured sources that do not deliver."""
        ...

    def unknown_sources(self) -> Sequence[UnknownSource]:
        """Return what sent data without being configured, most frequent first, bounded."""
        ...


@runtime_checkable
class Rereads(Protocol):
    """A connector that can read a dead letter of its own once more."""

    def decode_again(self, letter: DeadLetter) -> SampleBatch:
        """Return the rows of a letter by today's mappings, touching nothing else.

        Raises `InvalidRequestError` with the reason where it is still unusable.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """Consecutive journaled batches: `batch` holds their rows, `last_seq` the newest sequence number in it."""

    batch: SampleBatch
    first_seq: int
    last_seq: int


class Sink(Protocol):
    """A durable consumer of the journal."""

    name: str

    async def cursor(self) -> int | None:
        """Return the last sequence number it holds durably, or None where the journal keeps that for it."""
        ...

    async def write(self, chunk: Chunk) -> Sequence[DeadLetter]:
        """Store a chunk, and its own cursor with it where it keeps one; return rows that can never be stored.

        Writing the same chunk twice has the effect of once. Raises `NotConnectedError`, `BackOffError` or
        `StorageError` when nothing of it counts as stored; the caller repeats the same chunk.
        """
        ...

    async def close(self) -> None:
        """Flush and release."""
        ...


class Tail(Protocol):
    """The journal as a reader follows it."""

    @property
    def head(self) -> int:
        """The newest committed sequence number, 0 before the first."""
        ...

    async def wait(self, after: int) -> None:
        """Return once `head` is greater than `after`."""
        ...

    async def read(self, after: int, *, max_rows: int) -> Chunk | None:
        """Return the batches that follow `after`, or None where there are none yet.

        At least one batch, whatever its size. Where retention has removed what followed `after`, the chunk
        starts later: compare `first_seq`.
        """
        ...
