"""Gathers a report from what others know: performance, targets, issues, quality, the published schedule."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from gateway.clock import NS_PER_S, Clock
from gateway.deviation import ENDED, Issue
from gateway.errors import InvalidRequestError, NotFoundError
from gateway.model import lies_within
from gateway.performance import KpiBucket, Kpis, ShiftTime, TargetStanding
from gateway.ports import Issues, Performance
from gateway.production.kpi.targets import TargetDesk
from gateway.production.office.port import Schedules
from gateway.production.quality.port import Quality
from gateway.production.reports.text import as_csv, as_text
from gateway.report import (
    Report,
    ReportAsked,
    ReportFormat,
    ReportIssue,
    ReportJob,
    ReportKind,
    ReportLine,
)

AHEAD_MIN: Final = 12 * 60
MOST_JOBS: Final = 20
MOST_ISSUES: Final = 200
MOST_CHECKS: Final = 1000
LOOK_BACK_DAYS: Final = 8
MIN_NS: Final = 60 * NS_PER_S


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """What a report covers."""

    label: str
    start_ns: int
    end_ns: int


class ReportDesk:
    """The port `Reports`."""

    def __init__(
        self,
        *,
        performance: Performance,
        targets: TargetDesk,
        issues: Issues,
        quality: Quality,
        schedules: Schedules,
        clock: Clock,
        time_zone: str,
        site: str,
    ) -> None:
        self._performance, self._targets, self._issues = performance, targets, issues
        self._quality, self._schedules, self._clock = quality, schedules, clock
        self._zone, self._site = ZoneInfo(time_zone), site

    async def report(self, asked: ReportAsked) -> Report:
        """Return a report; raises `NotFoundError`, `InvalidRequestError`, and as its sources do."""
        span = self.span(asked)
        bucket = KpiBucket.SHIFT if asked.kind is ReportKind.SHIFT else KpiBucket.DAY
        whole = await self._performance.kpis(
            asked.unit, start_ns=span.start_ns, end_ns=span.end_ns, bucket=bucket
        )
        lines = []
        for machine in whole.machines:
            one = await self._performance.kpis(
                machine, start_ns=span.start_ns, end_ns=span.end_ns, bucket=bucket
            )
            lines.append(_line(machine, one.total))
        now_ns = self._clock.now_ns()
        waiting = await self._quality.checks.checks(machine=asked.unit, limit=MOST_CHECKS)
        blocks = await self._quality.gates.blocks(machine=asked.unit)
        return Report(
            kind=asked.kind,
            unit=asked.unit,
            label=span.label,
            start_ns=span.start_ns,
            end_ns=span.end_ns,
            made_ns=now_ns,
            time_zone=str(self._zone),
            is_over=span.end_ns <= now_ns,
            total=_line(asked.unit, whole.total),
            lines=sorted(lines, key=lambda each: (_oee(each), each.unit)),
            targets=await self._targets.between(
                asked.unit, start_ns=span.start_ns, end_ns=span.end_ns, bucket=bucket
            ),
            issues=await self._open(asked.unit, span),
            held=[each.message for each in blocks],
            checks_due=len(waiting),
            checks_late=sum(1 for each in waiting if each.late_ns < now_ns),
            next_jobs=await self._next(asked.unit, span),
            remarks=whole.total.remarks,
        )

    async def targets(self) -> Sequence[TargetStanding]:
        """Return every target, those that are missed first."""
        return await self._targets.standings()

    async def file(self, asked: ReportAsked, form: ReportFormat) -> bytes:
        """Return a report as a file; raises as `report`."""
        report = await self.report(asked)
        if form is ReportFormat.CSV:
            return as_csv(report, zone=self._zone)
        from gateway.production.reports.paper import as_pdf  # noqa: PLC0415 - only who prints loads it

        return as_pdf(report, zone=self._zone, site=self._site)

    def text(self, report: Report) -> tuple[str, str]:
        """Return subject and body of the message that tells a report."""
        return as_text(report, zone=self._zone, site=self._site)

    def span(self, asked: ReportAsked) -> Span:
        """Return what a report covers; raises `NotFoundError` where there is no such shift."""
        now = datetime.fromtimestamp(self._clock.now_ns() / NS_PER_S, self._zone)
        day = None if asked.day is None else _day(asked.day)
        if asked.kind is ReportKind.DAY:
            return self._whole(day or now.date() - timedelta(days=1))
        days = [day] if day else [now.date() - timedelta(days=n) for n in range(LOOK_BACK_DAYS)]
        found = [shift for each in days for shift in self._shifts(each, asked)]
        ended = [each for each in found if each.end_ns <= self._clock.now_ns()]
        chosen = max(ended or (found if day else []), key=lambda each: each.end_ns, default=None)
        if chosen is None:
            named = f" {asked.shift!r}" if asked.shift else ""
            raise NotFoundError(
                f"no shift{named} works at {asked.unit or 'the plant'} on {days[0]} or in the week before:"
                " give it a calendar under production.units, or ask for the day"
            )
        return Span(
            label=f"{chosen.day} {chosen.shift}", start_ns=chosen.start_ns, end_ns=chosen.end_ns
        )

    def _shifts(self, day: date, asked: ReportAsked) -> Sequence[ShiftTime]:
        return [
            each
            for each in self._performance.shifts(day)
            if (not asked.shift or each.shift == asked.shift)
            and (not asked.unit or any(_touches(asked.unit, unit) for unit in each.units))
        ]

    def _whole(self, day: date) -> Span:
        start = datetime.combine(day, datetime.min.time(), self._zone)
        end = datetime.combine(day + timedelta(days=1), datetime.min.time(), self._zone)
        return Span(
            label=str(day),
            start_ns=round(start.timestamp()) * NS_PER_S,
            end_ns=round(end.timestamp()) * NS_PER_S,
        )

    async def _open(self, unit: str, span: Span) -> Sequence[ReportIssue]:
        found = await self._issues.list(states=(), limit=MOST_ISSUES, asset=unit)
        kept = [each for each in found if _concerns(each, span)]
        return [
            ReportIssue(
                number=each.number, severity=each.severity, state=each.state, title=each.title,
                asset=each.asset, opened_ns=each.opened_ns, is_new=each.opened_ns >= span.start_ns,
            )
            for each in sorted(kept, key=lambda each: (each.severity, -each.number))
        ]  # fmt: skip

    async def _next(self, unit: str, span: Span) -> Sequence[ReportJob]:
        """Return what the published schedule begins in the twelve hours after the report's end."""
        try:
            board = await self._schedules.board()
        except NotFoundError:
            return ()
        paths = {lane.machine: lane.path for lane in board.lanes}
        first = span.end_ns // MIN_NS
        found = [
            bar
            for bar in board.bars
            if first <= bar.projected_start_min < first + AHEAD_MIN
            and lies_within(paths.get(bar.job.machine, ""), unit)
        ]
        return [
            ReportJob(
                job=bar.job.id, machine=bar.job.machine, product=bar.product, qty=bar.qty,
                start_ns=bar.projected_start_min * MIN_NS,
            )
            for bar in sorted(found, key=lambda bar: bar.projected_start_min)[:MOST_JOBS]
        ]  # fmt: skip


def _concerns(issue: Issue, span: Span) -> bool:
    """Say whether an issue was opened meanwhile, or had been before and is not over."""
    if issue.opened_ns >= span.end_ns:
        return False
    return issue.opened_ns >= span.start_ns or issue.state not in ENDED


def _line(unit: str, kpis: Kpis) -> ReportLine:
    losses = {name: value for name, value in kpis.losses.items() if value is not None and value > 0}
    return ReportLine(
        unit=unit,
        kpis={
            name: kpis.kpis.get(name)
            for name in ("oee", "availability", "effectiveness", "quality")
        },
        pieces=kpis.sums.get("pq", 0.0),
        good=kpis.sums.get("gq", 0.0),
        target_pieces=kpis.target_pieces,
        losses=dict(sorted(losses.items(), key=lambda each: -each[1])),
        coverage=kpis.coverage,
    )


def _oee(line: ReportLine) -> float:
    value = line.kpis["oee"]
    return 2.0 if value is None else value


def _touches(unit: str, other: str) -> bool:
    """Say whether one path is the other or lies below it."""
    return lies_within(unit, other) or lies_within(other, unit)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise InvalidRequestError(f"day: {text[:20]!r} is no date, want YYYY-MM-DD") from error
