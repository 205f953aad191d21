"""Puts a backup back, only where every file is as it was and every database in it is sound."""

from __future__ import annotations

import asyncio
import os
import shutil
import sqlite3
import tarfile
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import apsw

from gateway.audit.key import InstallKey
from gateway.audit.verify import verify
from gateway.clock import Clock
from gateway.commands.backup import manifest
from gateway.commands.backup.manifest import Manifest
from gateway.errors import InvalidRequestError, StorageError
from gateway.historian.embedded import EmbeddedHistorian
from gateway.historian.options import EmbeddedOptions
from gateway.store import Store
from gateway.stream.catalogue import JournalCatalogue
from gateway.stream.disk import schema
from gateway.stream.journal import Journal
from gateway.stream.options import JournalOptions

_STORE: Final = "taktline.db"
_KEY: Final = "keys/install.key"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sound:
    """What a backup was found to hold."""

    manifest: Manifest
    signals: int
    journal_head: int
    history_rows: int
    audit_entries: int | None


def restore(source: Path, data_dir: Path | None, *, work_in: Path, clock: Clock) -> Sound:
    """Unpack a backup beside its place, examine it, and put it there; with `data_dir` None examine only.

    `work_in` is a folder on the disk that is to hold it. Raises `InvalidRequestError` where the place is taken,
    `StorageError` for a backup that is not sound: then nothing is left behind.
    """
    if data_dir is not None and data_dir.exists() and any(data_dir.iterdir()):
        raise InvalidRequestError(f"{data_dir} is not empty: move what is there away first")
    work_in.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="taktline-restore-", dir=work_in) as held:
        folder = Path(held) / "data"
        try:
            found = unpack(source, folder)
        except (OSError, ValueError, tarfile.TarError) as error:
            raise StorageError(f"{source}: {error}") from error
        sound = asyncio.run(examine(folder, found, clock))
        if data_dir is not None:
            put(folder, data_dir)
    return sound


def unpack(source: Path, folder: Path) -> Manifest:
    """Write a backup's files below a new folder; raises `StorageError` unless each is as it was backed up."""
    folder.mkdir()
    found: Manifest | None = None
    held: dict[str, manifest.Held] = {}
    with tarfile.open(source, "r:*") as archive:
        for entry in archive:
            data = archive.extractfile(entry) if entry.isreg() else None
            if data is None:
                raise StorageError(f"{source}: {entry.name!r} is no plain file")
            if entry.name == manifest.NAME:
                found = manifest.read(data.read())
                continue
            if entry.size > shutil.disk_usage(folder).free:
                raise StorageError(f"{source}: no room for {entry.name!r} ({entry.size} bytes)")
            path = folder / manifest.inside(entry.name)
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "wb") as target:
                held[entry.name] = manifest.digest(data, target)
                target.flush()
                os.fsync(target.fileno())
    if found is None:
        raise StorageError(f"{source} is no backup: {manifest.NAME} is missing, or the file is cut")
    _compare(source, found, held)
    return found


def _compare(source: Path, found: Manifest, held: dict[str, manifest.Held]) -> None:
    for name, wanted in found.files.items():
        if name not in held:
            raise StorageError(f"{source}: {name} is missing")
        if held[name] != wanted:
            raise StorageError(f"{source}: {name} is not as it was backed up")
    for name in held.keys() - found.files.keys():
        raise StorageError(f"{source}: {name} was added after the backup was made")


async def examine(folder: Path, found: Manifest, clock: Clock) -> Sound:
    """Open every database as the gateway would; raises `StorageError` for the first that is not sound."""
    _check_journal(folder / "journal")
    async with _journal(folder, clock) as journal:
        catalogue = JournalCatalogue(journal)
        try:
            rows = await _history(folder, catalogue, clock)
            return Sound(
                manifest=found,
                signals=len(catalogue),
                journal_head=journal.head,
                history_rows=rows,
                audit_entries=await _store(folder),
            )
        finally:
            catalogue.close()


def _check_journal(directory: Path) -> None:
    if not (directory / schema.FILE).exists():
        raise StorageError("the backup holds no journal")
    try:
        with closing(schema.connect(directory)) as db:
            said = schema.scalar(db, "PRAGMA integrity_check(1)")
    except apsw.Error as error:
        raise StorageError(f"the journal in the backup is damaged: {error}") from error
    if said != "ok":
        raise StorageError(f"the journal in the backup is damaged: {said}")


@asynccontextmanager
async def _journal(folder: Path, clock: Clock) -> AsyncIterator[Journal]:
    journal = Journal.open(
        folder / "journal", clock=clock, options=JournalOptions.model_validate({})
    )
    try:
        if journal.quarantine.count:
            raise StorageError("the journal in the backup holds damaged batches")
        yield journal
    finally:
        await journal.close()


async def _history(folder: Path, catalogue: JournalCatalogue, clock: Clock) -> int:
    if not (folder / "history").is_dir():
        return 0
    historian = EmbeddedHistorian.open(
        folder / "history",
        catalogue=catalogue,
        clock=clock,
        options=EmbeddedOptions.model_validate({}),
    )
    try:
        figures = historian.figures()
    finally:
        await historian.close()
    if figures["quarantined_files"]:
        raise StorageError("the history in the backup holds damaged files")
    return int(figures["rows"])


async def _store(folder: Path) -> int | None:
    """Return how many audit entries there are and hold; None where the state is kept elsewhere."""
    path = folder / _STORE
    if not path.exists():
        return None
    with closing(sqlite3.connect(path)) as db:
        said = db.execute("PRAGMA integrity_check(1)").fetchone()[0]
    if said != "ok":
        raise StorageError(f"{_STORE} in the backup is damaged: {said}")
    if not (folder / _KEY).exists():
        return None
    store = await Store.open(f"sqlite:///{path}")
    try:
        verdict = await verify(store, key=InstallKey.load(folder / _KEY))
    finally:
        await store.close()
    if verdict.bad_seq is not None:
        raise StorageError(f"the audit in the backup: entry {verdict.bad_seq} {verdict.fault}")
    return verdict.entries


def put(folder: Path, data_dir: Path) -> None:
    """Make a folder the data folder, where there is none or an empty one; raises `StorageError`."""
    try:
        if data_dir.exists():
            data_dir.rmdir()
        folder.rename(data_dir)
    except OSError as error:
        raise StorageError(f"{data_dir}: {error.strerror}") from error
