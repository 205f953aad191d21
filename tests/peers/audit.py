"""An audit that a test can take away."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from gateway.audit.port import Entry, Recorded, Verdict, Wanted
from gateway.errors import StorageError


@dataclass
class SwitchedAudit:
    """An audit whose disk can be taken away."""

    inner: Any
    broken: bool = False
    entries: list[Entry] = field(default_factory=list)

    async def record(self, entry: Entry) -> int:
        """Pass on, or refuse."""
        if self.broken:
            msg = "the audit's disk is full"
            raise StorageError(msg)
        self.entries.append(entry)
        number: int = await self.inner.record(entry)
        return number

    async def search(self, wanted: Wanted) -> list[Recorded]:
        """Pass on."""
        return list(await self.inner.search(wanted))

    async def verify(self) -> Verdict:
        """Pass on."""
        verdict: Verdict = await self.inner.verify()
        return verdict
