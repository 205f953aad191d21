"""Bound an awaitable by the injected clock."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

from gateway.clock import Clock
from gateway.errors import NotConnectedError

T = TypeVar("T")
_GRACE_S = 1.0


async def within(clock: Clock, timeout_s: float, work: Awaitable[T]) -> T:
    """Return the result of `work`, or cancel it and raise `TimeoutError` after `timeout_s` seconds.
    Raises `NotConnectedError` where `work` was cancelled by somebody else.

    What ignores its cancellation is left behind after being cancelled once.
    """
    task = asyncio.ensure_future(work)
    timer = asyncio.ensure_future(clock.sleep(timeout_s))
    try:
        await asyncio.wait({task, timer}, return_when=asyncio.FIRST_COMPLETED)
        if task.cancelled():
            raise NotConnectedError("it was cancelled from inside")
        if task.done():
            return task.result()
        msg = f"no answer within {timeout_s:g} s"
        raise TimeoutError(msg)
    finally:
        timer.cancel()
        if not task.done():
            task.cancel()
            task.add_done_callback(_forget)
            await asyncio.wait({task}, timeout=_GRACE_S)


def _forget(task: asyncio.Future[T]) -> None:
    """Take the late outcome, so that asyncio does not report it as never looked at."""
    if not task.cancelled():
        task.exception()
