"""Asks a child process for a plan, so that the event loop is never held up, and lets the checker judge it."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import Callable
from typing import Final

from gateway.errors import InvalidRequestError, StorageError
from gateway.production.schedule.check import faults
from gateway.production.schedule.problem import Plan, Problem
from gateway.production.schedule.solve.search import Found
from gateway.production.schedule.solve.strategy import Exact, Progress
from gateway.production.schedule.solve.wire import (
    dump_plan,
    dump_problem,
    from_line,
    load_plan,
    to_line,
)

_START_S: Final = 30.0
_LINE_LIMIT: Final = 64 * 1024 * 1024
_SHOWN_FAULTS: Final = 3


async def solve(
    problem: Problem,
    *,
    seconds: float,
    seed: int = 1,
    exact: Exact = Exact.WHERE_IT_WINS,
    start: Plan | None = None,
    on_progress: Callable[[Progress], None] | None = None,
) -> Found:
    """Return a checked plan found in about so many seconds by a child process at low priority, on one core.

    Cancelling it ends the child. Raises `InvalidRequestError` where the problem has no plan that works or the
    best one found still breaks a rule, naming it; `StorageError` where the child died or overran its time.
    """
    request = await asyncio.to_thread(
        lambda: to_line(
            {
                "problem": dump_problem(problem),
                "seconds": seconds,
                "seed": seed,
                "exact": exact.value,
                "start": None if start is None else dump_plan(start),
            }
        )
    )
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "gateway.production.schedule.solve.worker",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=_LINE_LIMIT,
    )
    try:
        async with asyncio.timeout(2 * seconds + _START_S):
            found = await _conversation(child, request, on_progress)
    except TimeoutError as error:
        raise StorageError(
            f"the search did not end {seconds + _START_S:g} s after its time"
        ) from error
    finally:
        await _ended(child)
    wrong = await asyncio.to_thread(faults, problem, found.plan)
    if wrong:
        raise InvalidRequestError(
            f"the best plan found breaks {len(wrong)} rules: {'; '.join(wrong[:_SHOWN_FAULTS])}"
        )
    return found


async def _conversation(
    child: asyncio.subprocess.Process,
    request: bytes,
    on_progress: Callable[[Progress], None] | None,
) -> Found:
    if child.stdin is None or child.stdout is None:
        raise StorageError("the search has no pipes")
    with contextlib.suppress(ConnectionError):  # it died: the missing result below says so
        child.stdin.write(request)
        await child.stdin.drain()
        child.stdin.close()
    while line := await child.stdout.readline():
        said = from_line(line)
        if "refused" in said:
            raise InvalidRequestError(said["refused"])
        if "plan" in said:
            return Found(plan=load_plan(said["plan"]), cost=said["cost"], method=said["method"])
        if on_progress is not None:
            on_progress(Progress(share=said["share"], cost=said["cost"], phase=said["phase"]))
    raise StorageError(f"the search ended without a result (exit code {await child.wait()})")


async def _ended(child: asyncio.subprocess.Process) -> None:
    if child.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            child.kill()
    await child.wait()
