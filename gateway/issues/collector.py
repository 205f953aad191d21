"""Reads wanted evidence from history; a historian that is away delays evidence, never an issue."""

from __future__ import annotations

import logging
from functools import partial
from typing import Any, Final

import numpy as np
from sqlalchemy import Connection, Row

from gateway.clock import Clock
from gateway.deviation import IssueEvent
from gateway.errors import TaktlineError
from gateway.issues import evidence
from gateway.issues.evidence import MAX_ROWS, EvidenceState
from gateway.issues.records import add_event
from gateway.model import SampleBatch
from gateway.ports import History
from gateway.store import Store

log = logging.getLogger(__name__)

READ_LIMIT: Final = 50_000
AT_ONCE: Final = 16


class Collector:
    """Looks for evidence that is due, one signal after another."""

    def __init__(self, *, store: Store, history: History, clock: Clock) -> None:
        self._store = store
        self._history = history
        self._clock = clock
        self._failing = ""
        self.waiting = 0

    async def collect(self) -> int:
        """Look for what is due now; return how many signals' evidence moved on. Raises `StorageError`."""
        now_ns = self._clock.now_ns()
        rows = await self._store.run(lambda c: evidence.due(c, now_ns, AT_ONCE))
        moved = 0
        for row in rows:
            found = await self._found(row)
            if found is None:
                await self._store.run(partial(evidence.postpone, row=row, now_ns=now_ns))
                if self._failing:
                    break
            else:
                await self._store.run(partial(self._keep, row=row, found=found))
                moved += 1
        self.waiting = await self._store.run(evidence.waiting)
        return moved

    def _keep(self, connection: Connection, row: Row[Any], found: SampleBatch) -> IssueEvent:
        now_ns = self._clock.now_ns()
        evidence.keep(connection, row, found, now_ns=now_ns)
        detail = {"signal": row.path, "rows": len(found)}
        return add_event(
            connection, row.issue, time_ns=now_ns, action="evidence", by="gateway", detail=detail
        )

    async def _found(self, row: Row[Any]) -> SampleBatch | None:
        """Return the part to keep, or None where history does not have it yet."""
        head = row.state == EvidenceState.WANTED
        start_ns = row.start_ns if head else row.middle_ns + 1
        end_ns = row.middle_ns + 1 if head else row.end_ns
        try:
            batch = await self._read(row.signal, start_ns, end_ns)
        except TaktlineError as error:
            if not self._failing:
                log.warning("evidence waits for history: %s", error)
            self._failing = str(error)
            return None
        if self._failing:
            log.info("history answers again, evidence goes on")
            self._failing = ""
        newest_ns = int(batch.source_ns[-1]) if len(batch) else 0
        complete = not head or newest_ns >= row.need_ns
        if not complete and self._clock.now_ns() < row.expires_ns:
            return None
        kept = np.arange(len(batch))[-MAX_ROWS:] if head else np.arange(len(batch))[:MAX_ROWS]
        return batch.take(kept)

    async def _read(self, signal: int, start_ns: int, end_ns: int) -> SampleBatch:
        """Read a range, leaving out its older part where it holds more rows than one read may give."""
        while True:
            batch = await self._history.rows(
                [signal], start_ns=start_ns, end_ns=end_ns, limit=READ_LIMIT
            )
            if len(batch) < READ_LIMIT or end_ns - start_ns < 2:
                return batch
            start_ns += (end_ns - start_ns) // 2
