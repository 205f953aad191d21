"""Performance at its port, in memory."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from gateway.clock import Clock
from gateway.errors import NotFoundError
from gateway.performance import (
    KpiBucket,
    KpiReport,
    Kpis,
    ShiftPick,
    ShiftTime,
    Standing,
    StateInterval,
)
from tests.peers.web_standings import example_standings

MACHINE = "plant/bottling/line1/filler"


class MemoryPerformance:
    """Answers the same of one machine and what lies above it."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def kpis(self, unit: str, *, start_ns: int, end_ns: int, bucket: KpiBucket) -> KpiReport:
        """Return one bucket."""
        if unit and unit != MACHINE and not MACHINE.startswith(f"{unit}/"):
            raise NotFoundError(f"no machine at {unit[:100]!r}")
        one = Kpis(
            label="2026-01-01",
            start_ns=start_ns,
            end_ns=end_ns,
            shift="",
            day="2026-01-01",
            kpis={"availability": 0.8, "effectiveness": None, "quality": 0.968, "oee": None},
            sums={"pbt_s": 27000.0, "apt_s": 21600.0, "pq": 684.0, "gq": 662.0},
            losses={"breakdown": 1500.0, "reduced_speed": None},
            off_plan={"seconds": 0.0, "good": 0.0, "scrap": 0.0},
            coverage=1.0,
            target_pieces=None,
            version=1,
            provisional=True,
        )
        return KpiReport(
            unit=unit,
            machines=(MACHINE,),
            bucket=bucket,
            minor_stops="iso",
            minor_stop_s=(120.0,),
            time_zone="Europe/Berlin",
            buckets=(one,),
            total=one,
        )

    async def intervals(
        self, machine: str, *, start_ns: int, end_ns: int, limit: int
    ) -> Sequence[StateInterval]:
        """Return two states."""
        if machine != MACHINE:
            raise NotFoundError(f"no machine {machine[:100]!r}")
        middle_ns = (start_ns + end_ns) // 2
        return [
            StateInterval(
                start_ns=first,
                end_ns=last,
                state=state,
                state_name=name,
                mode=1 if state else None,
                mode_name="Production" if state else "",
                booked=booked,
                provisional=state is None,
            )
            for first, last, state, name, booked in (
                (start_ns, middle_ns, 6, "Execute", "apt"),
                (middle_ns, end_ns, None, "", "unknown"),
            )
        ][:limit]

    async def standings(self, pick: ShiftPick) -> Sequence[Standing]:
        """Return the demo plant's, in the shift of eight hours that runs or the one before."""
        return example_standings(pick, self._clock.now_ns())

    def shifts(self, day: date) -> Sequence[ShiftTime]:
        """Return one shift."""
        return [
            ShiftTime(
                calendar="day",
                shift="early",
                day=day.isoformat(),
                start_ns=1767243600 * 10**9,
                end_ns=1767272400 * 10**9,
                breaks=((1767258000 * 10**9, 1767258900 * 10**9),),
                units=("plant/bottling/line1",),
            )
        ]
