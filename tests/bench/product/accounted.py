"""`taktline up` that keeps account of its processor time, for the bench alone.

How it is measured: every callback of the event loop (a step of a task is one) is timed with the clock of its own
thread's processor time and booked on the stage it belongs to; all other threads are read from /proc by name. What
the loop spends around its callbacks (select, timers) is `event loop`. The booking itself costs about 1 µs a
callback and is contained in the figures.

Run: python -m tests.bench.product.accounted CONFIG REPORT
"""

from __future__ import annotations

import asyncio
import functools
import sys
import threading
import time
from asyncio import events
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any, Final

from gateway.commands import run
from tests.bench.product.orders import report

_BY_TASK: Final = (
    ("opcua", "connector opcua"),
    ("connector opcua", "connector opcua"),
    ("mqtt", "connector mqtt"),
    ("connector mqtt", "connector mqtt"),
    ("historian", "historian"),
    ("rules", "rules"),
    ("evidence", "rules"),
    ("live", "live hub"),
    ("web", "live hub"),
    ("latest values", "latest values"),
)
_BY_FILE: Final = (
    ("/asyncua/", "connector opcua"),
    ("/connectors/opcua/", "connector opcua"),
    ("/paho/", "connector mqtt"),
    ("/connectors/mqtt/", "connector mqtt"),
    ("/gateway/historian/", "historian"),
    ("/gateway/detect/", "rules"),
    ("/gateway/issues/", "rules"),
    ("/gateway/stream/journal", "journal"),
    ("/gateway/stream/latest", "latest values"),
    ("/websockets/", "live hub"),
    ("/uvicorn/", "live hub"),
    ("/starlette/", "live hub"),
    ("/web/", "live hub"),
)
_BY_THREAD: Final = (
    ("journal", "journal"),
    ("historian", "historian"),
    ("paho", "connector mqtt"),
    ("mqtt", "connector mqtt"),
    ("Thread-", "connector mqtt"),
    ("store", "rules"),
    ("account", "account"),
    (
        "asyncio",
        "rules",
    ),  # the loop's own pool: steps of large batches (the embedded historian has lanes)
)
spent: Counter[str] = Counter()
steps: Counter[str] = Counter()
_files: dict[object, str] = {}


def _first(table: tuple[tuple[str, str], ...], text: str) -> str | None:
    return next((stage for part, stage in table if text.startswith(part)), None)


def _by_file(code: Any) -> str:
    if code not in _files:
        name = getattr(code, "co_filename", "")
        found = [stage for part, stage in _BY_FILE if part in name]
        _files[code] = found[0] if found else f"rest: {name.rpartition('/')[2] or code!r}"
    return _files[code]


def stage_of(callback: Any) -> str:
    """Return the stage that a callback of the event loop belongs to."""
    while isinstance(callback, functools.partial):
        callback = callback.func
    owner = getattr(callback, "__self__", None)
    if isinstance(owner, asyncio.Task):
        named = _first(_BY_TASK, owner.get_name())
        return named or _by_file(getattr(owner.get_coro(), "cr_code", None))
    protocol = getattr(owner, "_protocol", None)
    if protocol is not None:
        return _by_file(type(protocol).__init__.__code__)
    return _by_file(getattr(callback, "__code__", None) or type(owner).__name__)


def keep_account() -> None:
    """Book every callback from now on."""
    plain = events.Handle._run

    def booked(handle: Any) -> None:
        stage = stage_of(handle._callback)
        before = time.thread_time_ns()
        plain(handle)
        spent[stage] += time.thread_time_ns() - before
        steps[stage] += 1

    setattr(events.Handle, "_run", booked)  # noqa: B010 - a bench-only account hooks into it


def threads() -> dict[str, float]:
    """Return processor seconds of all threads that live, by stage; the loop's own thread is `event loop`."""
    names = {thread.native_id: thread.name for thread in threading.enumerate()}
    total: dict[str, float] = defaultdict(float)
    for task in Path("/proc/self/task").iterdir():
        name = names.get(int(task.name))
        try:
            ns = int((task / "schedstat").read_text().split()[0])
        except OSError:
            continue
        if name == "MainThread":
            stage = "event loop"
        elif name is None:
            stage = "historian"  # threads that Python did not start: DuckDB's workers
        else:
            stage = _first(_BY_THREAD, name) or f"thread {name}"
        total[stage] += ns / 1e9
    return total


def _tell(path: Path) -> None:
    while True:
        by_thread = threads()
        loop = {stage: ns / 1e9 for stage, ns in dict(spent).items()}
        by_thread["event loop"] -= sum(loop.values())
        stages = {
            stage: loop.get(stage, 0.0) + by_thread.get(stage, 0.0)
            for stage in (loop.keys() | by_thread.keys())
        }
        report(path, {"stages": stages, "cpu_s": time.process_time(), "steps": dict(steps)})
        time.sleep(0.5)


if __name__ == "__main__":
    keep_account()
    threading.Thread(target=_tell, args=(Path(sys.argv[2]),), name="account", daemon=True).start()
    asyncio.run(run.up(Path(sys.argv[1])))
