"""Work orders and their history as rows; each function runs in the caller's transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Row, Select, insert, or_, select, update

from gateway.errors import ConflictError, NotFoundError
from gateway.issues.records import next_number, read_number
from gateway.store.maintenance_tables import work_order, work_order_event
from gateway.workorder import (
    ChecklistItem,
    Labour,
    NewWork,
    Part,
    Priority,
    WorkEvent,
    WorkKind,
    WorkOrder,
    WorkState,
    WorkWanted,
)

_LISTS: Final = {"checklist": ChecklistItem, "labour": Labour, "parts": Part}


def find(connection: Connection, number: int) -> Row[Any]:
    """Return a work order's row; raises `NotFoundError`."""
    row = connection.execute(select(work_order).where(work_order.c.number == number)).first()
    if row is None:
        newest = read_number(connection, "work_order")
        raise NotFoundError(f"there is no work order {number}: numbers go from 1 to {newest}")
    return row


def by_key(connection: Connection, key: str) -> Row[Any] | None:
    """Return the work order that a key names, or None."""
    return connection.execute(select(work_order).where(work_order.c.key == key)).first()


def add(
    connection: Connection,
    new: NewWork,
    *,
    by: str,
    now_ns: int,
    key: str = "",
    trigger: str = "",
    external: str = "",
    raised_ns: int | None = None,
    detail: Mapping[str, object] | None = None,
) -> int:
    """Open a work order, or write a request down; return its number."""
    number = next_number(connection, "work_order")
    state = WorkState.REQUESTED if new.kind is WorkKind.REQUEST else WorkState.OPEN
    connection.execute(
        insert(work_order).values(
            number=number,
            key=key or f"wo-{number}",
            kind=new.kind.value,
            state=state.value,
            title=new.title,
            description=new.description,
            priority=new.priority.value,
            asset=new.asset,
            team=new.team,
            assignees=list(new.assignees),
            issue=new.issue,
            trigger=trigger,
            external=external,
            created_by=by,
            created_ns=now_ns,
            raised_ns=now_ns if raised_ns is None else raised_ns,
            due_ns=new.due_ns,
            estimated_min=new.estimated_min,
            hold_reason="",
            completion_note="",
            checklist=[asdict(ChecklistItem(text=text)) for text in new.checklist],
            labour=[],
            parts=[],
            version=1,
        )
    )
    event(connection, number, now_ns=now_ns, action="opened", by=by, detail=detail or {})
    return number


def change(
    connection: Connection, row: Row[Any], values: Mapping[str, Any], *, version: int | None = None
) -> None:
    """Change columns of a work order; raises `ConflictError` where somebody else has since `version`."""
    if version is not None and version != row.version:
        raise ConflictError(
            f"work order {row.number} was changed meanwhile (version {row.version}, yours {version}):"
            " read it again"
        )
    where = work_order.c.number == row.number
    connection.execute(update(work_order).where(where).values(**values, version=row.version + 1))


def event(
    connection: Connection,
    number: int,
    *,
    now_ns: int,
    action: str,
    by: str,
    detail: Mapping[str, object],
) -> None:
    """Add an entry to a work order's history."""
    seq = next_number(connection, "work_revision")
    connection.execute(
        insert(work_order_event).values(
            seq=seq, order=number, time_ns=now_ns, action=action, by=by, detail=dict(detail)
        )
    )


def search(connection: Connection, wanted: WorkWanted) -> list[WorkOrder]:
    """Return work orders, newest first."""
    query = select(work_order).where(*_wheres(wanted)).order_by(work_order.c.number.desc())
    found = [to_order(row) for row in connection.execute(query.limit(_most(wanted)))]
    if wanted.assignee:
        # A JSON list is searched here: the two databases ask it in different words.
        found = [each for each in found if wanted.assignee in each.assignees]
    return found[: wanted.limit]


def _most(wanted: WorkWanted) -> int:
    return 10_000 if wanted.assignee else wanted.limit


def _wheres(wanted: WorkWanted) -> list[ColumnElement[bool]]:
    table = work_order.c
    found: list[ColumnElement[bool]] = []
    for column, values in (
        (table.state, wanted.states),
        (table.kind, wanted.kinds),
        (table.priority, wanted.priorities),
    ):
        if values:
            found.append(column.in_([each.value for each in values]))
    if wanted.asset:
        path = wanted.asset.rstrip("/")
        found.append(or_(table.asset == path, table.asset.startswith(f"{path}/", autoescape=True)))
    if wanted.team:
        found.append(table.team == wanted.team)
    if wanted.issue is not None:
        found.append(table.issue == wanted.issue)
    if wanted.text:
        found.append(table.title.icontains(wanted.text, autoescape=True))
    if wanted.before is not None:
        found.append(table.number < wanted.before)
    return found


def events(connection: Connection, number: int) -> Sequence[WorkEvent]:
    """Return a work order's history, oldest first."""
    query = select(work_order_event).where(work_order_event.c.order == number)
    return _events(connection, query)


def revision(connection: Connection) -> int:
    """Return the number of the newest entry in any history, 0 before the first."""
    return read_number(connection, "work_revision")


def changes(connection: Connection, *, after: int, limit: int) -> Sequence[WorkEvent]:
    """Return the entries of all histories that follow `after`, oldest first."""
    query = select(work_order_event).where(work_order_event.c.seq > after)
    return _events(connection, query.limit(limit))


def _events(connection: Connection, query: Select[Any]) -> Sequence[WorkEvent]:
    return [
        WorkEvent(
            seq=row.seq,
            order=row.order,
            time_ns=row.time_ns,
            action=row.action,
            by=row.by,
            detail=row.detail,
        )
        for row in connection.execute(query.order_by(work_order_event.c.seq))
    ]


def to_order(row: Row[Any]) -> WorkOrder:
    """Build a work order from its row."""
    fields = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's public name for it
    for name, kind in _LISTS.items():
        fields[name] = tuple(kind(**each) for each in fields[name])
    return WorkOrder(
        **fields
        | {
            "kind": WorkKind(row.kind),
            "state": WorkState(row.state),
            "priority": Priority(row.priority),
            "assignees": tuple(row.assignees),
        }
    )
