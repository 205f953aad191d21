"""What the page says when data stops, when the gateway goes away and when it comes back."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, WebSocketRoute, expect

from tests.e2e.ui.conftest import start
from tests.peers.process import free_port

pytestmark = [pytest.mark.peer, pytest.mark.e2e]

STALE_MS = 1500
MACHINE = "plant/bottling/line1/filler"
TILE = f"[data-machine='{MACHINE}']"


class Tap:
    """Stands between page and gateway: sets the limit of age, and lets no samples through while shut.

    While `away`, full and delta frames say that no source is connected.
    """

    def __init__(self) -> None:
        self.shut = False
        self.away = False
        self.stale_ms = STALE_MS
        self.spoil = 0
        self.subscriptions: list[dict[str, object]] = []

    def join(self, route: WebSocketRoute) -> None:
        server = route.connect_to_server()

        def up(message: str | bytes) -> None:
            asked = json.loads(message)
            if asked["type"] in ("sub", "unsub"):
                self.subscriptions.append(asked)
            server.send(message)

        def down(message: str | bytes) -> None:
            if isinstance(message, bytes):
                if self.spoil > 0:
                    self.spoil -= 1
                    route.send(message[:-1])
                elif not self.shut:
                    route.send(without_source(message) if self.away else message)
                return
            told = json.loads(message)
            for column in told.get("columns", []):
                column["stale_after_ms"] = self.stale_ms
            route.send(json.dumps(told))

        route.on_message(up)
        server.on_message(down)


def without_source(frame: bytes) -> bytes:
    """Return a full or delta frame whose values are the last known ones: quality 3, the last n bytes."""
    kind, n = frame[0], int.from_bytes(frame[4:8], "little")
    return frame if kind == 3 or n == 0 else frame[:-n] + b"\x03" * n


@pytest.fixture
def tap(page: Page) -> Tap:
    made = Tap()
    page.route_web_socket("**/api/live", made.join)
    return made


def test_values_are_marked_stale_when_the_feed_stops_and_fresh_again(page: Page, tap: Tap) -> None:
    page.goto("/floor")
    tile = page.locator(TILE)
    expect(tile.locator(".tile-key .value")).not_to_have_class("value value-old")
    tap.shut = True
    expect(tile.locator(".tile-key .value-old s")).to_be_visible()
    expect(tile.locator(".tile-key .value-age")).to_contain_text("s")
    expect(tile).to_have_attribute("data-state", "none")
    expect(tile.locator(".tile-nodata")).to_have_text("No data")
    expect(page.locator(".floor-stale")).to_contain_text("stale")
    expect(page.locator("[data-phase=live]")).to_be_visible()
    tap.shut = False
    expect(tile.locator(".tile-key .value-old")).to_have_count(0)
    expect(tile).not_to_have_attribute("data-state", "none")


def test_values_of_a_source_that_is_away_are_the_last_known_ones(page: Page, tap: Tap) -> None:
    tap.stale_ms = 0
    page.goto("/floor")
    tile = page.locator(TILE)
    expect(tile).not_to_have_attribute("data-state", "none")
    tap.away = True
    expect(tile.locator(".tile-key [data-freshness=away] s")).to_be_visible()
    expect(tile.locator(".tile-nodata")).to_have_text("Not connected")
    expect(tile).to_have_class(re.compile("tile-stale"))
    expect(tile.locator(".tile-key .value")).to_contain_text("not connected, last known value")
    page.goto(f"/machine/{MACHINE}")
    expect(page.locator(".machine-state[data-freshness=away]")).to_contain_text("Not connected")
    expect(page.locator(".machine-state")).to_contain_text("last known value")
    expect(page.locator("[data-signal=good_count] [data-freshness=away]")).to_be_visible()
    tap.away = False
    expect(page.locator(".machine-state[data-freshness=fresh]")).to_be_visible()


def test_without_a_limit_of_age_a_value_holds_and_says_since_when(page: Page, tap: Tap) -> None:
    tap.stale_ms = 0
    page.goto("/floor")
    tile = page.locator(TILE)
    expect(tile.locator(".tile-key .value")).to_contain_text("g")
    tap.shut = True
    page.wait_for_timeout(STALE_MS + 1_000)
    expect(tile.locator(".value-old")).to_have_count(0)
    expect(tile.locator(".tile-foot")).to_contain_text(re.compile(r"Changed [2-9]\.\d s ago"))


def test_a_malformed_frame_is_answered_with_a_new_subscription(page: Page, tap: Tap) -> None:
    page.goto("/floor")
    tile = page.locator(TILE)
    expect(tile.locator(".tile-key .value")).to_contain_text("g")
    first = next(each["id"] for each in tap.subscriptions if each.get("view") == "floor")
    tap.spoil = 1
    deadline = time.monotonic() + 8
    again: list[object] = []
    while not again and time.monotonic() < deadline:
        page.wait_for_timeout(100)
        views = [each for each in tap.subscriptions if each.get("view") == "floor"]
        again = [each["id"] for each in views if each["id"] != first]
    assert again
    expect(tile.locator(".tile-key .value")).to_contain_text("g")
    before = tile.locator(".tile-key .value").inner_text()
    expect(tile.locator(".tile-key .value")).not_to_have_text(before)


def test_banner_while_the_gateway_is_away_then_it_resumes(
    browser: Browser, built: str, tmp_path: Path
) -> None:
    port = free_port()
    peer = start(port, tmp_path / "log.txt")
    page = browser.new_page(base_url=f"http://127.0.0.1:{port}")
    try:
        page.goto("/floor")
        expect(page.locator("[data-phase=live]")).to_be_visible()
        expect(page.locator(TILE)).to_be_visible()
        peer.kill()
        banner = page.locator(".banner")
        expect(banner).to_contain_text("Disconnected from the gateway")
        expect(page.locator("html")).to_have_attribute("data-connection", "lost")
        assert page.evaluate("getComputedStyle(document.querySelector('main')).filter") != "none"
        peer = start(port, tmp_path / "log.txt")
        expect(banner).to_be_hidden(timeout=15_000)
        expect(page.locator("html")).to_have_attribute("data-connection", "live")
        value = page.locator(f"{TILE} .tile-key .value")
        before = value.inner_text()
        expect(value).not_to_have_text(before)
    finally:
        page.close()
        peer.stop()


def test_a_gateway_that_says_nothing_counts_as_disconnected(page: Page) -> None:
    silent = False

    def join(route: WebSocketRoute) -> None:
        server = route.connect_to_server()
        server.on_message(lambda message: None if silent else route.send(message))

    page.route_web_socket("**/api/live", join)
    page.goto("/floor")
    expect(page.locator("[data-phase=live]")).to_be_visible()
    silent = True
    expect(page.locator(".banner")).to_contain_text("Disconnected", timeout=9_000)
    silent = False
    expect(page.locator("[data-phase=live]")).to_be_visible(timeout=9_000)


def test_a_page_of_an_older_build_is_loaded_again_once(page: Page) -> None:
    loads: list[str] = []
    page.on("load", lambda loaded: loads.append(loaded.url))
    page.route("**/build.json", lambda route: route.fulfill(json={"build": "another"}))
    page.goto("/floor")
    page.wait_for_timeout(2_500)
    assert len(loads) == 2
