"""The pictures that README and docs show: `python -m tests.e2e.screenshots` runs the demo and takes them."""

from __future__ import annotations

import argparse
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import httpx
from playwright.sync_api import Browser, Page, expect

from tests.e2e.product import ROOT
from tests.peers.browser import Watch, chromium

IMAGES: Final = ROOT / "docs" / "images"
SIZE: Final = {"width": 1600, "height": 1000}
MOST_BYTES: Final = 300_000
STARTED_WITHIN_S: Final = 60.0
SEEN_WITHIN_S: Final = 240.0
FILL: Final = "Fill weight"
RULE: Final = "fill-weight-off-target"
SPEED: Final = "80% of the target"


@contextmanager
def demo(folder: Path) -> Iterator[str]:
    """Run `taktline demo` for the length of a block; gives its address, without the last slash."""
    log = folder / "demo.log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "gateway", "demo", "--port", "0"],
            stdout=out,
            stderr=subprocess.STDOUT,
            cwd=ROOT,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )
    try:
        yield _address(log, process)
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(5)


def _address(log: Path, process: subprocess.Popen[bytes]) -> str:
    deadline = time.monotonic() + STARTED_WITHIN_S
    while time.monotonic() < deadline and process.poll() is None:
        found = re.search(r"open (http://\S+?)/?\s", log.read_text(errors="replace"))
        if found:
            return found[1]
        time.sleep(0.1)
    msg = f"the demo gave no address:\n{log.read_text(errors='replace')[-2000:]}"
    raise RuntimeError(msg)


def await_issues(url: str) -> list[dict[str, Any]]:
    """Return the issues once both that the demo promises are open."""
    deadline = time.monotonic() + SEEN_WITHIN_S
    while True:
        issues: list[dict[str, Any]] = httpx.get(f"{url}/api/v1/issues").json()["items"]
        titles = " ".join(each["title"] for each in issues)
        if FILL in titles and SPEED in titles:
            return issues
        if time.monotonic() > deadline:
            msg = f"not both issues within {SEEN_WITHIN_S} s, only: {titles!r}"
            raise RuntimeError(msg)
        time.sleep(0.5)


def board(url: str, machine: str) -> str:
    """Make a board of every kind of tile on a machine; return its name."""
    line = machine.rpartition("/")[0]
    tiles = [
        {
            "id": "v",
            "type": "value",
            "x": 0,
            "y": 0,
            "w": 3,
            "h": 2,
            "signal": f"{machine}/fill_weight",
        },
        {"id": "s", "type": "state", "x": 3, "y": 0, "w": 3, "h": 2, "machine": machine},
        {"id": "c", "type": "count", "x": 6, "y": 0, "w": 3, "h": 2, "machine": machine},
        {"id": "o", "type": "oee", "x": 9, "y": 0, "w": 3, "h": 2, "unit": line},
        {"id": "trend", "type": "trend", "x": 0, "y": 2, "w": 6, "h": 4, "window_s": 300}
        | {"signals": [f"{machine}/fill_weight"]},
        {"id": "i", "type": "issues", "x": 6, "y": 2, "w": 6, "h": 4, "unit": line},
        {"id": "m", "type": "machine", "x": 0, "y": 6, "w": 3, "h": 5, "machine": machine},
        {"id": "p", "type": "pareto", "x": 3, "y": 6, "w": 4, "h": 5, "unit": line},
        {"id": "a", "type": "alarms", "x": 7, "y": 6, "w": 5, "h": 3, "unit": line},
        {"id": "x", "type": "text", "x": 7, "y": 9, "w": 5, "h": 2, "title": "Handover"}
        | {"text": "Nozzle 4 was cleaned at the start of the shift."},
    ]
    wish = {"title": "Filling", "sharing": {"audience": "all"}, "body": {"tiles": tiles}}
    made = httpx.post(f"{url}/api/v1/pages/board", json=wish)
    made.raise_for_status()
    return str(made.json()["id"])


def backtested(url: str) -> str:
    """Run a rule over the last ten minutes with values of its limit; return the address of its result."""
    to_ms = time.time() * 1000
    values = [500 + n / 2 for n in range(13)]
    asked = {
        "rule": RULE,
        "from": to_ms - 600_000,
        "to": to_ms,
        "sweep": "parameter",
        "parameter": "high",
        "values": values,
    }
    job = httpx.post(f"{url}/api/v1/backtests", json=asked).raise_for_status().json()["id"]
    deadline = time.monotonic() + SEEN_WITHIN_S
    while httpx.get(f"{url}/api/v1/backtests/{job}").json()["state"] != "done":
        if time.monotonic() > deadline:
            msg = f"the backtest {job} did not end"
            raise RuntimeError(msg)
        time.sleep(0.3)
    form = "sweep=parameter&parameter=high&low=500&high=506&steps=13&hours=1"
    return f"/backtests?rule={RULE}&{form}&job={job}&pick=7"


def ordered(url: str, issue: dict[str, Any]) -> None:
    """Write a work order for an issue, as somebody of maintenance would from its page."""
    order = {
        "title": "Check the filler's dosing valve",
        "asset": issue["asset"],
        "kind": "corrective",
        "priority": "high",
        "assignees": ["ben"],
        "issue": issue["number"],
        "description": issue["explanation"],
        "checklist": ["Lock out and tag out", "Clean the valve seat", "Weigh ten bottles"],
    }
    made = httpx.post(f"{url}/api/v1/maintenance/orders", json=order).raise_for_status().json()
    start = f"{url}/api/v1/maintenance/orders/{made['number']}/act/start"
    httpx.post(start, json={"version": made["version"]}).raise_for_status()


class Camera:
    """Takes one picture a call, of a page that shows live data and has said nothing on the console."""

    def __init__(self, browser: Browser, url: str, folder: Path) -> None:
        self._browser = browser
        self._url = url
        self._folder = folder

    def take(self, name: str, path: str, ready: str, *, theme: str = "dark") -> None:
        """Write the picture of an address once what `ready` selects is there; raises where it is too large."""
        page: Page = self._browser.new_page(base_url=self._url, viewport=SIZE)  # type: ignore[arg-type]  # a TypedDict
        watch = Watch(self._url)
        watch.follow(page)
        page.goto(f"{path}{'&' if '?' in path else '?'}theme={theme}")
        expect(page.locator("[data-phase=live]")).to_be_visible()
        expect(page.locator(ready).first).to_be_visible(timeout=15_000)
        # Charts and sparklines take in their history and a few live samples.
        page.wait_for_timeout(3_000)
        file = self._folder / f"{name}.png"
        page.screenshot(path=file)
        page.close()
        if watch.errors or watch.strangers:
            msg = f"{path}: {watch.errors} {watch.strangers}"
            raise RuntimeError(msg)
        size = file.stat().st_size
        if size > MOST_BYTES:
            msg = f"{file.name} has {size} bytes, more than {MOST_BYTES}"
            raise RuntimeError(msg)
        sys.stdout.write(f"{file.relative_to(ROOT)}  {size / 1000:.0f} kB\n")


def main(run_s: float) -> None:
    """Take every picture."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as scratch, demo(Path(scratch)) as url:
        issues = await_issues(url)
        time.sleep(max(0.0, run_s - (time.monotonic() - started)))
        fill = next(each for each in issues if FILL in each["title"])
        machine = fill["asset"]
        with chromium() as browser:
            camera = Camera(browser, url, IMAGES)
            camera.take("floor", "/floor", ".tile .spark path[d^=M]")
            camera.take("floor-light", "/floor", ".tile .spark path[d^=M]", theme="light")
            line = f"/floor/{machine.rpartition('/')[0]}"
            camera.take("line", line, ".line-stop")
            camera.take("line-light", line, ".line-stop", theme="light")
            camera.take("machine", f"/machine/{machine}?window=60", ".trend canvas")
            light = f"/machine/{machine}?window=60"
            camera.take("machine-light", light, ".trend canvas", theme="light")
            camera.take("alarms", "/alarms", "[data-alarm]")
            camera.take("alarm-figures", "/alarms?tab=figures&hours=1", "[data-section=benchmarks]")
            camera.take("rules", "/rules", "[data-rule]")
            camera.take("backtests", backtested(url), "[data-section=curve]")
            ordered(url, fill)
            camera.take("issues", "/issues", "[data-issue]")
            camera.take("issue", f"/issues/{fill['number']}", ".evidence canvas")
            camera.take("maintenance", "/maintenance?view=board", "[data-column] [data-order]")
            camera.take("health", "/health", "[data-section=stages]")
            weights = f"s={machine}/fill_weight&s={machine}/speed"
            camera.take("explore", f"/explore?{weights}&window=60", ".explore canvas")
            camera.take("board", f"/boards/{board(url, machine)}", "[data-tile=trend] canvas")
            camera.take("connectors", "/health/connectors", "[data-connector] .acts")
            camera.take("kiosk", "/kiosk/floor?scale=1.25", ".wall-tile")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--run-s", type=float, default=150, help="let the demo run at least so long"
    )
    main(parser.parse_args().run_s)
