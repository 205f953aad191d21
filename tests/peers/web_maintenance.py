"""Work orders in memory, by the same transition table."""

from __future__ import annotations

import asyncio
import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from gateway.clock import NS_PER_S, Clock
from gateway.errors import ConflictError, NotFoundError
from gateway.maintenance.exchange import to_file
from gateway.maintenance.figures import reliability
from gateway.maintenance.lifecycle import after
from gateway.workorder import (
    ChecklistItem,
    Imported,
    Labour,
    NewWork,
    Part,
    Priority,
    Reliability,
    TriggerStatus,
    WorkAction,
    WorkEvent,
    WorkKind,
    WorkOrder,
    WorkState,
    WorkWanted,
)

FILLER = "plant/bottling/line1/filler"


class MemoryChanges:
    """What changed in them, read from the list of all entries."""

    def __init__(self) -> None:
        self.history: list[WorkEvent] = []

    @property
    def revision(self) -> int:
        """How many there were."""
        return len(self.history)

    async def wait(self, after: int) -> None:
        """Look again now and then."""
        while self.revision <= after:  # noqa: ASYNC110 - the list is changed without a loop at the start
            await asyncio.sleep(0.05)

    async def events(self, *, after: int, limit: int) -> Sequence[WorkEvent]:
        """Return those that follow."""
        return self.history[after : after + limit]


class MemoryMaintenance:
    """The port in a list, with three orders to begin with."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.held: list[WorkOrder] = []
        self.changes = MemoryChanges()
        for state, kind, priority, title in (
            (WorkState.IN_PROGRESS, WorkKind.CORRECTIVE, Priority.HIGH, "Replace valve 3"),
            (WorkState.REQUESTED, WorkKind.REQUEST, Priority.MEDIUM, "Guard door rattles"),
            (WorkState.OPEN, WorkKind.PREVENTIVE, Priority.LOW, "Grease the filler's bearings"),
        ):
            new = NewWork(
                title=title, asset=FILLER, kind=kind, priority=priority, assignees=("ben",)
            )
            self._add(replace(new, checklist=("Lock out", "Change the seal")), state=state)

    def _add(self, new: NewWork, *, state: WorkState, by: str = "anna") -> WorkOrder:
        now_ns = self._clock.now_ns()
        number = len(self.held) + 1
        made = WorkOrder(
            number=number,
            key=f"wo-{number}",
            kind=new.kind,
            state=state,
            title=new.title,
            description=new.description,
            priority=new.priority,
            asset=new.asset,
            team=new.team,
            assignees=new.assignees,
            issue=new.issue,
            trigger="",
            external="",
            created_by=by,
            created_ns=now_ns,
            raised_ns=now_ns,
            due_ns=new.due_ns or now_ns + 7200 * NS_PER_S,
            reacted_ns=None,
            completed_ns=None,
            closed_ns=None,
            estimated_min=new.estimated_min,
            downtime_start_ns=None,
            downtime_end_ns=None,
            hold_reason="",
            completion_note="",
            checklist=tuple(ChecklistItem(text=text) for text in new.checklist),
        )
        self.held.append(made)
        self._event(number, "opened", by, {})
        return made

    def _event(self, number: int, action: str, by: str, detail: Mapping[str, object]) -> None:
        seq, now_ns = self.changes.revision + 1, self._clock.now_ns()
        made = WorkEvent(seq=seq, order=number, time_ns=now_ns, action=action, by=by, detail=detail)
        self.changes.history.append(made)

    def _put(
        self, number: int, action: str, by: str, *, version: int | None = None, **changes: Any
    ) -> WorkOrder:
        found = self._find(number)
        if version is not None and version != found.version:
            raise ConflictError(f"version {found.version}, yours {version}")
        changed = replace(found, version=found.version + 1, **changes)
        self.held[number - 1] = changed
        self._event(number, action, by, {})
        return changed

    def _find(self, number: int) -> WorkOrder:
        if not 1 <= number <= len(self.held):
            raise NotFoundError(f"there is no work order {number}")
        return self.held[number - 1]

    async def orders(self, wanted: WorkWanted) -> Sequence[WorkOrder]:
        """Return what fits, newest first."""
        fits = [
            each
            for each in reversed(self.held)
            if (not wanted.states or each.state in wanted.states)
            and (not wanted.kinds or each.kind in wanted.kinds)
            and (not wanted.priorities or each.priority in wanted.priorities)
            and (not wanted.asset or each.asset.startswith(wanted.asset))
            and (not wanted.assignee or wanted.assignee in each.assignees)
            and (not wanted.text or wanted.text.lower() in each.title.lower())
            and wanted.issue in {None, each.issue}
            and (wanted.before is None or each.number < wanted.before)
        ]
        return fits[: wanted.limit]

    async def order(self, number: int) -> WorkOrder:
        """Return one."""
        return self._find(number)

    async def events(self, number: int) -> Sequence[WorkEvent]:
        """Return its history."""
        self._find(number)
        return [each for each in self.changes.history if each.order == number]

    async def open(self, new: NewWork, *, by: str, key: str = "") -> WorkOrder:
        """Add one."""
        request = new.kind is WorkKind.REQUEST
        return self._add(new, state=WorkState.REQUESTED if request else WorkState.OPEN, by=by)

    async def change(
        self, number: int, changes: Mapping[str, Any], *, by: str, version: int
    ) -> WorkOrder:
        """Change it."""
        given = dict(changes)
        if "priority" in given:
            given["priority"] = Priority(given["priority"])
        return self._put(number, "changed", by, version=version, **given)

    async def act(
        self, number: int, action: WorkAction, *, by: str, version: int, note: str = ""
    ) -> WorkOrder:
        """Move it on."""
        reached = after(number, self._find(number).state, action)
        held = note if action is WorkAction.HOLD else ""
        return self._put(number, action.value, by, version=version, state=reached, hold_reason=held)

    async def check(self, number: int, item: int, *, by: str, done: bool) -> WorkOrder:
        """Tick an item."""
        items = list(self._find(number).checklist)
        if item >= len(items):
            raise NotFoundError(f"no item {item}")
        time_ns = self._clock.now_ns() if done else None
        items[item] = replace(items[item], done=done, by=by if done else "", time_ns=time_ns)
        return self._put(number, "checked", by, checklist=tuple(items))

    async def add_labour(self, number: int, labour: Labour, *, by: str) -> WorkOrder:
        """Add time."""
        return self._put(number, "labour", by, labour=(*self._find(number).labour, labour))

    async def add_part(self, number: int, part: Part, *, by: str) -> WorkOrder:
        """Add a part."""
        return self._put(number, "parts", by, parts=(*self._find(number).parts, part))

    async def note(self, number: int, text: str, *, by: str) -> WorkOrder:
        """Add a note."""
        return self._put(number, "noted", by)

    async def set_downtime(
        self, number: int, *, start_ns: int, end_ns: int | None, by: str, version: int
    ) -> WorkOrder:
        """Record it."""
        times = {"downtime_start_ns": start_ns, "downtime_end_ns": end_ns}
        return self._put(number, "downtime", by, version=version, **times)

    async def reliability(self, asset: str, *, start_ns: int, end_ns: int) -> Reliability:
        """Compute as the desk does, with twenty hours of operation."""
        return reliability(
            self.held,
            asset=asset,
            start_ns=start_ns,
            end_ns=end_ns,
            operating_s=72_000.0,
            now_ns=self._clock.now_ns(),
        )

    async def triggers(self) -> Sequence[TriggerStatus]:
        """Return one."""
        return [
            TriggerStatus(
                trigger="filler-500h",
                type="running_hours",
                title="Grease the filler's bearings",
                machine=FILLER,
                unit="h",
                every=500.0,
                total=1240.5,
                used=0.481,
                last_order=3,
                as_of_ns=self._clock.now_ns(),
            )
        ]

    async def export(self, wanted: WorkWanted) -> bytes:
        """Return CSV."""
        return to_file(await self.orders(wanted), site="plant")

    async def imports(self, name: str, content: bytes, *, by: str, key: str, dry: bool) -> Imported:
        """Take rows of key, title and asset; what stands there already is left as it is."""
        rows = list(csv.DictReader(io.StringIO(content.decode())))
        wrong = [
            f"{name}:{place} title: is empty"
            for place, row in enumerate(rows, start=2)
            if not row.get("title")
        ]
        if "title" not in content.decode().partition("\n")[0]:
            wrong = [f"{name}:1 headings: not read here"]
        known = {each.external for each in self.held}
        new = [] if wrong else [row for row in rows if row["key"] not in known]
        for row in [] if dry else new:
            work = NewWork(title=row["title"], asset=row["asset"], kind=WorkKind.CORRECTIVE)
            made = self._add(work, state=WorkState.OPEN, by=by)
            self.held[made.number - 1] = replace(made, external=row["key"])
        same = 0 if wrong else len(rows) - len(new)
        return Imported(created=len(new), changed=0, unchanged=same, mistakes=wrong, dry_run=dry)
