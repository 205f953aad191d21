"""Reads that wait for the journal's commit, acknowledged in the order in which they came."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from gateway.failpoint import failpoint
from gateway.model import Gap, Intake


class Submits(Protocol):
    """The journal's side that takes an intake and says when it is on disk."""

    def submit(self, intake: Intake, *, ended: Sequence[Gap] = ()) -> asyncio.Future[int]:
        """Hand an intake over in the order of calls; the future is done once it is on disk."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class _Waiting:
    intake: Intake
    stored: asyncio.Future[int]


class InFlight:
    """At most `limit` intakes between their read and their acknowledgement, for one session."""

    def __init__(
        self,
        *,
        limit: int,
        committed: Callable[[Intake], None],
        acknowledge: Callable[[object], Awaitable[None]],
    ) -> None:
        self._committed = committed
        self._acknowledge = acknowledge
        self._waiting: deque[_Waiting] = deque()
        self._slots = asyncio.Semaphore(limit)
        self._changed = asyncio.Event()
        self.blocked = False

    def __len__(self) -> int:
        return len(self._waiting)

    async def slot(self) -> None:
        """Wait until one more read may be in flight."""
        self.blocked = self._slots.locked()
        await self._slots.acquire()
        self.blocked = False

    def submit(self, journal: Submits, intake: Intake, *, ended: Sequence[Gap]) -> None:
        """Send an intake to the journal, in a slot taken before."""
        self._waiting.append(_Waiting(intake, journal.submit(intake, ended=ended)))
        self._changed.set()

    async def acknowledge_on(self) -> None:
        """Acknowledge each intake once it is on disk, in order, until cancelled; raises what the journal raises."""
        while True:
            while not self._waiting:
                self._changed.clear()
                await self._changed.wait()
            first = self._waiting[0]
            await asyncio.shield(first.stored)
            self._take(first)
            failpoint("supervise.before_ack")
            if first.intake.receipt is not None:
                await self._acknowledge(first.intake.receipt)
            self._changed.set()

    async def emptied(self) -> None:
        """Return once nothing waits any more; `acknowledge_on` must be running."""
        while self._waiting:
            self._changed.clear()
            await self._changed.wait()

    async def settle(self) -> None:
        """Wait for what is on its way to disk, without acknowledging it; failures were told to others."""
        while self._waiting:
            first = self._waiting[0]
            await asyncio.wait([first.stored])
            if first.stored.cancelled() or first.stored.exception() is not None:
                self._waiting.popleft()
            else:
                self._take(first)

    def _take(self, first: _Waiting) -> None:
        self._committed(first.intake)
        self._waiting.popleft()
        self._slots.release()
