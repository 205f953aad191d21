"""The port `Maintenance`: work orders as people open, work on and close them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict, replace
from functools import partial
from typing import Any, Final

from sqlalchemy import Connection, Row, select

from gateway.clock import NS_PER_S, Clock
from gateway.errors import ConflictError, InvalidRequestError, NotFoundError
from gateway.issues.records import add_events
from gateway.issues.text import Length, Need, clean
from gateway.maintenance import exchange, meters, records
from gateway.maintenance.changes import Changes
from gateway.maintenance.figures import reliability
from gateway.maintenance.lifecycle import ENDED, REASONED, after
from gateway.maintenance.options import MaintenanceOptions
from gateway.maintenance.records import to_order
from gateway.performance import KpiBucket
from gateway.ports import Performance
from gateway.store import Store
from gateway.store.tables import issue
from gateway.workorder import (
    ChecklistItem,
    Imported,
    Labour,
    NewWork,
    Part,
    Reliability,
    TriggerStatus,
    WorkAction,
    WorkEvent,
    WorkOrder,
    WorkState,
    WorkWanted,
)

MOST_ITEMS: Final = 200
CHANGEABLE: Final = frozenset(
    {"title", "description", "priority", "team", "assignees", "due_ns", "estimated_min", "asset"}
)


class MaintenanceDesk:
    """Every change is in the order's history and raises its version, in one transaction.

    `told` is called after the issues' history was added to; `changes` hears of each change of an order.
    """

    def __init__(
        self,
        options: MaintenanceOptions,
        *,
        store: Store,
        clock: Clock,
        performance: Performance,
        site: str,
        changes: Changes,
        told: Callable[[], Awaitable[None]],
    ) -> None:
        self._options = options
        self._store = store
        self._clock = clock
        self._performance = performance
        self._site = site
        self.changes = changes
        self._told = told

    async def orders(self, wanted: WorkWanted) -> Sequence[WorkOrder]:
        """Return work orders, newest first."""
        return await self._store.run(partial(records.search, wanted=wanted))

    async def order(self, number: int) -> WorkOrder:
        """Return one; raises `NotFoundError`."""
        return await self._store.run(lambda c: to_order(records.find(c, number)))

    async def events(self, number: int) -> Sequence[WorkEvent]:
        """Return one's history, oldest first; raises `NotFoundError`."""

        def work(connection: Connection) -> Sequence[WorkEvent]:
            records.find(connection, number)
            return records.events(connection, number)

        return await self._store.run(work)

    async def open(self, new: NewWork, *, by: str, key: str = "") -> WorkOrder:
        """Open a work order or write a request down; a key that was used before gives what it opened.

        Raises `NotFoundError` for an issue that is not there, `ConflictError` where the key opened something else.
        """
        now_ns = self._clock.now_ns()

        def work(connection: Connection) -> WorkOrder:
            known = records.by_key(connection, f"req:{key}") if key else None
            if known is not None:
                if (known.title, known.asset, known.kind) != (new.title, new.asset, new.kind.value):
                    raise ConflictError(
                        f"the idempotency key opened work order {known.number} before"
                    )
                return to_order(known)
            number = _opened(connection, new, by=by, now_ns=now_ns, key=f"req:{key}" if key else "")
            return to_order(records.find(connection, number))

        opened = await self._store.run(work)
        await self.changes.refresh()
        if opened.issue is not None:
            await self._told()
        return opened

    async def change(
        self, number: int, changes: Mapping[str, Any], *, by: str, version: int
    ) -> WorkOrder:
        """Change what an order says; raises `NotFoundError`, `ConflictError`, `InvalidRequestError`."""
        strange = sorted(set(changes) - CHANGEABLE)
        if strange:
            raise InvalidRequestError(f"{', '.join(strange)} cannot be changed this way")

        def work(connection: Connection, row: Row[Any]) -> Mapping[str, object]:
            before = {name: getattr(row, name) for name in changes}
            told = {
                name: [before[name], new] for name, new in changes.items() if before[name] != new
            }
            records.change(connection, row, changes, version=version)
            return told

        return await self._worked(number, "changed", by, work)

    async def act(
        self, number: int, action: WorkAction, *, by: str, version: int, note: str = ""
    ) -> WorkOrder:
        """Move an order on by the transition table.

        Raises `NotFoundError`, `ConflictError` where that is not possible now or somebody was faster, and
        `InvalidRequestError` where a reason is missing or the checklist is not done.
        """
        least = Need.REQUIRED if action in REASONED else Need.OPTIONAL
        name = "reason" if action in REASONED else "note"
        said = clean(note, name=name, most=Length.NOTE, least=least)
        now_ns = self._clock.now_ns()

        def work(connection: Connection, row: Row[Any]) -> Mapping[str, object]:
            reached = after(number, WorkState(row.state), action)
            records.change(
                connection, row, _moved(row, action, reached, said, now_ns), version=version
            )
            return {"from": row.state, "to": reached.value, name: said}

        return await self._worked(number, action.value, by, work)

    async def check(self, number: int, item: int, *, by: str, done: bool) -> WorkOrder:
        """Tick an item of the checklist, or take that back; raises `NotFoundError`, `ConflictError`."""
        now_ns = self._clock.now_ns()

        def work(connection: Connection, row: Row[Any]) -> Mapping[str, object]:
            _not_ended(row)
            if not 0 <= item < len(row.checklist):
                raise NotFoundError(
                    f"the checklist of {number} has {len(row.checklist)} items, from 0"
                )
            found = ChecklistItem(**row.checklist[item])
            ticked = replace(
                found, done=done, by=by if done else "", time_ns=now_ns if done else None
            )
            items = [*row.checklist[:item], asdict(ticked), *row.checklist[item + 1 :]]
            records.change(connection, row, {"checklist": items})
            return {"item": found.text, "done": done}

        return await self._worked(number, "checked", by, work)

    async def add_labour(self, number: int, labour: Labour, *, by: str) -> WorkOrder:
        """Add working time; raises `NotFoundError`, `ConflictError`."""
        return await self._added(number, "labour", asdict(labour), by)

    async def add_part(self, number: int, part: Part, *, by: str) -> WorkOrder:
        """Add a part that was used; raises `NotFoundError`, `ConflictError`."""
        return await self._added(number, "parts", asdict(part), by)

    async def note(self, number: int, text: str, *, by: str) -> WorkOrder:
        """Add a note to the history; raises `NotFoundError`, `InvalidRequestError`."""
        said = clean(text, name="text", most=Length.COMMENT, least=Need.REQUIRED)

        def work(connection: Connection, row: Row[Any]) -> Mapping[str, object]:
            records.change(connection, row, {})
            return {"text": said}

        return await self._worked(number, "noted", by, work)

    async def set_downtime(
        self, number: int, *, start_ns: int, end_ns: int | None, by: str, version: int
    ) -> WorkOrder:
        """Record when the machine stood still; raises as `change`."""
        now_ns = self._clock.now_ns()
        if end_ns is not None and end_ns <= start_ns:
            raise InvalidRequestError("the downtime ends after it starts")
        if max(start_ns, end_ns or 0) > now_ns + 60 * NS_PER_S:
            raise InvalidRequestError("the downtime lies in the future")

        def work(connection: Connection, row: Row[Any]) -> Mapping[str, object]:
            values = {"downtime_start_ns": start_ns, "downtime_end_ns": end_ns}
            records.change(connection, row, values, version=version)
            return values

        return await self._worked(number, "downtime", by, work)

    async def reliability(self, asset: str, *, start_ns: int, end_ns: int) -> Reliability:
        """Return MTBF, MTTR, MTTA and what the work took, over orders raised in [start, end).

        Raises `InvalidRequestError` for a range that is empty.
        """
        if end_ns <= start_ns:
            raise InvalidRequestError("the range ends after it starts")
        orders = await self.orders(WorkWanted(asset=asset, limit=100_000))
        operating_s = await self._operating(asset, start_ns, end_ns)
        return reliability(
            orders,
            asset=asset,
            start_ns=start_ns,
            end_ns=end_ns,
            operating_s=operating_s,
            now_ns=self._clock.now_ns(),
        )

    async def _operating(self, asset: str, start_ns: int, end_ns: int) -> float | None:
        """Return run and set-up time of the machines, None where none is counted."""
        try:
            report = await self._performance.kpis(
                asset, start_ns=start_ns, end_ns=end_ns, bucket=KpiBucket.DAY
            )
        except NotFoundError:
            return None
        sums = report.total.sums
        return float(sums["apt_s"] + sums["asut_s"])

    async def triggers(self) -> Sequence[TriggerStatus]:
        """Return every preventive trigger at every machine, and how much of its interval is used."""
        return await self._store.run(partial(meters.statuses, options=self._options))

    async def export(self, wanted: WorkWanted) -> bytes:
        """Return work orders as CSV; no cell is one that a spreadsheet would run."""
        return exchange.to_file(await self.orders(wanted), site=self._site)

    async def imports(self, name: str, content: bytes, *, by: str, key: str, dry: bool) -> Imported:
        """Take work orders of a CMMS from CSV or XLSX: all or nothing, every mistake at once, twice the same as once.

        Raises `InvalidRequestError` for a file that cannot be read, `ConflictError` for a key of another file.
        """
        now_ns = self._clock.now_ns()
        work = partial(
            exchange.imported,
            name=name,
            content=content,
            by=by,
            key=key,
            dry=dry,
            site=self._site,
            now_ns=now_ns,
        )
        done = await self._store.run(work)
        await self.changes.refresh()
        return done

    async def _added(
        self, number: int, column: str, entry: Mapping[str, Any], by: str
    ) -> WorkOrder:
        def work(connection: Connection, row: Row[Any]) -> Mapping[str, object]:
            if row.state in {WorkState.CLOSED.value, WorkState.REJECTED.value}:
                raise ConflictError(f"work order {number} is {row.state}: reopen it first")
            held = getattr(row, column)
            if len(held) >= MOST_ITEMS:
                raise ConflictError(
                    f"work order {number} has {MOST_ITEMS} entries of that kind already"
                )
            records.change(connection, row, {column: [*held, dict(entry)]})
            return dict(entry)

        return await self._worked(number, column, by, work)

    async def _worked(
        self,
        number: int,
        action: str,
        by: str,
        work: Callable[[Connection, Row[Any]], Mapping[str, object]],
    ) -> WorkOrder:
        """Change an order and write down what was changed, in one transaction."""
        now_ns = self._clock.now_ns()

        def whole(connection: Connection) -> WorkOrder:
            told = work(connection, records.find(connection, number))
            records.event(connection, number, now_ns=now_ns, action=action, by=by, detail=told)
            return to_order(records.find(connection, number))

        changed = await self._store.run(whole)
        await self.changes.refresh()
        return changed


def _opened(connection: Connection, new: NewWork, *, by: str, now_ns: int, key: str) -> int:
    """Open an order; one of an issue is in that issue's history as well."""
    raised_ns = None
    if new.issue is not None:
        query = select(issue.c.onset_ns).where(issue.c.number == new.issue)
        raised_ns = connection.execute(query).scalar_one_or_none()
        if raised_ns is None:
            raise NotFoundError(f"there is no issue {new.issue}")
    number = records.add(connection, new, by=by, now_ns=now_ns, key=key, raised_ns=raised_ns)
    if new.issue is not None:
        told = {"work_order": number, "title": new.title}
        entry = {"issue": new.issue, "time_ns": now_ns, "action": "work_order", "by": by}
        add_events(connection, [{**entry, "detail": told}])
    return number


def _moved(
    row: Row[Any], action: WorkAction, reached: WorkState, said: str, now_ns: int
) -> dict[str, Any]:
    """Return what an action changes beside the state."""
    values: dict[str, Any] = {"state": reached.value}
    if row.reacted_ns is None and reached is not WorkState.REJECTED:
        values["reacted_ns"] = now_ns
    if action is WorkAction.APPROVE and row.kind == "request":
        values["kind"] = "corrective"
    values["hold_reason"] = said if action is WorkAction.HOLD else ""
    if reached is WorkState.COMPLETE:
        left = [each["text"] for each in row.checklist if not each["done"]]
        if left:
            raise InvalidRequestError(f"the checklist is not done: {'; '.join(left[:5])}")
        values |= {"completed_ns": now_ns, "completion_note": said}
        if row.downtime_start_ns is not None and row.downtime_end_ns is None:
            values["downtime_end_ns"] = now_ns
    if reached is WorkState.CLOSED:
        values["closed_ns"] = now_ns
    if action is WorkAction.REOPEN:
        values |= {"completed_ns": None, "closed_ns": None}
    return values


def _not_ended(row: Row[Any]) -> None:
    if WorkState(row.state) in ENDED:
        raise ConflictError(f"work order {row.number} is {row.state}: reopen it first")
