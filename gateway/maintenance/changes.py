"""What changed in work orders, for those who show them live."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Self

from gateway.bell import Bell
from gateway.maintenance import records
from gateway.store import Store
from gateway.workorder import WorkEvent


class Changes:
    """The port `WorkChanges`: whoever adds to a history calls `refresh` afterwards."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._bell = Bell()

    @classmethod
    async def open(cls, store: Store) -> Self:
        """Read where the numbers stand; raises `StorageError`, `NotConnectedError`."""
        changes = cls(store)
        await changes.refresh()
        return changes

    @property
    def revision(self) -> int:
        """The number of the newest change, 0 before the first; kept across restarts."""
        return self._bell.revision

    async def wait(self, after: int) -> None:
        """Return once `revision` is greater than `after`."""
        await self._bell.wait(after)

    async def events(self, *, after: int, limit: int) -> Sequence[WorkEvent]:
        """Return the changes of all orders that follow `after`, oldest first."""
        return await self._store.run(partial(records.changes, after=after, limit=limit))

    async def refresh(self) -> None:
        """Read the newest number, and wake who waits for it; raises `StorageError`, `NotConnectedError`."""
        await self._bell.ring(await self._store.run(records.revision))
