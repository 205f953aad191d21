"""Issues and their history as rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row, bindparam, insert, select, update

from gateway.deviation import (
    EvidenceSeries,
    Issue,
    IssueChild,
    IssueEvent,
    IssueState,
    IssueType,
    Severity,
)
from gateway.errors import NotFoundError
from gateway.store.tables import counter, issue, issue_child, issue_event


def next_number(connection: Connection, name: str) -> int:
    """Return the next number of a counter; others wait for it until this transaction ends."""
    row = counter.c.name == name
    connection.execute(update(counter).where(row).values(value=counter.c.value + 1))
    return int(connection.execute(select(counter.c.value).where(row)).scalar_one())


def read_number(connection: Connection, name: str) -> int:
    """Return the newest number of a counter."""
    row = counter.c.name == name
    return int(connection.execute(select(counter.c.value).where(row)).scalar_one())


def add_event(
    connection: Connection,
    number: int,
    *,
    time_ns: int,
    action: str,
    by: str,
    detail: Mapping[str, object],
) -> IssueEvent:
    """Add an entry to an issue's history and give the issue its revision."""
    seq = next_number(connection, "revision")
    event = IssueEvent(
        seq=seq, issue=number, time_ns=time_ns, action=action, by=by, detail=dict(detail)
    )
    connection.execute(
        insert(issue_event).values(
            seq=seq,
            issue=number,
            time_ns=time_ns,
            action=action,
            by=by,
            detail=dict(detail),
        )
    )
    connection.execute(update(issue).where(issue.c.number == number).values(revision=seq))
    return event


def add_events(connection: Connection, entries: Sequence[Mapping[str, Any]]) -> None:
    """Add entries (issue, time_ns, action, by, detail) to the history at once, each as `add_event` would."""
    if not entries:
        return
    row = counter.c.name == "revision"
    connection.execute(update(counter).where(row).values(value=counter.c.value + len(entries)))
    first = read_number(connection, "revision") - len(entries) + 1
    numbered = [{**entry, "seq": first + place} for place, entry in enumerate(entries)]
    connection.execute(insert(issue_event), numbered)
    newest = {each["issue"]: each["seq"] for each in numbered}
    connection.execute(
        update(issue).where(issue.c.number == bindparam("which")).values(revision=bindparam("new")),
        [{"which": number, "new": seq} for number, seq in newest.items()],
    )


def find(connection: Connection, number: int) -> Row[Any]:
    """Return an issue's row; raises `NotFoundError`."""
    row = connection.execute(select(issue).where(issue.c.number == number)).first()
    if row is None:
        newest = read_number(connection, "issue")
        raise NotFoundError(f"there is no issue {number}: numbers go from 1 to {newest}")
    return row


def children_of(connection: Connection, numbers: Sequence[int]) -> dict[int, list[IssueChild]]:
    """Return what is attached to each of these issues, the earliest first."""
    found: dict[int, list[IssueChild]] = {}
    for start in range(0, len(numbers), 500):
        some = numbers[start : start + 500]
        query = select(issue_child).where(issue_child.c.issue.in_(some))
        query = query.order_by(issue_child.c.onset_ns, issue_child.c.cause, issue_child.c.member)
        for row in connection.execute(query).mappings():
            fields = {name: row[name] for name in row if name not in {"issue", "member"}}
            fields |= {"severity": Severity(row["severity"]), "type": IssueType(row["type"])}
            found.setdefault(row["issue"], []).append(IssueChild(**fields))
    return found


def to_issue(
    row: Row[Any],
    evidence: tuple[EvidenceSeries, ...] = (),
    children: Sequence[IssueChild] = (),
) -> Issue:
    """Build an issue from its row."""
    fields = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's public name for it
    del fields["holding"]
    return Issue(
        **fields
        | {
            "state": IssueState(row.state),
            "severity": Severity(row.severity),
            "type": IssueType(row.type),
            "evidence": evidence,
            "children": tuple(children),
        }
    )


def to_event(row: Row[Any]) -> IssueEvent:
    """Build a history entry from its row."""
    return IssueEvent(
        seq=row.seq,
        issue=row.issue,
        time_ns=row.time_ns,
        action=row.action,
        by=row.by,
        detail=row.detail,
    )
