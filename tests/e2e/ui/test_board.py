"""The board of issues: moved by dialog, by keys and by drag, each step asked of the gateway."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

pytestmark = [pytest.mark.peer, pytest.mark.e2e]

NUMBER = "3"
"""The demo plant's issue in triage; every test leaves it there."""


def in_column(page: Page, state: str) -> None:
    expect(page.locator(f"[data-column={state}] [data-issue='{NUMBER}']")).to_be_visible()


def test_a_card_is_moved_by_dialog_and_by_drag(page: Page) -> None:
    page.goto("/issues/board")
    in_column(page, "triage")
    card = page.locator(f"[data-issue='{NUMBER}']")
    card.get_by_role("button", name="Move to").click()
    page.get_by_label("Go on: Containment").check()
    page.get_by_role("button", name="Do it").click()
    in_column(page, "contained")
    expect(page.get_by_role("dialog")).to_have_count(0)

    card.drag_to(page.locator("[data-column=triage]"))
    expect(page.get_by_label("Send back: Triage")).to_be_checked()
    page.get_by_role("button", name="Do it").click()
    expect(page.get_by_role("alert").filter(has_text="Say why first")).to_be_visible()
    page.get_by_label("Reason", exact=True).fill("The problem is not described")
    page.get_by_role("button", name="Do it").click()
    in_column(page, "triage")


def test_a_card_is_moved_by_keys_and_let_go(page: Page) -> None:
    page.goto("/issues/board")
    in_column(page, "triage")
    page.locator(f"[data-issue='{NUMBER}'] a").focus()
    page.keyboard.press("Alt+ArrowRight")
    expect(page.get_by_label("Go on: Containment")).to_be_checked()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    in_column(page, "triage")


def test_open_issues_by_line_on_a_wall(page: Page) -> None:
    page.goto("/kiosk/issues")
    expect(page.locator(f".wall-row[data-issue='{NUMBER}']")).to_contain_text("Triage")
