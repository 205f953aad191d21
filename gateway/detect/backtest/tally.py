"""Alarms of a replay, counted and held against real issues: pure."""

from __future__ import annotations

import itertools
import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from gateway.backtest import BacktestAlarm, Outcome, PeriodCount
from gateway.clock import NS_PER_S
from gateway.deviation import Issue
from gateway.model import Signal
from rules.events import Event, EventKind

KEPT: Final = 20_000
"""Alarms of one variation that are kept one by one; further ones are counted."""

DAY_S: Final = 86_400.0


@dataclass(slots=True)
class Held:
    """One alarm of a replay."""

    signal: int
    side: str
    onset_ns: int
    raised_ns: int
    value: float
    cleared_ns: int | None = None


@dataclass(slots=True)
class Tally:
    """The alarms of one variation, gathered event by event; memory is bounded."""

    alarms: list[Held] = field(default_factory=list)
    count: int = 0
    _open: dict[tuple[int, str], Held] = field(default_factory=dict)

    def take(self, event: Event) -> None:
        """Take note of an event."""
        key = (event.signal, event.side)
        if event.kind is EventKind.RAISED:
            self.count += 1
            held = Held(event.signal, event.side, event.onset_ns, event.time_ns, event.value)
            self._open[key] = held
            if len(self.alarms) < KEPT:
                self.alarms.append(held)
        elif key in self._open:
            self._open.pop(key).cleared_ns = event.time_ns


@dataclass(frozen=True, slots=True, kw_only=True)
class Real:
    """A time at which a real issue held at a machine."""

    issue: int
    asset: str
    onset_ns: int
    opened_ns: int
    end_ns: int


def real_times(issues: Sequence[Issue], *, kind: str, end_ns: int) -> list[Real]:
    """Return when and where real issues of a kind held, with what they brought along their line."""
    found: list[Real] = []
    for one in issues:
        ended = one.cleared_ns or one.closed_ns or end_ns
        if one.type == kind:
            found.append(_real(one, one.asset, one.onset_ns, ended))
        found += [
            _real(one, child.asset, child.onset_ns, child.cleared_ns or ended)
            for child in one.children
            if child.type == kind
        ]
    return found


def _real(one: Issue, asset: str, onset_ns: int, ended_ns: int) -> Real:
    return Real(
        issue=one.number,
        asset=asset,
        onset_ns=onset_ns,
        opened_ns=max(one.opened_ns, onset_ns),
        end_ns=ended_ns,
    )


def compare(
    tally: Tally, signals: Sequence[Signal], real: Sequence[Real], *, tolerance_s: float
) -> list[BacktestAlarm]:
    """Return the alarms, each with the real issue it belongs to: the one of its machine that began nearest."""
    near_ns = round(tolerance_s * NS_PER_S)
    by_asset: dict[str, list[Real]] = {}
    for one in real:
        by_asset.setdefault(one.asset, []).append(one)
    found: list[BacktestAlarm] = []
    for held in tally.alarms:
        signal = signals[held.signal]
        fits = [
            one
            for one in by_asset.get(signal.machine, ())
            if one.onset_ns - near_ns <= held.onset_ns <= one.end_ns + near_ns
        ]
        best = min(fits, key=lambda one: abs(one.onset_ns - held.onset_ns), default=None)
        found.append(
            BacktestAlarm(
                signal=signal.path,
                side=held.side,
                onset_ns=held.onset_ns,
                raised_ns=held.raised_ns,
                cleared_ns=held.cleared_ns,
                value=held.value if math.isfinite(held.value) else None,
                issue=None if best is None else best.issue,
                lead_s=None if best is None else (best.opened_ns - held.raised_ns) / NS_PER_S,
            )
        )
    return found


def outcome(
    tally: Tally,
    compared: Sequence[BacktestAlarm],
    real: Sequence[Real],
    *,
    changes: Mapping[str, object],
    span_s: float,
) -> Outcome:
    """Return how settings did: an issue is hit once, its lead is that of its first alarm."""
    leads: dict[int, float] = {}
    for alarm in compared:
        if alarm.issue is not None and alarm.lead_s is not None:
            leads[alarm.issue] = max(leads.get(alarm.issue, -math.inf), alarm.lead_s)
    false = sum(alarm.issue is None for alarm in compared)
    issues = {one.issue for one in real}
    days = max(span_s, 1.0) / DAY_S
    return Outcome(
        changes=dict(changes),
        alarms=tally.count,
        alarms_per_day=tally.count / days,
        real_issues=len(issues),
        hits=len(leads),
        misses=len(issues) - len(leads),
        false_alarms=false,
        false_alarms_per_day=false / days,
        median_lead_s=statistics.median(leads.values()) if leads else None,
        truncated=tally.count > len(tally.alarms),
    )


def per_period(
    tally: Tally,
    *,
    start_ns: int,
    end_ns: int,
    zone: str,
    starts: Sequence[tuple[int, int]],
) -> tuple[PeriodCount, ...]:
    """Count alarms by when they were raised, in periods that begin at local times of day."""
    edges = [start_ns, *_edges(start_ns, end_ns, zone, starts), end_ns]
    raised = sorted(held.raised_ns for held in tally.alarms)
    counts: list[PeriodCount] = []
    place = 0
    for first, last in itertools.pairwise(edges):
        before = place
        while place < len(raised) and (raised[place] < last or last == end_ns):
            place += 1
        counts.append(PeriodCount(start_ns=first, end_ns=last, alarms=place - before))
    return tuple(counts)


def _edges(start_ns: int, end_ns: int, zone: str, starts: Sequence[tuple[int, int]]) -> list[int]:
    local = ZoneInfo(zone)
    day = datetime.fromtimestamp(start_ns // NS_PER_S, UTC).astimezone(local).date()
    day -= timedelta(days=1)
    found: set[int] = set()
    last = datetime.fromtimestamp(end_ns // NS_PER_S, UTC).astimezone(local).date()
    while day <= last:
        for hour, minute in starts:
            moment = datetime(day.year, day.month, day.day, hour, minute, tzinfo=local)
            found.add(round(moment.timestamp()) * NS_PER_S)
        day += timedelta(days=1)
    return sorted(edge for edge in found if start_ns < edge < end_ns)
