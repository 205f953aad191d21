"""What a transaction does to the journal's file; used by the writer thread only."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

import apsw
import numpy as np
from numpy.typing import NDArray

from gateway.clock import NS_PER_S
from gateway.model import DeadLetter, Gap, SampleBatch
from gateway.stream.codec import CorruptBatchError, decode, encode
from gateway.stream.disk import schema
from gateway.stream.options import JournalOptions

_DISCARD_AT_ONCE: Final = 500
_LAST_EVERY_ROWS: Final = 100_000
_SEQ: Final = struct.Struct("<q")

_NEAR_NS: Final = 60 * NS_PER_S
"""Gaps of one signal and cause that lie no further apart become one where the ledger is full."""


class Store:
    """The tables as plain methods, each meant to run inside a transaction that the writer opens.

    After a failed transaction `reload` takes the figures back from the file.
    """

    def __init__(self, directory: Path, options: JournalOptions) -> None:
        self.db = schema.connect(directory)
        self.consumers: frozenset[str] | None = None
        self._options = options
        self.head = self.rows_total = self.bytes_total = self._newest = 0
        self._oldest_seq = self._oldest_time_ns = self._oldest_rows = self._oldest_bytes = 0
        self.last_ns: NDArray[np.int64] = np.zeros(256, np.int64)
        self._last_seq = self._last_rows = 0
        try:
            self.db.execute(schema.SCHEMA).fetchall()
            self.reload()
            self._load_last()
        except BaseException:
            self.db.close()
            raise

    def reload(self) -> None:
        """Take every figure from the file again."""
        db = self.db
        newest = db.execute(
            "SELECT seq, rows_before + row_count, bytes_before + byte_count FROM batch"
            " ORDER BY seq DESC LIMIT 1"
        ).fetchone()
        self._newest, self.rows_total, self.bytes_total = map(int, newest or (0, 0, 0))
        self.cursors: dict[str, int] = {
            name: seq
            for name, seq, check in db.execute("SELECT consumer, seq, sum FROM cursor")
            if check == schema.text_sum(name, seq)
        }
        self.head = max([self._meta("floor"), self._newest, *self.cursors.values()])
        letters = db.execute("SELECT count(*), total(length(payload)) FROM dead_letter").fetchone()
        self.letters, self.letter_bytes = (0, 0) if letters is None else map(int, letters)
        self.letters_removed = self._meta("letters_removed")
        self.gaps = schema.number(db, "SELECT count(*) FROM gap")
        self.gaps_removed = self._meta("gaps_removed")
        self._load_oldest()
        # Whatever a failed transaction had saved of the newest times is saved again.
        self._last_seq, self._last_rows = -1, _LAST_EVERY_ROWS
        self._note_slowest()

    @property
    def held_bytes(self) -> int:
        """Bytes of the batches on disk."""
        return self.bytes_total - self._oldest_bytes

    @property
    def full(self) -> bool:
        """Whether no further batch may be taken."""
        return self.held_bytes >= self._options.max_bytes

    def slowest(self) -> tuple[str, int]:
        """Return the registered consumer that has taken least, and its cursor; the head where there is none."""
        if not self.consumers:
            return "", self.head if self.consumers is not None else 0
        seq, name = min((self.cursors.get(name, 0), name) for name in self.consumers)
        return name, seq

    def rows_until(self, seq: int) -> int:
        """Return how many rows were ever journaled up to and including this sequence number."""
        found = schema.scalar(
            self.db,
            "SELECT rows_before + row_count FROM batch WHERE seq <= ? ORDER BY seq DESC LIMIT 1",
            seq,
        )
        return found if isinstance(found, int) else self._oldest_rows

    def append(self, batch: SampleBatch, *, time_ns: int) -> int:
        """Add one batch behind the head and return its sequence number."""
        seq, rows, data = self.head + 1, len(batch), encode(batch)
        size = len(data)
        check = schema.row_sum(
            seq=seq,
            time_ns=time_ns,
            rows=rows,
            size=size,
            rows_before=self.rows_total,
            bytes_before=self.bytes_total,
            data=data,
        )
        self.db.execute(
            "INSERT INTO batch VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (seq, time_ns, rows, size, self.rows_total, self.bytes_total, check, data),
        )
        if self._oldest_seq == 0:
            self._oldest_seq, self._oldest_time_ns = seq, time_ns
            self._oldest_rows, self._oldest_bytes = self.rows_total, self.bytes_total
        self.head = self._newest = seq
        self.rows_total += rows
        self.bytes_total += size
        self._note_last(batch)
        return seq

    def bury(self, letters: Iterable[DeadLetter]) -> None:
        """Keep dead letters, cut to the stated size; the oldest make room and are counted."""
        cap = self._options.dead_letter_payload_bytes
        for letter in letters:
            payload = letter.payload[:cap]
            self.db.execute(
                "INSERT INTO dead_letter (time_ns, connector, source, reason, payload, payload_size)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                (
                    letter.time_ns,
                    storable(letter.connector),
                    storable(letter.source),
                    storable(letter.reason),
                    payload,
                    letter.payload_size,
                ),
            )
            self.letters += 1
            self.letter_bytes += len(payload)
        while (
            self.letters > self._options.dead_letters_max
            or self.letter_bytes > self._options.dead_letters_max_bytes
        ):
            self._remove_oldest_letter()

    def add_gap(self, gap: Gap) -> int:
        """Add a gap and return its number."""
        self.db.execute(
            "INSERT INTO gap (signal, start_ns, end_ns, state, cause) VALUES (?, ?, ?, ?, ?)",
            (gap.signal, gap.start_ns, gap.end_ns, gap.state.value, storable(gap.cause)),
        )
        added = self.db.last_insert_rowid()
        self.gaps += 1
        if self.gaps > self._options.gaps_max:
            self._make_room_for_gaps()
        return added

    def _make_room_for_gaps(self) -> None:
        """Let the oldest closed gap go: into the next of its kind where that is near, so that a flood hides no loss."""
        oldest = self.db.execute(
            "SELECT id, signal, start_ns, end_ns, state, cause FROM gap WHERE end_ns IS NOT NULL"
            " ORDER BY id LIMIT 1"
        ).fetchone()
        if oldest is None:
            return
        number, signal, start_ns, end_ns, state, cause = oldest
        self.db.execute(
            "UPDATE gap SET start_ns = min(start_ns, ?1), end_ns = max(end_ns, ?2) WHERE id ="
            " (SELECT id FROM gap WHERE signal = ?3 AND id > ?4 AND end_ns IS NOT NULL ORDER BY id LIMIT 1)"
            " AND state = ?5 AND cause = ?6 AND start_ns <= ?2 + ?7 AND end_ns >= ?1 - ?7",
            (start_ns, end_ns, signal, number, state, cause, _NEAR_NS),
        )
        merged = self.db.changes()
        self.db.execute("DELETE FROM gap WHERE id = ?", (number,))
        self.gaps -= 1
        if not merged:
            self.gaps_removed += 1
            self._set_meta("gaps_removed", self.gaps_removed)

    def close_gap(self, gap: Gap) -> None:
        """Write the end and the fate of a gap that was open."""
        self.db.execute(
            "UPDATE gap SET end_ns = ?, state = ? WHERE id = ? AND end_ns IS NULL",
            (gap.end_ns, gap.state.value, gap.id),
        )

    def advance(self, consumer: str, seq: int) -> None:
        """Note that a consumer holds everything up to `seq`; a cursor never moves back."""
        if seq <= self.cursors.get(consumer, -1):
            return
        self.db.execute(
            "INSERT OR REPLACE INTO cursor VALUES (?, ?, ?)",
            (consumer, seq, schema.text_sum(consumer, seq)),
        )
        self.cursors[consumer] = seq
        self._note_slowest()

    def register(self, consumers: frozenset[str]) -> None:
        """From now on respect these consumers' cursors, and only these."""
        self.consumers = consumers
        self._note_slowest()

    def raise_head(self, seq: int) -> None:
        """Never give a sequence number up to `seq` to another batch."""
        if seq > self.head:
            self._set_meta("floor", seq)
            self.head = seq

    def discard(self, *, now_ns: int) -> int:
        """Remove batches beyond size or age that every registered consumer has taken; return how many."""
        _, taken = self.slowest()
        until = min(taken, self._newest - 1)
        too_old_ns = now_ns - round(self._options.max_age_s * NS_PER_S)
        if not 0 < self._oldest_seq <= until or not (
            self.full or self._oldest_time_ns < too_old_ns
        ):
            return 0
        found: list[Any] = self.db.execute(
            "SELECT seq, time_ns, byte_count FROM batch WHERE seq <= ? ORDER BY seq LIMIT ?",
            (until, _DISCARD_AT_ONCE),
        ).fetchall()
        left, last, count = self.held_bytes, 0, 0
        for seq, time_ns, size in found:
            if left < self._options.max_bytes and time_ns >= too_old_ns:
                break
            left, last, count = left - size, seq, count + 1
        if last > self._last_seq:
            self._save_last()
        self.db.execute("DELETE FROM batch WHERE seq <= ?", (last,))
        self._load_oldest()
        return count

    def drop(self, seq: int) -> None:
        """Remove one damaged batch, which the caller has put aside."""
        self.raise_floor()
        self.db.execute("DELETE FROM batch WHERE seq = ?", (seq,))
        self._load_oldest()

    def raise_floor(self) -> None:
        """Make sure that the present head is remembered even without its row."""
        self._set_meta("floor", self.head)

    def mark(self, name: str, value: int) -> None:
        """Keep a small number under a name."""
        self._set_meta(name, value)

    def marked(self, name: str) -> int:
        """Return a number kept by `mark`, 0 where there is none."""
        return self._meta(name)

    def checkpoint(self) -> None:
        """Move the write-ahead log into the file as far as readers allow."""
        self.db.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_PASSIVE)

    def _note_slowest(self) -> None:
        self.slowest_rows = self.rows_until(self.slowest()[1])

    def _remove_oldest_letter(self) -> None:
        oldest = self.db.execute(
            "SELECT id, length(payload) FROM dead_letter ORDER BY id LIMIT 1"
        ).fetchone()
        if oldest is None:
            self.letters = self.letter_bytes = 0
            return
        self.db.execute("DELETE FROM dead_letter WHERE id = ?", (oldest[0],))
        self.letters -= 1
        self.letter_bytes -= oldest[1]
        self.letters_removed += 1
        self._set_meta("letters_removed", self.letters_removed)

    def _load_oldest(self) -> None:
        found = self.db.execute(
            "SELECT seq, time_ns, rows_before, bytes_before FROM batch ORDER BY seq LIMIT 1"
        ).fetchone()
        oldest = found or (0, 0, self.rows_total, self.bytes_total)
        self._oldest_seq, self._oldest_time_ns, self._oldest_rows, self._oldest_bytes = map(
            int, oldest
        )

    def _note_last(self, batch: SampleBatch) -> None:
        self._take_last(batch)
        self._last_rows += len(batch)
        if self._last_rows >= _LAST_EVERY_ROWS:
            self._save_last()

    def _take_last(self, batch: SampleBatch) -> None:
        if len(batch) == 0:
            return
        top = int(batch.signal.max())
        if top >= len(self.last_ns):
            grown = np.zeros(max(top + 1, 2 * len(self.last_ns)), np.int64)
            grown[: len(self.last_ns)] = self.last_ns
            self.last_ns = grown
        # The last to arrive, not the largest: a clock that was ahead and is put right must not hide a hole.
        self.last_ns[batch.signal] = batch.source_ns

    def _save_last(self) -> None:
        value = _SEQ.pack(self.head) + self.last_ns.tobytes()
        self.db.execute(
            "INSERT OR REPLACE INTO meta VALUES ('last', ?, ?)", (value, zlib.crc32(value))
        )
        self._last_seq, self._last_rows = self.head, 0

    def _load_last(self) -> None:
        self._last_seq = self._last_rows = 0
        found = self.db.execute("SELECT value, sum FROM meta WHERE name = 'last'").fetchone()
        if found is not None and zlib.crc32(found[0]) == found[1]:
            self._last_seq = _SEQ.unpack_from(found[0])[0]
            self.last_ns = np.frombuffer(found[0], np.int64, offset=_SEQ.size).copy()
        since = self._last_seq
        for (data,) in self.db.execute("SELECT data FROM batch WHERE seq > ?", (since,)):
            try:
                batch = decode(data)
            except CorruptBatchError:
                continue  # put aside when a consumer reads it
            self._take_last(batch)
            self._last_rows += len(batch)

    def _meta(self, name: str) -> int:
        found = self.db.execute("SELECT value, sum FROM meta WHERE name = ?", (name,)).fetchone()
        if found is None or found[1] != schema.text_sum(name, found[0]):
            return 0
        return int(found[0])

    def _set_meta(self, name: str, value: int) -> None:
        self.db.execute(
            "INSERT OR REPLACE INTO meta VALUES (?, ?, ?)",
            (name, value, schema.text_sum(name, value)),
        )


def storable(text: str) -> str:
    """Return text that SQLite can keep: lone surrogates become question marks, NUL becomes a visible mark."""
    return text.encode("utf-8", "replace").decode("utf-8").replace("\x00", "\u2400")
