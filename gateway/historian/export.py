"""History as CSV or Parquet, slice by slice, whole or not at all."""

# ruff: noqa: S608 - SQL is put together from our own table names and from numbers
from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import duckdb
import numpy as np

from gateway import quality
from gateway.errors import InvalidRequestError, StorageError
from gateway.model import Signal
from gateway.ports import Catalogue, Progress

SLICE_ROWS: Final = 250_000
_FORMULA: Final = "'=+-@' || chr(9) || chr(13)"


def on_loop(progress: Progress) -> Progress:
    """Return a callback that any thread may call and that calls `progress` on the running event loop."""
    loop = asyncio.get_running_loop()

    def tell(done: int, total: int) -> None:
        loop.call_soon_threadsafe(progress, done, total)

    return tell


class Format(StrEnum):
    """What kind of file an export is."""

    CSV = ".csv"
    PARQUET = ".parquet"


class Export:
    """Collects slices beside `target` and puts the whole file in its place at `finish`.

    Use as a context manager: leaving it without `finish` leaves nothing behind. A slice is SQL that yields the
    columns signal, source_ns, received_ns, value, quality, side.
    """

    def __init__(
        self,
        cursor: duckdb.DuckDBPyConnection,
        target: Path,
        *,
        catalogue: Catalogue,
        signals: Sequence[int],
    ) -> None:
        self._cursor = cursor
        self._target = target
        self._format = _format_of(target)
        self._slices: list[Path] = []
        try:
            self._folder = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
        except OSError as error:
            raise StorageError(f"export to {target}: {error.strerror}") from error
        _register_signals(cursor, [(index, catalogue.signal(index)) for index in signals])

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)

    def add(self, relation: str) -> int:
        """Write one slice in time order; return its rows."""
        self._name_qualities(relation)
        path = self._folder / f"{len(self._slices):06d}{self._format}"
        found = self._cursor.execute(
            f"COPY ({_readable_rows(relation, self._format)}) TO {_text(path)} ({self._how()})"
        ).fetchone()
        self._slices.append(path)
        return int(found[0]) if found else 0

    def finish(self) -> None:
        """Join the slices and rename the result into place."""
        whole = self._folder / f"whole{self._format}"
        try:
            if self._format is Format.CSV:
                _concatenate(self._slices, whole)
            else:
                files = ", ".join(_text(path) for path in self._slices)
                self._cursor.execute(
                    f"COPY (SELECT * FROM read_parquet([{files}])) TO {_text(whole)} ({self._how()})"
                )
            with whole.open("rb") as written:
                os.fsync(written.fileno())
            whole.replace(self._target)
        except OSError as error:
            raise StorageError(f"export to {self._target}: {error.strerror}") from error

    def _name_qualities(self, relation: str) -> None:
        found = self._cursor.execute(f"SELECT DISTINCT quality FROM ({relation})").fetchall()
        self._cursor.execute(
            "CREATE OR REPLACE TEMP TABLE exported_quality(code UINTEGER, name VARCHAR)"
        )
        if found:
            named = [(code, quality.name(code)) for (code,) in found]
            self._cursor.executemany("INSERT INTO exported_quality VALUES (?, ?)", named)

    def _how(self) -> str:
        if self._format is Format.PARQUET:
            return "FORMAT parquet, COMPRESSION zstd"
        return f"FORMAT csv, HEADER {'true' if not self._slices else 'false'}"


def _format_of(target: Path) -> Format:
    try:
        return Format(target.suffix.lower())
    except ValueError as error:
        msg = f"cannot export to {target.name!r}: want a name that ends in .csv or .parquet"
        raise InvalidRequestError(msg) from error


def _register_signals(
    cursor: duckdb.DuckDBPyConnection, signals: Sequence[tuple[int, Signal]]
) -> None:
    cursor.execute(
        "CREATE OR REPLACE TEMP TABLE exported_signal(signal INTEGER, path VARCHAR, unit VARCHAR)"
    )
    columns = {
        "signal": np.asarray([index for index, _ in signals], np.int32),
        "path": np.asarray([signal.path for _, signal in signals], object),
        "unit": np.asarray([signal.unit for _, signal in signals], object),
    }
    cursor.register("exported_columns", columns)
    cursor.execute("INSERT INTO exported_signal SELECT DISTINCT * FROM exported_columns")
    cursor.unregister("exported_columns")


def _readable_rows(relation: str, how: Format) -> str:
    def cell(expression: str) -> str:
        # A spreadsheet runs a cell that begins like this as a formula; machines are hostile input.
        if how is Format.PARQUET:
            return expression
        return (
            f"CASE WHEN {expression} <> '' AND contains({_FORMULA}, left({expression}, 1))"
            f" THEN '''' || {expression} ELSE {expression} END"
        )

    return (
        f"SELECT {_iso('r.source_ns')} AS time, {cell('s.path')} AS path,"
        " CASE WHEN isnan(r.value) THEN NULL ELSE r.value END AS value,"
        f" {cell('r.text')} AS text, r.quality AS quality, q.name AS quality_name,"
        f" {cell('s.unit')} AS unit, {_iso('r.received_ns')} AS received"
        " FROM (SELECT *, CASE left(side, 1) WHEN 'a' THEN replace(substr(side, 2), ',', ';')"
        f" ELSE substr(side, 2) END AS text FROM ({relation})) r"
        " JOIN exported_signal s USING (signal) JOIN exported_quality q ON q.code = r.quality"
        " ORDER BY r.source_ns, s.path"
    )


def _iso(ns: str) -> str:
    """Return SQL for an ISO 8601 UTC time with nanoseconds.

    Built from microseconds and the rest: DuckDB 2.0 prints rubbish for the last digits of a nanosecond timestamp.
    """
    below = f"(({ns} % 1000 + 1000) % 1000)"
    micros = f"({ns} // 1000 - CASE WHEN {ns} % 1000 < 0 THEN 1 ELSE 0 END)"
    return (
        f"(strftime(make_timestamp({micros}), '%Y-%m-%dT%H:%M:%S.%f')"
        f" || lpad(CAST({below} AS VARCHAR), 3, '0') || 'Z')"
    )


def _concatenate(slices: Sequence[Path], whole: Path) -> None:
    with whole.open("wb") as out:
        for path in slices:
            with path.open("rb") as part:
                shutil.copyfileobj(part, out, 1 << 20)
            path.unlink()


def _text(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"
