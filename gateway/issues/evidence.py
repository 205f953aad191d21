"""Samples around an onset, read from history when it has them and then kept with the issue."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from enum import StrEnum
from typing import Any, Final

import numpy as np
from sqlalchemy import Connection, Row, func, select, update

from gateway.clock import NS_PER_S
from gateway.deviation import EvidenceSeries
from gateway.issues.ledger import Ledger
from gateway.issues.report import Wanted
from gateway.model import SampleBatch
from gateway.store.tables import evidence

SETTLE_NS: Final = 2 * NS_PER_S
"""How long rows are given to reach history before the first look."""

RETRY_NS: Final = 5 * NS_PER_S
EXPIRES_NS: Final = 24 * 3600 * NS_PER_S
"""After a day, what history has is taken as all there is."""

MAX_SIGNALS: Final = 8
"""Signals of one issue for which evidence is kept."""

MAX_ROWS: Final = 4000
"""Rows kept of the part before an issue opened, and as many after."""


class EvidenceState(StrEnum):
    """How far one signal's evidence has come."""

    WANTED = "wanted"
    FROZEN = "frozen"
    COMPLETE = "complete"


NEXT: Final = {
    EvidenceState.WANTED: EvidenceState.FROZEN,
    EvidenceState.FROZEN: EvidenceState.COMPLETE,
}


def want(ledger: Ledger, number: int, wanted: Sequence[Wanted], *, now_ns: int) -> None:
    """Note which evidence an issue wants, at most `MAX_SIGNALS` signals, each once."""
    present = ledger.evidenced(number)
    for one in wanted:
        if one.signal in present or len(present) >= MAX_SIGNALS:
            continue
        ledger.want(
            {
                "issue": number,
                **asdict(one),
                "state": EvidenceState.WANTED,
                "due_ns": now_ns + SETTLE_NS,
                "expires_ns": now_ns + EXPIRES_NS,
                "time_ns": b"",
                "value": b"",
                "quality": b"",
            }
        )


def due(connection: Connection, now_ns: int, limit: int) -> Sequence[Row[Any]]:
    """Return evidence to look for now, the longest due first."""
    open_states = [str(state) for state in NEXT]
    query = (
        select(evidence)
        .where(evidence.c.state.in_(open_states), evidence.c.due_ns <= now_ns)
        .order_by(evidence.c.due_ns)
        .limit(limit)
    )
    return connection.execute(query).all()


def waiting(connection: Connection) -> int:
    """Return how much evidence is not complete."""
    query = select(func.count()).where(evidence.c.state != EvidenceState.COMPLETE)
    return int(connection.execute(query).scalar_one())


def _where(row: Row[Any]) -> Any:
    return (evidence.c.issue == row.issue) & (evidence.c.signal == row.signal)


def postpone(connection: Connection, row: Row[Any], *, now_ns: int) -> None:
    """Look again a little later."""
    connection.execute(update(evidence).where(_where(row)).values(due_ns=now_ns + RETRY_NS))


def keep(connection: Connection, row: Row[Any], found: SampleBatch, *, now_ns: int) -> None:
    """Add the rows found to what is kept, and move on to the tail or to the end."""
    state = NEXT[EvidenceState(row.state)]
    tail_due_ns = now_ns + max(0, row.end_ns - row.middle_ns) + SETTLE_NS
    connection.execute(
        update(evidence)
        .where(_where(row))
        .values(
            state=state,
            due_ns=tail_due_ns,
            time_ns=row.time_ns + found.source_ns.astype("<i8").tobytes(),
            value=row.value + found.value.astype("<f8").tobytes(),
            quality=row.quality + found.quality.astype("<u4").tobytes(),
        )
    )


def of_issue(connection: Connection, number: int) -> tuple[EvidenceSeries, ...]:
    """Return what is kept for an issue, the signals that have rows."""
    query = select(evidence).where(evidence.c.issue == number).order_by(evidence.c.signal)
    return tuple(_series(row) for row in connection.execute(query) if row.time_ns)


def _series(row: Row[Any]) -> EvidenceSeries:
    value = np.frombuffer(row.value, "<f8")
    return EvidenceSeries(
        path=row.path,
        unit=row.unit,
        time_ns=np.frombuffer(row.time_ns, "<i8").tolist(),
        value=[one if np.isfinite(one) else None for one in value.tolist()],
        quality=np.frombuffer(row.quality, "<u4").tolist(),
    )
