"""Work orders to and from a CMMS as files: all or nothing, each mistake with its line, twice the same as once."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, insert, select

from gateway.clock import NS_PER_S
from gateway.errors import ConflictError
from gateway.maintenance import records
from gateway.maintenance.lifecycle import reachable
from gateway.production.tables.cells import CellError, number, one_of, quoted, text, unknown, whole
from gateway.production.tables.sheets import rows, shown_name, to_csv
from gateway.store.maintenance_tables import maintenance_request, work_order
from gateway.store.tables import issue
from gateway.workorder import Imported, NewWork, Priority, WorkKind, WorkOrder, WorkState

COLUMNS: Final = (
    "key", "title", "description", "kind", "priority", "state", "asset", "team", "assignees",
    "due", "estimated_min", "issue", "labour_min", "downtime_min", "created", "completed",
)  # fmt: skip
_READ: Final = frozenset(COLUMNS[:12])
_REQUIRED: Final = ("key", "title", "asset")
MOST_TOLD: Final = 1000
MOST_ROWS: Final = 20_000
_WORDS: Final = {
    "kind": [each.value for each in WorkKind],
    "priority": [each.value for each in Priority],
    "state": [each.value for each in WorkState],
}
_DEFAULTS: Final = {"kind": "corrective", "priority": "medium", "state": "open"}

Values = dict[str, Any]


def to_file(orders: Sequence[WorkOrder], *, site: str) -> bytes:
    """Return work orders as CSV, UTF-8; cells that a spreadsheet would run are made harmless."""
    return to_csv(COLUMNS, [_cells(each, site) for each in orders])


def _cells(order: WorkOrder, site: str) -> list[object]:
    down_ns = (
        None
        if order.downtime_start_ns is None or order.downtime_end_ns is None
        else order.downtime_end_ns - order.downtime_start_ns
    )
    return [
        order.external or own_key(site, order.number),
        order.title,
        order.description,
        order.kind.value,
        order.priority.value,
        order.state.value,
        order.asset,
        order.team,
        " ".join(order.assignees),
        _moment(order.due_ns),
        order.estimated_min,
        order.issue,
        sum(each.minutes for each in order.labour) or None,
        None if down_ns is None else round(down_ns / 60e9, 3),
        _moment(order.created_ns),
        _moment(order.completed_ns),
    ]


def own_key(site: str, number: int) -> str:
    """Return the key under which a CMMS knows an order that was opened here."""
    return f"taktline-{site}-{number}"


def _moment(time_ns: int | None) -> str:
    if time_ns is None:
        return ""
    return datetime.fromtimestamp(time_ns // NS_PER_S, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def imported(
    connection: Connection,
    *,
    name: str,
    content: bytes,
    by: str,
    key: str,
    dry: bool,
    site: str,
    now_ns: int,
) -> Imported:
    """Take a file; a key that was used before gives what came of it then.

    Raises `InvalidRequestError` for a file that cannot be read, `ConflictError` for a key of another file.
    """
    digest = hashlib.sha256(content).hexdigest()
    known = _answered(connection, key, digest) if key and not dry else None
    if known is not None:
        return known
    reading = _Reading(connection, site)
    for where, cells in _bounded(name, content, reading):
        reading.row(where, cells)
    if reading.mistakes:
        told = tuple(reading.mistakes[:MOST_TOLD])
        return Imported(created=0, changed=0, unchanged=0, mistakes=told, dry_run=dry)
    counts = {"created": 0, "changed": 0, "unchanged": 0}
    for values, row in reading.found:
        counts[_kept(connection, values, row, by=by, now_ns=now_ns, dry=dry)] += 1
    done = Imported(**counts, mistakes=(), dry_run=dry)
    if key and not dry:
        answer = {**asdict(done), "mistakes": []}
        connection.execute(
            insert(maintenance_request).values(
                key=key, digest=digest, answer=answer, time_ns=now_ns
            )
        )
    return done


def _answered(connection: Connection, key: str, digest: str) -> Imported | None:
    query = select(maintenance_request).where(maintenance_request.c.key == key)
    row = connection.execute(query).first()
    if row is None:
        return None
    if row.digest != digest:
        raise ConflictError("this idempotency key was used for another file: take a new one")
    return Imported(**{**row.answer, "mistakes": ()})


def _bounded(name: str, content: bytes, reading: _Reading) -> Iterator[tuple[str, Sequence[str]]]:
    """Yield rows below the headings, which are taken first."""
    shown = shown_name(name)
    for place, (where, cells) in enumerate(rows(name, content)):
        if place == 0:
            reading.headings(where, cells)
        elif place > MOST_ROWS:
            reading.tell(where, "file", f"has more than {MOST_ROWS} rows: part it")
            return
        else:
            yield where, cells
    if not reading.columns:
        reading.tell(shown, "file", f"is empty (want the headings {','.join(COLUMNS)})")


class _Reading:
    """One file on its way in."""

    def __init__(self, connection: Connection, site: str) -> None:
        self._connection = connection
        self._site = site
        self.columns: list[str] = []
        self.mistakes: list[str] = []
        self.found: list[tuple[Values, Row[Any] | None]] = []
        self._seen: dict[str, str] = {}

    def tell(self, where: str, column: str, message: str) -> None:
        self.mistakes.append(f"{where} {column}: {message}")

    def headings(self, where: str, cells: Sequence[str]) -> None:
        self.columns = [each.lower() for each in cells]
        for each in dict.fromkeys(self.columns):
            if each not in COLUMNS:
                self.tell(where, "headings", unknown(each, COLUMNS))
            elif self.columns.count(each) > 1:
                self.tell(where, "headings", f"{quoted(each)} stands there twice")
        for each in _REQUIRED:
            if each not in self.columns:
                self.tell(where, "headings", f"{quoted(each)} is missing")

    def row(self, where: str, cells: Sequence[str]) -> None:
        if any(cells[len(self.columns) :]):
            self.tell(where, "row", f"has {len(cells)} cells, the headings {len(self.columns)}")
        values: Values = {}
        for column, cell in zip(self.columns, cells, strict=False):
            if column in _READ and cell:
                try:
                    values[column] = _value(column, cell)
                except CellError as error:
                    self.tell(where, column, str(error))
        for column in _REQUIRED:
            at = self.columns.index(column) if column in self.columns else None
            if at is not None and not (at < len(cells) and cells[at]):
                self.tell(where, column, "is empty")
        if all(column in values for column in _REQUIRED):
            self._fits(where, values)

    def _fits(self, where: str, values: Values) -> None:
        first = self._seen.setdefault(values["key"], where)
        if first != where:
            self.tell(where, "key", f"{quoted(values['key'])} stands already at {first}")
        if "issue" in values:
            query = select(issue.c.number).where(issue.c.number == values["issue"])
            if self._connection.execute(query).first() is None:
                self.tell(where, "issue", f"there is no issue {values['issue']}")
        row = _known(self._connection, values["key"], self._site)
        state = values.get("state")
        if row is not None and state not in {None, row.state}:
            possible = reachable(WorkState(row.state))
            if WorkState(state) not in possible:
                wanted = ", ".join(sorted(each.value for each in possible)) or "nothing"
                self.tell(where, "state", f"{row.state} cannot become {state} (want {wanted})")
        self.found.append((values, row))


def _known(connection: Connection, key: str, site: str) -> Row[Any] | None:
    """Return the order that a CMMS's key names: one of ours, or one that it brought before."""
    prefix = own_key(site, 0)[:-1]
    own = key.removeprefix(prefix)
    if own != key and own.isascii() and own.isdigit() and len(own) < 10:
        where = work_order.c.number == int(own)
    else:
        where = work_order.c.external == key
    return connection.execute(select(work_order).where(where)).first()


def _value(column: str, cell: str) -> Any:
    if column in _WORDS:
        return one_of(_WORDS[column])(cell.lower().replace(" ", "_"))
    if column == "due":
        return _due(cell)
    if column == "estimated_min":
        return number(0, 100_000)(cell)
    if column == "issue":
        return whole(1, 2_000_000_000)(cell)
    if column == "assignees":
        return text(cell).split()
    if column == "description":
        return cell[:4000]
    if column == "key" and len(cell) > 100:
        raise CellError(f"{quoted(cell)} is longer than 100 characters")
    return text(cell)


def _due(cell: str) -> int:
    try:
        moment = datetime.fromisoformat(cell)
    except ValueError as error:
        wanted = "want YYYY-MM-DD or YYYY-MM-DDTHH:MM:SSZ"
        raise CellError(f"{quoted(cell)} is not a date ({wanted})") from error
    if not 1970 <= moment.year < 2200:
        raise CellError(f"{quoted(cell)} lies outside 1970 to 2199")
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return round(moment.timestamp()) * NS_PER_S


def _kept(
    connection: Connection,
    values: Mapping[str, Any],
    row: Row[Any] | None,
    *,
    by: str,
    now_ns: int,
    dry: bool,
) -> str:
    """Add or change the order of a row; return what was done."""
    if row is None:
        if not dry:
            _add(connection, {**_DEFAULTS, **values}, by=by, now_ns=now_ns)
        return "created"
    given = {("due_ns" if k == "due" else k): v for k, v in values.items() if k != "key"}
    changes = {name: value for name, value in given.items() if getattr(row, name) != value}
    if not changes:
        return "unchanged"
    if not dry:
        told = {name: [getattr(row, name), value] for name, value in changes.items()}
        records.change(connection, row, {**changes, **_times(row, changes, now_ns)})
        records.event(connection, row.number, now_ns=now_ns, action="imported", by=by, detail=told)
    return "changed"


def _times(row: Row[Any], changes: Mapping[str, Any], now_ns: int) -> Values:
    state = changes.get("state")
    found: Values = {}
    if state is not None and row.reacted_ns is None:
        found["reacted_ns"] = now_ns
    if state == WorkState.COMPLETE.value:
        found["completed_ns"] = now_ns
    if state == WorkState.CLOSED.value:
        found["closed_ns"] = now_ns
    return found


def _add(connection: Connection, values: Mapping[str, Any], *, by: str, now_ns: int) -> None:
    new = NewWork(
        title=values["title"],
        asset=values["asset"],
        kind=WorkKind(values["kind"]),
        description=values.get("description", ""),
        priority=Priority(values["priority"]),
        team=values.get("team", ""),
        assignees=values.get("assignees", ()),
        issue=values.get("issue"),
        due_ns=values.get("due"),
        estimated_min=values.get("estimated_min"),
    )
    number_ = records.add(
        connection,
        new,
        by=by,
        now_ns=now_ns,
        key=f"cmms:{values['key']}",
        external=values["key"],
        detail={"imported": values["key"]},
    )
    row = records.find(connection, number_)
    if values["state"] != row.state:
        state = {"state": values["state"]}
        records.change(connection, row, {**state, **_times(row, state, now_ns)})
