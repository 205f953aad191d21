"""Alarms in the browser: seen, grouped, filtered, answered many at once, and live."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.ui.conftest import start
from tests.peers.process import free_port

pytestmark = [pytest.mark.peer, pytest.mark.e2e]

WAIT_MS = 30_000


@pytest.fixture
def alone(browser: Browser, built: str, tmp_path: Path) -> Iterator[Page]:
    """A page on a gateway of its own: its alarms are answered."""
    port = free_port()
    with start(port, tmp_path / "log.txt"):
        page = browser.new_page(
            base_url=f"http://127.0.0.1:{port}", viewport={"width": 1600, "height": 1000}
        )
        page.set_default_timeout(WAIT_MS)
        yield page
        page.close()


def row(page: Page, number: int):
    return page.locator(f"[data-alarm='{number}']")


def test_alarms_are_answered_many_at_once_and_shelved_with_a_reason(alone: Page) -> None:
    page = alone
    page.goto("/alarms")
    expect(row(page, 1)).to_contain_text("first-out, brought 1 more", timeout=WAIT_MS)
    expect(row(page, 2)).to_contain_text("followed the one above")
    expect(row(page, 1).locator("[data-letter]")).to_have_text("B unacknowledged")
    expect(row(page, 1)).to_contain_text("Check the dosing valve.")
    for number in (1, 2):
        page.get_by_role("checkbox", name=f"Select alarm {number}:").check()
    expect(page.get_by_text("2 selected")).to_be_visible()
    page.get_by_label("Note, may be empty").fill("on my way")
    page.get_by_role("button", name="Acknowledge (2)").click()
    expect(page.get_by_text("Acknowledge: 2 done.")).to_be_visible()
    for number in (1, 2):
        expect(row(page, number).locator("[data-letter]")).to_have_text("C acknowledged")
    # Shelving wants a reason, and the alarm goes to its own tab.
    page.get_by_role("checkbox", name="Select alarm 3:").check()
    page.get_by_role("button", name="Shelve (1)").click()
    expect(page.get_by_role("alert")).to_contain_text("Say why")
    page.get_by_label("Note, may be empty").fill("sensor is wet")
    page.get_by_label("Shelve for").select_option("1800")
    page.get_by_role("button", name="Shelve (1)").click()
    expect(row(page, 3)).to_have_count(0)
    page.locator("[data-tab=shelved]").click()
    expect(page).to_have_url(re.compile("tab=shelved"))
    expect(row(page, 3)).to_contain_text("until")
    # A refusal is told with its reason, and what was possible is done.
    page.locator("[data-tab=active]").click()
    for number in (4, 8):
        page.get_by_role("checkbox", name=f"Select alarm {number}:").check()
    page.get_by_role("button", name="Acknowledge (2)").click()
    expect(page.get_by_text("1 done, 1 refused. Alarm 4")).to_be_visible()
    # Somebody else's answer is seen without asking.
    httpx.post(f"{page.url.split('/alarms')[0]}/api/v1/alarms/9/reset", timeout=30)
    expect(row(page, 9)).to_have_count(0)
    page.locator("[data-tab=history]").click()
    said = page.locator("tr", has=page.get_by_text("sensor is wet"))
    expect(said).to_contain_text("shelved for a time")
    expect(said).to_contain_text("B → G")


def test_filters_stand_in_the_address_and_work_by_keyboard(page: Page) -> None:
    page.goto("/alarms?priority=high")
    expect(row(page, 3)).to_be_visible()
    expect(row(page, 4)).to_have_count(0)
    page.goto("/alarms?q=labeller")
    expect(row(page, 4)).to_be_visible()
    expect(row(page, 3)).to_have_count(0)
    page.get_by_label("Filter by text").fill("nothing is called so")
    expect(page.get_by_text("No alarm matches the filter")).to_be_visible()
    expect(page).to_have_url(re.compile("q=nothing"))
    page.goto("/floor")
    expect(page.locator("[data-machine]").first).to_be_visible()
    page.keyboard.press("g")
    page.keyboard.press("a")
    expect(page).to_have_url(re.compile("/alarms"))
    box = page.get_by_role("checkbox", name="Select alarm 4:")
    box.focus()
    page.keyboard.press("Space")
    expect(page.get_by_text("1 selected")).to_be_visible()


def test_a_nuisance_leads_to_its_backtest(page: Page) -> None:
    page.goto("/alarms?tab=figures&hours=1")
    ranked = page.locator("[data-nuisance='1']")
    expect(ranked).to_contain_text("off-delay 0 → 15 s")
    expect(page.locator("[data-benchmark=per_hour]")).to_contain_text("about 6, at most 12")
    address = ranked.get_by_role("link", name="Backtest it").get_attribute("href") or ""
    assert address.startswith("/backtests?rule=fill_weight_high&from=")
    assert "set=off_delay_s%3D15" in address


def test_an_empty_tab_and_a_list_that_cannot_be_had(page: Page) -> None:
    broken = True

    def answer(route) -> None:  # type: ignore[no-untyped-def]
        if broken:
            route.fulfill(status=500, json={"title": "Out of order", "detail": "on purpose"})
        else:
            route.fulfill(json={"items": [], "next_before": None, "revision": 1})

    page.route(re.compile(r"/api/v1/alarms\?"), answer)
    page.goto("/alarms")
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("Out of order: on purpose")
    broken = False
    alert.get_by_role("button", name="Try again").click()
    expect(page.get_by_text("No alarm asks for anything", exact=True)).to_be_visible()
