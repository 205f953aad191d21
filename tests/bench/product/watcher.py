"""One browser's worth of live feed: takes every sample of some views and measures how old it is on receipt.

Run: python -m tests.bench.product.watcher URL REPORT VIEW...; orders come by standard input (`rate` begins anew).
Ages are source time to receipt in milliseconds; a histogram of 1 ms keeps memory flat.
"""

from __future__ import annotations

import asyncio
import json
import struct
import sys
import time
from pathlib import Path
from typing import Any, Final

import numpy as np
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from tests.bench.product.orders import Orders, report

_HEADER: Final = struct.Struct("<BBHIIId")
_SERIES: Final = 3
_TOP_MS: Final = 10_000
_RATE_HZ: Final = 10


class Ages:
    """Counts rows by their age on receipt, since the last order of a rate."""

    def __init__(self) -> None:
        self.columns = 0
        self._window = -1.0
        self.begin(-1.0)

    def begin(self, window: float) -> None:
        """Begin anew where this is another window."""
        if window != self._window:
            self._window = window
            self._ages = np.zeros(_TOP_MS + 1, np.int64)
            self._seen = {"rows": 0, "frames": 0, "bytes": 0, "left_out": 0}

    def take(self, message: bytes) -> int:
        """Take a binary frame and return its sequence number."""
        kind, flag, _, n, seq, _, _ = _HEADER.unpack_from(message)
        if kind == _SERIES:
            source_ms = np.frombuffer(message, "<f8", n, _HEADER.size + 8 * n)
            age = np.clip(time.time_ns() / 1e6 - source_ms, 0, _TOP_MS).astype(np.int64)
            self._ages += np.bincount(age, minlength=_TOP_MS + 1)
            self._seen["rows"] += n
            self._seen["left_out"] += flag & 1
        self._seen["frames"] += 1
        self._seen["bytes"] += len(message)
        return int(seq)

    def document(self) -> dict[str, Any]:
        """Return counts and quantiles."""
        known = {"columns": self.columns, "window": self._window, "cpu_s": time.process_time()}
        return {**self._seen, **known, **_quantiles(self._ages)}


async def watch(url: str, path: Path, views: list[str]) -> None:
    """Subscribe to every view and report until told to end."""
    orders = Orders()
    orders.listen()
    ages = Ages()
    told_s, last = 0.0, 0
    async with connect(
        url, subprotocols=[Subprotocol("floor.v1")], max_size=None, compression=None
    ) as socket:
        for number, view in enumerate(views, start=1):
            wish = {"type": "sub", "id": number, "view": view, "mode": "series", "rate": _RATE_HZ}
            await socket.send(json.dumps(wish))
        while not orders.ended.is_set():
            message = await _next(socket)
            ages.begin(orders.rate)
            if isinstance(message, bytes):
                last = ages.take(message)
            elif '"snap"' in message:
                ages.columns += len(json.loads(message)["columns"])
            if time.monotonic() - told_s > 0.5:
                told_s = time.monotonic()
                await socket.send(json.dumps({"type": "ack", "seq": last}))
                report(path, ages.document())


async def _next(socket: ClientConnection) -> str | bytes:
    try:
        async with asyncio.timeout(0.5):
            return await socket.recv()
    except TimeoutError:
        return ""


def _quantiles(ages: np.ndarray[Any, np.dtype[np.int64]]) -> dict[str, float | None]:
    """Return p50, p99 and the largest age in ms, each the upper edge of its millisecond."""
    total = int(ages.sum())
    if not total:
        return {"p50_ms": None, "p99_ms": None, "max_ms": None}
    upto = np.cumsum(ages)
    return {
        "p50_ms": float(np.searchsorted(upto, 0.50 * total)) + 1,
        "p99_ms": float(np.searchsorted(upto, 0.99 * total)) + 1,
        "max_ms": float(np.flatnonzero(ages)[-1]) + 1,
    }


if __name__ == "__main__":
    asyncio.run(watch(sys.argv[1], Path(sys.argv[2]), sys.argv[3:]))
