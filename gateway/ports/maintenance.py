"""Maintenance as people work on it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from gateway.workorder import (
    Imported,
    Labour,
    NewWork,
    Part,
    Reliability,
    TriggerStatus,
    WorkAction,
    WorkEvent,
    WorkOrder,
    WorkWanted,
)


class WorkChanges(Protocol):
    """What changed in work orders. Every change has a number that rises across all of them."""

    @property
    def revision(self) -> int:
        """The number of the newest change, 0 before the first; kept across restarts."""
        ...

    async def wait(self, after: int) -> None:
        """Return once `revision` is greater than `after`."""
        ...

    async def events(self, *, after: int, limit: int) -> Sequence[WorkEvent]:
        """Return the changes of all orders that follow `after`, oldest first."""
        ...


class Maintenance(Protocol):
    """Work orders, what opens them by itself, and what they say of machines.

    What changes an order raises `NotFoundError`, `ConflictError` where it is not possible now or `version` is not
    the order's any more, and `InvalidRequestError`.
    """

    @property
    def changes(self) -> WorkChanges:
        """What changed in them, as it happens."""
        ...

    async def orders(self, wanted: WorkWanted) -> Sequence[WorkOrder]:
        """Return work orders, newest first."""
        ...

    async def order(self, number: int) -> WorkOrder:
        """Return one; raises `NotFoundError`."""
        ...

    async def events(self, number: int) -> Sequence[WorkEvent]:
        """Return one's history, oldest first; raises `NotFoundError`."""
        ...

    async def open(self, new: NewWork, *, by: str, key: str = "") -> WorkOrder:
        """Open a work order or write a request down; a key that was used before gives what it opened."""
        ...

    async def change(
        self, number: int, changes: Mapping[str, Any], *, by: str, version: int
    ) -> WorkOrder:
        """Change what an order says."""
        ...

    async def act(
        self, number: int, action: WorkAction, *, by: str, version: int, note: str = ""
    ) -> WorkOrder:
        """Move an order on by the transition table."""
        ...

    async def check(self, number: int, item: int, *, by: str, done: bool) -> WorkOrder:
        """Tick an item of the checklist, or take that back."""
        ...

    async def add_labour(self, number: int, labour: Labour, *, by: str) -> WorkOrder:
        """Add working time."""
        ...

    async def add_part(self, number: int, part: Part, *, by: str) -> WorkOrder:
        """Add a part that was used."""
        ...

    async def note(self, number: int, text: str, *, by: str) -> WorkOrder:
        """Add a note to the history."""
        ...

    async def set_downtime(
        self, number: int, *, start_ns: int, end_ns: int | None, by: str, version: int
    ) -> WorkOrder:
        """Record when the machine stood still; it stands still no longer where an end is given."""
        ...

    async def reliability(self, asset: str, *, start_ns: int, end_ns: int) -> Reliability:
        """Return MTBF, MTTR, MTTA and what the work took, over orders raised in [start, end)."""
        ...

    async def triggers(self) -> Sequence[TriggerStatus]:
        """Return every preventive trigger at every machine."""
        ...

    async def export(self, wanted: WorkWanted) -> bytes:
        """Return work orders as CSV; no cell is one that a spreadsheet would run."""
        ...

    async def imports(self, name: str, content: bytes, *, by: str, key: str, dry: bool) -> Imported:
        """Take work orders of a CMMS: all or nothing, every mistake at once, twice the same as once."""
        ...
