"""Reads a table whole or not at all, and tells every mistake at once with its place and what would be right."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from gateway.errors import InvalidRequestError
from gateway.production.tables.cells import CellError, Known, Need, Value, quoted, unknown
from gateway.production.tables.sheets import rows, shown_name, to_csv, to_xlsx
from gateway.production.tables.specs import TableSpec, table_spec

MAX_TOLD: Final = 10_000
_EVERY: Final = 5_000

Record = Mapping[str, Value]
Progress = Callable[[int, int], None]
"""Called with rows read and rows in all; the latter 0 while it is not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mistake:
    """One cell that is wrong; reads `orders.csv:17 due: "31/02/2027" is not a date (want YYYY-MM-DD)`."""

    where: str
    column: str
    message: str

    def __str__(self) -> str:
        return f"{self.where} {self.column}: {self.message}"


@dataclass(frozen=True, slots=True, kw_only=True)
class DryRun:
    """What an import would do: the rows as values where nothing is wrong, else every mistake.

    `untold` counts mistakes past the first ten thousand.
    """

    table: str
    records: tuple[Record, ...]
    places: tuple[str, ...]
    mistakes: tuple[Mistake, ...]
    untold: int = 0


class ImportRefusedError(InvalidRequestError):
    """Nothing was imported; `mistakes` names every cell that is wrong."""

    def __init__(self, run: DryRun) -> None:
        self.mistakes, self.untold = run.mistakes, run.untold
        count = len(run.mistakes) + run.untold
        super().__init__(f"{count} mistakes, nothing was imported; the first: {run.mistakes[0]}")


def dry_run(
    table: str, *, name: str, content: bytes, known: Known | None = None,
    on_progress: Progress | None = None,
) -> DryRun:  # fmt: skip
    """Read a file of a table without keeping anything.

    `known` are the ids that exist by table: a column that refers to a table named there must hold one of them.
    Raises `NotFoundError` for the table, `InvalidRequestError` for a file that cannot be read at all.
    """
    spec = table_spec(table)
    reading = _Reading(spec, known or {})
    for number, (where, cells) in enumerate(rows(name, content)):
        if number == 0:
            reading.headings(where, cells)
        else:
            reading.row(where, cells)
        if on_progress is not None and number % _EVERY == _EVERY - 1:
            on_progress(number, 0)
    if reading.order is None:
        reading.tell(shown_name(name), "file", f"is empty (want the headings {_wanted(spec)})")
    if on_progress is not None:
        on_progress(len(reading.places), len(reading.places))
    return DryRun(
        table=table,
        records=() if reading.mistakes else tuple(reading.records),
        places=tuple(reading.places),
        mistakes=tuple(reading.mistakes),
        untold=reading.untold,
    )


def read_table(
    table: str, *, name: str, content: bytes, known: Known | None = None,
    on_progress: Progress | None = None,
) -> tuple[Record, ...]:  # fmt: skip
    """Return every row of a table as values; raises `ImportRefusedError` with every mistake."""
    run = dry_run(table, name=name, content=content, known=known, on_progress=on_progress)
    if run.mistakes:
        raise ImportRefusedError(run)
    return run.records


def template(table: str, *, kind: str = "csv") -> bytes:
    """Return an empty file of a table with its headings, as `csv` or `xlsx`."""
    spec = table_spec(table)
    return _file(spec, (), kind)


def export(table: str, records: Sequence[Record], *, kind: str = "csv") -> bytes:
    """Return rows of a table as `csv` or `xlsx`; what is read again is what was written."""
    return _file(table_spec(table), records, kind)


def _file(spec: TableSpec, records: Sequence[Record], kind: str) -> bytes:
    headings = [each.name for each in spec.columns]
    lines = [[_shown(each, record) for each in headings] for record in records]
    if kind == "csv":
        return to_csv(headings, lines)
    if kind == "xlsx":
        return to_xlsx(spec.name, headings, lines)
    raise InvalidRequestError(f"there is no export as {kind[:20]!r} (want csv or xlsx)")


def _shown(column: str, record: Record) -> object:
    value = record.get(column)
    if column == "weekday" and isinstance(value, int):
        return ("mon", "tue", "wed", "thu", "fri", "sat", "sun")[value]
    if column in {"from", "to"} and isinstance(value, int):
        return f"{value // 60:02}:{value % 60:02}"
    return value


def _wanted(spec: TableSpec) -> str:
    return ",".join(each.name for each in spec.columns)


class _Reading:
    """One file on its way in."""

    def __init__(self, spec: TableSpec, known: Known) -> None:
        self.spec, self.known = spec, {name: frozenset(ids) for name, ids in known.items()}
        self.order: list[int | None] | None = None
        self.records: list[Record] = []
        self.places: list[str] = []
        self.mistakes: list[Mistake] = []
        self.untold = 0
        self._width = 0
        self._seen: dict[tuple[Value, ...], str] = {}

    def tell(self, where: str, column: str, message: str) -> None:
        if len(self.mistakes) < MAX_TOLD:
            self.mistakes.append(Mistake(where=where, column=column, message=message))
        else:
            self.untold += 1

    def headings(self, where: str, cells: Sequence[str]) -> None:
        names = [each.lower() for each in cells]
        wanted = [each.name for each in self.spec.columns]
        self.order, self._width = [], len(names)
        for each in dict.fromkeys(names):
            if each and each not in wanted:
                self.tell(where, "headings", unknown(each, wanted))
            elif names.count(each) > 1 and each:
                self.tell(where, "headings", f"{quoted(each)} stands there twice")
        for column in self.spec.columns:
            there = column.name in names
            self.order.append(names.index(column.name) if there else None)
            if not there and column.need is Need.REQUIRED:
                self.tell(
                    where, "headings",
                    f"{quoted(column.name)} is missing (want {_wanted(self.spec)})",
                )  # fmt: skip

    def row(self, where: str, cells: Sequence[str]) -> None:
        if any(cells[self._width :]):
            self.tell(where, "row", f"has {len(cells)} cells, the headings {self._width}")
        values: dict[str, Value] = {}
        for column, at in zip(self.spec.columns, self.order or (), strict=True):
            cell = cells[at] if at is not None and at < len(cells) else ""
            if not cell:
                values[column.name] = column.default
                if column.need is Need.REQUIRED and at is not None:
                    self.tell(where, column.name, f"is empty (want {column.meaning})")
                continue
            try:
                values[column.name] = column.read(cell)
            except CellError as error:
                self.tell(where, column.name, str(error))
                continue
            if column.refers in self.known and cell not in self.known[column.refers]:
                self.tell(where, column.name, unknown(cell, self.known[column.refers]))
        self._unique(where, values)
        self.records.append(values)
        self.places.append(where)

    def _unique(self, where: str, values: Mapping[str, Value]) -> None:
        if any(each not in values for each in self.spec.key):
            return
        key = tuple(values[each] for each in self.spec.key)
        first = self._seen.setdefault(key, where)
        if first != where:
            shown = " ".join(str(each) for each in key)
            self.tell(where, self.spec.key[0], f"{quoted(shown)} stands already at {first}")
