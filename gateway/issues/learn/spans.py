"""Issues of a range of time with what they lost: how long conditions held, pieces, money."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, select

from gateway.clock import NS_PER_S
from gateway.deviation import IssueState, IssueType
from gateway.issues.context import ContextState
from gateway.issues.opening.options import CostOptions
from gateway.store.issue_tables import issue_case, issue_context
from gateway.store.tables import issue, issue_event

MOST: Final = 20_000
PART: Final = 500
HOUR_NS: Final = 3600 * NS_PER_S
BEGINS: Final = frozenset({"opened", "recurred", "reopened"})
ENDS: Final = frozenset({"cleared", "withdrawn"})
TIMED: Final = frozenset({IssueType.THROUGHPUT, IssueType.MAINTENANCE})
"""Kinds of issue whose time is lost machine time."""

ShiftOf = Callable[[str, int], str]
"""Gives the shift of an asset at a time, "" where it has none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One issue as learning looks at it."""

    number: int
    state: IssueState
    title: str
    type: IssueType
    rule: str
    asset: str
    recurrence: str
    repeat: int
    opened_ns: int
    acknowledged_ns: int | None
    closed_ns: int | None
    verified: bool
    hours: float
    product: str
    shift: str
    category: str
    pieces: float | None
    cost: float | None


def read(
    connection: Connection,
    *,
    start_ns: int,
    end_ns: int,
    now_ns: int,
    cost: CostOptions,
    shift_of: ShiftOf,
) -> list[Told]:
    """Return the issues opened in [start, end), duplicates left out, the newest `MOST` of them."""
    inside = (issue.c.opened_ns >= start_ns) & (issue.c.opened_ns < end_ns)
    query = select(issue).where(inside, issue.c.state != IssueState.DUPLICATE)
    rows = connection.execute(query.order_by(issue.c.number.desc()).limit(MOST)).all()
    numbers = [row.number for row in rows]
    held = _held(connection, numbers, end_ns=min(end_ns, now_ns))
    forms = _bodies(connection, numbers, issue_case.c.issue, issue_case.c.fields)
    contexts = _bodies(
        connection,
        numbers,
        issue_context.c.issue,
        issue_context.c.body,
        issue_context.c.state == ContextState.FROZEN,
    )
    return [
        _told(
            row,
            hours=held.get(row.number, 0) / HOUR_NS,
            form=forms.get(row.number, {}),
            context=contexts.get(row.number, {}),
            cost=cost,
            shift=shift_of(row.asset, row.opened_ns),
        )
        for row in reversed(rows)
    ]


def _told(
    row: Any,
    *,
    hours: float,
    form: Mapping[str, Any],
    context: Mapping[str, Any],
    cost: CostOptions,
    shift: str,
) -> Told:
    product = str(form.get("product") or context.get("product") or "")
    pieces = form.get("suspect.quantity")
    kind = IssueType(row.type)
    return Told(
        number=row.number,
        state=IssueState(row.state),
        title=row.title,
        type=kind,
        rule=row.rule,
        asset=row.asset,
        recurrence=row.recurrence,
        repeat=row.repeat,
        opened_ns=row.opened_ns,
        acknowledged_ns=row.acknowledged_ns,
        closed_ns=row.closed_ns,
        verified=row.verified,
        hours=hours,
        product=product,
        shift=shift,
        category=str(form.get("cause.category") or ""),
        pieces=pieces,
        cost=_cost(form, kind, hours=hours, pieces=pieces, product=product, options=cost),
    )


def _cost(
    form: Mapping[str, Any],
    kind: IssueType,
    *,
    hours: float,
    pieces: float | None,
    product: str,
    options: CostOptions,
) -> float | None:
    """Return the known cost, else pieces at standard cost plus lost machine time; None where neither is known."""
    if form.get("cost") is not None:
        return float(form["cost"])
    each = options.products.get(product, options.unit_cost)
    parts = []
    if pieces is not None and each > 0:
        parts.append(pieces * each)
    if kind in TIMED and options.hour_cost > 0:
        parts.append(hours * options.hour_cost)
    return sum(parts) if parts else None


def _held(connection: Connection, numbers: Sequence[int], *, end_ns: int) -> dict[int, int]:
    """Return for how long each issue's condition held, up to a time."""
    found: dict[int, int] = {}
    begun: dict[int, int] = {}
    for start in range(0, len(numbers), PART):
        some = numbers[start : start + PART]
        query = select(issue_event).where(
            issue_event.c.issue.in_(some), issue_event.c.action.in_([*BEGINS, *ENDS])
        )
        for row in connection.execute(query.order_by(issue_event.c.seq)):
            if row.action in BEGINS and row.by.startswith("rule:"):
                begun.setdefault(row.issue, int(row.detail.get("onset_ns", row.time_ns)))
            elif row.action in ENDS and row.issue in begun:
                since = begun.pop(row.issue)
                found[row.issue] = found.get(row.issue, 0) + max(0, row.time_ns - since)
    for number, since in begun.items():
        found[number] = found.get(number, 0) + max(0, end_ns - since)
    return found


def _bodies(
    connection: Connection, numbers: Sequence[int], key: Any, body: Any, *conditions: Any
) -> dict[int, Mapping[str, Any]]:
    found: dict[int, Mapping[str, Any]] = {}
    for start in range(0, len(numbers), PART):
        query = select(key, body).where(key.in_(numbers[start : start + PART]), *conditions)
        found.update({row[0]: row[1] for row in connection.execute(query)})
    return found
