"""Intervals without data, per signal, and the dead letters: kept in the journal's file, written by its writer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from gateway.errors import NotFoundError, StorageError
from gateway.model import DeadLetter, Gap, GapState
from gateway.stream.disk import schema
from gateway.stream.disk.store import Store
from gateway.stream.journal import Journal

_GAP: Final = "SELECT id, signal, start_ns, end_ns, state, cause FROM gap"
_LETTER: Final = (
    "SELECT id, time_ns, connector, source, reason, payload, payload_size FROM dead_letter"
)


class GapLedger:
    """Implements `Ledger`; at most one gap a signal is open at a time, and open ones survive a restart."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._db = schema.connect(journal.directory)
        rows = self._db.execute(_GAP + " WHERE end_ns IS NULL ORDER BY id").fetchall()
        self._open = {gap.signal: gap for gap in map(_gap, rows)}

    def open_gaps(self, signals: Iterable[int]) -> dict[int, Gap]:
        """Return the open gap of each of these signals that has one."""
        return {signal: self._open[signal] for signal in signals if signal in self._open}

    async def begin(self, starts: Mapping[int, int], *, cause: str) -> None:
        """Open a gap for each signal, from its start in nanoseconds, where none is open; on disk when this returns."""
        fresh = [
            Gap(signal=signal, start_ns=start_ns, end_ns=None, state=GapState.OPEN, cause=cause)
            for signal, start_ns in starts.items()
            if signal not in self._open
        ]
        if not fresh:
            return
        self._open.update({gap.signal: gap for gap in fresh})

        def apply(store: Store) -> list[int]:
            return [store.add_gap(gap) for gap in fresh]

        try:
            numbers = await self._journal.execute(apply)
        except BaseException:
            for gap in fresh:
                self._open.pop(gap.signal, None)
            raise
        for gap, number in zip(fresh, numbers, strict=True):
            self._open[gap.signal] = Gap(
                signal=gap.signal,
                start_ns=gap.start_ns,
                end_ns=None,
                state=gap.state,
                cause=gap.cause,
                id=number,
            )

    def ended(self, gaps: Iterable[Gap]) -> None:
        """Forget open gaps whose end goes to disk with the batch that ended them."""
        for gap in gaps:
            self._open.pop(gap.signal, None)

    def gaps(
        self, signals: Sequence[int] | None, *, start_ns: int, end_ns: int, limit: int
    ) -> Sequence[Gap]:
        """Return gaps that touch the range, newest first; raises `StorageError`."""
        where = " WHERE start_ns <= ? AND (end_ns IS NULL OR end_ns >= ?)"
        values: list[Any] = [end_ns, start_ns]
        if signals is not None:
            where += " AND signal IN (SELECT value FROM json_each(?))"
            values.append(str([int(signal) for signal in signals]))
        rows = self._rows(
            _GAP + where + " ORDER BY start_ns DESC, id DESC LIMIT ?", [*values, limit]
        )
        return [_gap(row) for row in rows]

    def dead_letters(self, *, before_id: int | None, limit: int) -> Sequence[DeadLetter]:
        """Return dead letters, newest first, those with a smaller id than `before_id` where it is given."""
        where = "" if before_id is None else " WHERE id < ?"
        values = [limit] if before_id is None else [before_id, limit]
        rows = self._rows(_LETTER + where + " ORDER BY id DESC LIMIT ?", values)
        return [_letter(row) for row in rows]

    def dead_letter(self, number: int) -> DeadLetter:
        """Return one dead letter; raises `NotFoundError` where it is not kept (any more)."""
        rows = self._rows(_LETTER + " WHERE id = ?", [number])
        if not rows:
            raise NotFoundError(f"dead letter {number} is not kept: it never was, or it made room")
        return _letter(rows[0])

    def gap(self, number: int) -> Gap:
        """Return one gap; raises `NotFoundError`."""
        rows = self._rows(_GAP + " WHERE id = ?", [number])
        if not rows:
            raise NotFoundError(f"gap {number} is not in the ledger: it never was, or it made room")
        return _gap(rows[0])

    def dead_letter_count(self) -> int:
        """Return how many are kept."""
        return int(self._rows("SELECT count(*) FROM dead_letter", [])[0][0])

    def close(self) -> None:
        """Release the file."""
        self._db.close()

    def _rows(self, sql: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
        try:
            return self._db.execute(sql, values).fetchall()
        except schema.REFUSALS as exc:
            msg = f"the ledger cannot be read: {type(exc).__name__}: {exc}"
            raise StorageError(msg) from exc


def _letter(row: tuple[Any, ...]) -> DeadLetter:
    number, time_ns, connector, source, reason, payload, size = row
    return DeadLetter(
        id=number,
        time_ns=time_ns,
        connector=connector,
        source=source,
        reason=reason,
        payload=payload,
        payload_size=size,
    )


def _gap(row: tuple[Any, ...]) -> Gap:
    number, signal, start_ns, end_ns, state, cause = row
    return Gap(
        id=number,
        signal=signal,
        start_ns=start_ns,
        end_ns=end_ns,
        state=GapState(state),
        cause=cause,
    )
