"""Follows the issues' history and lets what nobody acknowledges climb: who is told is committed with how far it went."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

from sqlalchemy import Connection, Row, delete, insert, select, update

from gateway.clock import NS_PER_S
from gateway.deviation import ENDED, UNACKNOWLEDGED, Severity
from gateway.failpoint import failpoint
from gateway.issues.records import add_events
from gateway.notify.contacts import Contacts
from gateway.notify.notices import CLIMBING, NoticeKind, Notices
from gateway.notify.options import LadderOptions, NotifyOptions
from gateway.notify.personal import Personal, failure, has_failed
from gateway.notify.recipients import Recipients
from gateway.store.notify_tables import notify_cursor, notify_incident, notify_notice
from gateway.store.tables import issue, issue_event

AT_ONCE: Final = 500
OURS: Final = frozenset({"notified", "escalated", "reminded", "overdue"})
"""Actions that this room adds to an issue's history itself."""
_CURSOR: Final = notify_cursor.c.name == "issues"


class Standing(Enum):
    """What an issue's state means for who has to be told."""

    NOBODY = "nobody"
    TAKEN = "taken"
    OVER = "over"


_ENDS: Final = {Standing.TAKEN: NoticeKind.TAKEN, Standing.OVER: NoticeKind.OVER}


_STANDINGS: Final = {
    **{state.value: Standing.NOBODY for state in UNACKNOWLEDGED},
    **{state.value: Standing.OVER for state in ENDED},
}


def standing(state: str) -> Standing:
    """Return what an issue's state means for who has to be told."""
    return _STANDINGS.get(state, Standing.TAKEN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """What one step did: entries followed or rungs climbed, and whether there is more at once."""

    count: int
    more: bool
    history: bool


class Ladder:
    """Turns the issues' history into notices; each method runs in a transaction of its caller."""

    def __init__(
        self, options: NotifyOptions, *, recipients: Recipients, contacts: Contacts
    ) -> None:
        self._options = options
        self._recipients = recipients
        self._contacts = contacts
        self.personal = Personal(recipients)

    def follow(self, connection: Connection, now_ns: int) -> Moved:
        """Take the next entries of the history: cursor, incidents and notices are committed together."""
        seq = connection.execute(select(notify_cursor.c.seq).where(_CURSOR)).scalar_one()
        query = select(issue_event).where(issue_event.c.seq > seq).order_by(issue_event.c.seq)
        events = connection.execute(query.limit(AT_ONCE)).all()
        if not events:
            return Moved(count=0, more=False, history=False)
        work = _Work(self, connection, now_ns, {event.issue for event in events})
        work.failed = {event.issue: event for event in events if has_failed(event)}
        for event in events:
            if event.action not in OURS:
                work.take(event)
        work.write()
        connection.execute(update(notify_cursor).where(_CURSOR).values(seq=events[-1].seq))
        failpoint("notify.before_commit")
        return Moved(count=len(events), more=len(events) == AT_ONCE, history=work.added)

    def climb(self, connection: Connection, now_ns: int) -> Moved:
        """Take the next step of every incident whose time has come."""
        due = select(notify_incident).where(notify_incident.c.next_ns <= now_ns)
        rows = connection.execute(due.order_by(notify_incident.c.next_ns).limit(AT_ONCE)).all()
        if not rows:
            return Moved(count=0, more=False, history=False)
        work = _Work(self, connection, now_ns, {row.issue for row in rows})
        for row in rows:
            work.climb(row.issue)
        work.write()
        return Moved(count=len(rows), more=len(rows) == AT_ONCE, history=work.added)

    def steps(self, severity: str) -> LadderOptions:
        """Return the ladder of a severity."""
        return self._options.escalation[Severity(severity)]

    def next_ns(self, severity: str, step: int, since_ns: int, now_ns: int) -> int | None:
        """Return when the step of that number is due, None where the ladder ends before it."""
        ladder = self.steps(severity)
        if step < len(ladder.steps):
            return since_ns + round(ladder.steps[step].after_s * NS_PER_S)
        return now_ns + round(ladder.repeat_s * NS_PER_S) if ladder.repeat_s else None

    def told(self, row: Row[Any], step: int, now_ns: int) -> dict[str, str]:
        """Return whom a step tells, each with the level."""
        ladder = self.steps(row.severity)
        levels = ladder.steps[min(step, len(ladder.steps) - 1)].tell
        found = self._recipients.told(self._teams(row), levels, owner=row.owner, at_ns=now_ns)
        return {person: level.value for person, level in found.items()}

    def is_anybodys(self, row: Row[Any]) -> bool:
        """Say whether a team looks after an issue's place and type."""
        return bool(self._teams(row))

    def _teams(self, row: Row[Any]) -> Sequence[str]:
        """Return the team that an issue was given to, else those of its place and type."""
        given = row.team in self._recipients.rotas
        return [row.team] if given else self._recipients.teams(row.asset, row.type)

    def notices(self, connection: Connection, now_ns: int) -> Notices:
        """Return the notices of a transaction, none yet."""
        return Notices(self._contacts, connection, now_ns)


class _Work:
    """One transaction's worth: what was read, and what is to be written at its end."""

    def __init__(
        self, ladder: Ladder, connection: Connection, now_ns: int, numbers: set[int]
    ) -> None:
        self._ladder = ladder
        self._connection = connection
        self._now_ns = now_ns
        self.issues = {row.number: row for row in _in(connection, issue, issue.c.number, numbers)}
        known = _in(connection, notify_incident, notify_incident.c.issue, numbers)
        self._incidents: dict[int, dict[str, Any]] = {
            row.issue: dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's public name for it
            for row in known
        }
        self._old = set(self._incidents)
        self._touched: set[int] = set()
        self.failed: Mapping[int, Row[Any]] = {}
        self._notices = ladder.notices(connection, now_ns)
        self._history: list[dict[str, Any]] = []

    @property
    def added(self) -> bool:
        """Whether the issues' history is added to."""
        return bool(self._history)

    def take(self, event: Row[Any]) -> None:
        """Take one entry of the history."""
        row = self.issues[event.issue]
        held = self._incidents.get(row.number)
        stands = standing(row.state)
        if stands is not Standing.NOBODY:
            self._end(row, held, event, stands)
        elif held is None or held["step"] < 0 or row.severity < held["severity"]:
            self._begin(row, event)
        self._ladder.personal.take(self._connection, row, event, self._notices)

    def _begin(self, row: Row[Any], event: Row[Any]) -> None:
        """Begin the climb anew, and say why: it is new, open again, or its fix has failed."""
        kind, title = NoticeKind.OPENED, ""
        # What came again stands before the verdict in the history, and may be taken with it at once.
        verdict = self.failed.get(row.number)
        if verdict is not None:
            kind, title = NoticeKind.PROOF_FAILED, failure(row, verdict)
        elif event.action == "reopened":
            kind = NoticeKind.REOPENED
        self._incidents[row.number] = {
            "issue": row.number,
            "severity": row.severity,
            "since_ns": event.time_ns,
            "step": 0,
            "next_ns": None,
        }
        self.step(row, 0, kind=kind, title=title)

    def _end(
        self, row: Row[Any], held: dict[str, Any] | None, event: Row[Any], stands: Standing
    ) -> None:
        """Stop the climb, and tell those who were told, but for the one who took it."""
        if held is None or (held["next_ns"] is None and held["step"] < 0):
            return
        held["next_ns"], held["step"] = None, -1
        self._touched.add(row.number)
        asked = notify_notice.c.kind.in_([kind.value for kind in CLIMBING])
        told = select(notify_notice.c.person).where(notify_notice.c.issue == row.number, asked)
        people = {*self._connection.execute(told.distinct()).scalars()}
        for person in sorted((people | self._notices.climbing(row.number)) - {event.by}):
            self._notices.add(row, person, _ENDS[stands])

    def climb(self, number: int) -> None:
        """Take an incident's next step, unless its issue is in hands that the history has not told of yet."""
        row, held = self.issues[number], self._incidents[number]
        if standing(row.state) is Standing.NOBODY:
            self.step(row, held["step"])
        else:
            held["next_ns"] = None
            self._touched.add(number)

    def step(
        self,
        row: Row[Any],
        step: int,
        *,
        kind: NoticeKind = NoticeKind.ESCALATED,
        title: str = "",
    ) -> None:
        """Tell whom a step names, and say when the next one is due."""
        held = self._incidents[row.number]
        people = self._ladder.told(row, step, self._now_ns)
        if not people and not self._ladder.is_anybodys(row):
            # Nobody looks after this place: a later step would find nobody either.
            held["next_ns"] = None
            self._touched.add(row.number)
            return
        for person, level in people.items():
            self._notices.add(row, person, kind, title=title, level=level, step=step)
        held["step"] = step + 1
        held["severity"] = row.severity
        held["next_ns"] = self._ladder.next_ns(
            row.severity, step + 1, held["since_ns"], self._now_ns
        )
        self._touched.add(row.number)
        told = {"step": step + 1, "told": people}
        action = "notified" if step == 0 else "escalated"
        self._history.append(
            {"issue": row.number, "time_ns": self._now_ns, "action": action, "by": "gateway"}
            | {"detail": told}
        )

    def write(self) -> None:
        """Write incidents, notices and the steps' entries of the history."""
        changed = [self._incidents[number] for number in sorted(self._touched)]
        old = [each["issue"] for each in changed if each["issue"] in self._old]
        for start in range(0, len(old), AT_ONCE):
            some = old[start : start + AT_ONCE]
            gone = notify_incident.c.issue.in_(some)
            self._connection.execute(delete(notify_incident).where(gone))
        if changed:
            self._connection.execute(insert(notify_incident), changed)
        self._notices.write()
        add_events(self._connection, self._history)


def _in(connection: Connection, table: Any, column: Any, numbers: set[int]) -> Sequence[Row[Any]]:
    return connection.execute(select(table).where(column.in_(sorted(numbers)))).all()
