"""`taktline demo`, as a person uses it: one address, two issues by themselves, Ctrl-C ends everything."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import pytest
from playwright.sync_api import Page, expect

from tests.e2e.product import ROOT
from tests.peers.browser import chromium
from tests.peers.process import free_port

pytestmark = [pytest.mark.e2e, pytest.mark.peer]

SEEN_WITHIN_S = 60.0
ENDED_WITHIN_S = 10.0


def address(log: Path, process: subprocess.Popen[bytes], *, within_s: float) -> str:
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        found = re.search(r"open (http://\S+)", log.read_text(errors="replace"))
        if found:
            return found[1]
        if process.poll() is not None:
            break
        time.sleep(0.1)
    raise AssertionError(f"no address: {log.read_text(errors='replace')}")


@pytest.fixture
def page() -> Iterator[Page]:
    with chromium() as browser:
        yield browser.new_page()


@pytest.mark.timeout(150)
def test_the_demo_opens_both_issues_and_ends_cleanly(tmp_path: Path, page: Page) -> None:
    log = tmp_path / "demo.log"
    started = time.monotonic()
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "gateway", "demo", "--port", str(free_port())],
            stdout=out,
            stderr=subprocess.STDOUT,
            cwd=ROOT,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )
    family = [psutil.Process(process.pid)]
    try:
        url = address(log, process, within_s=40)
        family += psutil.Process(process.pid).children(recursive=True)
        assert len(family) >= 2, "the simulated plant is a process of its own"
        page.goto(f"{url}issues")
        left_ms = (SEEN_WITHIN_S - (time.monotonic() - started)) * 1000
        expect(page.get_by_text("Fill weight").first).to_be_visible(timeout=left_ms)
        left_ms = max(1, (SEEN_WITHIN_S - (time.monotonic() - started)) * 1000)
        expect(page.get_by_text("80% of the target").first).to_be_visible(timeout=left_ms)
        # The rule proposes a slower filler; what it proposed waits for a person.
        page.goto(f"{url}control")
        waiting = page.locator("[data-part=waiting]")
        expect(waiting).to_contain_text("rules: fill-weight-off-target", timeout=30_000)
        health = httpx.get(f"{url}api/v1/health").json()
        assert {c["state"] for c in health["connectors"]} == {"live"}
        assert sum(c["figures"]["drops"] for c in health["connectors"]) == 0
        page.goto("about:blank")
        asked = time.monotonic()
        process.send_signal(signal.SIGINT)
        code = process.wait(ENDED_WITHIN_S)
        assert code == 0, log.read_text(errors="replace")
        assert time.monotonic() - asked < ENDED_WITHIN_S
        _, alive = psutil.wait_procs(family, timeout=2)
        assert alive == []
    finally:
        for member in family:
            if member.is_running():
                member.kill()
        process.wait(5)


@pytest.mark.timeout(180)
def test_a_killed_demo_leaves_no_plant_behind(tmp_path: Path) -> None:
    log = tmp_path / "demo.log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "gateway", "demo", "--port", "0"],
            stdout=out,
            stderr=subprocess.STDOUT,
            cwd=ROOT,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )
    children: list[psutil.Process] = []
    try:
        address(log, process, within_s=120)
        children = psutil.Process(process.pid).children(recursive=True)
        assert children, "the simulated plant is a process of its own"
        process.kill()
        process.wait(5)
        _, alive = psutil.wait_procs(children, timeout=10)
        assert alive == []
    finally:
        process.kill()
        for child in children:
            if child.is_running():
                child.kill()
        process.wait(5)
