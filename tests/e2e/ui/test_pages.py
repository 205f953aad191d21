"""Every page in both themes: it shows live data, says nothing on the console, asks nobody else, and axe is content."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.peers.browser import Watch, violations

pytestmark = [pytest.mark.peer, pytest.mark.e2e]

EXPLORED = "s=plant/bottling/line1/filler/fill_weight&s=plant/bottling/line1/filler/speed"
PAGES = {
    "/floor": "[data-machine] .tile-word",
    "/floor/plant/bottling/line1": ".line-stop",
    "/floor?show=abnormal": "[data-connector]",
    "/machine/plant/bottling/line1/filler": ".trend canvas",
    "/alarms": "[data-alarm]",
    "/alarms?tab=history": "[data-entry]",
    "/alarms?tab=figures": "[data-section=nuisance] a",
    "/rules": "[data-rule]",
    "/rules/fill_weight_high": "[data-revision]",
    "/backtests?rule=fill_weight_high&sweep=parameter": ".ask-settings input",
    "/issues?state=all": "[data-issue]",
    "/issues/1": ".evidence canvas",
    "/boards": "[data-board], .empty",
    "/issues/board": "[data-column=open] [data-issue]",
    "/learning": ".learning .empty",
    "/my-work": ".empty",
    "/explore": ".picker-list li",
    f"/explore?{EXPLORED}&window=300": ".explore canvas",
    "/performance?bucket=day": "[data-section=buckets] tbody tr",
    "/control": "[data-part=locks]",
    "/operator": "[data-station], .empty",
    "/health": "[data-section=rules] table",
    "/health/connectors": "[data-connector] .chip",
    "/health/unknown": "[data-section=unknown]",
    "/health/dead-letters": "[data-section=dead-letters] tbody tr",
    "/health/gaps": "[data-section=gaps] tbody tr",
    "/maintenance": "[data-order]",
    "/maintenance?view=board": "[data-column=open] [data-order]",
    "/maintenance/1": "[data-section=checklist]",
    "/notifications": "[data-section=deliveries] tbody tr",
    "/account": "[data-section=contact] form",
    "/machine/plant/bottling/line1/nothing": ".empty",
}


@pytest.mark.parametrize("path", PAGES)
def test_page_is_live_quiet_and_accessible_in_both_themes(
    page: Page, watch: Watch, path: str
) -> None:
    page.goto(f"{path}{'&' if '?' in path else '?'}theme=dark")
    for theme in ("dark", "light"):
        expect(page.locator("html")).to_have_attribute("data-theme", theme)
        expect(page.locator(PAGES[path]).first).to_be_visible()
        expect(page.locator("[data-phase=live]")).to_be_visible()
        # What is read and reached is the same in both; colours are not.
        assert violations(page, colours_only=theme == "light") == [], theme
        if theme == "dark":
            page.get_by_role("button", name="Light theme").click()
    assert watch.errors == []
    assert watch.strangers == []


def rule_form(page: Page) -> None:
    page.goto("/rules/fill_weight_high")
    page.get_by_role("button", name="Change", exact=True).click()
    form = page.locator("[data-section=edit]")
    form.get_by_label("high", exact=True).fill("much")
    form.get_by_label("Reason").fill("fewer false alarms")
    form.get_by_role("button", name="Apply").click()
    expect(form.locator("[data-field=high] .rule-mistake")).to_contain_text("a number")


def replay(page: Page) -> None:
    page.goto("/issues/2#explained")
    panel = page.locator("[data-section=explained]")
    expect(panel.locator("[data-step]")).to_be_visible()
    panel.get_by_role("button", name="Next").click()
    panel.get_by_text("All steps").click()
    panel.get_by_text("Settings of then").click()
    expect(panel.get_by_text("on_delay_s")).to_be_visible()


@pytest.mark.parametrize("opened", [rule_form, replay], ids=lambda each: each.__name__)
def test_what_is_opened_on_a_page_is_accessible_in_both_themes(
    page: Page, opened: Callable[[Page], None]
) -> None:
    opened(page)
    assert violations(page) == []
    page.get_by_role("button", name=re.compile("(Light|Dark) theme")).click()
    assert violations(page, colours_only=True) == []


def test_an_address_that_is_no_page_is_not_found(page: Page) -> None:
    answer = page.goto("/nowhere")
    assert answer is not None
    assert answer.status == 404


def test_the_floor_shows_what_the_plant_says(page: Page) -> None:
    page.goto("/floor")
    filler = page.locator("[data-machine='plant/bottling/line1/filler']")
    expect(filler.locator(".tile-word")).not_to_be_empty()
    expect(filler.locator(".tile-key .value")).to_contain_text("g")
    expect(filler.locator(".spark path")).to_have_attribute("d", re.compile(r"^M.+L.+"))
    expect(page.locator("[data-connector=capper] .connector-state")).to_have_text("Backing off")
    before = filler.locator(".tile-key .value").inner_text()
    expect(filler.locator(".tile-key .value")).not_to_have_text(before)


def test_only_abnormal_machines_and_the_filter_is_in_the_address(page: Page) -> None:
    page.goto("/floor")
    page.get_by_role("button", name="Abnormal only").click()
    expect(page).to_have_url(re.compile(r"show=abnormal"))
    page.reload()
    expect(page.get_by_role("button", name="Abnormal only")).to_have_attribute(
        "aria-pressed", "true"
    )


def test_window_and_pause_of_the_trends(page: Page) -> None:
    page.goto("/machine/plant/bottling/line1/filler")
    page.get_by_role("button", name="15 min", exact=True).click()
    expect(page).to_have_url(re.compile(r"window=900"))
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_text("Paused at")).to_be_visible()
    page.get_by_role("button", name="Resume").click()
    expect(page.get_by_text("Paused at")).to_be_hidden()
    trend = page.get_by_role("region", name="Fill weight").first
    trend.get_by_text("Data table").click()
    expect(trend.locator("tbody tr").nth(20)).to_be_visible()


def test_leaving_a_machine_destroys_its_charts(page: Page) -> None:
    page.goto("/machine/plant/bottling/line1/filler")
    expect(page.locator(".trend canvas").first).to_be_visible()
    for _ in range(3):
        page.get_by_role("link", name="Floor", exact=True).first.click()
        expect(page.locator("[data-machine]").first).to_be_visible()
        assert page.locator("canvas, .uplot").count() == 0
        page.locator("[data-machine='plant/bottling/line1/filler']").click()
        expect(page.locator(".trend canvas").first).to_be_visible()


TEXTS = """() => {
  const walk = document.createTreeWalker(document.getElementById('app'), NodeFilter.SHOW_TEXT);
  const found = [...document.querySelectorAll('[aria-label], [placeholder], [title]')].flatMap(
    (e) => ['aria-label', 'placeholder', 'title'].map((name) => e.getAttribute(name) ?? ''));
  while (walk.nextNode()) found.push(walk.currentNode.textContent);
  return found;
}"""
DATA = (
    "signals?limit=1000",
    "issues?limit=500",
    "issues/1",
    "issues/1/case",
    "issues/1/events",
    "health",
    "rules",
    "plant",
    "dead-letters",
    "system",
    "pages/board",
    "pages/view",
    "alarms",
    "floor",
    "charts",
    "charts/drift?signal=plant/bottling/line1/filler/fill_weight",
    "machines/plant/bottling/line1/filler/intervals",
    "history/rows?signal=plant/bottling/line1/filler/stop_reason&from=0&limit=2000",
    "alarms?retained=false",
    "alarms/journal",
    "alarm-metrics",
    "alarm-nuisances",
    "rule-overview",
    "rules/fill_weight_high/versions",
    "maintenance/orders",
    "maintenance/orders/1",
    "notify/channels",
    "notify/teams",
    "notify/deliveries",
    "session/notifications",
    "session/notifications/inbox",
    "kpi-targets",
)
SERVER = "there is no such view"
DATES = "mon tue wed thu fri sat sun jan feb mar apr may jun jul aug sep oct nov dec cet cest"


@pytest.mark.parametrize("path", [*PAGES, "/kiosk/floor", "/kiosk/andon"])
def test_every_text_comes_from_the_catalogue_or_is_data(page: Page, path: str) -> None:
    page.goto(f"{path}{'&' if '?' in path else '?'}lang=en-XA")
    expect(page.locator(PAGES.get(path, ".wall-tile, .wall-row")).first).to_be_visible()
    answers = [page.request.get(f"/api/v1/{each}") for each in DATA]
    health = answers[DATA.index("health")].json()
    connectors = [each["name"] for each in health["connectors"]]
    answers += [page.request.get(f"/api/v1/connectors/{each}/unknown") for each in connectors]
    answers.append(page.request.get("/api/v1/gaps?from=0"))
    data = re.sub(
        r"[_-]",
        " ",
        f"{DATES} {SERVER} {path} ".lower() + " ".join(a.text() for a in answers).lower(),
    )
    texts = [text for text in page.evaluate(TEXTS) if "[" not in text]
    words = {word.lower() for text in texts for word in re.findall("[A-Za-z]{3,}", text)}
    assert {word for word in words if word not in data} == set()
