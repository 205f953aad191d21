"""What an entry of an issue's history means for people by name: named in a comment, given work, a fix that failed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from sqlalchemy import Connection, Row, select

from gateway.access.users import UserState
from gateway.deviation import IssueState
from gateway.notify.notices import NoticeKind, Notices
from gateway.notify.recipients import Recipients
from gateway.store.access_tables import user
from gateway.store.issue_tables import issue_action, issue_verification

_MOST_SAID: Final = 120


def has_failed(event: Row[Any]) -> bool:
    """Tell whether an entry says that the data has refuted a fix."""
    return bool(
        event.action == "reopened" and event.detail.get("from") == IssueState.VERIFYING.value
    )


def failure(row: Row[Any], event: Row[Any]) -> str:
    """Return the title of a fix that failed, with what the data said."""
    said = str(event.detail.get("text", ""))
    return f"{row.title}: {said}" if said else str(row.title)


class Personal:
    """Turns entries into notices of named people; nobody is told what they did themselves."""

    def __init__(self, recipients: Recipients) -> None:
        self._recipients = recipients

    def take(
        self, connection: Connection, row: Row[Any], event: Row[Any], notices: Notices
    ) -> None:
        """Take one entry of the history."""
        found = _READ.get(event.action)
        if found is None:
            return
        for person, kind, title in found(connection, row, event):
            if person and person != event.by and self.is_somebody(connection, person):
                notices.add(row, person, kind, title=title)

    def is_somebody(self, connection: Connection, person: str) -> bool:
        """Tell whether a name is one that can be told: a user who may sign in, or somebody of the configuration."""
        state = connection.execute(select(user.c.state).where(user.c.name == person)).scalar()
        if state is None:
            return person in self._recipients.everybody
        return bool(state == UserState.ACTIVE.value)


Told = Iterable[tuple[str, NoticeKind, str]]


def _commented(_: Connection, __: Row[Any], event: Row[Any]) -> Told:
    text = " ".join(str(event.detail.get("text", "")).split())
    short = text if len(text) <= _MOST_SAID else f"{text[: _MOST_SAID - 1]}…"
    for person in event.detail.get("mentions", ()):
        yield str(person), NoticeKind.MENTIONED, f"{event.by}: {short}"


def _action_added(_: Connection, __: Row[Any], event: Row[Any]) -> Told:
    yield str(event.detail["owner"]), NoticeKind.ASSIGNED, str(event.detail["title"])


def _action_changed(_: Connection, __: Row[Any], event: Row[Any]) -> Told:
    changes = event.detail["changes"]
    if "owner" in changes:
        yield str(changes["owner"][1]), NoticeKind.ASSIGNED, str(event.detail["title"])


def _edited(_: Connection, row: Row[Any], event: Row[Any]) -> Told:
    changes = event.detail["changes"]
    if "owner" in changes:
        yield str(changes["owner"][1] or ""), NoticeKind.ASSIGNED, str(row.title)


def _reopened(connection: Connection, row: Row[Any], event: Row[Any]) -> Told:
    if not has_failed(event):
        return
    chosen = select(issue_verification.c.chosen_by).where(issue_verification.c.issue == row.number)
    chosen = chosen.order_by(issue_verification.c.round.desc()).limit(1)
    acted = select(issue_action.c.owner).where(issue_action.c.issue == row.number).distinct()
    people = {
        row.owner,
        *connection.execute(chosen).scalars(),
        *connection.execute(acted).scalars(),
    }
    for person in sorted(people):
        yield person, NoticeKind.PROOF_FAILED, failure(row, event)


def _verified(_: Connection, row: Row[Any], __: Row[Any]) -> Told:
    yield row.owner, NoticeKind.PROVEN, str(row.title)


_READ: Final[Mapping[str, Callable[[Connection, Row[Any], Row[Any]], Told]]] = {
    "commented": _commented,
    "action_added": _action_added,
    "action_changed": _action_changed,
    "edited": _edited,
    "reopened": _reopened,
    "verified": _verified,
}
"""What to read in which entry."""
