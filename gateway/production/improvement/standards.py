"""Standard times proposed from measured cycles, and approved by a person who did not propose them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Row, select

from gateway.clock import NS_PER_S, Clock
from gateway.errors import ConflictError, NotFoundError
from gateway.model import SignalRole
from gateway.ports import Catalogue, History, Performance
from gateway.production.archive import Archive
from gateway.production.improvement.cycles import Measured, cycles, is_off, measured
from gateway.production.improvement.model import StandardProposal
from gateway.production.lifecycle import StandardState
from gateway.production.model import StandardTime, TimeSource
from gateway.production.office.floorplan import load_floor
from gateway.production.office.options import PlanningOptions
from gateway.store import Store
from gateway.store.quality_tables import lot_run

DAY_NS: Final = 86_400 * NS_PER_S
LOOK_BACK_NS: Final = 90 * DAY_NS
MOST_LOTS: Final = 20
"""Newest lots of an operation on a machine that are looked at."""
MOST_ROWS: Final = 50_000
SAME: Final = 0.01


class StandardDesk:
    """Looks at the lots that ran and proposes what planning should reckon with; nothing is applied by itself."""

    def __init__(
        self,
        store: Store,
        archive: Archive,
        *,
        catalogue: Catalogue,
        history: History,
        performance: Performance,
        options: PlanningOptions,
        clock: Clock,
    ) -> None:
        self._store, self._archive, self._catalogue = store, archive, catalogue
        self._history, self._performance = history, performance
        self._options, self._clock = options, clock

    async def proposals(self) -> Sequence[StandardProposal]:
        """Return the measured times that wait for a person."""
        floor = await load_floor(self._archive)
        found = []
        for each in await self._archive.newest(StandardTime, state=StandardState.PROPOSED):
            current = floor.standard(each.product, each.op, each.machine)
            if each.source is not TimeSource.MEASURED or current is None:
                continue
            by = await self._archive.changed_by(each)
            found.append(
                StandardProposal(
                    proposed=each, current_s=current.run_s, change=each.run_s / current.run_s - 1,
                    low=each.p10_s or each.run_s, high=each.p90_s or each.run_s, by=by,
                )
            )  # fmt: skip
        return found

    async def look(self, *, by: str) -> Sequence[StandardTime]:
        """Propose a time for each operation whose standard the cycles contradict; return what is new."""
        floor = await load_floor(self._archive)
        machines = {each.path: each.id for each in floor.machines if each.path}
        newest = {
            (each.product, each.op, each.machine): each
            for each in await self._archive.newest(StandardTime)
        }
        made = []
        for (product, op, path), lots in (await self._lots()).items():
            current = floor.standard(product, op, machines[path]) if path in machines else None
            if current is None:
                continue
            found = measured({each.job or each.lot: await self._cycles(each) for each in lots})
            if found is None or not is_off(found, current.run_s):
                continue
            before = newest.get((product, op, machines[path]))
            if before is not None and _waits(before, found):
                continue
            made.append(_proposal(product, op, machines[path], found, current, before))
        if made:
            await self._archive.add(made, by=by)
        return made

    async def decide(
        self, product: str, op: str, machine: str, version: int, *, approve: bool, by: str
    ) -> StandardTime:
        """Approve a proposal, never one's own, or set it aside; raises `NotFoundError`, `ConflictError`."""
        name = f"{product}\x1f{op}\x1f{machine}"
        now = await self._archive.get(StandardTime, name, version)
        if now.state is not StandardState.PROPOSED:
            raise ConflictError(f"the standard time of {product} {op} {machine} is {now.state}")
        proposer = await self._archive.changed_by(now)
        approver = self._options.approver(by, proposer=proposer)
        if approve and approver == proposer:
            raise ConflictError(f"this time was proposed by {by}: somebody else must approve it")
        reached = StandardState.APPROVED if approve else StandardState.SUPERSEDED
        if approve:
            for each in await self._archive.versions(StandardTime, name):
                if each.state is StandardState.APPROVED:
                    gone = replace(each, state=StandardState.SUPERSEDED)
                    await self._archive.change(each, gone, by=by)
        decided = replace(now, state=reached)
        await self._archive.change(now, decided, by=approver)
        return decided

    async def _lots(self) -> dict[tuple[str, str, str], list[Row[Any]]]:
        since_ns = self._clock.now_ns() - LOOK_BACK_NS
        query = (
            select(lot_run)
            .where(lot_run.c.op != "", lot_run.c.end_ns.is_not(None), lot_run.c.end_ns > since_ns)
            .order_by(lot_run.c.end_ns.desc())
        )
        rows = await self._store.run(lambda c: c.execute(query).all())
        found: dict[tuple[str, str, str], list[Row[Any]]] = {}
        for row in rows:
            held = found.setdefault((row.product, row.op, row.machine), [])
            if len(held) < MOST_LOTS:
                held.append(row)
        return found

    async def _cycles(self, lot: Row[Any]) -> NDArray[np.float64]:
        """Return the cycles of a lot, in order."""
        counter = next(
            (
                index
                for index, signal in enumerate(self._catalogue.all())
                if signal.machine == lot.machine and signal.role is SignalRole.GOOD_COUNT
            ),
            None,
        )
        if counter is None:
            return np.empty(0)
        try:
            states = await self._performance.intervals(
                lot.machine, start_ns=lot.start_ns, end_ns=lot.end_ns, limit=10_000
            )
        except NotFoundError:
            return np.empty(0)
        producing = [
            (max(each.start_ns, lot.start_ns), min(each.end_ns, lot.end_ns))
            for each in states
            if each.booked == "apt"
        ]
        # A rejected piece between two good ones makes one cycle of two: the median does not mind.
        rows = await self._history.rows(
            [counter], start_ns=lot.start_ns, end_ns=lot.end_ns, limit=MOST_ROWS
        )
        return cycles(rows.source_ns, rows.value, producing)


def _waits(before: StandardTime, found: Measured) -> bool:
    """Say whether the same was proposed already, or set aside with the same value."""
    same = abs(before.run_s / found.run_s - 1) <= SAME
    return before.source is TimeSource.MEASURED and same


def _proposal(  # noqa: PLR0917 - private, called once above
    product: str,
    op: str,
    machine: str,
    found: Measured,
    current: StandardTime,
    before: StandardTime | None,
) -> StandardTime:
    return StandardTime(
        product=product, op=op, machine=machine, run_s=round(found.run_s, 2),
        setup_min=current.setup_min, source=TimeSource.MEASURED, p10_s=round(found.p10_s, 2),
        p90_s=round(found.p90_s, 2), cycles=found.cycles, jobs=found.jobs,
        state=StandardState.PROPOSED, version=1 if before is None else before.version + 1,
    )  # fmt: skip
