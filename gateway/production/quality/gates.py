"""What quality holds up: dispatch to a machine whose hard gate failed, handover of lots that are in doubt or unchecked."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, select

from gateway.model import lies_within
from gateway.ports.gates import GateAsked, GateBlock, GateKind
from gateway.production.archive import Archive
from gateway.production.model import Equipment
from gateway.production.quality import records
from gateway.production.quality.model import Block, Checklist, Gate, NcState, Stops
from gateway.production.quality.records import WAITING
from gateway.production.quality.suspects import suspects, undecided
from gateway.production.quality.watch import QualityWatch
from gateway.store import Store
from gateway.store.quality_tables import check_run, lot_run


def _lots_of(connection: Connection, asked: GateAsked) -> set[str]:
    """Return the lots that the steps before a job made."""
    if not asked.order or not asked.before:
        return set()
    mine = (lot_run.c.order == asked.order) & lot_run.c.op.in_(asked.before)
    return set(connection.execute(select(lot_run.c.lot).where(mine)).scalars())


_PAUSES = frozenset({NcState.OPEN.value, NcState.PROPOSED.value})


class GateDesk:
    """The port `Gates`, and that of `gateway.ports.gates` by which jobs are asked for."""

    def __init__(self, store: Store, archive: Archive, *, watch: QualityWatch) -> None:
        self._store, self._archive, self._watch = store, archive, watch

    @property
    def revision(self) -> int:
        """A number that rises whenever checks or nonconformances change."""
        return self._watch.bell.revision

    async def wait(self, after: int) -> None:
        """Return once `revision` is greater than `after`."""
        await self._watch.bell.wait(after)

    async def blocks(self, *, machine: str = "", lot: str = "") -> Sequence[Block]:
        """Return what is blocked at a machine or below a path, of a lot, or at all."""
        found = [*await self._store.run(self._failed), *await self._unchecked()]
        return [
            each
            for each in found
            if lies_within(each.machine, machine.rstrip("/"))
            and (not lot or each.lot == lot or each.stops is Stops.DISPATCH)
        ]

    async def blocking(self, asked: GateAsked) -> Sequence[GateBlock]:
        """Return the gates that block a job: its machine's failed gate, lots of the steps before, lots it would use."""
        paths = {each.id: each.path for each in await self._archive.newest(Equipment)}
        machine = paths.get(asked.machine) or asked.machine
        before = await self._store.run(lambda c: _lots_of(c, asked))
        found = []
        for each in await self.blocks():
            if each.stops is Stops.DISPATCH and each.machine == machine:
                found.append(GateBlock(kind=GateKind.CHECKLIST, why=each.message))
            elif each.stops is Stops.HANDOVER and each.lot in {*before, *asked.lots}:
                found.append(GateBlock(kind=GateKind.LOT, why=each.message))
        return found

    def _failed(self, connection: Connection) -> list[Block]:
        found = []
        for row in undecided(connection):
            if row.gate != Gate.HARD:
                continue
            why = f"nonconformance {row.number} ({row.state}): {row.title}"
            if row.state in _PAUSES:
                found.append(
                    Block(
                        stops=Stops.DISPATCH, machine=row.machine, lot="", nc=row.number,
                        check=row.check, message=f"{row.machine} gets no work before a disposition of {why}",
                    )
                )  # fmt: skip
            lots = suspects(connection, row, self._watch.here(row.machine)).lots
            found += [
                Block(
                    stops=Stops.HANDOVER,
                    machine=row.machine,
                    lot=each.lot,
                    nc=row.number,
                    check=row.check,
                    message=f"lot {each.lot} is blocked by {why}",
                )
                for each in lots
                if each.lot
            ]
        return found

    async def _unchecked(self) -> list[Block]:
        """Return the lots whose hard gates are due and not passed."""
        query = (
            select(check_run, lot_run.c.lot)
            .join(lot_run, lot_run.c.id == check_run.c.lot_run)
            .where(check_run.c.state.in_(WAITING))
            .order_by(check_run.c.number)
        )
        rows = await self._store.run(lambda c: c.execute(query).all())
        numbers = [row.number for row in rows]
        results = await self._store.run(lambda c: records.results_of(c, numbers))
        wanted = sorted({(row.checklist, row.revision) for row in rows})
        lists = {key: await self._archive.get(Checklist, *key) for key in wanted}
        found = []
        for row in rows:
            checklist = lists[row.checklist, row.revision]
            held = records.standing(results[row.number])
            left = [
                each.text
                for each in checklist.items
                if each.gate is Gate.HARD and each.id not in held
            ]
            if left:
                message = (
                    f"lot {row.lot} waits for check {row.number} ({checklist.title}, piece {row.piece}):"
                    f" {', '.join(left[:5])}"
                )
                found.append(
                    Block(
                        stops=Stops.HANDOVER,
                        machine=row.machine,
                        lot=row.lot,
                        check=row.number,
                        message=message,
                    )
                )
        return found
