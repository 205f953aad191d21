"""The rules' memory in the store: state, cursor and the starts since, in one row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, delete, insert, select

from gateway.store.tables import rule_state


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """What the rules remembered after journal number `seq`; `starts` are times at which a gateway was started."""

    seq: int = 0
    state: bytes = b""
    starts: Sequence[int] = ()


def read(connection: Connection, name: str) -> Snapshot:
    """Return the newest snapshot, an empty one before the first."""
    row = connection.execute(select(rule_state).where(rule_state.c.name == name)).first()
    if row is None:
        return Snapshot()
    return Snapshot(seq=row.seq, state=row.state, starts=tuple(row.starts))


def write(connection: Connection, name: str, snapshot: Snapshot) -> None:
    """Put a snapshot in place of the one before."""
    connection.execute(delete(rule_state).where(rule_state.c.name == name))
    connection.execute(
        insert(rule_state).values(
            name=name, seq=snapshot.seq, state=snapshot.state, starts=list(snapshot.starts)
        )
    )
