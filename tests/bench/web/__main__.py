"""The figures of the page and its feed: `python -m tests.bench.web [--seconds 20] [--soak-minutes 3] [--json FILE]`.

Nothing here asserts a time; the load of the machine is told beside every figure.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

from tests.bench.web import clients, page
from tests.e2e.soak import soak
from tests.peers.browser import chromium
from tests.peers.process import Peer, free_port, listening
from web.build_ui import WEB, build, install

ROOT = Path(__file__).parents[3]


def told(name: str, found: object) -> object:
    """Print a figure with the machine's load, and return it."""
    print(f"{name}: {json.dumps(found)} (load {os.getloadavg()[0]:.1f})", flush=True)
    return found


def main(seconds: float, soak_minutes: float, file: Path | None) -> None:
    """Measure all, one after the other."""
    install(WEB / "ui")
    build()
    figures: dict[str, Any] = {"load_before": os.getloadavg(), "cores": os.cpu_count()}
    with tempfile.TemporaryDirectory() as scratch:
        folder, port = Path(scratch), free_port()
        command = [sys.executable, "-m", "tests.bench.web.plant", "--port", str(port)]
        command += ["--folder", str(folder)]
        log = folder / "log.txt"
        with Peer(command, ready=listening(port), log=log, cwd=ROOT, timeout_s=120) as peer:
            url, pid = f"http://127.0.0.1:{port}", peer.process.pid
            with chromium() as browser:
                screen = page.first_screen(browser, url, WEB / "static")
                figures["first_screen"] = told("first screen", screen)
                figures["drawing"] = told("drawing", page.drawing(browser, url, seconds))
                figures["history"] = told("24 h of 8 signals", page.history(browser, url))
            figures["clients"] = told(
                "clients", asyncio.run(clients.all_figures(port, pid, seconds))
            )
    if soak_minutes > 0:
        counts = soak(soak_minutes)
        third = max(1, len(counts) // 3)
        grown = min(c.heap for c in counts[-third:]) - min(c.heap for c in counts[:third])
        rounds = {"rounds": len(counts), "pages": len(counts) * 9, "heap_growth_bytes": grown}
        figures["soak"] = told("soak", rounds)
    if file is not None:
        file.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--soak-minutes", type=float, default=3)
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    main(given.seconds, given.soak_minutes, given.json)
