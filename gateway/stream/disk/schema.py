"""The tables of `journal.db`, and how a connection to it is opened."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path
from typing import Final

import apsw

from gateway.errors import ConfigError

FILE: Final = "journal.db"
_OLDEST_SQLITE: Final = 3_051_003
"""3.7.0 to 3.51.2 can corrupt a write-ahead log that is reset while another connection writes."""

SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value, sum INTEGER) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS batch (
    seq INTEGER PRIMARY KEY, time_ns INTEGER NOT NULL, row_count INTEGER NOT NULL,
    byte_count INTEGER NOT NULL, rows_before INTEGER NOT NULL, bytes_before INTEGER NOT NULL,
    sum INTEGER NOT NULL, data BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS cursor (
    consumer TEXT PRIMARY KEY, seq INTEGER NOT NULL, sum INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS dead_letter (
    id INTEGER PRIMARY KEY AUTOINCREMENT, time_ns INTEGER NOT NULL, connector TEXT NOT NULL,
    source TEXT NOT NULL, reason TEXT NOT NULL, payload BLOB NOT NULL, payload_size INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS gap (
    id INTEGER PRIMARY KEY, signal INTEGER NOT NULL, start_ns INTEGER NOT NULL, end_ns INTEGER,
    state TEXT NOT NULL, cause TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS gap_start ON gap (start_ns);
CREATE INDEX IF NOT EXISTS gap_signal ON gap (signal, id);
CREATE INDEX IF NOT EXISTS gap_open ON gap (signal) WHERE end_ns IS NULL;
CREATE TABLE IF NOT EXISTS signal (
    id INTEGER PRIMARY KEY, path TEXT NOT NULL UNIQUE, data TEXT NOT NULL, sum INTEGER NOT NULL);
"""

TABLES: Final = ("meta", "batch", "cursor", "dead_letter", "gap", "signal")

REFUSALS: Final = (
    apsw.FullError,
    apsw.IOError,
    apsw.BusyError,
    apsw.LockedError,
    apsw.CantOpenError,
    apsw.ReadOnlyError,
    apsw.PermissionsError,
    apsw.CorruptError,
    apsw.NotADBError,
    apsw.ProtocolError,
    OSError,
)
"""What the disk or the file may answer: nothing was committed, and the same may succeed later."""


def connect(directory: Path) -> apsw.Connection:
    """Open one connection to the journal's file as every part of the gateway must: WAL, synchronous=FULL."""
    if apsw.SQLITE_VERSION_NUMBER < _OLDEST_SQLITE:
        msg = f"SQLite {apsw.sqlite_lib_version()} can corrupt its write-ahead log; want 3.51.3 or newer"
        raise ConfigError(msg)
    db = apsw.Connection(str(directory / FILE))
    try:
        db.set_busy_timeout(10_000)
        db.execute("PRAGMA page_size=4096").fetchall()
        db.execute("PRAGMA journal_mode=WAL").fetchall()
        db.execute("PRAGMA synchronous=FULL").fetchall()
        db.execute("PRAGMA journal_size_limit=67108864").fetchall()
        # The writer checkpoints by itself, outside commits, so that a checkpoint's error is not taken for theirs.
        db.wal_autocheckpoint(0)
    except apsw.Error:
        db.close()
        raise
    return db


def scalar(db: apsw.Connection, sql: str, *values: apsw.SQLiteValue) -> apsw.SQLiteValue:
    """Return the first value of the first row, or None."""
    row = db.execute(sql, values).fetchone()
    return None if row is None else row[0]


def number(db: apsw.Connection, sql: str, *values: apsw.SQLiteValue) -> int:
    """Return the first value of the first row as an integer, 0 where there is none."""
    found = scalar(db, sql, *values)
    return found if isinstance(found, int) else 0


def text_sum(*parts: object) -> int:
    """Return the checksum kept beside a small row, over its values."""
    return zlib.crc32("\x00".join(map(str, parts)).encode("utf-8", "surrogatepass"))


_ROW: Final = struct.Struct("<qqqqqq")


def row_sum(
    *,
    seq: int,
    time_ns: int,
    rows: int,
    size: int,
    rows_before: int,
    bytes_before: int,
    data: bytes,
) -> int:
    """Return the checksum of a batch row: its numbers and, by its last four bytes, the data's own checksum."""
    head = _ROW.pack(seq, time_ns, rows, size, rows_before, bytes_before)
    return zlib.crc32(data[-4:], zlib.crc32(head))
