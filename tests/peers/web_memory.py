"""Catalogue, samples, history, presence and gap ledger in memory."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gateway.errors import NotFoundError, StorageError
from gateway.model import DeadLetter, Gap, SampleBatch, Signal
from gateway.ports import Buckets, Chunk, Latest, Progress
from gateway.quality import severity


class MemoryCatalogue:
    """Signals in a list."""

    def __init__(self) -> None:
        self._signals: list[Signal] = []
        self._index: dict[str, int] = {}

    def register(self, signals: Sequence[Signal]) -> NDArray[np.int32]:
        """Give each signal its index."""
        for each in signals:
            if each.path in self._index:
                self._signals[self._index[each.path]] = each
            else:
                self._index[each.path] = len(self._signals)
                self._signals.append(each)
        return np.array([self._index[each.path] for each in signals], np.int32)

    def __len__(self) -> int:
        return len(self._signals)

    def signal(self, index: int) -> Signal:
        """Return the signal at an index."""
        if not 0 <= index < len(self._signals):
            raise NotFoundError(f"no signal has the index {index}")
        return self._signals[index]

    def index(self, path: str) -> int:
        """Return the index of a path."""
        if path not in self._index:
            raise NotFoundError(f"no signal {path[:100]!r} among {len(self._signals)}")
        return self._index[path]

    def all(self) -> Sequence[Signal]:
        """Return every signal."""
        return tuple(self._signals)


class MemoryStore:
    """Journal tail, newest values and history over one list of batches; `fail` makes every read fail."""

    def __init__(self, *, keep_batches: int = 100_000) -> None:
        self.batches: list[SampleBatch] = []
        self.first = 1
        self.fail = False
        self.reads = 0
        self._keep = keep_batches
        self._changed = asyncio.Event()
        self._newest: dict[int, tuple[SampleBatch, int]] = {}

    def append(self, batch: SampleBatch) -> int:
        """Commit a batch and wake who waits."""
        self.batches.append(replace(batch, seq=self.head + 1))
        for row, (index, time_ns) in enumerate(
            zip(batch.signal.tolist(), batch.source_ns.tolist(), strict=True)
        ):
            held = self._newest.get(index)
            if held is None or held[0].source_ns[held[1]] <= time_ns:
                self._newest[index] = (batch, row)
        self.retain(self._keep)
        self._changed.set()
        self._changed = asyncio.Event()
        return self.head

    def retain(self, count: int) -> None:
        """Forget all but the newest batches, as retention would."""
        surplus = len(self.batches) - count
        if surplus > 0:
            del self.batches[:surplus]
            self.first += surplus

    @property
    def head(self) -> int:
        """The newest sequence number."""
        return self.first + len(self.batches) - 1

    async def wait(self, after: int) -> None:
        """Return once there is more."""
        while self.head <= after:
            await self._changed.wait()

    async def read(self, after: int, *, max_rows: int) -> Chunk | None:
        """Return what follows."""
        self.reads += 1
        if self.fail:
            raise StorageError("the disk is away (on purpose)")
        start = max(after + 1, self.first)
        found: list[SampleBatch] = []
        rows = 0
        for batch in self.batches[start - self.first :]:
            if found and rows + len(batch) > max_rows:
                break
            found.append(batch)
            rows += len(batch)
        if not found:
            return None
        last = start + len(found) - 1
        return Chunk(batch=SampleBatch.concat(found), first_seq=start, last_seq=last)

    def latest(self) -> Latest:
        """Return the newest row of every signal."""
        rows = [batch.take(np.array([row])) for _, (batch, row) in sorted(self._newest.items())]
        return Latest(rows=SampleBatch.concat(rows))


_JOIN_FROM = 100


class MemoryHistory:
    """History over the same batches."""

    def __init__(self, store: MemoryStore) -> None:
        self.store = store
        self.hold_export: asyncio.Event | None = None
        self._joined = (0, 0, SampleBatch.empty())
        self._newest = (0, 0, SampleBatch.empty())

    def _whole(self) -> SampleBatch:
        """Return every row; what was joined before is not joined batch by batch again."""
        if self._newest[:2] == (self.store.first, self.store.head):
            return self._newest[2]
        first, head, joined = self._joined
        if first != self.store.first:
            first, head, joined = self.store.first, self.store.first - 1, SampleBatch.empty()
        new = self.store.batches[head + 1 - first :]
        if len(new) > _JOIN_FROM:
            joined, head, new = SampleBatch.concat([joined, *new]), self.store.head, []
        self._joined = (first, head, joined)
        whole = SampleBatch.concat([joined, *new])
        self._newest = (first, self.store.head, whole)
        return whole

    def _select(self, signals: Sequence[int], start_ns: int, end_ns: int) -> SampleBatch:
        rows = self._whole()
        inside = np.isin(rows.signal, np.array(signals, np.int32))
        inside &= (rows.source_ns >= start_ns) & (rows.source_ns < end_ns)
        rows = rows.take(inside)
        return rows.take(np.argsort(rows.source_ns, kind="stable"))

    async def buckets(
        self, signals: Sequence[int], *, start_ns: int, end_ns: int, max_points: int
    ) -> Sequence[Buckets]:
        """Return buckets."""
        width = max(1, -(-(end_ns - start_ns) // max_points))
        return [
            _bucketed(index, self._select([index], start_ns, end_ns), start_ns, width)
            for index in signals
        ]

    async def rows(
        self, signals: Sequence[int], *, start_ns: int, end_ns: int, limit: int
    ) -> SampleBatch:
        """Return raw rows."""
        rows = self._select(signals, start_ns, end_ns)
        return rows.take(np.arange(min(limit, len(rows))))

    async def latest(self, signals: Sequence[int]) -> SampleBatch:
        """Return the newest rows."""
        rows = self.store.latest().rows
        return rows.take(np.isin(rows.signal, np.array(signals)))

    async def count(self, signals: Sequence[int], *, start_ns: int, end_ns: int) -> int:
        """Return how many rows there are."""
        return len(self._select(signals, start_ns, end_ns))

    async def export(
        self,
        signals: Sequence[int],
        *,
        start_ns: int,
        end_ns: int,
        target: Path,
        progress: Progress,
    ) -> int:
        """Write something that looks like an export."""
        rows = self._select(signals, start_ns, end_ns)
        progress(0, len(rows))
        if self.hold_export is not None:
            await self.hold_export.wait()
        if target.suffix == ".parquet":
            raise StorageError("no parquet from memory")
        lines = ["signal,source_ns,value"] + [
            f"{s},{t},{v}"
            for s, t, v in zip(
                rows.signal.tolist(), rows.source_ns.tolist(), rows.value.tolist(), strict=True
            )
        ]
        await asyncio.to_thread(target.write_text, "\n".join(lines) + "\n")
        progress(len(rows), len(rows))
        return len(rows)

    async def maintain(self, *, now_ns: int) -> None:
        """Do nothing."""

    def figures(self) -> dict[str, float]:
        """Return nothing of interest."""
        return {}


def _bucketed(index: int, rows: SampleBatch, start_ns: int, width: int) -> Buckets:
    place = (rows.source_ns - start_ns) // width
    keys, first = np.unique(place, return_index=True)
    parts = np.split(np.arange(len(rows)), first[1:]) if len(rows) else []
    table: dict[str, list[float]] = {
        name: [] for name in ("first", "last", "low", "high", "mean", "count", "worst")
    }
    for part in parts:
        level = severity(rows.quality[part])
        value = rows.value[part][level < 2]
        value = value[np.isfinite(value)]
        some = value.size > 0
        table["first"].append(value[0] if some else np.nan)
        table["last"].append(value[-1] if some else np.nan)
        table["low"].append(value.min() if some else np.nan)
        table["high"].append(value.max() if some else np.nan)
        table["mean"].append(value.mean() if some else np.nan)
        table["count"].append(part.size)
        table["worst"].append(level.max())
    return Buckets(
        signal=index,
        width_ns=width,
        start_ns=(keys * width + start_ns).astype(np.int64),
        first=np.array(table["first"]),
        last=np.array(table["last"]),
        low=np.array(table["low"]),
        high=np.array(table["high"]),
        mean=np.array(table["mean"]),
        count=np.array(table["count"], np.int64),
        worst=np.array(table["worst"], np.uint8),
    )


class MemoryPresence:
    """Which signals' sources are away: what a test puts into `away`."""

    def __init__(self) -> None:
        self.away: set[int] = set()

    def absent(self) -> NDArray[np.int32]:
        """Return the indices, sorted."""
        return np.array(sorted(self.away), np.int32)

    def readers(self, machine: str) -> Sequence[str]:
        """Return the connector that is called as the machine is."""
        return [machine.rpartition("/")[2]]


@dataclass
class MemoryLedger:
    """Gaps and dead letters in lists."""

    gap_list: list[Gap] = field(default_factory=list)
    letters: list[DeadLetter] = field(default_factory=list)

    def gaps(
        self, signals: Sequence[int] | None, *, start_ns: int, end_ns: int, limit: int
    ) -> Sequence[Gap]:
        """Return gaps that touch the range."""
        found = [
            gap
            for gap in self.gap_list
            if (signals is None or gap.signal in signals)
            and gap.start_ns < end_ns
            and (gap.end_ns is None or gap.end_ns > start_ns)
        ]
        return sorted(found, key=lambda gap: -gap.start_ns)[:limit]

    def dead_letters(self, *, before_id: int | None, limit: int) -> Sequence[DeadLetter]:
        """Return dead letters, newest first."""
        found = [each for each in self.letters if before_id is None or each.id < before_id]
        return sorted(found, key=lambda each: -each.id)[:limit]

    def dead_letter(self, number: int) -> DeadLetter:
        """Return one dead letter."""
        for each in self.letters:
            if each.id == number:
                return each
        raise NotFoundError(f"dead letter {number} is not kept")

    def gap(self, number: int) -> Gap:
        """Return one gap."""
        for each in self.gap_list:
            if each.id == number:
                return each
        raise NotFoundError(f"gap {number} is not in the ledger")

    def dead_letter_count(self) -> int:
        """Return how many there are."""
        return len(self.letters)
