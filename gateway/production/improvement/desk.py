"""The desk of improvements: ranked by measured loss over effort, tried, measured with guards, adopted or rejected."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from gateway.clock import NS_PER_S, Clock
from gateway.corrective import Hint
from gateway.errors import ConflictError, InvalidRequestError, NotFoundError
from gateway.issues.text import Length, Need, clean
from gateway.performance import KpiBucket, Kpis
from gateway.ports import Cases, Performance
from gateway.production.archive import Archive
from gateway.production.improvement.effect import difference
from gateway.production.improvement.model import (
    IMPROVEMENT,
    Aim,
    Effect,
    Improvement,
    ImprovementState,
    LossFound,
    Metric,
)
from gateway.production.improvement.practices import Practices
from gateway.production.lifecycle import moved
from gateway.production.office.options import PlanningOptions

HOUR_NS: Final = 3600 * NS_PER_S
WEEK_NS: Final = 7 * 24 * HOUR_NS
LONGEST_NS: Final = 60 * 24 * HOUR_NS
LEAST_H: Final = 0.1
MOST_LOSSES: Final = 30
_NOT_LOST: Final = frozenset({"no_order", "external", "productive"})
"""What has its cause elsewhere is lost there, and what was productive is not lost."""


class ImprovementDesk:
    """The improvements' part of the port `Improvements`."""

    def __init__(
        self,
        archive: Archive,
        *,
        performance: Performance,
        cases: Cases,
        practices: Practices,
        options: PlanningOptions,
        clock: Clock,
    ) -> None:
        self._archive, self._performance, self._cases = archive, performance, cases
        self._practices, self._options, self._clock = practices, options, clock

    async def improvements(self) -> Sequence[Improvement]:
        """Return every improvement, the greatest loss for its effort first, those that are over last."""
        over = {ImprovementState.ADOPTED, ImprovementState.REJECTED}
        return sorted(
            await self._archive.newest(Improvement),
            key=lambda each: (each.state in over, -(each.score or 0.0), each.id),
        )

    async def improvement(self, name: str) -> Improvement:
        """Return one; raises `NotFoundError`."""
        return await self._archive.get(Improvement, name)

    async def losses(self) -> Sequence[LossFound]:
        """Return what was lost in the last seven days, the most first: by machines' books and by recurring issues."""
        now_ns = self._clock.now_ns()
        found = await self._of_machines(now_ns)
        learned = await self._cases.learn(start_ns=now_ns - 4 * WEEK_NS, end_ns=now_ns, by="asset")
        for each in learned.backlog:
            found.append(
                LossFound(
                    title=each.title,
                    unit=each.asset,
                    kpi="availability",
                    hours_per_week=each.hours / 4,
                    source=f"issues {each.issues[-1]}",
                )
            )
        kept = [each for each in found if each.hours_per_week >= LEAST_H]
        return sorted(kept, key=lambda each: -each.hours_per_week)[:MOST_LOSSES]

    async def add(self, wanted: Improvement, *, by: str) -> Improvement:
        """Write an idea down; raises `InvalidRequestError`, `ConflictError` for a name in use."""
        for name, text in (
            ("title", wanted.title),
            ("hypothesis", wanted.hypothesis),
            ("owner", wanted.owner),
        ):
            clean(text, name=name, most=Length.NOTE, least=Need.REQUIRED)
        if not 0 < wanted.effort_days <= 10_000:
            raise InvalidRequestError("effort_days: want more than 0 and at most 10000")
        for metric in (wanted.metric, *wanted.guards):
            await self._hours(metric, self._clock.now_ns() - 24 * HOUR_NS, self._clock.now_ns())
        made = replace(wanted, author=by, state=ImprovementState.IDEA, version=1)
        await self._archive.add([made], by=by)
        return made

    async def move(
        self, name: str, reached: ImprovementState, *, by: str, version: int, reason: str = ""
    ) -> Improvement:
        """Move an improvement on; what is adopted was measured, moved its metric, hurt no guard, and is no owner's own.

        Raises `NotFoundError`, `ConflictError`, `InvalidRequestError`.
        """
        now = await self._archive.get(Improvement, name)
        if now.version != version:
            raise ConflictError(
                f"improvement {name} was changed meanwhile (version {now.version}, yours {version}): read it again"
            )
        moved(IMPROVEMENT, what=f"improvement {name}", now=now.state, to=reached)
        said = clean(
            reason, name="reason", most=Length.REASON,
            least=Need.REQUIRED if reached is ImprovementState.REJECTED else Need.OPTIONAL,
        )  # fmt: skip
        new = replace(now, state=reached, version=now.version + 1, reason=said)
        if reached is ImprovementState.TRIAL:
            start_ns = self._clock.now_ns()
            new = replace(new, before_ns=(start_ns - WEEK_NS, start_ns), trial_ns=(start_ns, None))
        elif reached is ImprovementState.MEASURED:
            new = await self._measured(new)
        elif reached is ImprovementState.ADOPTED:
            new = replace(new, approver=self._adopter(now, by))
        await self._archive.add([new], by=by)
        return new

    async def hints(self) -> Sequence[Hint]:
        """Return the practices that production's records show, those of issues included."""
        return [*await self._practices.hints(), *await self._cases.hints()]

    def _adopter(self, now: Improvement, by: str) -> str:
        if now.effect is None or not now.effect.better:
            raise ConflictError(
                f"improvement {now.id}: its effect is not shown (the interval holds 0 or lies on the wrong side):"
                " measure a longer trial, or reject it"
            )
        hurt = [f"{each.metric.kpi} of {each.metric.unit}" for each in now.guarded if each.worse]
        if hurt:
            raise ConflictError(f"improvement {now.id} makes worse: {', '.join(hurt)}")
        approver = self._options.approver(by, proposer=now.owner)
        if approver == now.owner or (by == now.author and approver == by and by != now.owner):
            raise ConflictError(
                f"improvement {now.id} is {by}'s own: somebody else says that it is adopted"
            )
        return approver

    async def _measured(self, now: Improvement) -> Improvement:
        assert now.before_ns is not None
        assert now.trial_ns is not None
        end_ns = self._clock.now_ns()
        trial_ns = (now.trial_ns[0], end_ns)
        effect, *guarded = [
            await self._effect(metric, now.before_ns, trial_ns)
            for metric in (now.metric, *now.guards)
        ]
        return replace(now, trial_ns=trial_ns, effect=effect, guarded=tuple(guarded))

    async def _effect(
        self, metric: Metric, before_ns: tuple[int, int], after_ns: tuple[int, int]
    ) -> Effect:
        before = await self._hours(metric, *before_ns)
        after = await self._hours(metric, *after_ns)
        try:
            found = difference(before, after)
        except ValueError as error:
            raise ConflictError(
                f"{metric.kpi} of {metric.unit}: {len(before)} hours before and {len(after)} in the trial have"
                " a value, want at least 2 of each: try it longer"
            ) from error
        up = metric.aim is Aim.UP
        return Effect(
            metric=metric, before=float(np.mean(before)), after=float(np.mean(after)),
            difference=found.difference, low=found.low, high=found.high, hours_before=len(before),
            hours_after=len(after), better=found.low > 0 if up else found.high < 0,
            worse=found.high < 0 if up else found.low > 0,
        )  # fmt: skip

    async def _hours(self, metric: Metric, start_ns: int, end_ns: int) -> list[float]:
        """Return a metric by whole hours that lie in [start, end); raises `NotFoundError`, `InvalidRequestError`."""
        report = await self._performance.kpis(
            metric.unit, start_ns=max(start_ns, end_ns - LONGEST_NS), end_ns=end_ns,
            bucket=KpiBucket.HOUR,
        )  # fmt: skip
        _refuse_unknown(metric.kpi, report.total)
        values = [
            _value(metric.kpi, each)
            for each in report.buckets
            if start_ns <= each.start_ns and each.end_ns <= end_ns
        ]
        return [each for each in values if each is not None]

    async def _of_machines(self, now_ns: int) -> list[LossFound]:
        try:
            whole = await self._performance.kpis(
                "", start_ns=now_ns - WEEK_NS, end_ns=now_ns, bucket=KpiBucket.DAY
            )
        except NotFoundError:
            return []
        found = []
        for machine in whole.machines:
            report = await self._performance.kpis(
                machine, start_ns=now_ns - WEEK_NS, end_ns=now_ns, bucket=KpiBucket.DAY
            )
            days = max(1.0, len(report.buckets))
            for name, seconds in report.total.losses.items():
                if seconds is not None and seconds > 0 and name not in _NOT_LOST:
                    found.append(
                        LossFound(
                            title=name,
                            unit=machine,
                            kpi=f"loss.{name}",
                            hours_per_week=seconds / 3600 * 7 / days,
                            source="books",
                        )
                    )
        return found


def _value(kpi: str, of: Kpis) -> float | None:
    if kpi.startswith("loss."):
        return of.losses.get(kpi.removeprefix("loss."))
    return of.kpis.get(kpi)


def _refuse_unknown(kpi: str, of: Kpis) -> None:
    known = {*of.kpis, *(f"loss.{name}" for name in of.losses)}
    if kpi not in known:
        raise InvalidRequestError(f"metric: {kpi[:60]!r} is none of {', '.join(sorted(known))}")
