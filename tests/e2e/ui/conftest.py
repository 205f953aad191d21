"""The built page, served by the web side on a moving plant in memory, in a real browser."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.peers.browser import Watch, chromium
from tests.peers.process import Peer, free_port, listening
from web.build_ui import WEB, build, install

ROOT = Path(__file__).parents[3]


def start(port: int, log: Path) -> Peer:
    command = [sys.executable, "-m", "tests.peers.web_services", "--port", str(port)]
    # A busy machine takes long over its imports.
    return Peer(command, ready=listening(port), log=log, cwd=ROOT, timeout_s=120)


@pytest.fixture(scope="session")
def built() -> str:
    install(WEB / "ui")
    return build()


@pytest.fixture(scope="package")
def gateway(built: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    port = free_port()
    with start(port, tmp_path_factory.mktemp("gateway") / "log.txt"):
        yield f"http://127.0.0.1:{port}"


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    # A busy machine may take long to answer; what is wrong stays wrong.
    expect.set_options(timeout=30_000)
    with chromium() as started:
        yield started


@pytest.fixture
def context(browser: Browser, gateway: str) -> Iterator[BrowserContext]:
    made = browser.new_context(base_url=gateway, viewport={"width": 1920, "height": 1080})
    made.set_default_timeout(30_000)
    yield made
    for each in made.pages:
        each.unroute_all(behavior="ignoreErrors")
    made.close()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return context.new_page()


@pytest.fixture
def watch(page: Page, gateway: str) -> Watch:
    made = Watch(gateway)
    made.follow(page)
    return made
