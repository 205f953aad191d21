"""Brings a stopped gateway's data to this version: backed up first, examined after, put back where that fails."""

from __future__ import annotations

import asyncio
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from gateway.assembly.state import store_url
from gateway.clock import NS_PER_S, Clock
from gateway.commands.backup import restore
from gateway.commands.backup.make import Told, copied, owned
from gateway.commands.backup.manifest import Manifest
from gateway.commands.backup.restore import Sound
from gateway.config.schema import GatewayOptions
from gateway.errors import StorageError
from gateway.store import Store
from gateway.store.probe import probe


@dataclass(frozen=True, slots=True, kw_only=True)
class Upgraded:
    """What the data were found to be after it."""

    sound: Sound
    before: str
    after: str


class RolledBackError(StorageError):
    """This version cannot work on the data: they are as they were, and what it made of them lies beside."""


def upgrade(options: GatewayOptions, target: Path, *, clock: Clock, told: Told) -> Upgraded:
    """Back up to `target`, bring every database up to date, and examine all of it.

    Raises what `make` raises with nothing touched, and `RolledBackError` with the data folder put back as it was.
    State in PostgreSQL is changed in one transaction, and is not in the backup.
    """
    # 1. One owner from the first byte copied to the last word: nobody's rows come between copy and putting back.
    with owned(options, target):
        made = copied(options, target, clock=clock, told=told)
        # 2. What stands there now can be had again, whatever happens from here on.
        try:
            return asyncio.run(_bring_up(options, made, clock))
        except Exception as error:
            # 3. Any failure at all: an old version must find its own data.
            aside = _put_back(options.data_dir, target, clock)
            msg = (
                f"not upgraded: {error}; {options.data_dir} is as it was before, start the former version on it"
                f" (what this version made of it lies in {aside})"
            )
            raise RolledBackError(msg) from error


async def _bring_up(options: GatewayOptions, made: Manifest, clock: Clock) -> Upgraded:
    url = store_url(options)
    before = await probe(url)
    if made.store:
        # Elsewhere than in the folder: opening it brings it up to date.
        store = await Store.open(url)
        await store.close()
    sound = await restore.examine(options.data_dir, made, clock)
    after = await probe(url)
    return Upgraded(sound=sound, before=before, after=after)


def _put_back(data_dir: Path, source: Path, clock: Clock) -> Path:
    stamp = datetime.fromtimestamp(clock.now_ns() / NS_PER_S, UTC)
    aside = data_dir.with_name(f"{data_dir.name}.failed-{stamp:%Y%m%dT%H%M%SZ}")
    with tempfile.TemporaryDirectory(
        prefix="taktline-upgrade-", dir=data_dir.absolute().parent
    ) as held:
        folder = Path(held) / "data"
        restore.unpack(source, folder)
        data_dir.rename(aside)
        restore.put(folder, data_dir)
    return aside
