"""A line's page: the drawing and the table say the same, and both lead to the machines."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, Route, expect

from tests.peers.browser import Watch

pytestmark = [pytest.mark.peer, pytest.mark.e2e]

LINE = "plant/bottling/line1"


@pytest.fixture(autouse=True)
def line(page: Page, watch: Watch) -> None:
    page.goto(f"/floor/{LINE}")
    expect(page.locator(".line-stop").first).to_be_visible()


def test_bottleneck_and_waiting_stand_in_drawing_and_table(page: Page) -> None:
    filler = page.locator(f".line-stop[data-machine='{LINE}/filler']")
    packer = page.locator(f".line-stop[data-machine='{LINE}/packer']")
    expect(filler).to_contain_text("Bottleneck")
    expect(packer).not_to_contain_text("Bottleneck")
    expect(packer).to_contain_text("Starved by Filler")
    expect(packer).to_contain_text("100 of 110/min")
    expect(packer).to_contain_text("cycle 0.60 s, takt 0.55 s")
    thick, thin = (
        float(each.locator(".line-box").evaluate("e => getComputedStyle(e).strokeWidth")[:-2])
        for each in (filler, packer)
    )
    assert thick > 2 * thin
    row = page.locator(f"[data-row='{LINE}/packer']")
    expect(row).to_contain_text("Starved by Filler")
    expect(row.get_by_role("img")).to_have_attribute("aria-label", re.compile("planned by now"))
    drawing = page.locator(".line-view svg").first
    expect(drawing).to_have_attribute("aria-label", re.compile("bottleneck Filler, 1 waiting"))


def test_the_drawing_leads_to_the_machine_without_loading_the_page(page: Page) -> None:
    page.evaluate("window.stays = true")
    stop = page.locator(f".line-stop[data-machine='{LINE}/packer']")
    stop.focus()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(f"/machine/{LINE}/packer$"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Packer")
    assert page.evaluate("window.stays") is True


def test_without_flow_the_line_still_shows_its_machines(page: Page) -> None:
    problem = {"title": "Not now", "detail": "the desk is away", "status": 503}

    def refuse(route: Route) -> None:
        route.fulfill(status=503, json=problem, content_type="application/problem+json")

    page.route("**/api/v1/lines/**", refuse)
    page.reload()
    expect(page.get_by_text("Bottleneck and waiting are not known")).to_be_visible()
    expect(page.locator(".line-stop")).to_have_count(5)


def test_a_line_that_does_not_exist_says_so(page: Page) -> None:
    page.goto("/floor/plant/bottling/nothing")
    expect(page.get_by_text("No line is called plant/bottling/nothing")).to_be_visible()
