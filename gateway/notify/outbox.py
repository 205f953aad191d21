"""The outbox as rows: claimed before a send, settled after it, so that a crash between is seen and bounded."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Row, Select, delete, func, insert, select, update

from gateway.clock import NS_PER_S
from gateway.errors import NotFoundError
from gateway.notice import DeliveriesWanted, Delivery, DeliveryState, MessageKind
from gateway.store.notify_tables import notify_message, notify_notice, notify_window

CUT_SHORT_MOST: Final = 2
"""A send that crashes have cut short so often is not tried again: one duplicate at most."""
FIRST_WAIT_S: Final = 20.0
LONGEST_WAIT_S: Final = 900.0
CUT_SHORT: Final = "the gateway was ended while sending; whether it arrived is not known"
_PRUNED_AT_ONCE: Final = 5000


def recover(connection: Connection, now_ns: int) -> int:
    """Take up what a crash left behind while sending; return how many will not be tried again."""
    sending = notify_message.c.state == DeliveryState.SENDING.value
    again = notify_message.c.cut_short + 1 < CUT_SHORT_MOST
    cut = {"cut_short": notify_message.c.cut_short + 1, "error": CUT_SHORT}
    connection.execute(
        update(notify_message)
        .where(sending, again)
        .values(state=DeliveryState.WAITING.value, due_ns=now_ns, **cut)
    )
    ended = connection.execute(
        update(notify_message).where(sending).values(state=DeliveryState.UNKNOWN.value, **cut)
    )
    return ended.rowcount


def give_up(connection: Connection, *, known: Sequence[str]) -> None:
    """Give up what waits for channels that are no longer configured."""
    waiting = notify_message.c.state == DeliveryState.WAITING.value
    connection.execute(
        update(notify_message)
        .where(waiting, notify_message.c.channel.not_in(known))
        .values(state=DeliveryState.FAILED.value, error="this channel is no longer configured")
    )


def claim(connection: Connection, channel: str, now_ns: int) -> Row[Any] | None:
    """Return the worst message of a channel that is due, marked as being sent; None where nothing is due."""
    due = (
        select(notify_message)
        .where(
            notify_message.c.channel == channel,
            notify_message.c.state == DeliveryState.WAITING.value,
            notify_message.c.due_ns <= now_ns,
        )
        .order_by(notify_message.c.severity, notify_message.c.id)
        .limit(1)
    )
    row = connection.execute(due).first()
    if row is not None:
        change(
            connection,
            row.id,
            state=DeliveryState.SENDING.value,
            tries=row.tries + 1,
            started_ns=now_ns,
        )
    return row


def wait_s(tries: int) -> float:
    """Return how long a message waits after so many tries: doubling, bounded."""
    return min(FIRST_WAIT_S * 2.0 ** min(tries - 1, 20), LONGEST_WAIT_S)


def change(connection: Connection, message: int, **values: Any) -> None:
    """Change columns of a message."""
    connection.execute(
        update(notify_message).where(notify_message.c.id == message).values(**values)
    )


def add(connection: Connection, **values: Any) -> int:
    """Add a message to the outbox; return its id."""
    done = connection.execute(insert(notify_message).values(**values))
    key = done.inserted_primary_key
    assert key is not None
    return int(key[0])


def add_once(
    connection: Connection,
    *,
    key: str,
    person: str,
    channel: str,
    subject: str,
    body: str,
    now_ns: int,
) -> bool:
    """Add a report's message unless the same was added before; say whether it is new."""
    name = hashlib.sha256(f"{key}\x00{person}\x00{channel}".encode()).hexdigest()[:40]
    same = select(notify_message.c.id).where(notify_message.c.key == name)
    if connection.execute(same).first() is not None:
        return False
    add(
        connection, key=name, batch=name, person=person, channel=channel,
        kind=MessageKind.REPORT.value, severity="P4", grp="", issue=None, issues=[],
        subject=subject[:200], body=body, notices=0, state=DeliveryState.WAITING.value, tries=0,
        cut_short=0, error="", created_ns=now_ns, due_ns=now_ns,
    )  # fmt: skip
    return True


def get(connection: Connection, message: int) -> Row[Any]:
    """Return a message's row; raises `NotFoundError`."""
    row = connection.execute(select(notify_message).where(notify_message.c.id == message)).first()
    if row is None:
        raise NotFoundError(f"there is no message {message}, or it is older than the log")
    return row


def search(connection: Connection, wanted: DeliveriesWanted) -> list[Row[Any]]:
    """Return messages, newest first."""
    wheres: list[ColumnElement[bool]] = []
    for column, value in (
        (notify_message.c.state, wanted.state),
        (notify_message.c.channel, wanted.channel),
        (notify_message.c.person, wanted.person),
    ):
        if value:
            wheres.append(column == value)
    if wanted.issue is not None:
        wheres.append(notify_message.c.issue == wanted.issue)
    if wanted.before is not None:
        wheres.append(notify_message.c.id < wanted.before)
    query = select(notify_message).where(*wheres).order_by(notify_message.c.id.desc())
    return list(connection.execute(query.limit(wanted.limit)).all())


def figures(connection: Connection) -> dict[str, Any]:
    """Return how many messages are in which state, how many wait by channel, and how many notices wait."""
    by_state = select(notify_message.c.state, func.count()).group_by(notify_message.c.state)
    open_ = notify_message.c.state.in_([DeliveryState.WAITING.value, DeliveryState.SENDING.value])
    by_channel = select(notify_message.c.channel, func.count()).where(open_)
    notices = select(func.count()).where(notify_notice.c.batch.is_(None))
    return {
        "states": _counted(connection, by_state),
        "channels": _counted(connection, by_channel.group_by(notify_message.c.channel)),
        "notices": int(connection.execute(notices).scalar_one()),
    }


def _counted(connection: Connection, query: Select[Any]) -> dict[str, int]:
    return {str(name): int(count) for name, count in connection.execute(query)}


def prune(connection: Connection, now_ns: int, *, keep_days: float) -> None:
    """Forget what was settled long ago, a bounded part at a time."""
    before_ns = now_ns - round(keep_days * 86_400 * NS_PER_S)
    for table, old in (
        (
            notify_message,
            (notify_message.c.created_ns < before_ns)
            & notify_message.c.state.in_(
                [
                    DeliveryState.SENT.value,
                    DeliveryState.FAILED.value,
                    DeliveryState.UNKNOWN.value,
                ]
            ),
        ),
        (notify_notice, (notify_notice.c.time_ns < before_ns) & notify_notice.c.batch.is_not(None)),
    ):
        ids = select(table.c.id).where(old).limit(_PRUNED_AT_ONCE)
        connection.execute(delete(table).where(table.c.id.in_(ids)))
    connection.execute(delete(notify_window).where(notify_window.c.until_ns < now_ns))


def to_delivery(row: Row[Any]) -> Delivery:
    """Build a message from its row."""
    return Delivery(
        id=row.id,
        key=row.key,
        person=row.person,
        channel=row.channel,
        kind=MessageKind(row.kind),
        severity=row.severity,
        group=row.grp,
        issue=row.issue,
        issues=tuple(row.issues),
        subject=row.subject,
        body=row.body,
        notices=row.notices,
        state=DeliveryState(row.state),
        tries=row.tries,
        error=row.error,
        created_ns=row.created_ns,
        due_ns=row.due_ns,
        sent_ns=row.sent_ns,
        seen_ns=row.seen_ns,
    )
