"""One transaction's worth of changes to issues, read at its start and written at its end, however many there are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import BindParameter, Connection, bindparam, insert, or_, select, update

from gateway.deviation import IssueState
from gateway.issues.records import read_number
from gateway.store.tables import counter, evidence, issue, issue_event

AT_ONCE: Final = 500
"""Values in one query."""

CHANGING: Final = ("active", "holding", "cleared_ns", "occurrences", "revision")


class Ledger:
    """Issues of some causes that are open or still hold a condition, and the numbers to give out next.

    While it lives, nobody else gives out numbers: its first statement locks the counters until the end of the
    transaction.
    """

    def __init__(
        self, connection: Connection, *, causes: Sequence[str], keys: Sequence[str]
    ) -> None:
        self._connection = connection
        connection.execute(update(counter).values(value=counter.c.value))
        self._numbers = {name: read_number(connection, name) for name in ("issue", "revision")}
        self._known = {
            key
            for some in _parts(keys)
            for key in connection.execute(
                select(issue_event.c.key).where(issue_event.c.key.in_(some))
            ).scalars()
        }
        self._issues: dict[str, list[dict[str, Any]]] = {}
        living = or_(issue.c.state != IssueState.CLOSED, issue.c.active)
        for some in _parts(causes):
            query = select(issue).where(issue.c.cause.in_(some), living)
            for row in connection.execute(query.order_by(issue.c.number.desc())).mappings():
                self._issues.setdefault(row["cause"], []).append(dict(row))
        self._new: list[dict[str, Any]] = []
        self._touched: dict[int, dict[str, Any]] = {}
        self._events: list[dict[str, Any]] = []
        self._evidence: list[dict[str, Any]] = []
        self._evidenced = self._evidence_of(
            [row["number"] for rows in self._issues.values() for row in rows]
        )

    def _evidence_of(self, numbers: Sequence[int]) -> dict[int, set[int]]:
        found: dict[int, set[int]] = {}
        for some in _parts(numbers):
            query = select(evidence.c.issue, evidence.c.signal).where(evidence.c.issue.in_(some))
            for number, signal in self._connection.execute(query):
                found.setdefault(number, set()).add(signal)
        return found

    def next(self, name: str) -> int:
        """Give out the next number."""
        self._numbers[name] += 1
        return self._numbers[name]

    def known(self, key: str) -> bool:
        """Tell whether the deviation event of this id was applied already."""
        return key in self._known

    def of_cause(self, cause: str) -> Sequence[dict[str, Any]]:
        """Return the living issues of a cause, newest first."""
        return self._issues.get(cause, [])

    def open(self, fields: dict[str, Any]) -> dict[str, Any]:
        """Add an issue."""
        self._new.append(fields)
        self._issues.setdefault(fields["cause"], []).insert(0, fields)
        return fields

    def change(self, row: dict[str, Any], changes: Mapping[str, Any]) -> None:
        """Change an issue."""
        row.update(changes)
        self._touched[row["number"]] = row

    def event(self, row: dict[str, Any], event: Mapping[str, Any]) -> None:
        """Add an entry to an issue's history, under the next revision."""
        seq = self.next("revision")
        self._known.add(event["key"])
        self._events.append({"seq": seq, "issue": row["number"], **event})
        self.change(row, {"revision": seq})

    def evidenced(self, number: int) -> set[int]:
        """Return the signals an issue has evidence of."""
        return self._evidenced.setdefault(number, set())

    def want(self, fields: dict[str, Any]) -> None:
        """Add wanted evidence."""
        self._evidence.append(fields)
        self.evidenced(fields["issue"]).add(fields["signal"])

    def write(self) -> None:
        """Write everything down, in the order in which rows refer to each other."""
        run = self._connection.execute
        if self._new:
            run(insert(issue), self._new)
        created = {row["number"] for row in self._new}
        old = [row for number, row in self._touched.items() if number not in created]
        if old:
            fields: dict[str, BindParameter[Any]] = {
                name: bindparam(f"new_{name}") for name in CHANGING
            }
            changed = update(issue).where(issue.c.number == bindparam("which")).values(**fields)
            run(changed, [_changes(row) for row in old])
        if self._events:
            run(insert(issue_event), self._events)
        if self._evidence:
            run(insert(evidence), self._evidence)
        for name, value in self._numbers.items():
            run(update(counter).where(counter.c.name == name).values(value=value))


def _changes(row: Mapping[str, Any]) -> dict[str, Any]:
    return {"which": row["number"], **{f"new_{name}": row[name] for name in CHANGING}}


def _parts(values: Sequence[Any]) -> Iterator[Sequence[Any]]:
    for start in range(0, len(values), AT_ONCE):
        yield values[start : start + AT_ONCE]
