"""Notices as rows: what one person is to learn of one issue, and when it may reach them."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Connection, Row, insert

from gateway.notice import Contact
from gateway.notify.contacts import Contacts
from gateway.notify.recipients import TEAM_MARK, line_of
from gateway.store.notify_tables import notify_notice


class NoticeKind(StrEnum):
    """Why somebody is told."""

    OPENED = "opened"
    ESCALATED = "escalated"
    REOPENED = "reopened"
    PROOF_FAILED = "proof_failed"
    TAKEN = "taken"
    OVER = "over"
    PROVEN = "proven"
    MENTIONED = "mentioned"
    ASSIGNED = "assigned"
    DUE = "due"
    OVERDUE = "overdue"


CLIMBING: Final = frozenset(
    {NoticeKind.OPENED, NoticeKind.ESCALATED, NoticeKind.REOPENED, NoticeKind.PROOF_FAILED}
)
"""What asks for somebody to acknowledge the issue."""


class Notices:
    """The notices of one transaction; a person learns the same of an issue once in it."""

    def __init__(self, contacts: Contacts, connection: Connection, now_ns: int) -> None:
        self._contacts = contacts
        self._connection = connection
        self._now_ns = now_ns
        self._people: Mapping[str, Contact] = contacts.all(connection)
        self._rows: dict[tuple[str, int, str, str], dict[str, Any]] = {}

    def add(
        self,
        row: Row[Any],
        person: str,
        kind: NoticeKind,
        *,
        title: str = "",
        level: str = "",
        step: int = 0,
    ) -> None:
        """Have a person learn of an issue; what belongs to a later step is never put off to a digest."""
        held, due_ns = "now", self._now_ns
        if not person.startswith(TEAM_MARK):
            contact = self._people.get(person) or Contact(person=person)
            first = step == 0
            held, due_ns = self._contacts.due(contact, row.severity, self._now_ns, first=first)
        said = title or row.title
        self._rows.setdefault(
            (person, row.number, kind.value, said),
            {
                "person": person,
                "grp": line_of(row.asset),
                "issue": row.number,
                "kind": kind.value,
                "level": level,
                "severity": row.severity,
                "title": said,
                "asset": row.asset,
                "time_ns": self._now_ns,
                "held": held,
                "due_ns": due_ns,
            },
        )

    def climbing(self, number: int) -> set[str]:
        """Return who is asked here to acknowledge an issue."""
        return {
            each["person"]
            for each in self._rows.values()
            if each["issue"] == number and each["kind"] in CLIMBING
        }

    def write(self) -> None:
        """Write them down."""
        if self._rows:
            self._connection.execute(insert(notify_notice), list(self._rows.values()))
