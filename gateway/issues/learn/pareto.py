"""Pareto, trends and the improvement backlog, out of the issues of a range of time."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from gateway.clock import NS_PER_S
from gateway.corrective import Bar, Improvement, TrendPoint
from gateway.deviation import IssueState
from gateway.errors import InvalidRequestError
from gateway.issues.learn.spans import Told

NONE: Final = "(not known)"
BY: Final[Mapping[str, Callable[[Told], str]]] = {
    "asset": lambda one: one.asset,
    "product": lambda one: one.product,
    "shift": lambda one: one.shift,
    "cause": lambda one: one.category,
    "type": lambda one: one.type,
    "rule": lambda one: one.rule,
    "repeat": lambda one: one.recurrence,
}
WEEK_S: Final = 7 * 86_400.0
MOST_BARS: Final = 50


def bars(issues: Sequence[Told], by: str) -> list[Bar]:
    """Return one bar a name, the longest lost time first, then the most issues; raises `InvalidRequestError`."""
    if by not in BY:
        raise InvalidRequestError(f"by: {by[:40]!r} is none of {', '.join(BY)}")
    groups: dict[str, list[Told]] = {}
    for one in issues:
        groups.setdefault(BY[by](one) or NONE, []).append(one)
    found = [_bar(name, group) for name, group in groups.items()]
    return sorted(found, key=lambda bar: (-bar.hours, -bar.issues, bar.name))[:MOST_BARS]


def _bar(name: str, group: Sequence[Told]) -> Bar:
    pieces = [one.pieces for one in group if one.pieces is not None]
    cost = [one.cost for one in group if one.cost is not None]
    return Bar(
        name=name,
        issues=len(group),
        hours=sum(one.hours for one in group),
        pieces=sum(pieces) if pieces else None,
        cost=sum(cost) if cost else None,
        numbers=[one.number for one in group][-20:],
    )


def trend(
    issues: Sequence[Told], *, start_ns: int, end_ns: int, zone: ZoneInfo
) -> list[TrendPoint]:
    """Return one point a week of the plant, from the Monday on or before the start."""
    first = datetime.fromtimestamp(start_ns / NS_PER_S, zone)
    monday = (first - timedelta(days=first.weekday())).replace(
        hour=0, minute=0, second=0, microsecond=0
    )
    points = []
    while _ns(monday) < end_ns:
        following = (monday.replace(tzinfo=None) + timedelta(days=7)).replace(tzinfo=zone)
        points.append(_point(issues, _ns(monday), _ns(following)))
        monday = following
    return points


def _ns(at: datetime) -> int:
    return round(at.timestamp()) * NS_PER_S


def _point(issues: Sequence[Told], start_ns: int, end_ns: int) -> TrendPoint:
    opened = [one for one in issues if start_ns <= one.opened_ns < end_ns]
    taken = [
        one.acknowledged_ns - one.opened_ns for one in opened if one.acknowledged_ns is not None
    ]
    closed = [
        one.closed_ns - one.opened_ns
        for one in issues
        if one.closed_ns is not None
        and one.state is IssueState.CLOSED
        and start_ns <= one.closed_ns < end_ns
    ]
    return TrendPoint(
        start_ns=start_ns,
        opened=len(opened),
        closed=len(closed),
        mtta_s=_mean_s(taken),
        mttr_s=_mean_s(closed),
    )


def _mean_s(spans_ns: Sequence[int]) -> float | None:
    return sum(spans_ns) / len(spans_ns) / NS_PER_S if spans_ns else None


def backlog(
    issues: Sequence[Told],
    effects: Mapping[int, Mapping[str, Any]],
    *,
    start_ns: int,
    end_ns: int,
) -> list[Improvement]:
    """Return one place a recurrence key, the largest loss first; `effects` are proven changes by issue number."""
    groups: dict[str, list[Told]] = {}
    for one in issues:
        if one.recurrence and one.state is not IssueState.REJECTED:
            groups.setdefault(one.recurrence, []).append(one)
    weeks = max((end_ns - start_ns) / NS_PER_S / WEEK_S, 1.0 / 7.0)
    found = [_place(key, group, effects, weeks) for key, group in groups.items()]
    return sorted(found, key=lambda one: (-(one.cost or 0.0), -one.hours, one.recurrence))


def _place(
    key: str, group: Sequence[Told], effects: Mapping[int, Mapping[str, Any]], weeks: float
) -> Improvement:
    newest = group[-1]
    cost = [one.cost for one in group if one.cost is not None]
    proven = next((effects[one.number] for one in reversed(group) if one.number in effects), None)
    living = newest.state is not IssueState.CLOSED
    state = "open" if newest.state is IssueState.OPEN else "in_work" if living else "proven"
    return Improvement(
        recurrence=key,
        title=newest.title,
        asset=newest.asset,
        issues=[one.number for one in group],
        hours=sum(one.hours for one in group),
        cost=sum(cost) if cost else None,
        per_week_before=len(group) / weeks,
        effect=proven,
        state=state,
    )
