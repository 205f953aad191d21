"""Whether the page can stay open for weeks: `python -m tests.e2e.soak --minutes 3` rotates its pages and cuts its feed.

After each round the garbage is collected three times and what is left is counted on the same page, from a heap
snapshot: objects, arrays, strings and closures. Compiled code, and what a browser under inspection keeps of requests
and of its own timing, grow for minutes and are not the page's. The least heap of the last third may exceed the least of
the first third by a bound; nodes and listeners may not rise.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from playwright.sync_api import CDPSession, Page, expect

from tests.e2e.product import ROOT
from tests.peers.browser import Watch, chromium
from tests.peers.process import Peer, free_port, listening

FILLER: Final = "plant/bottling/line1/filler"
PAGES: Final = (
    f"/machine/{FILLER}",
    "/issues",
    "/issues/1",
    f"/explore?s={FILLER}/fill_weight&s={FILLER}/speed&window=300",
    "/health",
    "/health/gaps",
    "/kiosk/andon",
    "/kiosk/floor?rotate=3",
)
HOME: Final = "/floor"
MOST_HEAP_BYTES: Final = 200_000
MOST_NODES: Final = 40
"""Nodes of the page that is measured may differ by what it shows: a warning more, a struck value."""
OWN_KINDS: Final = {"object", "array", "string", "concatenated string", "sliced string", "closure"}
WARM_ROUNDS: Final = 4
GO: Final = (
    "to => { history.pushState(null, '', to); dispatchEvent(new PopStateEvent('popstate')) }"
)


class Relay:
    """Passes bytes between the browser and the gateway, and cuts every connection when told."""

    def __init__(self, to_port: int) -> None:
        self._to = ("127.0.0.1", to_port)
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._server.getsockname()[1])
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """End every connection at once."""
        with self._lock:
            gone, self._open = self._open, set()
        for each in gone:
            # The other end may have closed it in this moment.
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Accept nothing more, and cut."""
        with contextlib.suppress(OSError):
            self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        self.cut()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._server.accept()
            except OSError:
                return
            far = socket.create_connection(self._to)
            with self._lock:
                self._open |= {near, far}
            for source, target in ((near, far), (far, near)):
                threading.Thread(target=self._pump, args=(source, target), daemon=True).start()

    def _pump(self, source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65_536):
                target.sendall(data)
        for each in (source, target):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
        with self._lock:
            self._open.discard(source)
        source.close()


@dataclass(frozen=True, kw_only=True)
class Count:
    """What the page holds after its garbage was collected: heap in bytes, nodes, listeners."""

    heap: int
    nodes: int
    listeners: int


def _held(session: CDPSession) -> int:
    """Return the bytes of the page's own objects."""
    chunks: list[str] = []

    def keep(event: dict[str, str]) -> None:
        chunks.append(event["chunk"])

    session.on("HeapProfiler.addHeapSnapshotChunk", keep)
    session.send("HeapProfiler.takeHeapSnapshot", {"reportProgress": False})
    session.remove_listener("HeapProfiler.addHeapSnapshotChunk", keep)
    snapshot = json.loads("".join(chunks))
    meta, nodes = snapshot["snapshot"]["meta"], snapshot["nodes"]
    width, kinds = len(meta["node_fields"]), meta["node_types"][0]
    size = meta["node_fields"].index("self_size")
    return sum(
        nodes[at + size] for at in range(0, len(nodes), width) if kinds[nodes[at]] in OWN_KINDS
    )


def count(session: CDPSession) -> Count:
    """Collect garbage three times, as weak references and finalizers need, and count."""
    for _ in range(3):
        session.send("HeapProfiler.collectGarbage")
    heap = _held(session)
    got = {
        each["name"]: each["value"] for each in session.send("Performance.getMetrics")["metrics"]
    }
    return Count(
        heap=heap,
        nodes=int(got["Nodes"]),
        listeners=int(got["JSEventListeners"]),
    )


@contextmanager
def opened(folder: Path) -> Iterator[tuple[Page, Relay, Watch]]:
    """Run the moving plant in memory behind a relay, and a browser on its page."""
    port = free_port()
    command = [sys.executable, "-m", "tests.peers.web_services", "--port", str(port)]
    with Peer(command, ready=listening(port), log=folder / "log.txt", cwd=ROOT):
        relay = Relay(port)
        url = f"http://127.0.0.1:{relay.port}"
        try:
            with chromium() as browser:
                page = browser.new_page(base_url=url, viewport={"width": 1920, "height": 1080})
                watch = Watch(url)
                watch.follow(page)
                yield page, relay, watch
        finally:
            relay.close()


def rotate(page: Page, *, stay_s: float) -> None:
    """Visit every page without loading anew, and come home."""
    for path in (*PAGES, HOME):
        page.evaluate(GO, path)
        page.locator("main :is(canvas, table, [data-machine], .wall-row, .empty)").first.wait_for()
        page.wait_for_timeout(stay_s * 1000)
    page.locator("[data-machine] .spark path[d^=M]").first.wait_for()
    page.wait_for_timeout(1_500)


def soak(minutes: float, *, stay_s: float = 0.3) -> list[Count]:
    """Rotate for so long, cutting the feed in every second round; return what was counted after each round."""
    counts: list[Count] = []
    with tempfile.TemporaryDirectory() as scratch, opened(Path(scratch)) as (page, relay, watch):
        page.goto(HOME)
        session = page.context.new_cdp_session(page)
        session.send("Performance.enable")
        for _ in range(WARM_ROUNDS):
            rotate(page, stay_s=stay_s)
            relay.cut()
            expect(page.locator("[data-phase=live]")).to_be_visible(timeout=20_000)
        end = time.monotonic() + minutes * 60
        while time.monotonic() < end or len(counts) < 6:
            if len(counts) % 2:
                relay.cut()
                expect(page.locator("[data-phase=live]")).to_be_visible(timeout=20_000)
            rotate(page, stay_s=stay_s)
            counts.append(count(session))
            sys.stdout.write(f"round {len(counts)}: {counts[-1]}\n")
        strangers = watch.strangers
    if strangers:
        msg = f"asked others: {strangers}"
        raise AssertionError(msg)
    return counts


def verdict(counts: list[Count]) -> str:
    """Return what grew, or nothing."""
    third = max(1, len(counts) // 3)
    first, last = counts[:third], counts[-third:]
    grown = {
        "heap": min(c.heap for c in last) - min(c.heap for c in first) - MOST_HEAP_BYTES,
        "nodes": min(c.nodes for c in last) - min(c.nodes for c in first) - MOST_NODES,
        "listeners": min(c.listeners for c in last) - max(c.listeners for c in first),
    }
    return ", ".join(
        f"{name} grew by {by} more than allowed" for name, by in grown.items() if by > 0
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=3)
    failed = verdict(soak(parser.parse_args().minutes))
    sys.stdout.write(f"{failed or 'heap, nodes and listeners stay constant'}\n")
    sys.exit(1 if failed else 0)
