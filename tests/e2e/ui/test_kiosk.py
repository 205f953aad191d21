"""Wall screens: nothing to press, nothing cut off, live or said not to be, and the new build by themselves."""

from __future__ import annotations

import re
import time

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.peers.browser import Watch, violations

pytestmark = [pytest.mark.peer, pytest.mark.e2e]


@pytest.mark.parametrize("board", ["floor", "andon"])
@pytest.mark.parametrize("theme", ["dark", "light"])
def test_a_board_is_live_and_bare(page: Page, watch: Watch, board: str, theme: str) -> None:
    page.goto(f"/kiosk/{board}?theme={theme}")
    expect(page.locator("html")).to_have_attribute("data-theme", theme)
    expect(page.locator(".wall [data-phase=live]")).to_be_visible()
    expect(page.locator(".wall-tile, .wall-row, .wall-calm").first).to_be_visible()
    expect(page.locator(".wall-head time")).to_have_text(re.compile(r"\d\d:\d\d:\d\d"))
    assert page.locator("header.top, button, input, nav").count() == 0
    assert violations(page) == []
    assert watch.errors == []
    assert watch.strangers == []


def test_machines_are_dealt_to_pictures_that_fit_and_turn(page: Page) -> None:
    page.set_viewport_size({"width": 1280, "height": 720})
    page.goto("/kiosk/floor?scale=1.5&rotate=3")
    expect(page.locator("html")).to_have_attribute("data-scale", "1.5")
    expect(page.locator(".wall-tile").first).to_be_visible()
    # Read at once: a tile asked for alone may turn away before it answers.
    shown = """() => [...document.querySelectorAll('.wall-tile[data-machine]')].map(
        (e) => [e.dataset.machine, e.getBoundingClientRect().bottom <= innerHeight + 4])"""
    seen: set[str] = set()
    end_s = time.monotonic() + 60
    while len(seen) < 6 and time.monotonic() < end_s:
        for machine, inside in page.evaluate(shown):
            seen.add(machine)
            assert inside, machine
        page.wait_for_timeout(250)
    assert len(seen) == 6


def test_a_board_that_does_not_exist_says_which_do(page: Page) -> None:
    page.goto("/kiosk/garden?scale=huge&rotate=-1")
    expect(page.get_by_text("There is no board called garden")).to_be_visible()


def test_a_new_build_is_loaded_once_the_gateway_is_healthy(page: Page) -> None:
    loads: list[str] = []
    asked: list[str] = []
    page.on("load", lambda loaded: loads.append(loaded.url))
    page.route("**/build.json", lambda route: route.fulfill(json={"build": "another"}))

    def health(route: Route) -> None:
        asked.append(route.request.url)
        if len(asked) < 2:
            route.fulfill(status=503)
        else:
            route.continue_()

    page.route("**/healthz", health)
    page.goto("/kiosk/floor")
    page.wait_for_timeout(1_000)
    assert len(loads) == 1
    expect(page.locator(".wall [data-phase=live]")).to_be_visible()
    page.wait_for_timeout(2_500)
    assert len(loads) == 2
    assert len(asked) == 2


@pytest.mark.parametrize("motion", ["reduce", "no-preference"])
def test_only_unacknowledged_p1_and_p2_stand_out_and_never_blink_fast(
    browser: Browser, gateway: str, motion: str
) -> None:
    page = browser.new_page(base_url=gateway, reduced_motion=motion)  # type: ignore[arg-type]  # a Literal
    try:
        page.goto("/issues?state=all")
        expect(page.locator("[data-issue]").first).to_be_visible()
        for row in page.locator("[data-issue]").all():
            text = row.inner_text()
            wanted = "Open" in text.split("\t") and ("Severity 1" in text or "Severity 2" in text)
            assert row.locator(".alert-p1, .alert-p2").count() == int(wanted), text
        alert = page.locator(".alert-p1, .alert-p2").first
        style = (
            "e => { const s = getComputedStyle(e); return [s.animationDuration, s.outlineStyle] }"
        )
        duration, outline = alert.evaluate(style)
        if motion == "reduce":
            assert (duration, outline) == ("0s", "double")
        else:
            assert float(duration.removesuffix("s")) > 1
    finally:
        page.close()
