"""One historian file: its tables, what it covers, and how it is opened even when it is damaged."""

# ruff: noqa: S608 - SQL is put together from our own table names and from numbers
from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import duckdb

from gateway.errors import StorageError
from gateway.failpoint import failpoint
from gateway.historian.duck.engine import roll_back

FORMAT: Final = 1
DRAFT: Final = "new-"
"""How the name of a file begins that is not whole yet."""
EMPTY_FIRST_NS: Final = 2**63 - 1
EMPTY_LAST_NS: Final = -(2**63)
COLUMNS: Final = "signal, source_ns, received_ns, value, quality, side"
_HOT: Final = "signal INTEGER, source_ns BIGINT, received_ns BIGINT, value DOUBLE, quality UINTEGER, side VARCHAR"
_SAMPLES: Final = _HOT.replace("received_ns", "delay_ns")
"""Clustered rows keep received minus source time: 7.9 B a row instead of 13.1 B."""
_SAMPLES_ROWS: Final = COLUMNS.replace("received_ns", "source_ns + delay_ns AS received_ns")
_TRANSIENT: Final = ("Could not set lock", "No space left", "Out of Memory", "Permission denied")


@dataclass(slots=True, kw_only=True)
class Part:
    """One file: rows as they came (`hot`), rows re-clustered (`samples`), their summary, `meta` and the cursor.

    `first_ns` and `last_ns` bound the source times of its rows; `opened_ns` is the received time of its first
    chunk; `received_ns` of its newest; `start_seq` the cursor when the file was begun, 0 once
    retention has dropped all files before it.
    """

    number: int
    path: Path
    start_seq: int = 0
    seq: int = 0
    opened_ns: int = 0
    received_ns: int = EMPTY_LAST_NS
    first_ns: int = EMPTY_FIRST_NS
    last_ns: int = EMPTY_LAST_NS
    rows: int = 0
    hot_rows: int = 0

    @property
    def alias(self) -> str:
        """The name the file has in SQL."""
        return f"part{self.number}"

    @property
    def wal(self) -> Path:
        """The file's write-ahead log."""
        return self.path.with_name(self.path.name + ".wal")

    def size_bytes(self) -> int:
        """Return the bytes on disk, write-ahead log included."""
        return sum(path.stat().st_size for path in (self.path, self.wal) if path.exists())

    def overlaps(self, start_ns: int, end_ns: int) -> bool:
        """Return whether the file may hold rows with a source time in [start, end)."""
        return self.first_ns < end_ns and self.last_ns >= start_ns


def file_of(directory: Path, number: int) -> Path:
    """Return where the file with a number stands."""
    return directory / f"samples-{number:06d}.duckdb"


def create(cursor: duckdb.DuckDBPyConnection, part: Part) -> None:
    """Make a new file with empty tables and the cursor it starts from, on disk before this returns.

    It is made under a draft's name and renamed once it is whole: whoever is killed meanwhile leaves no file that
    looks damaged. Raises `StorageError` where the disk refuses.
    """
    draft = part.path.with_name(f"{DRAFT}{part.path.name}")
    try:
        draft.unlink(missing_ok=True)
        cursor.execute(f"ATTACH {quoted(draft)} AS {part.alias}")
        try:
            _fill_draft(cursor, part)
        finally:
            cursor.execute(f"DETACH {part.alias}")
        failpoint("historian.file_drafted")
        draft.rename(part.path)
        _sync_folder(part.path.parent)
    except OSError as error:
        raise StorageError(f"historian file {part.path.name}: {error.strerror}") from error
    cursor.execute(f"ATTACH {quoted(part.path)} AS {part.alias}")


def _fill_draft(cursor: duckdb.DuckDBPyConnection, part: Part) -> None:
    cursor.execute("BEGIN")
    try:
        _make_tables(cursor, part)
        cursor.execute("COMMIT")
    except duckdb.Error:
        roll_back(cursor)
        raise
    cursor.execute(f"CHECKPOINT {part.alias}")


def _make_tables(cursor: duckdb.DuckDBPyConnection, part: Part) -> None:
    cursor.execute(f"CREATE TABLE {part.alias}.hot({_HOT})")
    cursor.execute(f"CREATE TABLE {part.alias}.samples({_SAMPLES})")
    cursor.execute(
        f"CREATE TABLE {part.alias}.summary(signal INTEGER, rows BIGINT, first_ns BIGINT, last_ns BIGINT,"
        " received_ns BIGINT)"
    )
    cursor.execute(
        f"CREATE TABLE {part.alias}.meta AS SELECT $format::INTEGER AS format,"
        " $opened_ns::BIGINT AS opened_ns, $start_seq::BIGINT AS start_seq",
        {"format": FORMAT, "opened_ns": part.opened_ns, "start_seq": part.start_seq},
    )
    # On its own, because upkeep may change `meta` while a writer moves the cursor.
    cursor.execute(
        f"CREATE TABLE {part.alias}.cursor AS SELECT $seq::BIGINT AS seq", {"seq": part.seq}
    )


def _sync_folder(folder: Path) -> None:
    """Put a rename on disk."""
    number = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


def attach(cursor: duckdb.DuckDBPyConnection, part: Part) -> bool:
    """Open an existing file; False where it is damaged beyond a first reading.

    Raises `StorageError` where the file may be sound and something else is in the way.
    """
    try:
        with part.path.open("r+b"):
            pass
    except OSError as error:
        raise StorageError(f"historian file {part.path.name}: {error.strerror}") from error
    try:
        cursor.execute(f"ATTACH {quoted(part.path)} AS {part.alias}")
        _load(cursor, part)
    except duckdb.Error as error:
        if any(sign in str(error) for sign in _TRANSIENT):
            raise StorageError(f"historian file {part.path.name}: {error}") from error
        cursor.execute(f"DETACH DATABASE IF EXISTS {part.alias}")
        return False
    return True


def _load(cursor: duckdb.DuckDBPyConnection, part: Part) -> None:
    found = cursor.execute(
        f"SELECT format, opened_ns, start_seq, seq FROM {part.alias}.meta, {part.alias}.cursor"
    ).fetchone()
    if found is None:
        raise duckdb.DataError("the file holds no cursor")
    if found[0] != FORMAT:
        msg = f"historian file {part.path.name} has format {found[0]}, this version reads {FORMAT}"
        raise StorageError(msg)
    part.opened_ns, part.start_seq, part.seq = found[1:]
    totals = cursor.execute(
        f"SELECT count(*), sum(r), min(f), max(l), max(c), coalesce(sum(r) FILTER (h), 0) FROM ("
        f" SELECT rows r, first_ns f, last_ns l, received_ns c, false h FROM {part.alias}.summary UNION ALL"
        f" SELECT count(*), min(source_ns), max(source_ns), max(received_ns), true FROM {part.alias}.hot)"
    ).fetchone()
    if totals is None or not totals[1]:
        return
    part.rows, part.first_ns, part.last_ns, part.received_ns, part.hot_rows = map(int, totals[1:])


def start_at(cursor: duckdb.DuckDBPyConnection, part: Part, start_seq: int) -> None:
    """Let a file follow on another batch than it did: nothing between is looked for any more."""
    part.start_seq = start_seq
    cursor.execute(f"UPDATE {part.alias}.meta SET start_seq = ?", [start_seq])


def union(parts: list[Part]) -> str:
    """Return SQL that yields the rows of all the files."""
    if not parts:
        return (
            "(SELECT 0::INTEGER signal, 0::BIGINT source_ns, 0::BIGINT received_ns, 0::DOUBLE AS value,"
            " 0::UINTEGER quality, NULL::VARCHAR side WHERE false)"
        )
    tables = [
        f"SELECT {columns} FROM {part.alias}.{table}"
        for part in parts
        for columns, table in ((_SAMPLES_ROWS, "samples"), (COLUMNS, "hot"))
    ]
    return "(" + " UNION ALL ".join(tables) + ")"


def quoted(path: Path) -> str:
    """Return a path as an SQL string."""
    return "'" + str(path).replace("'", "''") + "'"
