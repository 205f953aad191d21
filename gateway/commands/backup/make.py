"""Writes a backup of a stopped gateway's data folder, and reads it again before it says that it is one."""

from __future__ import annotations

import io
import os
import secrets
import tarfile
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

from sqlalchemy import make_url

from gateway.assembly.state import store_url
from gateway.clock import Clock
from gateway.commands.backup import manifest
from gateway.commands.backup.manifest import Held, Manifest
from gateway.config.schema import GatewayOptions
from gateway.errors import InvalidRequestError, StorageError
from gateway.historian.options import InfluxOptions
from gateway.stream.lock import DirectoryLock

Told = Callable[[int, int], None]
"""Takes bytes done and bytes in all."""


def make(options: GatewayOptions, target: Path, *, clock: Clock, told: Told) -> Manifest:
    """Write `target` whole or not at all, readable by its owner alone; return what it holds.

    Raises `ConfigError` while a gateway owns the folder, `InvalidRequestError` where the target exists or there is
    nothing to back up, `StorageError` where the disk refuses.
    """
    with owned(options, target):
        return copied(options, target, clock=clock, told=told)


def owned(options: GatewayOptions, target: Path) -> DirectoryLock:
    """Take the data folder for a backup to `target`; raises as `make` does, with nothing touched."""
    if target.exists():
        raise InvalidRequestError(f"{target} exists: a backup never takes the place of another")
    if not any(manifest.wanted(options.data_dir)):
        raise InvalidRequestError(f"{options.data_dir} holds nothing to back up")
    try:
        return DirectoryLock(options.data_dir)
    except OSError as error:
        raise StorageError(f"{options.data_dir}: {error.strerror or error}") from error


def copied(options: GatewayOptions, target: Path, *, clock: Clock, told: Told) -> Manifest:
    """Do what `make` does to a folder that the caller owns."""
    draft = target.with_name(f"{target.name}.{secrets.token_hex(4)}.partial")
    try:
        made = _write(options, draft, clock=clock, told=told)
        _read_again(draft, made)
        draft.rename(target)
        _sync(target.absolute().parent)
    except OSError as error:
        raise StorageError(f"{target}: {error.strerror or error}") from error
    finally:
        draft.unlink(missing_ok=True)
    return made


def _write(options: GatewayOptions, draft: Path, *, clock: Clock, told: Told) -> Manifest:
    files = list(manifest.wanted(options.data_dir))
    total = sum(path.stat().st_size for _, path in files)
    held: dict[str, Held] = {}
    done = 0
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as raw, tarfile.open(fileobj=raw, mode="w") as archive:
        for name, path in files:
            with path.open("rb") as source:
                held[name] = manifest.digest(source)
                source.seek(0)
                entry = archive.gettarinfo(arcname=name, fileobj=source)
                archive.addfile(entry, source)
            done += held[name].size
            told(done, total)
        made = _about(options, held, clock)
        document = made.document()
        entry = tarfile.TarInfo(manifest.NAME)
        entry.size, entry.mode = len(document), 0o600
        archive.addfile(entry, io.BytesIO(document))
        archive.close()
        raw.flush()
        os.fsync(raw.fileno())
    return made


def _about(options: GatewayOptions, held: dict[str, Held], clock: Clock) -> Manifest:
    url, history = make_url(store_url(options)), options.historian
    inside = url.drivername.startswith("sqlite") and (
        options.data_dir.absolute() in Path(url.database or "").absolute().parents
    )
    return Manifest(
        format=manifest.FORMAT,
        made_ns=clock.now_ns(),
        version=version("taktline"),
        store="" if inside else url.render_as_string(hide_password=True),
        historian=history.url if isinstance(history, InfluxOptions) else "",
        files=held,
    )


def _read_again(draft: Path, made: Manifest) -> None:
    """Raise `StorageError` unless the file on disk holds what was put into it."""
    found: dict[str, Held] = {}
    with tarfile.open(draft, "r:") as archive:
        for entry in archive:
            source = archive.extractfile(entry)
            if source is not None and entry.name != manifest.NAME:
                found[entry.name] = manifest.digest(source)
    if found != made.files:
        raise StorageError(f"{draft} does not read back as it was written: see the disk's health")


def _sync(folder: Path) -> None:
    number = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)
