"""What KPIs should be: each with who answers for it and what he does when it is not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from gateway.clock import NS_PER_S, Clock
from gateway.errors import NotFoundError
from gateway.model import lies_within
from gateway.performance import KpiBucket, TargetStanding
from gateway.ports import Performance
from gateway.production.kpi.options import Better, KpiTargetOptions


class TargetDesk:
    """Holds KPIs against their targets."""

    def __init__(
        self,
        targets: Mapping[str, KpiTargetOptions],
        *,
        performance: Performance,
        clock: Clock,
        time_zone: str,
    ) -> None:
        self._targets, self._performance = targets, performance
        self._clock, self._zone = clock, ZoneInfo(time_zone)

    async def standings(self) -> Sequence[TargetStanding]:
        """Return every target, those that are missed first, the furthest first."""
        found = [await self._standing(name, each) for name, each in self._targets.items()]
        return sorted(found, key=lambda each: (not each.is_off, -(each.miss or 0.0), each.name))

    async def between(
        self, unit: str, *, start_ns: int, end_ns: int, bucket: KpiBucket
    ) -> Sequence[TargetStanding]:
        """Return the targets of a unit and of what lies below it over [start, end), missed ones first."""
        found = [
            await self._over(name, each, start_ns, end_ns, bucket)
            for name, each in self._targets.items()
            if lies_within(each.unit, unit)
        ]
        return sorted(found, key=lambda each: (not each.is_off, -(each.miss or 0.0), each.name))

    async def _standing(self, name: str, target: KpiTargetOptions) -> TargetStanding:
        """Hold a target against whole local days that end with today."""
        now_ns = self._clock.now_ns()
        today = datetime.fromtimestamp(now_ns / NS_PER_S, self._zone).date()
        first = datetime.combine(
            today - timedelta(days=target.days - 1), datetime.min.time(), self._zone
        )
        start_ns = round(first.timestamp()) * NS_PER_S
        return await self._over(name, target, start_ns, now_ns, KpiBucket.DAY)

    async def _over(
        self, name: str, target: KpiTargetOptions, start_ns: int, end_ns: int, bucket: KpiBucket
    ) -> TargetStanding:
        value = coverage = None
        try:
            report = await self._performance.kpis(
                target.unit, start_ns=start_ns, end_ns=end_ns, bucket=bucket
            )
        except NotFoundError:
            pass  # nothing is counted there yet: the value is not known, and is shown as that
        else:
            value, coverage = report.total.kpis.get(target.kpi), report.total.coverage
        miss = None if value is None else missed(value, target)
        return TargetStanding(
            name=name, kpi=target.kpi, unit=target.unit, owner=target.owner, action=target.action,
            target=target.target, higher_is_better=target.direction is Better.HIGHER, days=target.days,
            value=value, coverage=coverage, miss=miss, is_off=miss is not None and miss > 0,
            start_ns=start_ns, end_ns=end_ns,
        )  # fmt: skip


def missed(value: float, target: KpiTargetOptions) -> float:
    """Return by which share of the target a value is on its wrong side, 0 where it is met."""
    short = target.target - value if target.direction is Better.HIGHER else value - target.target
    return max(0.0, short / abs(target.target))
