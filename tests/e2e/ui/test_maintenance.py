"""Work orders in a real browser: list and board with filters in the address, and working on one with a phone."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.peers.browser import violations

pytestmark = [pytest.mark.peer, pytest.mark.e2e]


def test_list_board_and_filters_stand_in_the_address(page: Page) -> None:
    page.goto("/maintenance")
    expect(page.locator("[data-order='3']")).to_be_visible()
    page.get_by_role("link", name="Preventive", exact=True).click()
    expect(page).to_have_url(re.compile("kind=preventive"))
    expect(page.locator("[data-order='2']")).to_have_count(0)
    page.get_by_role("link", name="Board", exact=True).click()
    expect(page.locator("[data-column=open] [data-order='3']")).to_be_visible()
    assert violations(page) == []
    page.reload()
    expect(page.locator("[data-column=open] [data-order='3']")).to_be_visible()
    expect(page.get_by_role("link", name="Export CSV")).to_have_attribute(
        "href", re.compile("kind=preventive")
    )
    expect(page.locator("[data-section=reliability]")).to_contain_text("MTTA")


def test_a_request_is_written_and_worked_on_with_a_phone(browser: Browser, gateway: str) -> None:
    phone = browser.new_context(base_url=gateway, viewport={"width": 390, "height": 780})
    try:
        page = phone.new_page()
        page.goto("/maintenance")
        page.get_by_label("What is to be done").fill("Belt squeaks")
        page.locator("#work-asset").fill("plant/bottling/line1/filler")
        page.get_by_role("button", name="Send").click()
        expect(page.get_by_text(re.compile(r"Work order \d+ is written down"))).to_be_visible()
        page.get_by_role("link", name="Belt squeaks").click()
        expect(page.locator("[data-state=requested]")).to_be_visible()
        for action, state in (("Approve", "open"), ("Start", "in_progress")):
            page.get_by_role("button", name=action, exact=True).click()
            expect(page.locator(f"[data-state={state}]")).to_be_visible()
        page.get_by_label("Reason").fill("part is ordered")
        page.get_by_role("button", name="Put on hold").click()
        expect(page.get_by_text("part is ordered").first).to_be_visible()
        page.get_by_label("Minutes").fill("20")
        page.get_by_role("button", name="Add time").click()
        expect(page.locator("[data-section=labour]")).to_contain_text("20 min")
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        assert violations(page) == []
    finally:
        phone.close()
