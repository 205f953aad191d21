"""The machine itself: clock, disk, how long a commit takes, memory, open files."""

from __future__ import annotations

import ctypes
import os
import resource
import shutil
import statistics
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from gateway.clock import NS_PER_S
from gateway.commands.doctor.finding import Finding, bad, good, look

MIB: Final = 1 << 20
GIB: Final = 1 << 30
BUILT_NS: Final = 1_767_225_600 * NS_PER_S
"""1 January 2026: a clock before it was never set."""
_UNSYNCHRONISED: Final = 0x40
_COMMITS: Final = 30
_QUICKEST_S: Final = 0.00005
_SLOW_S: Final = 0.05
_NEEDED_MEMORY: Final = 600 * MIB
_NEEDED_FILES: Final = 1024
_FLEETING: Final = frozenset({"tmpfs", "ramfs", "overlay"})
_REMOTE: Final = frozenset({"nfs", "nfs4", "cifs", "smb3", "fuse.sshfs", "9p"})


class _Timex(ctypes.Structure):
    """The beginning of the kernel's `struct timex` (adjtimex(2)), padded to more than its size."""

    _fields_ = (
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),
        ("esterror", ctypes.c_long),
        ("status", ctypes.c_int),
        ("rest", ctypes.c_byte * 256),
    )


@dataclass(frozen=True, slots=True)
class KernelClock:
    """What the kernel says of its own clock: whether a time service keeps it, and how wrong it may be."""

    synchronised: bool
    maxerror_s: float


def kernel_clock() -> KernelClock | None:
    """Ask the kernel; None where it does not tell."""
    timex = _Timex()
    try:
        answered = ctypes.CDLL(None, use_errno=True).adjtimex(ctypes.byref(timex))
    except (OSError, AttributeError):
        return None
    if answered < 0:
        return None
    return KernelClock(not timex.status & _UNSYNCHRONISED, timex.maxerror / 1e6)


def clock(kernel: KernelClock | None, now_ns: int) -> Finding:
    """Judge the clock: source times are compared with it, and every page shows it."""
    if now_ns < BUILT_NS:
        says = f"it says {time.strftime('%Y-%m-%d', time.gmtime(now_ns / NS_PER_S))}, which has passed long ago"
        return bad(
            "clock", says, "set it, and let a time service keep it (chrony, systemd-timesyncd)"
        )
    if kernel is None:
        return look(
            "clock", "the kernel does not say whether a time service keeps it", "see that one does"
        )
    if not kernel.synchronised:
        return look(
            "clock",
            "no time service keeps it",
            "let one (chrony, systemd-timesyncd): times of machines are compared with it",
        )
    return good("clock", f"kept by a time service, wrong by at most {kernel.maxerror_s:.3g} s")


def file_system(folder: Path, mounts: str) -> tuple[str, str]:
    """Return mount point and kind of the file system a folder is on, from the text of /proc/mounts."""
    best, kind = "", "unknown"
    for line in mounts.splitlines():
        fields = line.split()
        if len(fields) < 3:
            continue
        point = fields[1].replace("\\040", " ")
        inside = folder == Path(point) or Path(point) in folder.parents
        if inside and len(point) >= len(best):
            best, kind = point, fields[2]
    return best, kind


def disk(folder: Path, mounts: str, *, wanted_bytes: int) -> Iterator[Finding]:
    """Judge the data folder's disk: its kind, and whether what the configuration allows itself has room."""
    there = existing(folder)
    point, kind = file_system(there.resolve(), mounts)
    if kind in _REMOTE:
        yield bad(
            "disk",
            f"{there} is on a network file system ({kind})",
            "use a local disk: the databases need its locks",
        )
    elif kind in _FLEETING:
        yield look(
            "disk",
            f"{there} is on {kind}, which may not survive a restart",
            "give data_dir a real disk or a volume",
        )
    free = shutil.disk_usage(there).free
    held = used(folder)
    says = f"{free / GIB:.1f} GiB free at {point or there}; the data may grow to {wanted_bytes / GIB:.1f} GiB, {held / GIB:.1f} GiB are there"
    if free + held < wanted_bytes:
        yield look(
            "disk",
            says,
            "give it a larger disk, or lower journal.max_bytes and historian.retention_bytes",
        )
    else:
        yield good("disk", says)


def commits(folder: Path) -> Finding:
    """Measure what a commit costs: write and fsync, as the journal does before it acknowledges anything."""
    there = existing(folder)
    try:
        took_s = commit_times_s(there)
    except OSError as error:
        return bad(
            "commit",
            f"{there} cannot be written: {error.strerror}",
            "make it writable for the gateway's user",
        )
    return judge_commits(statistics.median(took_s), max(took_s))


def judge_commits(median_s: float, worst_s: float) -> Finding:
    """Judge what commits took."""
    says = f"a commit takes {median_s * 1000:.2f} ms, the slowest of {_COMMITS} {worst_s * 1000:.1f} ms"
    if median_s < _QUICKEST_S:
        return look(
            "commit",
            f"{says}: no disk is that quick, so fsync is not honoured",
            "a power cut may lose what was acknowledged: see the disk's or the hypervisor's cache settings",
        )
    if median_s > _SLOW_S:
        return look("commit", says, "a quicker disk: every acknowledgement waits for it")
    return good("commit", says)


def commit_times_s(folder: Path) -> list[float]:
    """Return how long writing and syncing 4 KiB took, several times, in a file of its own."""
    took_s = []
    with tempfile.TemporaryFile(dir=folder) as file:
        for _ in range(_COMMITS):
            began_s = time.monotonic()
            file.write(bytes(4096))
            file.flush()
            os.fsync(file.fileno())
            took_s.append(time.monotonic() - began_s)
    return took_s


def memory(meminfo: str) -> Finding:
    """Judge the memory that is free for use, from the text of /proc/meminfo."""
    fields = dict(line.partition(":")[::2] for line in meminfo.splitlines())
    available = int(fields.get("MemAvailable", "0 kB").split()[0]) * 1024
    says = f"{available / MIB:.0f} MiB available"
    if available < _NEEDED_MEMORY:
        return look(
            "memory",
            says,
            "the gateway may take 400 MB and more: end what else runs, or add memory",
        )
    return good("memory", says)


def open_files() -> Finding:
    """Judge how many files and connections this user's processes may have open."""
    limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if limit < _NEEDED_FILES:
        return look(
            "open files",
            f"at most {limit} a process",
            "raise it to 4096: each page and machine takes one",
        )
    return good("open files", f"at most {limit} a process")


def existing(folder: Path) -> Path:
    """Return the folder, or the nearest one above it that exists."""
    return next(each for each in (folder.absolute(), *folder.absolute().parents) if each.is_dir())


def used(folder: Path) -> int:
    """Return the bytes of all files below a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
