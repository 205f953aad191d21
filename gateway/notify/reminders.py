"""Reminds owners of actions before they are due, and lets overdue ones climb; each step is in the issue's history."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Row, delete, insert, or_, select

from gateway.clock import NS_PER_S
from gateway.deviation import ENDED
from gateway.issues.records import add_events
from gateway.notify.contacts import Contacts
from gateway.notify.ladder import AT_ONCE, Moved
from gateway.notify.notices import NoticeKind, Notices
from gateway.notify.options import Level, NotifyOptions
from gateway.notify.recipients import Recipients
from gateway.store.issue_tables import issue_action
from gateway.store.notify_tables import notify_action
from gateway.store.tables import issue


class Reminders:
    """What is told of an action is kept with it, so that a restart tells nothing twice."""

    def __init__(
        self,
        options: NotifyOptions,
        *,
        recipients: Recipients,
        contacts: Contacts,
        time_zone: str,
    ) -> None:
        self._options = options
        self._recipients = recipients
        self._contacts = contacts
        self._zone = ZoneInfo(time_zone)

    def look(self, connection: Connection, now_ns: int) -> Moved:
        """Take the next step of every action whose time has come; runs in a transaction of its caller."""
        rows = connection.execute(self._due(now_ns)).all()
        if not rows:
            return Moved(count=0, more=False, history=False)
        notices = Notices(self._contacts, connection, now_ns)
        entries = [self._step(connection, row, notices, now_ns) for row in rows]
        notices.write()
        # A step that names nobody, as where no team looks after the place, is no step to tell of.
        add_events(connection, [each for each in entries if each["detail"]["told"]])
        return Moved(count=len(rows), more=len(rows) == AT_ONCE, history=True)

    def _due(self, now_ns: int) -> Any:
        """Return a query for open actions with something new to tell, the longest due first."""
        before_ns = round(self._options.remind_before_s * NS_PER_S)
        known = (notify_action.c.issue == issue_action.c.issue) & (
            notify_action.c.action == issue_action.c.id
        )
        new = or_(
            notify_action.c.issue.is_(None),
            notify_action.c.due_ns != issue_action.c.due_ns,
            notify_action.c.owner != issue_action.c.owner,
            notify_action.c.next_ns <= now_ns,
        )
        return (
            select(
                *(
                    issue.c[name]
                    for name in ("number", "title", "asset", "severity", "type", "team")
                ),
                issue_action.c.id,
                issue_action.c.owner,
                issue_action.c.due_ns,
                issue_action.c.title.label("what"),
                notify_action.c.step,
                notify_action.c.owner.label("told_owner"),
                notify_action.c.due_ns.label("told_due_ns"),
            )
            .join(issue, issue.c.number == issue_action.c.issue)
            .outerjoin(notify_action, known)
            .where(
                issue_action.c.done_ns.is_(None),
                issue_action.c.due_ns <= now_ns + before_ns,
                issue.c.state.not_in([str(state) for state in ENDED]),
                new,
            )
            .order_by(issue_action.c.due_ns)
            .limit(AT_ONCE)
        )

    def _step(
        self, connection: Connection, row: Row[Any], notices: Notices, now_ns: int
    ) -> dict[str, Any]:
        """Tell whom the newest step names, and say when the next one is due; return the line of history."""
        steps = self._options.overdue.steps
        late_ns = now_ns - row.due_ns
        passed = sum(1 for each in steps if round(each.after_s * NS_PER_S) <= late_ns)
        same = (row.told_owner, row.told_due_ns) == (row.owner, row.due_ns)
        told = int(row.step) if same else 0
        if passed == 0:
            people = {row.owner: Level.OWNER}
        else:
            first = min(told, passed - 1)
            levels = [level for each in steps[first:passed] for level in each.tell]
            people = self._people(row, levels, now_ns)
        kind = NoticeKind.OVERDUE if passed else NoticeKind.DUE
        title = f"{row.what} (due {self._said(row.due_ns)})"
        for person, level in people.items():
            notices.add(row, person, kind, title=title, level=level.value, step=passed)
        self._keep(connection, row, passed, now_ns)
        return {
            "issue": row.number,
            "time_ns": now_ns,
            "action": "overdue" if passed else "reminded",
            "by": "gateway",
            "detail": {"id": row.id, "title": row.what, "step": passed, "told": people},
        }

    def _people(self, row: Row[Any], levels: list[Level], now_ns: int) -> dict[str, Level]:
        given = row.team in self._recipients.rotas
        teams = [row.team] if given else self._recipients.teams(row.asset, row.type)
        owner = {row.owner: Level.OWNER} if Level.OWNER in levels else {}
        others = [level for level in levels if level is not Level.OWNER]
        found = (
            self._recipients.told(teams, others, owner=row.owner, at_ns=now_ns) if others else {}
        )
        return {**found, **owner}

    def _keep(self, connection: Connection, row: Row[Any], passed: int, now_ns: int) -> None:
        overdue = self._options.overdue
        if passed < len(overdue.steps):
            next_ns = row.due_ns + round(overdue.steps[passed].after_s * NS_PER_S)
        else:
            next_ns = now_ns + round(overdue.repeat_s * NS_PER_S) if overdue.repeat_s else None
        here = (notify_action.c.issue == row.number) & (notify_action.c.action == row.id)
        connection.execute(delete(notify_action).where(here))
        kept = {"issue": row.number, "action": row.id, "owner": row.owner, "due_ns": row.due_ns}
        connection.execute(insert(notify_action).values(**kept, step=passed, next_ns=next_ns))

    def _said(self, time_ns: int) -> str:
        at = datetime.fromtimestamp(time_ns // NS_PER_S, UTC).astimezone(self._zone)
        return f"{at:%d %b %H:%M %Z}"
