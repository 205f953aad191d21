"""The maintenance desk with what it stands on: performance as a test says it, triggers, issues."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from gateway.clock import NS_PER_S, ManualClock
from gateway.errors import NotFoundError
from gateway.issues import IssueDesk
from gateway.maintenance.changes import Changes
from gateway.maintenance.desk import MaintenanceDesk
from gateway.maintenance.options import MaintenanceOptions
from gateway.maintenance.watch import Watch
from gateway.performance import KpiBucket, KpiReport, Kpis, StateInterval
from gateway.store import Store
from gateway.workorder import NewWork, WorkKind, WorkWanted
from tests.peers.history import FakeHistory

MACHINE = "demo/packaging/l1/filler"
MIN_NS = 60 * NS_PER_S
HOUR_NS = 60 * MIN_NS
ALL = WorkWanted(limit=1000)


@dataclass
class Meters:
    """Performance as a test says it: settled intervals, and pieces an hour."""

    intervals_: list[StateInterval] = field(default_factory=list)
    pieces: dict[int, float] = field(default_factory=dict)
    operating_s: float = 0.0

    def run(self, start_ns: int, end_ns: int, booked: str = "apt", *, settled: bool = True) -> None:
        self.intervals_.append(
            StateInterval(
                start_ns=start_ns,
                end_ns=end_ns,
                state=6,
                state_name="Execute",
                mode=1,
                mode_name="",
                booked=booked,
                provisional=not settled,
            )
        )

    async def intervals(
        self, machine: str, *, start_ns: int, end_ns: int, limit: int
    ) -> Sequence[StateInterval]:
        if machine != MACHINE:
            raise NotFoundError(machine)
        fits = [e for e in self.intervals_ if e.end_ns > start_ns and e.start_ns < end_ns]
        return fits[:limit]

    async def kpis(self, unit: str, *, start_ns: int, end_ns: int, bucket: KpiBucket) -> KpiReport:
        if not MACHINE.startswith(unit):
            raise NotFoundError(unit)
        hours = [h for h in sorted(self.pieces) if h + HOUR_NS > start_ns and h < end_ns]
        return KpiReport(
            unit=unit,
            machines=(MACHINE,),
            bucket=bucket,
            minor_stops="iso",
            minor_stop_s=(120.0,),
            time_zone="UTC",
            buckets=tuple(_kpis(h, h + HOUR_NS, pq=self.pieces[h]) for h in hours),
            total=_kpis(start_ns, end_ns, apt_s=self.operating_s),
        )

    def shifts(self, day: Any) -> Sequence[Any]:
        return ()


def _kpis(start_ns: int, end_ns: int, **sums: float) -> Kpis:
    return Kpis(
        label="",
        start_ns=start_ns,
        end_ns=end_ns,
        shift="",
        day="",
        kpis={},
        sums={"pq": 0.0, "apt_s": 0.0, "asut_s": 0.0} | sums,
        losses={},
        off_plan={"seconds": 0.0, "good": 1.0, "scrap": 2.0},
        coverage=1.0,
        target_pieces=None,
        version=1,
        provisional=False,
    )


class Bench:
    """A desk with its meters, triggers and issues."""

    def __init__(self, store: Store, options: dict[str, Any]) -> None:
        self.store, self.clock = store, ManualClock()
        self.meters: Any = Meters()
        self.issues: IssueDesk
        self._options = MaintenanceOptions.model_validate(options)

    async def open(self) -> Bench:
        self.issues = await IssueDesk.open(
            store=self.store, history=FakeHistory(), clock=self.clock
        )
        common: dict[str, Any] = {
            "store": self.store,
            "clock": self.clock,
            "performance": self.meters,
            "changes": await Changes.open(self.store),
            "told": self.issues.refresh,
        }
        self.desk = MaintenanceDesk(self._options, site="demo", **common)
        self.watch = Watch(self._options, **common)
        return self

    @property
    def now_ns(self) -> int:
        return self.clock.now_ns()


async def bench(store: Store, **triggers: Any) -> Bench:
    return await Bench(store, {"triggers": triggers}).open()


def corrective(**more: Any) -> NewWork:
    return NewWork(
        **{"title": "Replace valve 3", "asset": MACHINE, "kind": WorkKind.CORRECTIVE} | more
    )
