"""Rounds of proof as rows: one is chosen, watched from implementation on, and ends met, failed or withdrawn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Connection, Row, func, insert, select, update

from gateway.corrective import Template, VerificationState
from gateway.store.issue_tables import issue_verification as table

OPEN: Final = (VerificationState.CHOSEN, VerificationState.WATCHING)


def choose(
    connection: Connection,
    number: int,
    template: Template,
    settings: Mapping[str, Any],
    *,
    by: str,
    now_ns: int,
    starts: bool,
) -> int:
    """Add a round in place of one that has not ended; return its number within the issue."""
    _end_open(connection, number, now_ns=now_ns)
    newest = connection.execute(select(func.max(table.c.round)).where(table.c.issue == number))
    following = int(newest.scalar() or 0) + 1
    state = VerificationState.WATCHING if starts else VerificationState.CHOSEN
    connection.execute(
        insert(table).values(
            issue=number,
            round=following,
            template=template,
            settings=dict(settings),
            state=state,
            chosen_by=by,
            chosen_ns=now_ns,
            started_ns=now_ns if starts else None,
            watched_ns=0,
            looked_ns=now_ns if starts else None,
            ended_ns=None,
            progress={},
        )
    )
    return following


def start(connection: Connection, number: int, *, now_ns: int) -> None:
    """Watch the chosen round from now on."""
    chosen = (table.c.issue == number) & (table.c.state == VerificationState.CHOSEN)
    values = {"state": VerificationState.WATCHING, "started_ns": now_ns, "looked_ns": now_ns}
    connection.execute(update(table).where(chosen).values(**values))


def leave(connection: Connection, number: int, *, now_ns: int) -> None:
    """End what is watched or was met: the issue went back, so a new proof will be needed."""
    _end_open(connection, number, now_ns=now_ns)
    met = (table.c.issue == number) & (table.c.state == VerificationState.MET)
    connection.execute(update(table).where(met).values(state=VerificationState.WITHDRAWN))


def _end_open(connection: Connection, number: int, *, now_ns: int) -> None:
    running = (table.c.issue == number) & table.c.state.in_(OPEN)
    values = {"state": VerificationState.WITHDRAWN, "ended_ns": now_ns}
    connection.execute(update(table).where(running).values(**values))


def watched(connection: Connection) -> Sequence[Row[Any]]:
    """Return the rounds that the data must be held against."""
    query = select(table).where(table.c.state == VerificationState.WATCHING)
    return connection.execute(query.order_by(table.c.issue)).all()


def keep(
    connection: Connection,
    row: Row[Any],
    *,
    state: VerificationState,
    progress: Mapping[str, object],
    watched_ns: int,
    now_ns: int,
) -> bool:
    """Keep what a look found, unless the round was ended meanwhile; return whether it was kept."""
    ours = (table.c.issue == row.issue) & (table.c.round == row.round)
    changed = connection.execute(
        update(table)
        .where(ours, table.c.state == VerificationState.WATCHING)
        .values(
            state=state,
            progress=dict(progress),
            watched_ns=watched_ns,
            looked_ns=now_ns,
            ended_ns=None if state is VerificationState.WATCHING else now_ns,
        )
    )
    return changed.rowcount == 1
