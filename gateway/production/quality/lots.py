"""The desk of lots: which lot runs on which machine, what goes into it, and where everything went."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Connection, Row, insert, select, update

from gateway.clock import NS_PER_S, Clock
from gateway.errors import ConflictError, InvalidRequestError
from gateway.issues.records import next_number
from gateway.production.archive import Archive
from gateway.production.model import Product
from gateway.production.quality import records
from gateway.production.quality.genealogy import traced
from gateway.production.quality.model import Direction, LotRun, NewLot, Thing, Trace
from gateway.production.quality.watch import QualityWatch
from gateway.store import Store
from gateway.store.quality_tables import lot_run, material_use, trace_link

LONGEST_NAME: Final = 100
MOST_PARTS: Final = 200
AHEAD_NS: Final = 60 * NS_PER_S


class LotDesk:
    """The port `Lots`."""

    def __init__(
        self, store: Store, archive: Archive, *, watch: QualityWatch, clock: Clock
    ) -> None:
        self._store, self._archive, self._watch, self._clock = store, archive, watch, clock

    async def lots(
        self, *, machine: str = "", running: bool = False, limit: int = 200
    ) -> Sequence[LotRun]:
        """Return lots on machines, newest first."""
        query = select(lot_run).where(*records.machine_is(lot_run, machine))
        if running:
            query = query.where(lot_run.c.end_ns.is_(None))
        query = query.order_by(lot_run.c.start_ns.desc(), lot_run.c.id.desc()).limit(limit)
        rows = await self._store.run(lambda c: c.execute(query).all())
        return [self._lot(row) for row in rows]

    async def lot(self, run: int) -> LotRun:
        """Return one; raises `NotFoundError`."""
        return self._lot(await self._store.run(lambda c: records.find(c, lot_run, run)))

    async def begin(self, new: NewLot, *, by: str) -> LotRun:
        """Begin a lot on a machine; the same job again gives the same lot."""
        self._watch.here(new.machine)
        lot = named(new.lot, "lot")
        if new.wanted is not None and not 0 < new.wanted <= 10**9:
            raise InvalidRequestError(f"wanted is {new.wanted}, want 1 to 1000000000 pieces")
        now_ns = self._clock.now_ns()
        start_ns = now_ns if new.started_ns is None else new.started_ns
        if start_ns > now_ns + AHEAD_NS:
            raise InvalidRequestError("the lot begins in the future")

        def work(connection: Connection) -> tuple[Row[Any], int]:
            known = _of_job(connection, new.job, new.machine)
            if known is not None:
                return known, 0
            number = next_number(connection, "lot_run")
            connection.execute(
                insert(lot_run).values(
                    id=number, lot=lot, machine=new.machine, product=new.product, order=new.order,
                    op=new.op, job=new.job, checklist=new.checklist, wanted=new.wanted, begun_by=by,
                    start_ns=start_ns, marks={},
                    changed_over=_changed_over(connection, new, start_ns),
                )
            )  # fmt: skip
            for material, held in new.materials:
                _mount(connection, new.machine, material, held, time_ns=start_ns, by=by)
            told = records.note(
                connection, kind="lot", number=number, time_ns=now_ns, action="begun", by=by,
                detail={"lot": lot, "machine": new.machine, "product": new.product},
            )  # fmt: skip
            return records.find(connection, lot_run, number), told

        row, told = await self._store.run(work)
        if told:
            await self._watch.refresh()
            await self._watch.bell.ring(told)
        return self._lot(row)

    async def end(self, run: int, *, by: str, ended_ns: int | None = None) -> LotRun:
        """End a lot on its machine; raises `NotFoundError`, `ConflictError`."""
        now_ns = self._clock.now_ns()
        end_ns = now_ns if ended_ns is None else ended_ns

        def work(connection: Connection) -> tuple[Row[Any], int]:
            row = records.find(connection, lot_run, run)
            if row.end_ns is not None:
                raise ConflictError(f"lot {row.lot} on {row.machine} has ended already")
            if not row.start_ns < end_ns <= now_ns + AHEAD_NS:
                raise InvalidRequestError("a lot ends after it began and not in the future")
            connection.execute(update(lot_run).where(lot_run.c.id == run).values(end_ns=end_ns))
            told = records.note(
                connection, kind="lot", number=run, time_ns=now_ns, action="ended", by=by,
                detail={"lot": row.lot},
            )  # fmt: skip
            return records.find(connection, lot_run, run), told

        row, told = await self._store.run(work)
        await self._watch.refresh()
        await self._watch.bell.ring(told)
        return self._lot(row)

    async def mount(self, machine: str, *, material: str, lot: str, by: str) -> None:
        """From now on this lot of a material goes into what the machine makes."""
        self._watch.here(machine)
        now_ns = self._clock.now_ns()
        what, which = named(material, "material"), named(lot, "lot")
        await self._store.run(lambda c: _mount(c, machine, what, which, time_ns=now_ns, by=by))
        await self._watch.refresh()

    async def serial(
        self, run: int, *, serial: str, parts: Sequence[tuple[Thing, str]], by: str
    ) -> None:
        """Say that a serial number is of a lot, and what was built into it; told twice is told once."""
        name = named(serial, "serial")
        if len(parts) > MOST_PARTS:
            raise InvalidRequestError(f"{len(parts)} parts, at most {MOST_PARTS} in one piece")
        built = [(kind, named(part, "part")) for kind, part in parts]
        if (Thing.SERIAL, name) in built:
            raise InvalidRequestError(f"{name} cannot be a part of itself")
        now_ns = self._clock.now_ns()

        def work(connection: Connection) -> None:
            row = records.find(connection, lot_run, run)
            for kind, source in [(Thing.LOT, row.lot), *built]:
                _link(connection, kind, source, name, machine=row.machine, time_ns=now_ns, by=by)

        await self._store.run(work)

    def positions(self) -> Mapping[str, float]:
        """Return how many pieces each machine has counted."""
        return self._watch.positions()

    async def trace(self, kind: Thing, name: str, direction: Direction) -> Trace:
        """Return what went into a lot or serial number, or where it went; raises `NotFoundError`."""
        needs = {
            (each.id, material): qty
            for each in await self._archive.newest(Product)
            for material, qty in each.materials.items()
        }
        positions = self._watch.positions()
        return await self._store.run(
            lambda c: traced(
                c, kind, named(name, "name"), direction, needs=needs, positions=positions
            )
        )

    def _lot(self, row: Row[Any]) -> LotRun:
        return records.to_lot(row, position=self._watch.positions().get(row.machine))


def named(text: str, what: str) -> str:
    """Return a name without outer blanks; raises `InvalidRequestError`."""
    name = text.strip()
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise InvalidRequestError(
            f"{what}: {name[:40]!r}, want 1 to {LONGEST_NAME} printable characters"
        )
    return name


def _of_job(connection: Connection, job: str, machine: str) -> Row[Any] | None:
    """Return the lot of a job; raises `ConflictError` while another runs on the machine."""
    if job:
        query = select(lot_run).where(lot_run.c.job == job).order_by(lot_run.c.id.desc())
        known = connection.execute(query).first()
        if known is not None:
            return known
    busy = select(lot_run).where(lot_run.c.machine == machine, lot_run.c.end_ns.is_(None))
    found = connection.execute(busy).first()
    if found is not None:
        raise ConflictError(f"lot {found.lot} runs on {machine}: end it first")
    return None


def _changed_over(connection: Connection, new: NewLot, start_ns: int) -> bool:
    """Say whether the lot before on this machine was of another product; the first lot counts as one."""
    query = (
        select(lot_run.c.product)
        .where(lot_run.c.machine == new.machine, lot_run.c.start_ns <= start_ns)
        .order_by(lot_run.c.start_ns.desc(), lot_run.c.id.desc())
        .limit(1)
    )
    before = connection.execute(query).scalar()
    return bool(before != new.product)


def _mount(
    connection: Connection, machine: str, material: str, lot: str, *, time_ns: int, by: str
) -> None:
    table = material_use
    here = (table.c.machine == machine) & (table.c.material == material) & table.c.to_ns.is_(None)
    held = connection.execute(select(table).where(here)).first()
    if held is not None and held.lot == lot:
        return
    connection.execute(update(table).where(here).values(to_ns=time_ns))
    values: Mapping[str, Any] = {
        "id": next_number(connection, "trace"), "machine": machine, "material": material, "lot": lot,
        "from_ns": time_ns, "by": by,
    }  # fmt: skip
    connection.execute(insert(table).values(**values))


def _link(
    connection: Connection, kind: Thing, source: str, serial: str, *, machine: str, time_ns: int, by: str
) -> None:  # fmt: skip
    table = trace_link
    same = (
        (table.c.source_kind == kind.value) & (table.c.source == source)
        & (table.c.target_kind == Thing.SERIAL.value) & (table.c.target == serial)
    )  # fmt: skip
    if connection.execute(select(table.c.id).where(same)).first() is None:
        connection.execute(
            insert(table).values(
                id=next_number(connection, "trace"), source_kind=kind.value, source=source,
                target_kind=Thing.SERIAL.value, target=serial, machine=machine, time_ns=time_ns, by=by,
            )
        )  # fmt: skip
