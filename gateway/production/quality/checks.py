"""The desk of checks: what waits, filled by people, voided with a reason, charted."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np
from sqlalchemy import Connection, Row, select, update

from gateway.clock import Clock
from gateway.errors import ConflictError, InvalidRequestError, NotFoundError
from gateway.issues import IssueDesk
from gateway.issues.records import next_number
from gateway.issues.text import Length, Need, clean
from gateway.production.archive import Archive
from gateway.production.quality import records
from gateway.production.quality.filling import Done, fill
from gateway.production.quality.model import (
    Checklist,
    ChecklistItem,
    CheckRun,
    CheckState,
    Coming,
    ItemChart,
    ItemKind,
    Origin,
    Said,
    Trigger,
)
from gateway.production.quality.records import WAITING, Reading
from gateway.production.quality.watch import QualityWatch
from gateway.store import Store
from gateway.store.quality_tables import check_result, check_run, lot_run, nonconformance
from rules.spc.charts.shewhart import i_mr
from rules.spc.runrules import WESTERN_ELECTRIC, fires, mask, named

MOST_CHARTED: Final = 500


class CheckDesk:
    """The port `Checks`."""

    def __init__(
        self,
        store: Store,
        archive: Archive,
        *,
        watch: QualityWatch,
        issues: IssueDesk,
        clock: Clock,
    ) -> None:
        self._store, self._archive, self._watch = store, archive, watch
        self._issues, self._clock = issues, clock

    async def checks(
        self, *, machine: str = "", done: bool = False, limit: int = 200
    ) -> Sequence[CheckRun]:
        """Return checks that wait, the most urgent first, or those that are done, newest first."""
        table = check_run
        waits = table.c.state.in_(WAITING)
        query = select(table).where(*records.machine_is(table, machine))
        if done:
            query = query.where(~waits).order_by(table.c.number.desc())
        else:
            query = query.where(waits).order_by(table.c.late_ns, table.c.number)
        return await self._read(lambda c: list(c.execute(query.limit(limit))))

    async def check(self, number: int) -> CheckRun:
        """Return one check; raises `NotFoundError`."""
        (found,) = await self._read(lambda c: [records.find(c, check_run, number)])
        return found

    async def coming(self) -> Sequence[Coming]:
        """Return what falls due next on every running lot."""
        return self._watch.coming()

    async def fill(self, number: int, *, item: str, value: Said, version: int, by: str) -> CheckRun:
        """Say the value of an item; see `gateway.production.quality.port.Checks`."""
        check = await self.check(number)
        wanted = _item(check.checklist, item)
        now_ns = self._clock.now_ns()
        reading = _said(wanted, value, time_ns=now_ns, by=by)

        def work(connection: Connection) -> Done:
            row = records.find(connection, check_run, number)
            if row.state not in WAITING:
                raise ConflictError(f"check {number} is {row.state}: nothing more is filled in")
            results = records.results_of(connection, [number])[number]
            mine = [each for each in results if each.item == item]
            if mine and not mine[-1].voided_by:
                told = "the machine" if mine[-1].origin is Origin.SIGNAL else mine[-1].by
                raise ConflictError(
                    f"{item} has a value from {told}: void it with a reason before another is said"
                )
            if wanted.signal and not mine:
                raise ConflictError(
                    f"{item} is told by {wanted.signal}: void that with a reason before a value is typed"
                )
            return fill(
                connection, row, check.checklist, item=wanted, reading=reading, now_ns=now_ns,
                report=self._issues.report, version=version,
            )  # fmt: skip

        return await self._worked(number, work)

    async def void(self, number: int, *, item: str, reason: str, version: int, by: str) -> CheckRun:
        """Void a value, or the waiting for a signal's, with a reason; raises as `fill`."""
        said = clean(reason, name="reason", most=Length.REASON, least=Need.REQUIRED)
        check = await self.check(number)
        wanted = _item(check.checklist, item)
        now_ns = self._clock.now_ns()

        def work(connection: Connection) -> Done:
            row = records.find(connection, check_run, number)
            if row.state == CheckState.DISPOSITIONED:
                raise ConflictError(f"check {number} is decided on: its values stand")
            _void(connection, number, wanted, said, now_ns=now_ns, by=by)
            opened_ns = row.opened_ns or now_ns
            values = {"state": CheckState.OPEN.value, "done_ns": None, "opened_ns": opened_ns}
            records.change(connection, check_run, row, values, version)
            detail = {"item": item, "reason": said}
            revision = records.note(
                connection, kind="check", number=number, time_ns=now_ns, action="voided", by=by,
                detail=detail,
            )  # fmt: skip
            return Done(revision=revision, told=False)

        found = await self._worked(number, work)
        await self._watch.refresh()
        return found

    async def chart(self, checklist: str, item: str, *, machine: str) -> ItemChart:
        """Return the control chart of an item's values on a machine; raises `NotFoundError`, `InvalidRequestError`."""
        wanted = _item(await self._archive.get(Checklist, checklist), item)
        if wanted.kind is not ItemKind.NUMBER:
            raise InvalidRequestError(f"{item} is {wanted.kind}: only numbers are charted")
        run, result = check_run, check_result
        query = (
            select(run.c.number, result.c.value, result.c.source_ns)
            .join(result, result.c.check == run.c.number)
            .where(run.c.checklist == checklist, run.c.machine == machine)
            .where(result.c.item == item, result.c.voided_by == "")
            .order_by(run.c.position.desc(), run.c.number.desc())
            .limit(MOST_CHARTED)
        )
        rows = await self._store.run(lambda c: c.execute(query).all())
        return charted(checklist, wanted, machine, rows[::-1])

    async def _worked(self, number: int, work: Callable[[Connection], Done]) -> CheckRun:
        done = await self._store.run(work)
        if done.told:
            await self._issues.announce()
        await self._watch.bell.ring(done.revision)
        return await self.check(number)

    async def _read(self, query: Callable[[Connection], list[Row[Any]]]) -> list[CheckRun]:
        def work(connection: Connection) -> tuple[Any, ...]:
            rows = query(connection)
            numbers = [row.number for row in rows]
            lots = select(lot_run).where(lot_run.c.id.in_({row.lot_run for row in rows}))
            ncs = select(nonconformance.c.check, nonconformance.c.number).where(
                nonconformance.c.check.in_(numbers)
            )
            return (
                rows,
                records.results_of(connection, numbers),
                {row.id: row for row in connection.execute(lots)},
                {row[0]: row[1] for row in connection.execute(ncs)},
            )

        rows, results, lots, ncs = await self._store.run(work)
        wanted = sorted({(row.checklist, row.revision) for row in rows})
        lists = {key: await self._archive.get(Checklist, *key) for key in wanted}
        return [
            CheckRun(
                number=row.number,
                checklist=lists[row.checklist, row.revision],
                machine=row.machine,
                lot_run=row.lot_run,
                lot=lots[row.lot_run].lot,
                product=lots[row.lot_run].product,
                piece=row.piece,
                position=row.position,
                triggers=tuple(Trigger(each) for each in row.triggers),
                state=CheckState(row.state),
                due_ns=row.due_ns,
                late_ns=row.late_ns,
                opened_ns=row.opened_ns,
                done_ns=row.done_ns,
                results=tuple(results[row.number]),
                nonconformance=ncs.get(row.number),
                version=row.version,
            )
            for row in rows
        ]


def _item(checklist: Checklist, name: str) -> ChecklistItem:
    for each in checklist.items:
        if each.id == name:
            return each
    known = ", ".join(each.id for each in checklist.items)
    raise NotFoundError(f"checklist {checklist.id} has no item {name[:60]!r}; it has: {known}")


def _said(item: ChecklistItem, value: Said, *, time_ns: int, by: str) -> Reading:
    """Return what a person says as a value; raises `InvalidRequestError` for one of another kind."""
    number: float | None = None
    text = ""
    if item.kind is ItemKind.YES_NO:
        if not isinstance(value, bool):
            raise InvalidRequestError(f"{item.id}: want true for yes or false for no")
        number = float(value)
    elif item.kind is ItemKind.NUMBER:
        if (
            isinstance(value, bool)
            or not isinstance(value, int | float)
            or not math.isfinite(value)
        ):
            raise InvalidRequestError(f"{item.id}: want a finite number in {item.unit or 'pieces'}")
        number = float(value)
    else:
        if not isinstance(value, str):
            raise InvalidRequestError(f"{item.id}: want text")
        text = clean(value, name=item.id, most=Length.NOTE, least=Need.REQUIRED)
        if item.kind is ItemKind.SIGNATURE:
            text = by
    return Reading(time_ns=time_ns, value=number, text=text, by=by)


def _void(
    connection: Connection, number: int, item: ChecklistItem, reason: str, *, now_ns: int, by: str
) -> None:
    table = check_result
    mine = (table.c.check == number) & (table.c.item == item.id)
    query = select(table).where(mine).order_by(table.c.id.desc())
    held = connection.execute(query).first()
    if held is not None and held.voided_by:
        raise ConflictError(f"{item.id} is voided already")
    if held is not None:
        values = {"voided_by": by, "void_reason": reason}
        connection.execute(update(table).where(table.c.id == held.id).values(**values))
        return
    if not item.signal:
        raise ConflictError(f"{item.id} has no value yet")
    connection.execute(
        table.insert().values(
            id=next_number(connection, "check_result"), check=number, item=item.id, value=None, text="",
            passed=False, origin=Origin.SIGNAL.value, source_ns=now_ns, quality=0, by="",
            time_ns=now_ns, voided_by=by, void_reason=reason,
        )
    )  # fmt: skip


def charted(checklist: str, item: ChecklistItem, machine: str, rows: Sequence[Any]) -> ItemChart:
    """Return individuals and moving ranges with limits from the values themselves (rules.md 1.2)."""
    values = np.array([row.value for row in rows], np.float64)
    centre = lower = upper = range_upper = None
    fired: tuple[tuple[str, ...], ...] = ((),) * len(rows)
    if len(values) >= 2:
        level, spread = i_mr(values)
        centre, lower, upper = (float(each) for each in (level.centre, level.lower, level.upper))
        range_upper = float(spread.upper)
        sigma = (upper - centre) / 3
        if sigma > 0:
            bits = fires(((values - centre) / sigma)[None, :])[0] & mask(WESTERN_ELECTRIC)
            fired = tuple(tuple(rule.name for rule in named(int(each))) for each in bits)
    return ItemChart(
        checklist=checklist, item=item.id, machine=machine, unit=item.unit,
        runs=tuple(row.number for row in rows), time_ns=tuple(row.source_ns for row in rows),
        value=tuple(values.tolist()), centre=centre, lower=lower, upper=upper,
        range_upper=range_upper, low=item.low, high=item.high, fired=fired,
    )  # fmt: skip
