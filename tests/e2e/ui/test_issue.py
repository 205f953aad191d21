"""Working on an issue by its forms, and what they do while disconnected."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, WebSocketRoute, expect

pytestmark = [pytest.mark.peer, pytest.mark.e2e]


def open_issue(page: Page) -> str:
    page.goto("/issues?state=unacknowledged")
    row = page.locator("[data-issue]").first
    number = row.get_attribute("data-issue") or ""
    row.get_by_role("link").first.click()
    expect(page).to_have_url(re.compile(rf"/issues/{number}$"))
    return number


def test_acknowledge_comment_and_reject_with_a_reason(page: Page) -> None:
    number = open_issue(page)
    page.locator("[data-action=acknowledge] button").click()
    expect(page.locator(".issue-line [data-state]")).to_have_text("Triage")
    expect(page.locator("[data-action=acknowledge]")).to_have_count(0)

    page.get_by_label("Comment").fill("Valve 3 was sticking <b>& more")
    page.get_by_role("button", name="Add comment").click()
    expect(
        page.locator(".history-detail", has_text="Valve 3 was sticking <b>& more")
    ).to_be_visible()

    page.get_by_role("button", name="Reject issue").click()
    expect(page.get_by_role("alert")).to_contain_text("Say why it needs no corrective action")
    expect(page.get_by_label("Reason for rejecting")).to_be_focused()
    expect(page.locator(".issue-line [data-state]")).to_have_text("Triage")

    page.get_by_label("Reason for rejecting").fill("Valve 3 replaced")
    page.get_by_role("button", name="Reject issue").click()
    expect(page.locator(".issue-line [data-state]")).to_have_text("Rejected")
    expect(page.locator("[data-action=reject]")).to_have_count(0)
    page.goto("/issues?state=closed")
    expect(page.locator(f"[data-issue='{number}']")).to_be_visible()
    page.goto("/issues")
    expect(page.locator("[data-issue]").first).to_be_visible()
    expect(page.locator(f"[data-issue='{number}']")).to_have_count(0)


def test_an_issue_is_replayed_step_by_step(page: Page) -> None:
    page.goto("/issues/2#explained")
    panel = page.locator("[data-section=explained]")
    expect(panel.get_by_text("with the settings it had then")).to_be_visible(timeout=30_000)
    step = panel.locator("[data-step]")
    first = step.inner_text()
    expect(panel.get_by_role("button", name="Back")).to_be_disabled()
    panel.get_by_role("button", name="Next").click()
    expect(panel.get_by_text(re.compile(r"step 2 of \d+"))).to_be_visible()
    assert step.inner_text() != first
    panel.get_by_role("button", name="Last").click()
    expect(panel.get_by_role("button", name="Next")).to_be_disabled()
    panel.get_by_text("Settings of then").click()
    expect(panel.get_by_text("on_delay_s")).to_be_visible()


def test_a_list_that_is_open_learns_of_a_change_made_elsewhere(page: Page) -> None:
    number = open_issue(page)
    other = page.context.new_page()
    other.goto("/issues?state=unacknowledged")
    expect(other.locator(f"[data-issue='{number}']")).to_be_visible()
    page.locator("[data-action=acknowledge] button").click()
    expect(other.locator(f"[data-issue='{number}']")).to_have_count(0)


def test_nothing_can_be_sent_while_disconnected(page: Page) -> None:
    routes: list[WebSocketRoute] = []
    refuse = False

    def join(route: WebSocketRoute) -> None:
        if refuse:
            route.close(code=1012)
            return
        route.connect_to_server()
        routes.append(route)

    page.route_web_socket("**/api/live", join)
    open_issue(page)
    sent: list[str] = []
    page.on("request", lambda r: sent.append(r.url) if r.method == "POST" else None)
    page.get_by_label("Reason for rejecting").fill("Done")
    refuse = True
    routes[-1].close(code=1012)
    button = page.get_by_role("button", name="Reject issue")
    expect(button).to_be_disabled()
    expect(page.get_by_text("Actions are disabled while disconnected")).to_be_visible()
    page.get_by_label("Reason for rejecting").press("Enter")
    refuse = False
    expect(button).to_be_enabled(timeout=9_000)
    assert sent == []


def test_a_refusal_is_told_and_the_text_is_kept(page: Page) -> None:
    open_issue(page)
    problem = {
        "type": "about:blank",
        "title": "Conflict",
        "detail": "already rejected",
        "status": 409,
    }
    page.route(
        "**/reject",
        lambda route: route.fulfill(
            status=409, content_type="application/problem+json", json=problem
        ),
    )
    page.get_by_label("Reason for rejecting").fill("Valve 3 replaced")
    page.get_by_role("button", name="Reject issue").click()
    expect(page.get_by_text("Not done: Conflict: already rejected")).to_be_visible()
    expect(page.get_by_label("Reason for rejecting")).to_have_value("Valve 3 replaced")


def test_an_issue_that_does_not_exist(page: Page) -> None:
    page.goto("/issues/999999")
    expect(page.get_by_text("There is no issue 999999")).to_be_visible()
