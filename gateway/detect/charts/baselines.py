"""Control limits in the store: what Phase I froze, what was proposed in its place, and who decided."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, Row, func, insert, select, update

from gateway.chart import Baseline, BaselineState
from gateway.errors import NotFoundError
from gateway.store.chart_tables import chart_baseline
from rules.spc.phase1 import FrozenLimits
from rules.spc.spec import SpcSpec

IN_FORCE: Final = (BaselineState.ESTIMATED.value, BaselineState.APPROVED.value)


class ChartKey(NamedTuple):
    """What one chart is known by."""

    rule: str
    signal: str
    side: str


class Kept(NamedTuple):
    """Limits that are to hold for a chart whose points are made in this way."""

    basis: str
    limits: FrozenLimits
    state: BaselineState


def basis(spec: SpcSpec) -> str:
    """Return a short hash of what points are and how their limits are estimated; limits hold for no other points."""
    parts = (
        spec.subgroup_count,
        spec.subgroup_s,
        spec.every,
        spec.spread.value,
        spec.treatment.value,
        spec.stream_signal,
        spec.subgroup_signal,
        spec.parts,
    )
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:12]


def in_force(connection: Connection) -> Mapping[ChartKey, Kept]:
    """Return the newest limits of each chart that were frozen or approved."""
    query = select(chart_baseline).where(chart_baseline.c.state.in_(IN_FORCE))
    found: dict[ChartKey, tuple[int, Kept]] = {}
    for row in connection.execute(query):
        key = ChartKey(row.rule, row.signal, row.side)
        since = row.decided_ns or row.proposed_ns
        if key not in found or found[key][0] <= since:
            found[key] = since, Kept(row.basis, limits_of(row), BaselineState(row.state))
    return {key: kept for key, (_, kept) in found.items()}


def limits_of(row: Row[Any]) -> FrozenLimits:
    """Return the limits a row holds."""
    return FrozenLimits(
        centre=row.centre,
        sigma=row.sigma,
        phi=row.phi,
        every=row.every,
        points=row.points,
        left_out=row.left_out,
        said=row.said,
    )


def write(
    connection: Connection,
    key: ChartKey,
    kept: Kept,
    *,
    replaces: str,
    by: str,
    reason: str,
    now_ns: int,
    window: tuple[int, int] | None = None,
) -> int:
    """Add limits; return their number."""
    newest = connection.execute(select(func.max(chart_baseline.c.number))).scalar_one()
    number = int(newest or 0) + 1
    limits = kept.limits
    connection.execute(
        insert(chart_baseline).values(
            number=number,
            **key._asdict(),
            basis=kept.basis,
            version=limits.version,
            replaces=replaces,
            centre=limits.centre,
            sigma=limits.sigma,
            phi=limits.phi,
            every=limits.every,
            points=limits.points,
            left_out=limits.left_out,
            said=limits.said,
            state=kept.state.value,
            start_ns=None if window is None else window[0],
            end_ns=None if window is None else window[1],
            proposed_by=by,
            reason=reason,
            proposed_ns=now_ns,
        )
    )
    return number


def decide(
    connection: Connection, number: int, state: BaselineState, *, by: str, reason: str, now_ns: int
) -> bool:
    """Note the decision on a proposal; return False where it was decided meanwhile."""
    query = (
        update(chart_baseline)
        .where(
            chart_baseline.c.number == number,
            chart_baseline.c.state == BaselineState.PROPOSED.value,
        )
        .values(state=state.value, decided_by=by, decision=reason, decided_ns=now_ns)
    )
    return connection.execute(query).rowcount == 1


def get(connection: Connection, number: int) -> Row[Any]:
    """Return a row; raises `NotFoundError`."""
    row = connection.execute(
        select(chart_baseline).where(chart_baseline.c.number == number)
    ).first()
    if row is None:
        raise NotFoundError(f"there are no control limits of number {number}")
    return row


def of_rule(connection: Connection, rule: str, limit: int) -> Sequence[Baseline]:
    """Return the limits of a rule's charts, newest first."""
    query = select(chart_baseline).where(chart_baseline.c.rule == rule)
    query = query.order_by(chart_baseline.c.number.desc()).limit(limit)
    return [shown(row) for row in connection.execute(query)]


def shown(row: Row[Any]) -> Baseline:
    """Return a row as people meet it."""
    values = {name: getattr(row, name) for name in Baseline.__dataclass_fields__ if name != "state"}
    return Baseline(**values, state=BaselineState(row.state))
