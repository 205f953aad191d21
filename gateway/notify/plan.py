"""Makes messages of notices: one a line and person in ten minutes, unless something worse comes."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Row, delete, func, insert, literal, select, update

from gateway.clock import NS_PER_S
from gateway.notice import SCREEN, Contact, DeliveryState, MessageKind
from gateway.notify import wording
from gateway.notify.contacts import Contacts
from gateway.notify.notices import CLIMBING
from gateway.notify.options import NotifyOptions
from gateway.notify.recipients import TEAM_MARK
from gateway.notify.wording import Line
from gateway.store.notify_tables import notify_message, notify_notice, notify_window

GROUPS_AT_ONCE: Final = 200
NOTICES_A_MESSAGE: Final = 500
_OPEN: Final = (DeliveryState.WAITING.value, DeliveryState.SENDING.value)


class Planner:
    """Each call runs in a transaction of its caller."""

    def __init__(
        self, options: NotifyOptions, *, contacts: Contacts, site: str, time_zone: str
    ) -> None:
        self._options = options
        self._contacts = contacts
        self._site = site
        self._zone = ZoneInfo(time_zone)

    def plan(self, connection: Connection, now_ns: int) -> int:
        """Make the messages that are due now; return how many. Where the outbox is full, notices wait."""
        room = self._options.max_waiting - waiting(connection)
        made = 0
        people = self._contacts.all(connection)
        for group in self._due(connection, now_ns):
            if made >= room:
                break
            if group.held != "digest" and not self._may_now(connection, group, now_ns):
                continue
            made += self._message(connection, group, people.get(group.person), now_ns)
        return made

    def _due(self, connection: Connection, now_ns: int) -> Sequence[Row[Any]]:
        """Return persons and lines with something to tell; a digest is one over all lines."""
        held = notify_notice.c.held == "digest"
        query = (
            select(
                notify_notice.c.person,
                notify_notice.c.grp,
                func.min(notify_notice.c.severity).label("severity"),
                func.min(notify_notice.c.held).label("held"),
            )
            .where(notify_notice.c.batch.is_(None), notify_notice.c.due_ns <= now_ns)
            .order_by(func.min(notify_notice.c.severity), func.min(notify_notice.c.id))
        )
        now = query.where(~held).group_by(notify_notice.c.person, notify_notice.c.grp)
        digest = (
            select(
                notify_notice.c.person,
                literal("").label("grp"),
                func.min(notify_notice.c.severity).label("severity"),
                func.min(notify_notice.c.held).label("held"),
            )
            .where(held, notify_notice.c.batch.is_(None), notify_notice.c.due_ns <= now_ns)
            .group_by(notify_notice.c.person)
            .limit(GROUPS_AT_ONCE)
        )
        return [*self._open_first(connection, now, now_ns), *connection.execute(digest)]

    def _open_first(self, connection: Connection, query: Any, now_ns: int) -> Sequence[Row[Any]]:
        """Return groups whose window is over or holds less bad things first, at most so many."""
        shut = (
            select(notify_window.c.person)
            .where(
                notify_window.c.person == notify_notice.c.person,
                notify_window.c.grp == notify_notice.c.grp,
                notify_window.c.until_ns > now_ns,
                notify_window.c.severity <= notify_notice.c.severity,
            )
            .exists()
        )
        found: Sequence[Row[Any]] = connection.execute(
            query.where(~shut).limit(GROUPS_AT_ONCE)
        ).all()
        return found

    def _may_now(self, connection: Connection, group: Row[Any], now_ns: int) -> bool:
        """Say whether the window of a person and line is over, or something worse has come; shut it again if so."""
        here = (notify_window.c.person == group.person) & (notify_window.c.grp == group.grp)
        held = connection.execute(select(notify_window).where(here)).first()
        if held is not None and held.until_ns > now_ns and group.severity >= held.severity:
            return False
        connection.execute(delete(notify_window).where(here))
        until_ns = now_ns + round(self._options.window_s * NS_PER_S)
        if until_ns > now_ns:
            connection.execute(
                insert(notify_window).values(
                    person=group.person, grp=group.grp, until_ns=until_ns, severity=group.severity
                )
            )
        return True

    def _message(
        self, connection: Connection, group: Row[Any], contact: Contact | None, now_ns: int
    ) -> int:
        """Put a message into the outbox for each channel of the person, over all notices of the group."""
        digest = group.held == "digest"
        ours = (
            notify_notice.c.batch.is_(None)
            & (notify_notice.c.person == group.person)
            & (notify_notice.c.due_ns <= now_ns)
            & ((notify_notice.c.held == "digest") == digest)
        )
        if not digest:
            ours &= notify_notice.c.grp == group.grp
        count = select(
            func.count(),
            func.count(notify_notice.c.issue.distinct()),
            func.min(notify_notice.c.id),
            func.min(notify_notice.c.time_ns),
        )
        notices, issues, *first = connection.execute(count.where(ours)).one()
        rows = connection.execute(
            select(notify_notice)
            .where(ours)
            .order_by(notify_notice.c.severity, notify_notice.c.id)
            .limit(NOTICES_A_MESSAGE)
        ).all()
        lines = wording.worst_first([_as_line(row) for row in rows])
        batch = _key(group.person, group.grp, *map(str, first))
        values = {
            **self._told(lines, issues=issues, digest=digest),
            "grp": group.grp,
            "notices": notices,
            "created_ns": now_ns,
            "due_ns": now_ns,
        }
        channels = self._channels(group.person, contact)
        connection.execute(
            insert(notify_message),
            [
                {**values, "batch": batch, "person": group.person, "channel": channel}
                | {"key": _key(batch, channel)}
                for channel in channels
            ],
        )
        connection.execute(update(notify_notice).where(ours).values(batch=batch))
        return len(channels)

    def _told(self, lines: Sequence[Line], *, issues: int, digest: bool) -> dict[str, Any]:
        """Return what a message says, and the columns that every new one has."""
        asking = list(dict.fromkeys(each.issue for each in lines if each.kind in CLIMBING))
        total = max(issues, len(lines))
        return {
            "kind": (MessageKind.DIGEST if digest else MessageKind.NOTICE).value,
            "severity": lines[0].severity,
            "issue": lines[0].issue,
            "issues": asking[: wording.MOST_LINES],
            "subject": wording.subject(lines, site=self._site, total=total, digest=digest),
            "body": wording.body(lines, zone=self._zone, total=total),
            "state": DeliveryState.WAITING.value,
            "tries": 0,
            "cut_short": 0,
            "error": "",
        }

    def _channels(self, person: str, contact: Contact | None) -> list[str]:
        if person.startswith(TEAM_MARK):
            team = self._options.teams.get(person.removeprefix(TEAM_MARK))
            return [] if team is None else list(dict.fromkeys(team.channels))
        return [SCREEN, *([] if contact is None else self._contacts.channels(contact))]


def waiting(connection: Connection) -> int:
    """Return how many messages are in the outbox."""
    query = select(func.count()).where(notify_message.c.state.in_(_OPEN))
    return int(connection.execute(query).scalar_one())


def _as_line(row: Row[Any]) -> Line:
    return Line(
        issue=row.issue,
        severity=row.severity,
        kind=row.kind,
        level=row.level,
        title=row.title,
        asset=row.asset,
        time_ns=row.time_ns,
    )


def _key(*parts: str) -> str:
    """Return the same short name for the same things, whenever it is asked."""
    return hashlib.sha256("\x00".join(parts).encode()).hexdigest()[:40]
