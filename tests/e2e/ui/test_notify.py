"""Notifications, the own account and links of messages, in a real browser."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from gateway.clock import NS_PER_S, SystemClock
from gateway.notify.links import Link
from tests.peers.browser import violations
from tests.peers.web_notify import LINKS

pytestmark = [pytest.mark.peer, pytest.mark.e2e]


def test_who_is_on_duty_channels_and_what_became_of_messages(page: Page) -> None:
    page.goto("/notifications")
    line = page.locator("[data-team=line1]")
    expect(line).to_contain_text("on call until")
    page.get_by_role("button", name="Test mail").click()
    expect(page.get_by_text("The test by mail failed: Connection refused")).to_be_visible()
    page.get_by_role("link", name="given up").click()
    expect(page).to_have_url(re.compile("state=failed"))
    expect(page.locator("[data-delivery='3']")).to_contain_text("Connection refused")
    assert violations(page) == []


def test_one_says_how_one_wants_to_be_told(page: Page) -> None:
    page.goto("/account")
    page.get_by_label("Address for mail").fill("local@plant.example")
    page.get_by_role("button", name="Add quiet hours").click()
    page.get_by_label("Sun").uncheck()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved.")).to_be_visible()
    page.reload()
    expect(page.get_by_label("Address for mail")).to_have_value("local@plant.example")
    expect(page.get_by_label("Sun")).not_to_be_checked()
    page.get_by_label("Address for mail").fill("nonsense")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text(re.compile("want a mail address"))).to_be_visible()
    page.get_by_role("button", name="Send me a test here").click()
    expect(page.get_by_text("The test by screen was taken.")).to_be_visible()
    assert violations(page) == []


def test_a_link_on_a_phone_acknowledges_by_one_press(browser: Browser, gateway: str) -> None:
    expires_s = SystemClock().now_ns() // NS_PER_S + 600
    phone = browser.new_context(base_url=gateway, viewport={"width": 390, "height": 780})
    try:
        page = phone.new_page()
        listed = page.request.get("/api/v1/issues?state=open").json()["items"]
        issue = listed[-1]["number"]
        link = Link(issue=issue, person="anna", message=1, expires_s=expires_s)
        secret = LINKS.make(link)
        page.goto(f"/acknowledge#{secret}")
        button = page.get_by_role("button", name="Acknowledge")
        expect(button).to_be_visible()
        assert secret not in page.url, "the secret leaves the address"
        box = button.bounding_box()
        assert box is not None
        assert box["height"] >= 40
        assert violations(page) == []
        at = f"/api/v1/issues/{issue}"
        assert page.request.get(at).json()["state"] == "open", "looking changes nothing"
        button.click()
        expect(page.get_by_text(f"Issue {issue} is acknowledged.")).to_be_visible()
        assert page.request.get(at).json()["state"] != "open"
        page.goto("/acknowledge#tka_broken.x")  # the page begins anew by itself
        expect(page.get_by_role("alert")).to_contain_text("damaged")
    finally:
        phone.close()
