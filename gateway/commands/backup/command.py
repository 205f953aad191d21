"""What `taktline backup`, `restore` and `upgrade` say."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn

from gateway.clock import NS_PER_S, SystemClock
from gateway.commands.backup.make import make
from gateway.commands.backup.manifest import Manifest
from gateway.commands.backup.restore import Sound
from gateway.commands.backup.restore import restore as put_back
from gateway.commands.backup.upgrade import upgrade as bring_up
from gateway.config.schema import load

_MIB: Final = 1 << 20


def backup(config: Path, target: Path) -> str:
    """Back a configuration's data folder up with a progress bar; return what was written."""
    options = load(config).options
    with Progress(TextColumn("Backing up"), BarColumn(), DownloadColumn()) as bar:
        task = bar.add_task("", total=None)
        made = make(
            options,
            target,
            clock=SystemClock(),
            told=lambda done, total: bar.update(task, completed=done, total=total),
        )
    size = sum(each.size for each in made.files.values())
    said = f"{target}: {len(made.files)} files, {size / _MIB:.1f} MiB, read again and equal"
    return said + "".join(f"\n{line}" for line in elsewhere(made))


def upgrade(config: Path, target: Path) -> str:
    """Bring a configuration's data to this version, with a backup first; return what was found then."""
    options = load(config).options
    with Progress(TextColumn("Backing up"), BarColumn(), DownloadColumn()) as bar:
        task = bar.add_task("", total=None)
        done = bring_up(
            options,
            target,
            clock=SystemClock(),
            told=lambda at, total: bar.update(task, completed=at, total=total),
        )
    head = f"{options.data_dir}: brought to this version, its former state is in {target}"
    state = f"state was in {done.before}, is in {done.after}"
    return "\n".join([head, state, *facts(done.sound), *elsewhere(done.sound.manifest)])


def restore(config: Path, source: Path, *, only_check: bool) -> str:
    """Examine a backup and put it into the configured data folder unless it is only to be checked."""
    data_dir = load(config).options.data_dir
    sound = put_back(
        source,
        None if only_check else data_dir,
        work_in=data_dir.absolute().parent,
        clock=SystemClock(),
    )
    done = "sound, nothing was put anywhere" if only_check else f"restored to {data_dir}"
    return "\n".join([f"{source}: {done}", *facts(sound), *elsewhere(sound.manifest)])


def facts(sound: Sound) -> list[str]:
    """Return what was examined, one line each."""
    made = datetime.fromtimestamp(sound.manifest.made_ns / NS_PER_S, UTC)
    audit = (
        "elsewhere" if sound.audit_entries is None else f"{sound.audit_entries} entries, unbroken"
    )
    return [
        f"made {made:%Y-%m-%d %H:%M} UTC by version {sound.manifest.version}",
        f"{sound.signals} signals, journal up to batch {sound.journal_head}, {sound.history_rows} rows of history",
        f"audit: {audit}",
    ]


def elsewhere(made: Manifest) -> list[str]:
    """Return what a backup cannot hold, and where it is."""
    kept = [("relational state", made.store), ("history", made.historian)]
    return [
        f"{what} is kept in {where}: back that up with its own tools"
        for what, where in kept
        if where
    ]
