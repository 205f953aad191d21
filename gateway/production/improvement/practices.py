"""Practices of production that its records show (production.md §3), each with trigger, evidence and where to look.

A card says what was seen, never who is to blame; no person is named in it. Those of issues are in `gateway.issues.learn`.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Row, select

from gateway.clock import NS_PER_S, Clock
from gateway.corrective import Hint
from gateway.deviation import LIVING
from gateway.model import lies_within
from gateway.performance import TargetStanding
from gateway.ports import Issues
from gateway.production.archive import Archive
from gateway.production.execution.wear import counted_cycles
from gateway.production.kpi.targets import TargetDesk
from gateway.production.lifecycle import StandardState, ToolState
from gateway.production.model import Product, StandardTime, TimeSource, Tool
from gateway.production.quality.model import Checklist, ItemKind
from gateway.production.quality.port import Lots
from gateway.store import Store
from gateway.store.quality_tables import check_result, check_run, lot_run, quality_meter

DAY_NS: Final = 86_400 * NS_PER_S
HIDDEN_SHARE: Final = 0.02
HASTE: Final = 0.20
FEWEST_CHECKS: Final = 5
IDENTICAL: Final = 5
KNOWN_SHARE: Final = 0.95
ORPHAN_DAYS: Final = 14
MEASURED_SHARE: Final = 0.5
_MOST: Final = 10


class Practices:
    """Looks through the records when it is asked."""

    def __init__(
        self,
        store: Store,
        archive: Archive,
        *,
        lots: Lots,
        targets: TargetDesk,
        issues: Issues,
        clock: Clock,
        time_zone: str,
    ) -> None:
        self._store, self._archive, self._lots = store, archive, lots
        self._targets, self._issues, self._clock = targets, issues, clock
        self._zone = ZoneInfo(time_zone)

    async def hints(self) -> Sequence[Hint]:
        """Return every practice that the records show now."""
        now_ns = self._clock.now_ns()
        scrap = {each.id: each.scrap_fraction for each in await self._archive.newest(Product)}
        gauges = {
            (each.id, item.id)
            for each in await self._archive.newest(Checklist)
            for item in each.items
            if item.kind is ItemKind.NUMBER and not item.signal
        }
        positions = self._lots.positions()
        return [
            *await self._store.run(lambda c: list(_hidden(c, positions, now_ns))),
            *await self._store.run(lambda c: list(_overproduced(c, positions, scrap, now_ns))),
            *await self._store.run(lambda c: list(_hasty(c, now_ns))),
            *await self._store.run(lambda c: list(_identical(c, gauges, now_ns))),
            *await self._of_targets(),
            *await self._expired(),
            *await self._standards(),
        ]

    async def _of_targets(self) -> list[Hint]:
        """Return targets that look better than they are known, and those missed that nobody works on."""
        standings = await self._targets.standings()
        open_at = [each.asset for each in await self._issues.list(states=LIVING, limit=1000)]
        return [
            *_watermelons(standings),
            *(
                _orphan(each)
                for each in standings
                if each.is_off and each.days >= ORPHAN_DAYS and not _worked_on(each.unit, open_at)
            ),
        ]

    async def _expired(self) -> list[Hint]:
        """Return tools in use past their calibration or life; who dispatches refuses them."""
        today = datetime.fromtimestamp(self._clock.now_ns() / NS_PER_S, self._zone).date()
        found = []
        tools = await self._archive.newest(Tool)
        counted = await self._store.run(lambda c: counted_cycles(c, tools))
        for each in tools:
            if each.state not in {ToolState.READY, ToolState.IN_USE}:
                continue
            late = each.calibration_due is not None and each.calibration_due < today
            used = each.used_cycles + counted.get(each.id, 0)
            worn = each.life_cycles is not None and used >= each.life_cycles
            if late or worn:
                found.append(
                    f"tool {each.id} ({each.tool_class}): "
                    + (
                        f"calibration was due {each.calibration_due}"
                        if late
                        else "its life is used up"
                    )
                )
        if not found:
            return []
        return [
            Hint(
                practice="running_expired",
                title="Ready for use, and expired",
                trigger="Calibration or life of a tool that is ready or in use is over.",
                evidence=found[:_MOST],
                link="/plan?part=tables",
                figures={"tools": len(found)},
            )
        ]

    async def _standards(self) -> list[Hint]:
        held = await self._archive.newest(StandardTime, state=StandardState.APPROVED)
        measured = sum(1 for each in held if each.source is TimeSource.MEASURED)
        if not held or measured >= MEASURED_SHARE * len(held):
            return []
        return [
            Hint(
                practice="learning_standards",
                title="Planning rests on estimates",
                trigger=f"Less than {MEASURED_SHARE:.0%} of the standard times in force were measured.",
                evidence=[f"{measured} of {len(held)} were measured"],
                link="/improvement?part=standards",
                figures={"measured": measured, "standards": len(held)},
            )
        ]


def _orphan(each: TargetStanding) -> Hint:
    return Hint(
        practice="orphan_kpi",
        title=f"Off target for long, and no issue: {each.name}",
        trigger=f"Off target over {ORPHAN_DAYS} days or more without an open issue there.",
        evidence=[f"{each.kpi} is {each.value:.3g}, want {each.target:g}, over {each.days} days"],
        link=f"/performance?unit={each.unit}",
        figures={"value": each.value or 0.0, "target": each.target},
    )


def _watermelons(standings: Sequence[TargetStanding]) -> Iterator[Hint]:
    for each in standings:
        if each.value is None or each.is_off:
            continue
        below = [
            one
            for one in standings
            if one.is_off
            and one.kpi == each.kpi
            and one.unit != each.unit
            and lies_within(one.unit, each.unit)
        ]
        unseen = each.coverage is not None and each.coverage < KNOWN_SHARE
        if below or unseen:
            why = [f"{one.name} is off target" for one in below]
            if unseen:
                why.append(f"only {each.coverage:.0%} of the time was seen")
            yield Hint(
                practice="watermelon_kpi",
                title=f"Green outside: {each.name}",
                trigger=f"On target with less than {KNOWN_SHARE:.0%} of the time seen, or over a part that is off target.",
                evidence=why,
                link=f"/performance?unit={each.unit}",
                figures={"coverage": 1.0 if each.coverage is None else each.coverage},
            )


def _worked_on(unit: str, assets: Sequence[str]) -> bool:
    return any(lies_within(each, unit) for each in assets)


def _hidden(connection: Connection, positions: Mapping[str, float], now_ns: int) -> Iterator[Hint]:
    """Pieces that machines counted between their first and last lot of a day and no lot holds: the hidden factory."""
    rows = connection.execute(
        select(lot_run)
        .where(lot_run.c.start_ns > now_ns - DAY_NS, lot_run.c.start_pos.is_not(None))
        .order_by(lot_run.c.machine, lot_run.c.start_ns)
    ).all()
    known = set(connection.execute(select(quality_meter.c.machine)).scalars())
    by_machine: dict[str, list[Row[Any]]] = {}
    for row in rows:
        by_machine.setdefault(row.machine, []).append(row)
    for machine, lots in by_machine.items():
        here = positions.get(machine, lots[-1].start_pos)
        last = lots[-1].end_pos
        # What came after the last lot counts too: it is running without a job.
        made = max(here, last or here) - lots[0].start_pos
        booked = sum((here if lot.end_pos is None else lot.end_pos) - lot.start_pos for lot in lots)
        if machine in known and made > 0 and made - booked > HIDDEN_SHARE * made:
            yield Hint(
                practice="hidden_factory",
                title=f"Made, and booked on no lot: {machine}",
                trigger=f"More than {HIDDEN_SHARE:.0%} of a machine's pieces of a day are of no lot.",
                evidence=[f"{made - booked:.0f} of {made:.0f} pieces since its first lot of 24 h"],
                link="/quality?part=lots",
                assets=(machine,),
                figures={"pieces": made - booked, "share": (made - booked) / made},
            )


def _overproduced(
    connection: Connection, positions: Mapping[str, float], scrap: Mapping[str, float], now_ns: int
) -> Iterator[Hint]:
    """Lots with more pieces than were wanted and planned to fail."""
    rows = connection.execute(
        select(lot_run).where(
            lot_run.c.start_ns > now_ns - 7 * DAY_NS,
            lot_run.c.wanted.is_not(None),
            lot_run.c.start_pos.is_not(None),
        )
    ).all()
    over = []
    for row in rows:
        end = positions.get(row.machine, row.start_pos) if row.end_pos is None else row.end_pos
        most = row.wanted * (1 + scrap.get(row.product, 0.0))
        if end - row.start_pos > most + 1e-9:
            over.append(
                f"lot {row.lot} on {row.machine}: {end - row.start_pos:.0f} of {row.wanted} wanted"
            )
    if over:
        yield Hint(
            practice="overproduction",
            title="More made than was wanted",
            trigger="Pieces of a lot exceed what is wanted and planned to fail.",
            evidence=over[:_MOST],
            link="/quality?part=lots",
            figures={"lots": len(over)},
        )


def _hasty(connection: Connection, now_ns: int) -> Iterator[Hint]:
    """Checks by people that took far less time than usual, or that were stamped after their lot had ended."""
    query = (
        select(check_run, lot_run.c.end_ns)
        .join(lot_run, lot_run.c.id == check_run.c.lot_run)
        .where(check_run.c.done_ns > now_ns - 30 * DAY_NS, check_run.c.opened_ns.is_not(None))
        .order_by(check_run.c.number)
    )
    by_list: dict[str, list[Row[Any]]] = {}
    for row in connection.execute(query):
        if row.done_ns > row.opened_ns:  # what signals fill alone takes no time
            by_list.setdefault(row.checklist, []).append(row)
    for name, rows in by_list.items():
        usual = statistics.median(row.done_ns - row.opened_ns for row in rows)
        fast = [row.number for row in rows if row.done_ns - row.opened_ns < HASTE * usual]
        late = [row.number for row in rows if row.end_ns is not None and row.done_ns > row.end_ns]
        if len(rows) >= FEWEST_CHECKS and (fast or late):
            yield Hint(
                practice="pencil_whipping",
                title=f"Checks that were hardly done: {name}",
                trigger=f"Done in less than {HASTE:.0%} of the usual time, or stamped after the lot's end.",
                evidence=[
                    *([f"fast: checks {_listed(fast)}"] if fast else []),
                    *([f"after the lot's end: checks {_listed(late)}"] if late else []),
                ],
                link="/quality?part=done",
                figures={"fast": len(fast), "late": len(late)},
            )


def _identical(connection: Connection, gauges: set[tuple[str, str]], now_ns: int) -> Iterator[Hint]:
    """The same typed measurement again and again."""
    query = (
        select(
            check_run.c.checklist, check_run.c.machine, check_result.c.item, check_result.c.value
        )
        .join(check_result, check_result.c.check == check_run.c.number)
        .where(
            check_result.c.origin == "person",
            check_result.c.voided_by == "",
            check_result.c.value.is_not(None),
            check_result.c.time_ns > now_ns - 30 * DAY_NS,
        )
        .order_by(check_result.c.id)
    )
    runs: dict[tuple[str, str, str], tuple[float, int, int]] = {}
    for row in connection.execute(query):
        if (row.checklist, row.item) not in gauges:
            continue
        key = (row.checklist, row.item, row.machine)
        value, count, most = runs.get(key, (row.value, 0, 0))
        count = count + 1 if value == row.value else 1
        runs[key] = (row.value, count, max(most, count))
    for (name, item, machine), (_, _, most) in runs.items():
        if most >= IDENTICAL:
            yield Hint(
                practice="pencil_whipping",
                title=f"The same value again and again: {name}, {item}",
                trigger=f"{IDENTICAL} or more equal typed measurements in a row in 30 days.",
                evidence=[f"{most} times at {machine}"],
                link="/quality?part=done",
                assets=(machine,),
                figures={"times": most},
            )


def _listed(numbers: Sequence[int]) -> str:
    shown = ", ".join(str(number) for number in numbers[-_MOST:])
    return f"… {shown}" if len(numbers) > _MOST else shown
