"""The same contract on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from gateway.access.desk import AccessDesk
from gateway.access.options import AccessOptions
from gateway.access.port import Origin
from gateway.audit.key import InstallKey
from gateway.audit.log import AuditLog
from gateway.audit.port import Wanted
from gateway.clock import ManualClock
from gateway.store import Store

HERE = Origin(address="192.0.2.7", agent="test")
LONG = "a sentence that nobody else knows"


@dataclass
class Office:
    """A desk, its audit, and what they stand on."""

    store: Store
    desk: AccessDesk
    audit: AuditLog
    key: InstallKey
    clock: ManualClock

    async def acts(self) -> list[tuple[str, str, str]]:
        """Who did what with which outcome, oldest first."""
        found = await self.audit.search(Wanted())
        return [(e.entry.actor, e.entry.action, e.entry.outcome.value) for e in reversed(found)]

    async def person(self, name: str, *grants: object) -> None:
        """Add a user whose password is `LONG`."""
        link = await self.desk.add_user(name, grants)  # type: ignore[arg-type]  # kept short for tests
        await self.desk.redeem(secret=link, name="", password=LONG, origin=HERE)


@pytest.fixture
async def office(url: str, tmp_path: Path) -> AsyncIterator[Office]:
    store = await Store.open(url)
    clock, key = ManualClock(), InstallKey.create(tmp_path / "keys" / "install.key")
    audit = AuditLog(store, key=key, clock=clock)
    options = AccessOptions.model_validate({})
    async with AccessDesk(store, audit=audit, key=key, clock=clock, options=options) as desk:
        yield Office(store, desk, audit, key, clock)
    await store.close()
