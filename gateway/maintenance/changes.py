"""What changed in work orders, for those who show them live."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import partial
from typing import Self

from gateway.maintenance import records
from gateway.store import Store
from gateway.workorder import WorkEvent


class Changes:
    """The port `WorkChanges`: whoever adds to a history calls `refresh` afterwards."""

    def __init__(self, store: Store, *, revision: int) -> None:
        self._store = store
        self._revision = revision
        self._changed = asyncio.Condition()

    @classmethod
    async def open(cls, store: Store) -> Self:
        """Read where the numbers stand; raises `StorageError`, `NotConnectedError`."""
        return cls(store, revision=await store.run(records.revision))

    @property
    def revision(self) -> int:
        """The number of the newest change, 0 before the first; kept across restarts."""
        return self._revision

    async def wait(self, after: int) -> None:
        """Return once `revision` is greater than `after`."""
        async with self._changed:
            await self._changed.wait_for(lambda: self._revision > after)

    async def events(self, *, after: int, limit: int) -> Sequence[WorkEvent]:
        """Return the changes of all orders that follow `after`, oldest first."""
        return await self._store.run(partial(records.changes, after=after, limit=limit))

    async def refresh(self) -> None:
        """Read the newest number, and wake who waits for it; raises `StorageError`, `NotConnectedError`."""
        revision = await self._store.run(records.revision)
        async with self._changed:
            if revision > self._revision:
                self._revision = revision
                self._changed.notify_all()
