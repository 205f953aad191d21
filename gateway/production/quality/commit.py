"""What the sink `quality` reads at its start, and what it writes in one transaction with its cursor."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import Connection, delete, insert, select, update

from gateway.issues.records import read_number
from gateway.production.quality import records
from gateway.production.quality.counting import Meter, recalled
from gateway.production.quality.filling import Report, fill
from gateway.production.quality.model import LotRun
from gateway.production.quality.records import WAITING, Reading
from gateway.production.quality.sampling import Due
from gateway.production.quality.values import Waiting
from gateway.store.quality_tables import (
    check_run,
    lot_run,
    material_use,
    quality_cursor,
    quality_meter,
)

CURSOR: Final = "quality"


@dataclass(slots=True, kw_only=True)
class Watched:
    """A lot whose pieces are looked at, and what sampling remembers of it."""

    lot: LotRun
    changed_over: bool
    marks: Mapping[str, Any]

    @property
    def finished(self) -> bool:
        """Nothing more happens to it."""
        return self.lot.end_pos is not None


@dataclass(slots=True, kw_only=True)
class Use:
    """A lot of a material whose beginning or end still needs its position."""

    id: int
    machine: str
    from_ns: int
    to_ns: int | None
    from_pos: float | None
    to_pos: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenCheck:
    """A check that is not done, and the items that were spoken of, voided values included."""

    number: int
    checklist: str
    revision: int
    machine: str
    due_ns: int
    said: frozenset[str]


@dataclass(slots=True, kw_only=True)
class Step:
    """What is to be written: lots and materials that got positions, checks with the values of their time, values."""

    lots: dict[int, Watched] = field(default_factory=dict)
    uses: dict[int, Use] = field(default_factory=dict)
    due: list[tuple[Due, Mapping[str, Reading]]] = field(default_factory=list)
    fills: list[tuple[Waiting, Reading]] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.lots or self.uses or self.due or self.fills)


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What came of it; `waiting` are items whose signal has not said a good value yet."""

    due: int
    filled: int
    revision: int
    told: bool
    waiting: tuple[Waiting, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recalled:
    """What was committed."""

    seq: int
    revision: int
    meters: Mapping[str, Meter]
    values: Mapping[str, tuple[int, float, int]]


def recall(connection: Connection) -> Recalled:
    """Read cursor, meters and values."""
    query = select(quality_cursor.c.seq).where(quality_cursor.c.name == CURSOR)
    meters, values = {}, {}
    for row in connection.execute(select(quality_meter)):
        meters[row.machine] = recalled(row.position, row.newest_ns, row.memory)
        for path, held in row.memory.get("values", {}).items():
            values[path] = (int(held[0]), float(held[1]), int(held[2]))
    return Recalled(
        seq=connection.execute(query).scalar() or 0,
        revision=read_number(connection, "quality_revision"),
        meters=meters,
        values=values,
    )


def reread(
    connection: Connection,
) -> tuple[list[Watched], list[Use], list[OpenCheck]]:
    """Read the lots and materials without their positions, and the checks that are not done."""
    lots = [
        Watched(lot=records.to_lot(row), changed_over=row.changed_over, marks=row.marks)
        for row in records.running(connection)
    ]
    table = material_use
    open_ended = table.c.from_pos.is_(None) | (
        table.c.to_ns.is_not(None) & table.c.to_pos.is_(None)
    )
    uses = [
        Use(
            id=row.id,
            machine=row.machine,
            from_ns=row.from_ns,
            to_ns=row.to_ns,
            from_pos=row.from_pos,
            to_pos=row.to_pos,
        )
        for row in connection.execute(select(table).where(open_ended))
    ]
    rows = connection.execute(select(check_run).where(check_run.c.state.in_(WAITING))).all()
    results = records.results_of(connection, [row.number for row in rows])
    checks = [
        OpenCheck(
            number=row.number,
            checklist=row.checklist,
            revision=row.revision,
            machine=row.machine,
            due_ns=row.due_ns,
            said=frozenset(each.item for each in results[row.number]),
        )
        for row in rows
    ]
    return lots, uses, checks


def write(
    connection: Connection,
    step: Step,
    *,
    lots: Sequence[Watched],
    meters: Mapping[str, Meter],
    values: Mapping[str, tuple[int, float, int]],
    seq: int,
    now_ns: int,
    report: Report,
) -> Written:
    """Write a step with everything that is remembered and the cursor, all in the caller's transaction."""
    for each in lots:
        columns = {
            "start_pos": each.lot.start_pos,
            "end_pos": each.lot.end_pos,
            "marks": dict(each.marks),
        }
        connection.execute(update(lot_run).where(lot_run.c.id == each.lot.id).values(**columns))
    for use in step.uses.values():
        found = {"from_pos": use.from_pos, "to_pos": use.to_pos}
        connection.execute(update(material_use).where(material_use.c.id == use.id).values(**found))
    # The step stays as it is: where this transaction fails it is written again.
    fills, waiting = list(step.fills), []
    due, filled, revision, told = 0, 0, 0, False
    for each_due, held in step.due:
        row, new = records.open_due(connection, each_due, now_ns=now_ns)
        due += new
        revision = max(revision, read_number(connection, "quality_revision"))
        for item in each_due.checklist.items if new else ():
            wait = Waiting(
                check=row.number, checklist=each_due.checklist, item=item,
                path=f"{row.machine}/{item.signal}", after_ns=each_due.time_ns,
            )  # fmt: skip
            if item.id in held:
                fills.append((wait, held[item.id]))
            elif item.signal:
                waiting.append(wait)
    for wait, reading in fills:
        row = records.find(connection, check_run, wait.check)
        said = {each.item for each in records.results_of(connection, [row.number])[row.number]}
        if row.state not in WAITING or wait.item.id in said:
            continue
        done = fill(
            connection, row, wait.checklist, item=wait.item, reading=reading, now_ns=now_ns,
            report=report,
        )  # fmt: skip
        filled, revision, told = filled + 1, max(revision, done.revision), told or done.told
    _remember(connection, meters, values, seq)
    return Written(due=due, filled=filled, revision=revision, told=told, waiting=tuple(waiting))


def _remember(
    connection: Connection,
    meters: Mapping[str, Meter],
    values: Mapping[str, tuple[int, float, int]],
    seq: int,
) -> None:
    by_machine: dict[str, dict[str, list[float]]] = {}
    for path, held in values.items():
        by_machine.setdefault(path.rpartition("/")[0], {})[path] = list(held)
    rows = [
        {
            "machine": machine,
            "position": meter.position,
            "newest_ns": meter.newest_ns,
            "memory": meter.document() | {"values": by_machine.get(machine, {})},
        }
        for machine, meter in meters.items()
    ]
    if rows:
        names = [row["machine"] for row in rows]
        connection.execute(delete(quality_meter).where(quality_meter.c.machine.in_(names)))
        connection.execute(insert(quality_meter), rows)
    connection.execute(delete(quality_cursor).where(quality_cursor.c.name == CURSOR))
    connection.execute(insert(quality_cursor).values(name=CURSOR, seq=seq))
