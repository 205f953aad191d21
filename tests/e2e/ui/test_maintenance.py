"""Work orders in a real browser: list and board with filters in the address, and working on one with a phone."""

from __future__ import annotations

import re
import secrets

import pytest
from playwright.sync_api import Browser, FilePayload, Page, Route, expect

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


def test_a_list_and_an_order_that_are_open_learn_of_changes_made_elsewhere(page: Page) -> None:
    title = f"Hose {secrets.token_hex(4)}"
    page.goto("/maintenance")
    expect(page.locator("[data-order='3']")).to_be_visible()
    order = {"title": title, "asset": "plant/bottling/line1/filler", "kind": "corrective"}
    made = page.request.post("/api/v1/maintenance/orders", data=order).json()
    page.get_by_role("link", name=title).click()
    expect(page.locator(".page-head [data-state=open]")).to_be_visible()
    done = {"version": made["version"]}
    address = f"/api/v1/maintenance/orders/{made['number']}/act/start"
    assert page.request.post(address, data=done).ok
    expect(page.locator(".page-head [data-state=in_progress]")).to_be_visible()


def test_cards_are_dragged_keyed_and_chosen_and_a_reason_is_asked_for(page: Page) -> None:
    title = f"Belt {secrets.token_hex(4)}"
    order = {"title": title, "asset": "plant/bottling/line1/filler", "kind": "corrective"}
    number = page.request.post("/api/v1/maintenance/orders", data=order).json()["number"]
    page.goto("/maintenance?view=board")
    card = page.locator(f"[data-order='{number}']")

    def in_column(state: str) -> None:
        there = page.locator(f"[data-column={state}] [data-order='{number}']")
        expect(there).to_be_visible()

    in_column("open")
    card.drag_to(page.locator("[data-column=in_progress]"))
    expect(page.get_by_label("Start")).to_be_checked()
    page.get_by_role("button", name="Do it").click()
    in_column("in_progress")
    card.get_by_role("link").focus()
    page.keyboard.press("Alt+ArrowRight")
    expect(page.get_by_label("Put on hold")).to_be_checked()
    page.get_by_role("button", name="Do it").click()
    expect(page.get_by_role("alert").filter(has_text="Say why first")).to_be_visible()
    page.get_by_role("dialog").get_by_label("Reason").fill("part is ordered")
    page.get_by_role("button", name="Do it").click()
    in_column("on_hold")
    card.get_by_role("button", name="Move to").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    assert violations(page) == []
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    in_column("on_hold")


def test_a_file_of_a_cmms_is_tried_first_and_taken_once(page: Page) -> None:
    key = secrets.token_hex(4)
    wrong = f"key,title,asset\n{key},,plant/bottling/line1/filler\n{key}b,,plant\n"
    right = f"key,title,asset\n{key},Grease {key},plant/bottling/line1/filler\n"

    def choose(text: str) -> None:
        file = FilePayload(name="cmms.csv", mimeType="text/csv", buffer=text.encode())
        page.get_by_label("File").set_input_files(file)

    page.goto("/maintenance")
    section = page.locator("[data-section=import]")
    choose(wrong)
    expect(section.get_by_text("cmms.csv:3 title: is empty")).to_be_visible()
    expect(section.get_by_role("alert")).to_contain_text("2 mistakes")
    expect(section.get_by_role("button", name="Import")).to_be_disabled()
    choose(right)
    expect(section.get_by_text("It would open 1, change 0 and leave 0")).to_be_visible()
    expect(section.get_by_role("alert")).to_have_count(0)
    section.get_by_role("button", name="Import").click()
    expect(section.get_by_text("Imported: 1 opened")).to_be_visible()
    expect(page.get_by_role("link", name=f"Grease {key}")).to_be_visible()
    choose(right)
    expect(section.get_by_text("It would open 0, change 0 and leave 1")).to_be_visible()


def test_no_other_file_is_chosen_while_one_is_tried(page: Page) -> None:
    waiting: list[Route] = []

    def hold(route: Route) -> None:
        waiting.append(route)

    page.route("**/orders/import**", hold)
    page.goto("/maintenance")
    file = page.get_by_label("File")
    text = f"key,title,asset\n{secrets.token_hex(4)},Grease it,plant/bottling/line1/filler\n"
    with page.expect_request("**/orders/import**"):
        file.set_input_files(FilePayload(name="one.csv", mimeType="text/csv", buffer=text.encode()))
    expect(file).to_be_disabled()
    waiting[0].continue_()
    expect(page.get_by_text("It would open 1")).to_be_visible()
    expect(file).to_be_enabled()


def test_an_order_is_written_for_an_issue_and_stands_there(page: Page) -> None:
    page.goto("/issues")
    row = page.locator("[data-issue]").last
    number = row.get_attribute("data-issue")
    page.goto(f"/issues/{number}")
    page.get_by_role("link", name="New work order").click()
    what = page.get_by_label("What is to be done")
    expect(what).not_to_have_value("")
    expect(page.locator("#work-asset")).to_have_value(re.compile("plant/"))
    expect(page.locator("#work-kind")).to_have_value("corrective")
    expect(page.locator("[data-section=new]")).to_contain_text(f"Issue {number}")
    title = f"Look at it {secrets.token_hex(4)}"
    what.fill(title)
    page.get_by_role("button", name="Send").click()
    expect(page).to_have_url(re.compile(rf"/issues/{number}$"))
    expect(page.locator("[data-section=orders]").get_by_role("link", name=title)).to_be_visible()


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
