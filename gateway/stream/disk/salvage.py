"""What is done at start about a damaged journal: the valid rows are kept, the rest is put aside and reported."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Final, TypeAlias

import apsw

from gateway.clock import NS_PER_MS
from gateway.stream.codec import CorruptBatchError, decode
from gateway.stream.disk import schema, walscan
from gateway.stream.disk.quarantine import Quarantine

_DAMAGE: Final = (apsw.CorruptError, apsw.NotADBError, apsw.SQLError, apsw.FormatError)
_BEYOND: Final = 1_000_000
"""Sequence numbers left out where the newest batches may be lost, so that none is given twice."""
_PROBES: Final = 1_000_000
_KEYS: Final = {"batch": "seq", "dead_letter": "id", "gap": "id", "signal": "id"}
_PAGE: Final = 4096
_FIXED: Final = b"SQLite format 3\x00" + _PAGE.to_bytes(2, "big") + bytes([2, 2, 0, 64, 32, 32])
_MOST_MISSING: Final = 2**40
"""A named length further beyond the end than this is itself damage."""

_Row: TypeAlias = "tuple[apsw.SQLiteValue, ...]"


def repair(directory: Path, quarantine: Quarantine, *, now_ns: int, check_max_bytes: int) -> None:
    """Make `journal.db` a file that opens and holds valid batches only; a sound one is left as it is."""
    path = directory / schema.FILE
    if not path.exists():
        return
    log = directory / (schema.FILE + "-wal")
    torn = walscan.damage(log)
    if torn is not None:
        quarantine.copy(log, f"write-ahead log: {torn}")
    try:
        with closing(schema.connect(directory)) as db:
            db.execute(schema.SCHEMA).fetchall()
            _check(db, path, check_max_bytes)
            _verify(db, quarantine, check_max_bytes)
            if torn is not None:
                _leave_out(db, _highest(db) + _BEYOND)
    except _DAMAGE as exc:
        _rebuild(directory, quarantine, now_ns=now_ns, why=str(exc))


def sound(row: _Row) -> bool:
    """Return whether a row of the table `batch` is as it was written."""
    seq, time_ns, rows, size, rows_before, bytes_before, check, data = row
    numbers = (seq, time_ns, rows, size, rows_before, bytes_before)
    if not isinstance(data, bytes) or not all(isinstance(value, int) for value in numbers):
        return False
    expected = schema.row_sum(
        seq=int(str(seq)),
        time_ns=int(str(time_ns)),
        rows=int(str(rows)),
        size=int(str(size)),
        rows_before=int(str(rows_before)),
        bytes_before=int(str(bytes_before)),
        data=data,
    )
    if check != expected:
        return False
    try:
        decode(data)
    except CorruptBatchError:
        return False
    return True


def _check(db: apsw.Connection, path: Path, check_max_bytes: int) -> None:
    if path.stat().st_size > check_max_bytes:
        return
    found = schema.scalar(db, "PRAGMA quick_check(1)")
    if found != "ok":
        raise apsw.CorruptError(str(found))


def _verify(db: apsw.Connection, quarantine: Quarantine, check_max_bytes: int) -> None:
    """Put damaged batches aside that a consumer may still want, the newest included."""
    after = schema.number(db, "SELECT min(seq) FROM cursor")
    left = check_max_bytes
    bad: list[int] = []
    for row in db.execute("SELECT * FROM batch WHERE seq > ? ORDER BY seq", (after,)):
        if not sound(row):
            quarantine.put(row, "checksum does not match")
            bad.append(int(row[0]))
        left -= len(row[7]) if isinstance(row[7], bytes) else 0
        if left < 0:
            break
    if bad:
        head = _highest(db)
        db.executemany("DELETE FROM batch WHERE seq = ?", [(seq,) for seq in bad])
        _leave_out(db, head)


def _highest(db: apsw.Connection) -> int:
    return max(
        schema.number(db, "SELECT max(seq) FROM batch"),
        schema.number(db, "SELECT max(seq) FROM cursor"),
        schema.number(db, "SELECT value FROM meta WHERE name = 'floor'"),
    )


def _leave_out(db: apsw.Connection, floor: int) -> None:
    db.execute(
        "INSERT OR REPLACE INTO meta VALUES ('floor', ?, ?)",
        (floor, schema.text_sum("floor", floor)),
    )


def _rebuild(directory: Path, quarantine: Quarantine, *, now_ns: int, why: str) -> None:
    """Copy what can be read into a new file; the old one is kept aside whole."""
    aside = quarantine.move(
        [directory / (schema.FILE + end) for end in ("", "-wal", "-shm")], f"journal: {why}"
    )
    with closing(schema.connect(directory)) as new:
        new.execute(schema.SCHEMA).fetchall()
        with new:
            kept = _copy_all(aside, new, quarantine)
            floor = _highest(new) + _BEYOND if kept else now_ns // NS_PER_MS
            _leave_out(new, floor)
    quarantine.remark(f"{kept} rows of the damaged journal were kept")


def _copy_all(aside: Path, new: apsw.Connection, quarantine: Quarantine) -> int:
    kept = 0
    _mend_header(aside / schema.FILE)
    try:
        with closing(schema.connect(aside)) as old:
            for table in schema.TABLES:
                kept += _copy(old, new, table, quarantine)
    except _DAMAGE as exc:
        quarantine.remark(f"the damaged journal cannot be read at all: {exc}")
    return kept


def _mend_header(path: Path) -> None:
    """Give the file the fixed bytes of our header and the length it names, so that its rows can be reached.

    Format: https://www.sqlite.org/fileformat2.html#the_database_header
    """
    with path.open("r+b") as file:
        head = file.read(100)
        if len(head) < 100:
            return
        file.seek(0)
        file.write(_FIXED)
        pages = int.from_bytes(head[28:32], "big")
        size = path.stat().st_size
        if size < pages * _PAGE < size + _MOST_MISSING:
            file.truncate(pages * _PAGE)


def _copy(old: apsw.Connection, new: apsw.Connection, table: str, quarantine: Quarantine) -> int:
    kept = 0
    rows = _seek(old, table, _KEYS[table]) if table in _KEYS else _scan(old, table)
    for row in rows:
        if not _usable(table, row):
            quarantine.put(row, f"row of {table} is damaged")
            continue
        marks = ", ".join("?" * len(row))
        # The table is one of ours.
        new.execute(f"INSERT OR IGNORE INTO {table} VALUES ({marks})", row)  # noqa: S608 - the table is one of ours
        kept += new.changes()
    return kept


def _usable(table: str, row: _Row) -> bool:
    if table == "batch":
        return sound(row)
    if table in ("cursor", "signal"):
        return row[-1] == schema.text_sum(*row[:-1])
    return all(value is not None for value in row[:3])


def _scan(db: apsw.Connection, table: str) -> Iterator[_Row]:
    try:
        yield from db.execute(f"SELECT * FROM {table}")  # noqa: S608 - the table is one of ours
    except _DAMAGE:
        return


def _seek(db: apsw.Connection, table: str, key: str) -> Iterator[_Row]:
    """Yield every row that can be reached: from the front, from the back, and one by one between."""
    low = high = None
    for order in ("ASC", "DESC"):
        try:
            for row in db.execute(f"SELECT * FROM {table} ORDER BY {key} {order}"):  # noqa: S608 - as above
                if order == "DESC" and low is not None and int(str(row[0])) <= low:
                    return
                low, high = (row[0], high) if order == "ASC" else (low, row[0])
                yield row
        except _DAMAGE:
            continue
        return
    if low is None or high is None:
        return
    for number in range(int(str(low)) + 1, min(int(str(high)), int(str(low)) + _PROBES)):
        try:
            yield from db.execute(f"SELECT * FROM {table} WHERE {key} = ?", (number,))  # noqa: S608 - as above
        except _DAMAGE:
            continue
