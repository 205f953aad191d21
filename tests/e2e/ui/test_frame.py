"""The frame: navigation on small screens, search over everything, units, numbers and zones of one's own."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.peers.browser import violations

pytestmark = [pytest.mark.peer, pytest.mark.e2e]

PACKER = "/machine/plant/bottling/line1/packer"


def test_navigation_opens_over_the_page_on_a_small_screen(browser: Browser, gateway: str) -> None:
    context = browser.new_context(base_url=gateway, viewport={"width": 390, "height": 800})
    try:
        page = context.new_page()
        page.goto("/floor")
        expect(page.locator("[data-machine]").first).to_be_visible()
        expect(page.get_by_role("navigation", name="Main")).to_be_hidden()
        page.get_by_role("button", name="Navigation").click()
        expect(page.get_by_role("navigation", name="Main")).to_be_visible()
        assert violations(page) == []
        page.keyboard.press("Escape")
        expect(page.get_by_role("navigation", name="Main")).to_be_hidden()
        page.get_by_role("button", name="Navigation").click()
        page.get_by_role("link", name="Explore").click()
        expect(page).to_have_url(re.compile("/explore$"))
        expect(page.get_by_role("navigation", name="Main")).to_be_hidden()
        wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert wide <= 0
    finally:
        context.close()


def test_navigation_can_be_put_away_and_stays_away(page: Page) -> None:
    page.goto("/floor")
    expect(page.get_by_role("navigation", name="Main")).to_be_visible()
    page.get_by_role("button", name="Navigation").click()
    expect(page.get_by_role("navigation", name="Main")).to_be_hidden()
    page.reload()
    expect(page.locator("[data-machine]").first).to_be_visible()
    expect(page.get_by_role("navigation", name="Main")).to_be_hidden()


@pytest.mark.parametrize(
    ("words", "kind", "address"),
    [
        ("dead", "Page", "/health/dead-letters"),
        ("line1", "Line", "/floor/plant/bottling/line1"),
        ("above its limit", "Alarm", "/machine/plant/bottling/line1/filler"),
        ("vibration_x mill", "Signal", "/machine/plant/machining/cell1/mill"),
    ],
)
def test_search_finds(page: Page, words: str, kind: str, address: str) -> None:
    page.goto("/health")
    expect(page.get_by_role("combobox")).to_be_visible()
    page.keyboard.press("/")
    page.keyboard.type(words)
    hit = page.get_by_role("option").filter(has_text=kind).first
    expect(hit).to_be_visible()
    hit.click()
    expect(page).to_have_url(re.compile(re.escape(address)))


def test_units_are_converted_and_what_was_measured_is_in_the_tooltip(page: Page) -> None:
    page.goto(f"{PACKER}?units=us&window=60")
    trend = page.get_by_role("region", name="Temperature")
    expect(trend.locator(".value .unit").first).to_have_text("°F")
    shown = trend.locator(".trend-head .value").first
    expect(shown).to_have_attribute("title", re.compile(r"measured as .+ °C"))
    for _ in range(20):
        text, told = shown.inner_text(), shown.get_attribute("title") or ""
        fahrenheit = float(re.sub(r"[^\d.]", "", text))
        celsius = float(re.sub(r"[^\d.]", "", told))
        if fahrenheit == pytest.approx(celsius * 1.8 + 32, abs=0.1):
            break
    else:
        pytest.fail(f"{text} is not {told}")
    # Axis and history are converted as well: all of a minute lies near the value.
    expect(trend.locator(".chart")).to_have_attribute(
        "aria-label", re.compile(r"lowest (9\d|10\d|11\d|12\d)")
    )
    page.goto("/floor?units=us")
    expect(page.locator("[data-machine$=packer] .tile-key .unit")).to_have_text("°F")


def test_explore_control_charts_and_issues_show_the_same_units(page: Page) -> None:
    page.goto("/explore?units=us&window=300&s=plant/bottling/line1/packer/temperature")
    row = page.locator("[data-section=statistics] tbody tr")
    expect(row.locator(".unit")).to_have_text("°F")
    mean = row.locator("td.num").nth(2)
    expect(mean).to_have_attribute("title", re.compile(r"measured as [4-6]\d.* °C"))
    expect(mean).to_have_text(re.compile(r"^1[0-5]\d"))  # 40 to 69 °C
    expect(page.locator(".explore .legend-unit")).to_have_text("°F")

    page.goto("/machine/plant/bottling/line1/filler?units=us&window=300")
    chart = page.locator("[data-chart=drift]")
    limit = chart.locator(".spc-drawing").first.locator(".spc-text").first
    expect(limit).to_have_text(re.compile(r"UCL 1[78]\."))

    issues = page.request.get("/api/v1/issues?limit=100").json()["items"]
    told = next(each for each in issues if each["signal"].endswith("packer/temperature"))
    page.goto(f"/issues/{told['number']}?units=us")
    evidence = page.locator(".evidence").first
    expect(evidence.locator(".trend-head .quiet").first).to_have_text("°F")
    evidence.get_by_text("Data table").click()
    expect(evidence.locator("tbody tr td").nth(1)).to_have_text(re.compile(r"^1\d\d\."))
    celsius = told["limits"]["high"]
    fahrenheit = str(round(celsius * 1.8 + 32, 4)).rstrip("0").rstrip(".")
    expect(page.locator(".facts")).to_contain_text(f"High {fahrenheit} °F")
    # The rule's own sentence stays as it was measured.
    expect(page.locator(".explanation")).to_contain_text("°C")


def test_units_of_this_browser_are_chosen_in_the_settings(page: Page) -> None:
    page.goto("/floor")
    page.keyboard.press("?")
    page.get_by_label("Units").select_option("us")
    expect(page.locator("[data-machine$=packer] .tile-key .unit")).to_have_text("°F")
    page.keyboard.press("?")
    expect(page.get_by_label("Units")).to_have_value("us")


def test_numbers_follow_the_locale(page: Page) -> None:
    page.goto("/floor?numbers=de-DE")
    expect(page.locator("[data-machine$=packer] .plan-whole")).to_have_text("48.000")


def test_an_address_may_ask_for_another_zone(page: Page) -> None:
    page.goto("/floor?tz=Asia/Tokyo")
    expect(page.locator(".clock-zone")).to_have_text("Asia/Tokyo")
    page.goto("/floor?tz=Nowhere/Town")
    expect(page.locator(".clock-zone")).to_have_text("Europe/Berlin")
