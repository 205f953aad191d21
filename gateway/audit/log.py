"""The audit on the relational store, with its head written to a second file where that is wished."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from pathlib import Path

from gateway.audit import rows
from gateway.audit.key import InstallKey
from gateway.audit.port import Entry, Recorded, Verdict, Wanted
from gateway.audit.syslog import SyslogAnchor
from gateway.audit.verify import walk
from gateway.clock import Clock
from gateway.errors import StorageError
from gateway.store import Store


class AuditLog:
    """Implements `Audit`; an entry is committed (and anchored) when `record` returns."""

    def __init__(
        self,
        store: Store,
        *,
        key: InstallKey,
        clock: Clock,
        anchor: Path | None = None,
        syslog: SyslogAnchor | None = None,
    ) -> None:
        self._store = store
        self._key = key.derive("audit")
        self._clock = clock
        self._anchor = anchor
        self._syslog = syslog
        self._anchoring = asyncio.Lock()

    async def record(self, entry: Entry) -> int:
        """Commit an entry and return its number; raises `StorageError`, `NotConnectedError`."""
        now_ns = self._clock.now_ns()
        held = await self._store.run(
            lambda connection: rows.append(connection, self._key, entry, time_ns=now_ns)
        )
        if self._anchor is not None:
            async with self._anchoring:
                await asyncio.to_thread(_anchor, self._anchor, held)
        if self._syslog is not None:
            await asyncio.to_thread(self._syslog.send, held)
        return held.seq

    async def search(self, wanted: Wanted) -> Sequence[Recorded]:
        """Return entries, newest first."""
        return await self._store.run(lambda connection: rows.find(connection, wanted))

    async def verify(self) -> Verdict:
        """Walk the whole chain; raises `ConfigError` where the anchor cannot be read."""
        return await walk(self._store, derived=self._key, anchor=self._anchor)


def _anchor(path: Path, held: Recorded) -> None:
    """Add `number code` as a line of its own, on the disk when this returns."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(handle, f"{held.seq} {held.mac}\n".encode())
            os.fsync(handle)
        finally:
            os.close(handle)
    except OSError as error:
        msg = f"the audit's anchor {path}: {error.strerror}"
        raise StorageError(msg) from error
