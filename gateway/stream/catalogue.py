"""Every signal ever seen, with the index that stays its own for life."""

from __future__ import annotations

import difflib
import os
from collections.abc import Sequence
from dataclasses import asdict
from typing import Final

import apsw
import numpy as np
import orjson
from numpy.typing import NDArray

from gateway.errors import ConfigError, NotFoundError, StorageError
from gateway.model import DataType, Signal, SignalKind, SignalRole
from gateway.stream.disk import schema
from gateway.stream.disk.store import storable
from gateway.stream.journal import Journal

_COPY: Final = "signals.jsonl"


class JournalCatalogue:
    """Implements `Catalogue` in the journal's file, with a copy in a text file beside it.

    The copy is what keeps an index with its path when the database is damaged: a sample of a signal must never
    come back under another's name.
    """

    def __init__(self, journal: Journal) -> None:
        self._limit = journal.options.signals_max
        self._quarantine = journal.quarantine
        self._copy = journal.directory / _COPY
        self._db = schema.connect(journal.directory)
        self._signals: list[Signal] = []
        self._index: dict[str, int] = {}
        used = np.flatnonzero(journal.last_source_ns())
        self._load(floor=int(used[-1]) + 1 if len(used) else 0)

    def register(self, signals: Sequence[Signal]) -> NDArray[np.int32]:
        """Return the index of each signal; new ones are on disk before this returns.

        Raises `ConfigError` where a path is known with another data type or the catalogue is full, `StorageError`
        where the disk refuses; in both cases nothing is registered.
        """
        found: list[int] = []
        changed: dict[int, Signal] = {}
        fresh: dict[str, int] = {}
        for signal in signals:
            index = self._index.get(signal.path, fresh.get(signal.path, -1))
            if index < 0:
                index = fresh[signal.path] = len(self._signals) + len(fresh)
                changed[index] = signal
            else:
                known = changed.get(index) or self._signals[index]
                if known.data_type is not signal.data_type:
                    raise ConfigError(_other_type(known, signal))
                if known != signal:
                    changed[index] = signal
            found.append(index)
        if len(self._signals) + len(fresh) > self._limit:
            msg = (
                f"{len(fresh)} new signals do not fit: the catalogue holds {len(self._signals)} of at most "
                f"{self._limit} (journal.signals_max); the first one is {next(iter(fresh))!r}"
            )
            raise ConfigError(msg)
        if changed:
            self._save(changed)
        return np.array(found, np.int32)

    def __len__(self) -> int:
        return len(self._signals)

    def signal(self, index: int) -> Signal:
        """Return the signal at an index; raises `NotFoundError`."""
        if not 0 <= index < len(self._signals):
            msg = f"no signal has the index {index}; there are {len(self._signals)}"
            raise NotFoundError(msg)
        return self._signals[index]

    def index(self, path: str) -> int:
        """Return the index of a path; raises `NotFoundError` with the nearest path."""
        found = self._index.get(path)
        if found is None:
            near = difflib.get_close_matches(path, self._index, n=1, cutoff=0.5)
            hint = f"; the nearest is {near[0]!r}" if near else ""
            msg = f"no signal {path!r} among {len(self._signals)}{hint}"
            raise NotFoundError(msg)
        return found

    def all(self) -> Sequence[Signal]:
        """Return every signal, in index order."""
        return tuple(self._signals)

    def close(self) -> None:
        """Release the file."""
        self._db.close()

    def _save(self, changed: dict[int, Signal]) -> None:
        rows = [(index, signal.path, _dump(signal)) for index, signal in sorted(changed.items())]
        sealed = [(*row, schema.text_sum(*row)) for row in rows]
        try:
            # The copy first: an index in the copy alone is only a spare one, the other way round it would be lost.
            with self._copy.open("ab") as out:
                out.writelines(orjson.dumps(row) + b"\n" for row in sealed)
                out.flush()
                os.fsync(out.fileno())
            with self._db:
                self._db.executemany("INSERT OR REPLACE INTO signal VALUES (?, ?, ?, ?)", sealed)
        except schema.REFUSALS as exc:
            msg = f"new signals could not be stored: {type(exc).__name__}: {exc}"
            raise StorageError(msg) from exc
        for index, signal in sorted(changed.items()):
            self._put(index, signal)

    def _put(self, index: int, signal: Signal) -> None:
        if index == len(self._signals):
            self._signals.append(signal)
        else:
            self._signals[index] = signal
        self._index[signal.path] = index

    def _load(self, *, floor: int) -> None:
        copied = dict(self._copied())
        known = copied | dict(self._stored())
        count = max([floor, *(index + 1 for index in known)], default=floor)
        for index in range(count):
            signal = known.get(index)
            if signal is None or signal.path in self._index:
                self._quarantine.remark(
                    f"what the signal with the index {index} was is not known any more"
                )
                signal = Signal(path=f"lost/lost/lost/lost/signal-{index}")
            self._put(index, signal)
        missing = {index: self._signals[index] for index in known if index not in copied}
        restored = {index: self._signals[index] for index in copied if index < count}
        if missing or (
            restored and len(restored) != schema.number(self._db, "SELECT count(*) FROM signal")
        ):
            self._save(missing | restored)

    def _stored(self) -> list[tuple[int, Signal]]:
        rows = self._db.execute("SELECT id, path, data, sum FROM signal ORDER BY id").fetchall()
        return [found for row in rows if (found := _read(list(row))) is not None]

    def _copied(self) -> list[tuple[int, Signal]]:
        if not self._copy.exists():
            return []
        found = []
        for line in self._copy.read_bytes().splitlines():
            try:
                row = orjson.loads(line)
            except orjson.JSONDecodeError:
                row = None
            entry = _read(row) if isinstance(row, list) and len(row) == 4 else None
            if entry is None:
                self._quarantine.remark(f"a line of {_COPY} is damaged and was left out")
            else:
                found.append(entry)
        return found


def _dump(signal: Signal) -> str:
    fields = asdict(signal)
    for name in ("unit", "description", "owner"):
        fields[name] = storable(fields[name])
    fields["labels"] = [[number, storable(word)] for number, word in signal.labels]
    return orjson.dumps(fields).decode()


def _read(row: list[apsw.SQLiteValue]) -> tuple[int, Signal] | None:
    """Return index and signal of a sealed row, or None where its checksum does not match."""
    index, path, data, check = row
    if check != schema.text_sum(index, path, data):
        return None
    fields = orjson.loads(str(data))
    fields["kind"] = SignalKind(fields["kind"])
    fields["data_type"] = DataType(fields["data_type"])
    fields["role"] = SignalRole(fields["role"]) if fields["role"] else None
    fields["labels"] = tuple((number, word) for number, word in fields["labels"])
    return int(str(index)), Signal(**fields)


def _other_type(known: Signal, signal: Signal) -> str:
    return (
        f"signal {signal.path!r} is known as {known.data_type.value} and cannot become "
        f"{signal.data_type.value}: give the new one another name"
    )
