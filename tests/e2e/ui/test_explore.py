"""Exploring: what is chosen is in the address, and the address shows it again."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

pytestmark = [pytest.mark.peer, pytest.mark.e2e]

FILLER = "plant/bottling/line1/filler"
WEIGHT = f"s={FILLER}/fill_weight"
SPEED = f"s={FILLER}/speed"


def test_signals_are_found_drawn_and_shared_by_their_address(page: Page) -> None:
    page.goto("/explore")
    expect(page.get_by_text("No signal is chosen")).to_be_visible()
    page.get_by_role("searchbox").fill("filler weight")
    page.get_by_label(f"{FILLER}/fill_weight").check()
    page.get_by_role("searchbox").fill("filler speed")
    page.get_by_label(f"{FILLER}/speed").check()
    page.get_by_role("button", name="5 min", exact=True).click()
    page.get_by_label("Compare with").select_option("the window before")
    for wanted in ("fill_weight", "speed", "window=300", "compare=window"):
        expect(page).to_have_url(re.compile(wanted))
    expect(page.locator(".explore canvas")).to_have_count(2)
    page.reload()
    expect(page.locator(".explore canvas")).to_have_count(2)
    expect(page.get_by_role("button", name="5 min", exact=True)).to_have_attribute(
        "aria-pressed", "true"
    )
    expect(page.get_by_role("columnheader", name="Mean before")).to_be_visible()
    page.get_by_role("button", name="Remove Filler speed").click()
    expect(page.locator(".explore canvas")).to_have_count(1)


def test_a_part_is_selected_by_dragging_or_typing_and_zoomed_to(page: Page) -> None:
    page.goto(f"/explore?{WEIGHT}&window=300")
    row = page.locator("[data-section=statistics] tbody tr")
    expect(row.locator("td").first).to_have_text(re.compile(r"[1-9]"))
    box = page.locator(".explore .u-over").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] * 0.6, box["y"] + 50)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.9, box["y"] + 60, steps=4)
    page.mouse.up()
    expect(page).to_have_url(re.compile(r"select=\d+-\d+"))
    expect(page.get_by_role("region", name="Statistics of the selection")).to_be_visible()
    page.get_by_role("button", name="Zoom to the selection").click()
    expect(page).to_have_url(re.compile(r"window=(8\d|9\d)&to=\d+$"))
    begin = page.get_by_label("Selection from")
    wall = begin.input_value()
    begin.fill(f"{wall[:-2]}{min(int(wall[-2:]) + 5, 59):02d}")
    begin.blur()
    expect(page).to_have_url(re.compile(r"select=\d+-\d+"))
    page.get_by_role("button", name="Now").click()
    expect(page).not_to_have_url(re.compile("to="))


def test_what_is_asked_wrongly_is_told_or_left_out(page: Page) -> None:
    page.goto(f"/explore?s=plant/no/such/thing&{SPEED}&window=-3&select=9-1&compare=moon")
    expect(page.get_by_text("Not found: plant/no/such/thing")).to_be_visible()
    expect(page.locator(".explore canvas")).to_have_count(1)
    expect(page.get_by_role("button", name="1 h", exact=True)).to_have_attribute(
        "aria-pressed", "true"
    )
