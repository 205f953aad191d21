"""History through the engine, in pieces whose size is bounded whatever the range."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from gateway.clock import NS_PER_S
from gateway.detect import running as run
from gateway.detect.options import RuleOptions
from gateway.detect.running import Running
from gateway.errors import InvalidRequestError
from gateway.model import SampleBatch, Signal
from gateway.ports import History
from rules.events import Event
from rules.families.base import Key

ROWS: Final = 200_000
FIRST_NS: Final = 600 * NS_PER_S
WIDEST_NS: Final = 86_400 * NS_PER_S


def instances(running: Running) -> list[Key]:
    """Return what the rules watch: one key a rule, signal and side."""
    return [key for _, block in running.table.blocks.values() for key in block.keys]


def begin(rules: Mapping[str, RuleOptions], signals: Sequence[Signal], *, start_ns: int) -> Running:
    """Bind rules that have seen nothing; raises `InvalidRequestError` for one that cannot run."""
    started, _ = run.start(rules, signals, state=None, now_ns=start_ns)
    if started.errors:
        raise InvalidRequestError("; ".join(sorted(set(started.errors.values()))))
    return started


def fed(running: Running) -> list[int]:
    """Return the signals whose rows the rules read."""
    found: set[int] = set()
    for _, block in running.table.blocks.values():
        found.update(np.flatnonzero(np.diff(block.routes.start)).tolist())
    return sorted(found)


async def pieces(
    history: History, signals: Sequence[int], *, start_ns: int, end_ns: int
) -> AsyncIterator[tuple[SampleBatch, int]]:
    """Yield rows by source time with the time up to which they are complete, at most `ROWS` at once."""
    width_ns, at_ns = FIRST_NS, start_ns
    while at_ns < end_ns:
        until_ns = min(at_ns + width_ns, end_ns)
        rows = await history.rows(signals, start_ns=at_ns, end_ns=until_ns, limit=ROWS)
        if len(rows) >= ROWS and until_ns - at_ns > 1:
            width_ns = max(1, (until_ns - at_ns) // 2)
            continue
        yield rows, until_ns
        at_ns = until_ns
        if len(rows) <= ROWS // 4:
            width_ns = min(2 * width_ns, WIDEST_NS)


async def replay(
    running: Running,
    history: History,
    signals: Sequence[Signal],
    *,
    start_ns: int,
    end_ns: int,
) -> AsyncIterator[tuple[int, list[Event]]]:
    """Yield (rows, events) piece by piece; the machine's own time is the engine's.

    Raises `InvalidRequestError` where a rule fails over these numbers.
    """
    wanted = fed(running)
    async for rows, until_ns in pieces(history, wanted, start_ns=start_ns, end_ns=end_ns):
        batch = replace(rows, received_ns=rows.source_ns)
        running, events = await asyncio.to_thread(
            run.step, running, lambda: signals, batch, now_ns=until_ns, starts=()
        )
        if running.failed:
            raise InvalidRequestError("; ".join(sorted(set(running.failed.values()))))
        yield len(rows), events
