"""One historian file: its tables, what it covers, and how it is opened even when it is damaged."""

# ruff: noqa: S608 - SQL is put together from our own table names and from numbers
from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import duckdb

from gateway.errors import StorageError

FORMAT: Final = 1
EMPTY_FIRST_NS: Final = 2**63 - 1
EMPTY_LAST_NS: Final = -(2**63)
COLUMNS: Final = "signal, source_ns, received_ns, value, quality, side"
_ROW: Final = "signal INTEGER, source_ns BIGINT, received_ns BIGINT, value DOUBLE, quality UINTEGER, side VARCHAR"
_TRANSIENT: Final = ("Could not set lock", "No space left", "Out of Memory", "Permission denied")


@dataclass(slots=True, kw_only=True)
class Part:
    """One file: rows as they came (`hot`), rows re-clustered (`samples`), their summary and the cursor (`meta`).

    `first_ns` and `last_ns` bound the source times of its rows; `opened_ns` is the received time of its first
    chunk; `received_ns` of its newest; `start_seq` the cursor when the file was begun.
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
    """Make a new file with empty tables and the cursor it starts from, on disk before this returns."""
    cursor.execute(f"ATTACH {quoted(part.path)} AS {part.alias}")
    cursor.execute("BEGIN")
    cursor.execute(f"CREATE TABLE {part.alias}.hot({_ROW})")
    cursor.execute(f"CREATE TABLE {part.alias}.samples({_ROW})")
    cursor.execute(
        f"CREATE TABLE {part.alias}.summary(signal INTEGER, rows BIGINT, first_ns BIGINT, last_ns BIGINT,"
        " received_ns BIGINT)"
    )
    cursor.execute(
        f"CREATE TABLE {part.alias}.meta(format INTEGER, start_seq BIGINT, seq BIGINT, opened_ns BIGINT)"
    )
    cursor.execute(
        f"INSERT INTO {part.alias}.meta VALUES (?, ?, ?, ?)",
        [FORMAT, part.start_seq, part.seq, part.opened_ns],
    )
    cursor.execute("COMMIT")
    cursor.execute(f"CHECKPOINT {part.alias}")


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
        f"SELECT format, start_seq, seq, opened_ns FROM {part.alias}.meta"
    ).fetchone()
    if found is None:
        raise duckdb.DataError("the file holds no cursor")
    if found[0] != FORMAT:
        msg = f"historian file {part.path.name} has format {found[0]}, this version reads {FORMAT}"
        raise StorageError(msg)
    part.start_seq, part.seq, part.opened_ns = found[1:]
    totals = cursor.execute(
        f"SELECT count(*), sum(r), min(f), max(l), max(c), coalesce(sum(r) FILTER (h), 0) FROM ("
        f" SELECT rows r, first_ns f, last_ns l, received_ns c, false h FROM {part.alias}.summary UNION ALL"
        f" SELECT count(*), min(source_ns), max(source_ns), max(received_ns), true FROM {part.alias}.hot)"
    ).fetchone()
    if totals is None or not totals[1]:
        return
    part.rows, part.first_ns, part.last_ns, part.received_ns, part.hot_rows = map(int, totals[1:])


def union(parts: list[Part]) -> str:
    """Return SQL that yields the rows of all the files."""
    if not parts:
        return (
            "(SELECT 0::INTEGER signal, 0::BIGINT source_ns, 0::BIGINT received_ns, 0::DOUBLE AS value,"
            " 0::UINTEGER quality, NULL::VARCHAR side WHERE false)"
        )
    tables = [f"{part.alias}.{table}" for part in parts for table in ("samples", "hot")]
    return "(" + " UNION ALL ".join(f"SELECT {COLUMNS} FROM {table}" for table in tables) + ")"


def quoted(path: Path) -> str:
    """Return a path as an SQL string."""
    return "'" + str(path).replace("'", "''") + "'"
