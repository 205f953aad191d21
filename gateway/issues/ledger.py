"""One transaction's worth of changes to issues, read at its start and written at its end, however many there are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    bindparam,
    delete,
    insert,
    or_,
    select,
    update,
)

from gateway.deviation import LIVING, IssueState
from gateway.issues.records import read_number
from gateway.store.issue_tables import issue_context
from gateway.store.tables import counter, evidence, issue, issue_child, issue_event

AT_ONCE: Final = 500
"""Values in one query."""

CHANGING: Final = (
    *("active", "holding", "cleared_ns", "occurrences", "revision"),
    *("title", "severity", "type", "cause", "rule", "rule_version", "asset", "signal"),
    *("onset_ns", "value", "limits", "explanation", "state", "stage_ns", "closed_ns"),
    *("repeat", "verified", "version"),
)
PLACED: Final = ("issue", "cause", "member")


class Ledger:
    """Issues of some causes that are open or still hold a condition, and the numbers to give out next.

    While it lives, nobody else gives out numbers: its first statement locks the counters until the end of the
    transaction. `assets` are machines whose active issues are read too, with what is attached to them;
    `recurrences` keys whose issues opened after `since_ns` are known as repeats.
    """

    def __init__(
        self,
        connection: Connection,
        *,
        causes: Sequence[str],
        keys: Sequence[str],
        assets: Sequence[str] = (),
        recurrences: Sequence[str] = (),
        since_ns: int = 0,
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
        self._rows: dict[int, dict[str, Any]] = {}
        self._children: dict[int, list[dict[str, Any]]] = {}
        self._placed: dict[tuple[int, str, str], dict[str, Any]] = {}
        self._read(causes, assets)
        self._repeats = self._read_repeats(recurrences, since_ns)
        self._new: list[dict[str, Any]] = []
        self._touched: dict[int, dict[str, Any]] = {}
        self._events: list[dict[str, Any]] = []
        self._evidence: list[dict[str, Any]] = []
        self._contexts: list[dict[str, Any]] = []
        self._evidenced = self._evidence_of(list(self._rows))

    def _read(self, causes: Sequence[str], assets: Sequence[str]) -> None:
        """Read the living issues of these causes, as root or as child, and the active ones of these machines."""
        living = or_(issue.c.state.in_([str(state) for state in LIVING]), issue.c.active)
        wanted: list[ColumnElement[bool]] = [issue.c.cause.in_(some) for some in _parts(causes)]
        wanted += [
            issue.c.number.in_(select(issue_child.c.issue).where(issue_child.c.cause.in_(some)))
            for some in _parts(causes)
        ]
        wanted += [issue.c.asset.in_(some) & issue.c.active for some in _parts(assets)]
        for condition in wanted:
            for row in self._connection.execute(select(issue).where(condition, living)).mappings():
                self._rows.setdefault(row["number"], dict(row))
        for number in sorted(self._rows, reverse=True):
            self.know_cause(self._rows[number]["cause"], self._rows[number])
        for some in _parts(sorted(self._rows, reverse=True)):
            query = select(issue_child).where(issue_child.c.issue.in_(some))
            for row in self._connection.execute(
                query.order_by(issue_child.c.issue.desc())
            ).mappings():
                self._children.setdefault(row["issue"], []).append(dict(row))
                self.know_cause(row["cause"], self._rows[row["issue"]])

    def _read_repeats(
        self, recurrences: Sequence[str], since_ns: int
    ) -> dict[str, list[dict[str, Any]]]:
        """Read the issues of these keys, oldest first; what was rejected or a duplicate is no repeat."""
        found: dict[str, list[dict[str, Any]]] = {}
        counts = issue.c.state.not_in([IssueState.REJECTED, IssueState.DUPLICATE])
        for some in _parts(recurrences):
            query = select(issue).where(issue.c.recurrence.in_(some), counts)
            query = query.where(issue.c.opened_ns >= since_ns).order_by(issue.c.number)
            for row in self._connection.execute(query).mappings():
                known = self._rows.get(row["number"]) or dict(row)
                found.setdefault(row["recurrence"], []).append(known)
        return found

    def repeats(self, recurrence: str) -> Sequence[dict[str, Any]]:
        """Return the issues of a recurrence key within its window, oldest first."""
        return self._repeats.get(recurrence, [])

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

    def know_cause(self, cause: str, row: dict[str, Any]) -> None:
        """Have an issue found by a cause that it holds."""
        rows = self._issues.setdefault(cause, [])
        if all(one is not row for one in rows):
            rows.append(row)
            rows.sort(key=lambda one: -one["number"])

    def active(self) -> Sequence[dict[str, Any]]:
        """Return the active issues that were read or opened, by number."""
        return [row for _, row in sorted(self._rows.items()) if row["active"]]

    def children(self, number: int) -> Sequence[dict[str, Any]]:
        """Return what is attached to an issue."""
        return self._children.get(number, [])

    def put_child(self, fields: dict[str, Any]) -> None:
        """Attach a condition, in place of an earlier one of the same cause and member."""
        held = self._children.setdefault(fields["issue"], [])
        same = [one for one in held if all(one[name] == fields[name] for name in PLACED)]
        if same:
            self.change_child(same[0], fields)
            return
        held.append(fields)
        self._placed[fields["issue"], fields["cause"], fields["member"]] = fields

    def change_child(self, child: dict[str, Any], changes: Mapping[str, Any]) -> None:
        """Change an attached condition."""
        child.update(changes)
        self._placed[child["issue"], child["cause"], child["member"]] = child

    def drop_child(self, number: int, cause: str, member: str) -> None:
        """Forget an attached condition that has become the root."""
        held = self._children.get(number, [])
        self._children[number] = [
            one for one in held if (one["cause"], one["member"]) != (cause, member)
        ]
        self._placed.pop((number, cause, member), None)
        self._connection.execute(
            delete(issue_child).where(
                issue_child.c.issue == number,
                issue_child.c.cause == cause,
                issue_child.c.member == member,
            )
        )

    def open(self, fields: dict[str, Any]) -> dict[str, Any]:
        """Add an issue."""
        self._new.append(fields)
        self._rows[fields["number"]] = fields
        self.know_cause(fields["cause"], fields)
        self._repeats.setdefault(fields["recurrence"], []).append(fields)
        return fields

    def live_again(self, row: dict[str, Any], changes: Mapping[str, Any]) -> None:
        """Change an issue that had ended, and know it as the one of its cause."""
        self._rows[row["number"]] = row
        self.change(row, changes)
        self.know_cause(row["cause"], row)

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

    def want_context(self, fields: dict[str, Any]) -> None:
        """Add a wanted context."""
        self._contexts.append(fields)

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
        for (number, cause, member), child in self._placed.items():
            ours = (issue_child.c.issue == number) & (issue_child.c.cause == cause)
            run(delete(issue_child).where(ours, issue_child.c.member == member))
            run(insert(issue_child), child)
        if self._events:
            run(insert(issue_event), self._events)
        if self._evidence:
            run(insert(evidence), self._evidence)
        if self._contexts:
            run(insert(issue_context), self._contexts)
        for name, value in self._numbers.items():
            run(update(counter).where(counter.c.name == name).values(value=value))


def _changes(row: Mapping[str, Any]) -> dict[str, Any]:
    return {"which": row["number"], **{f"new_{name}": row[name] for name in CHANGING}}


def _parts(values: Sequence[Any]) -> Iterator[Sequence[Any]]:
    for start in range(0, len(values), AT_ONCE):
        yield values[start : start + AT_ONCE]
