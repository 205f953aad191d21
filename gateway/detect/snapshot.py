"""The rules' memory in the store: state, cursor and the starts since, in one row."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from sqlalchemy import Connection, delete, insert, select

from gateway.store.tables import rule_state
from rules.state import State, StateError, load

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """What the rules remembered after journal number `seq`; `starts` are times at which a gateway was started."""

    seq: int = 0
    state: bytes = b""
    starts: Sequence[int] = ()


class Recalled(NamedTuple):
    """What the rules go on from: journal number, state (None where there is none), and the starts since."""

    seq: int
    state: State | None
    starts: tuple[int, ...]


def recall(connection: Connection, name: str, *, started_ns: int) -> Recalled:
    """Read the memory, and note on disk that a gateway was started at `started_ns`; one that is unreadable is left out."""
    held = read(connection, name)
    state = None
    if held.state:
        try:
            state = load(held.state)
        except StateError as error:
            log.warning("rules start without their memory: %s", error)
    since_ns = 0 if state is None else state.now_ns
    starts = (*(start for start in held.starts if start > since_ns), started_ns)
    write(connection, name, replace(held, starts=starts))
    return Recalled(held.seq, state, starts)


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
