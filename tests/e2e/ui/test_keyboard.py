"""Everything by keyboard: skip link, search, go-to keys, help, and switching single letters off."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

pytestmark = [pytest.mark.peer, pytest.mark.e2e]


@pytest.fixture(autouse=True)
def floor(page: Page) -> None:
    page.goto("/floor")
    expect(page.locator("[data-machine]").first).to_be_visible()


def test_go_to_keys(page: Page) -> None:
    for key, path in (("i", "/issues"), ("h", "/health"), ("f", "/floor")):
        page.keyboard.press("g")
        page.keyboard.press(key)
        expect(page).to_have_url(re.compile(rf"{path}$"))
    expect(page.locator("main")).to_be_focused()


def test_search_finds_a_machine(page: Page) -> None:
    page.keyboard.press("/")
    expect(page.get_by_role("combobox")).to_be_focused()
    page.keyboard.type("label")
    expect(page.get_by_role("option").first).to_contain_text("plant/bottling/line1/labeller")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/machine/plant/bottling/line1/labeller$"))


def test_search_says_when_nothing_is_found_and_escape_leaves_it(page: Page) -> None:
    page.keyboard.press("/")
    page.keyboard.type("zzz")
    expect(page.get_by_text("Nothing is called “zzz”")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("combobox")).not_to_be_focused()


def test_help_opens_and_single_letters_can_be_switched_off(page: Page) -> None:
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.get_by_role("checkbox").uncheck()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    page.keyboard.press("g")
    page.keyboard.press("i")
    page.keyboard.press("/")
    expect(page.get_by_role("combobox")).not_to_be_focused()
    expect(page).to_have_url(re.compile(r"/floor$"))


def test_the_first_stop_skips_to_the_content(page: Page) -> None:
    page.keyboard.press("Tab")
    expect(page.get_by_text("Skip to content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    page.keyboard.press("Tab")
    inside = page.evaluate("document.querySelector('main').contains(document.activeElement)")
    assert inside
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineWidth")
    assert outline == "3px"


def test_a_machine_opens_with_enter(page: Page) -> None:
    page.locator("[data-machine='plant/bottling/line1/capper']").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Capper")
