"""Reads the whole audit again and names the first entry that is not as it was written."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from sqlalchemy import Connection, select

from gateway.audit import rows
from gateway.audit.chain import START, link
from gateway.audit.key import InstallKey
from gateway.audit.port import Verdict
from gateway.errors import ConfigError
from gateway.store import Store
from gateway.store.tables import counter

_PAGE: Final = 1000


async def verify(store: Store, *, key: InstallKey, anchor: Path | None = None) -> Verdict:
    """Walk the chain from its start, and hold it against the anchor file where one is named."""
    return await walk(store, derived=key.derive("audit"), anchor=anchor)


async def walk(store: Store, *, derived: bytes, anchor: Path | None) -> Verdict:
    """Do the same with the audit's own key."""
    anchored = _read(anchor) if anchor is not None else {}
    before, seen = START, 0
    while True:
        at = seen
        page = await store.run(lambda connection, at=at: rows.after(connection, at, limit=_PAGE))  # type: ignore[misc]  # a default binds the loop's value
        for held in page:
            if held.seq != seen + 1:
                return Verdict(entries=seen, bad_seq=seen + 1, fault="is missing")
            mac = link(derived, before, seq=held.seq, time_ns=held.time_ns, entry=held.entry)
            if mac != held.mac:
                return Verdict(entries=seen, bad_seq=held.seq, fault="was changed")
            if anchored.get(held.seq, mac) != mac:
                return Verdict(
                    entries=seen, bad_seq=held.seq, fault="is not the one that was anchored"
                )
            before, seen = mac, held.seq
        if len(page) < _PAGE:
            break
    counted = await store.run(_counted)
    # Entries may have been added while the chain was read, but none can be anchored and missing.
    end = max([*anchored, seen])
    if counted < seen or end > seen or (counted > seen and not await _grew(store, seen)):
        return Verdict(entries=seen, bad_seq=seen + 1, fault="is missing: the end was cut off")
    return Verdict(entries=seen, anchored=anchor is not None)


async def _grew(store: Store, seen: int) -> bool:
    return bool(await store.run(lambda connection: rows.after(connection, seen, limit=1)))


def _counted(connection: Connection) -> int:
    return int(
        connection.execute(select(counter.c.value).where(counter.c.name == "audit")).scalar_one()
    )


def _read(anchor: Path) -> dict[int, str]:
    try:
        lines = anchor.read_text("ascii").splitlines()
        pairs = [line.split() for line in lines]
        return {int(seq): mac for seq, mac in pairs}
    except (OSError, ValueError) as error:
        msg = f"the anchor {anchor} cannot be read: {error}"
        raise ConfigError(msg) from error
