"""Rules and backtests in the browser: versions with what they changed, a run with its curve, a point to pick."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, Route, expect

pytestmark = [pytest.mark.peer, pytest.mark.e2e]

WAIT_MS = 30_000
RULE = "fill_weight_high"


def test_a_rule_shows_who_changed_what_and_leads_to_its_backtest(page: Page) -> None:
    page.goto("/rules?q=fill")
    row = page.locator(f"[data-rule='{RULE}']")
    expect(row).to_contain_text("fewer false alarms, by backtest", timeout=WAIT_MS)
    expect(page.locator("[data-rule]")).to_have_count(1)
    row.get_by_role("link", name=RULE, exact=True).click()
    changed = page.locator("[data-revision='2'] [data-setting=on_delay_s]")
    expect(changed.locator("del")).to_have_text("1")
    expect(changed.locator("ins")).to_have_text("3")
    page.get_by_role("link", name="Backtest", exact=True).click()
    expect(page).to_have_url(re.compile(rf"/backtests\?rule={RULE}"))
    expect(page.locator(".ask select").first).to_have_value(RULE)


def test_a_rule_is_changed_with_a_reason_and_taken_back(page: Page) -> None:
    page.goto(f"/rules/{RULE}")
    page.get_by_role("button", name="Change", exact=True).click(timeout=WAIT_MS)
    form = page.locator("[data-section=edit]")
    form.get_by_label("high", exact=True).fill("much")
    expect(form.locator("[data-setting=high] ins")).to_have_text('"much"')
    form.get_by_label("Reason").fill("fewer false alarms")
    form.get_by_role("button", name="Apply").click()
    expect(form.locator("[data-field=high] .rule-mistake")).to_contain_text("a number")
    # No fill is that heavy: its own case fails, unless that is said to be known.
    form.get_by_label("high", exact=True).fill("99999")
    form.get_by_role("button", name="Apply").click()
    form.get_by_label("Apply although it fails").check()
    form.get_by_role("button", name="Apply").click()
    expect(page.locator("[data-origin=people] [data-setting=high] ins")).to_have_text("99999")
    expect(page.locator("[data-revision='3']")).to_contain_text("fewer false alarms")
    page.get_by_role("button", name="Run what the files say again").click()
    page.get_by_role("dialog").get_by_label("Reason").fill("it missed two")
    page.get_by_role("dialog").get_by_role("button", name="Apply").click()
    expect(page.locator("[data-revision='4']")).to_contain_text("it missed two")


def test_a_curve_is_run_and_a_point_picked_by_keyboard_becomes_a_change(page: Page) -> None:
    page.goto("/backtests")
    page.get_by_role("button", name="Run", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("Choose a rule first", timeout=WAIT_MS)
    page.locator(".ask select").first.select_option(RULE)
    page.get_by_label("Try beside it").select_option("parameter")
    page.get_by_role("button", name="Run", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("2 to 25 steps")
    page.locator(".ask select").nth(2).select_option("high")
    for label, value in (("Lowest", "500"), ("Highest", "504"), ("Steps", "3")):
        page.get_by_label(label).fill(value)
        page.get_by_label(label).press("Tab")
    page.get_by_role("button", name="Run", exact=True).click()
    curve = page.locator("[data-section=curve]")
    expect(curve.locator("[data-variation]")).to_have_count(4, timeout=WAIT_MS)
    expect(page).to_have_url(re.compile("job="))
    first = curve.get_by_role("radio").first
    first.focus()
    first.press("Space")
    expect(page).to_have_url(re.compile("pick=0"))
    expect(page.locator("[data-section=apply] pre")).to_contain_text(
        f"rules:\n  {RULE}:\n    high: 500"
    )
    # The address reproduces what is seen, and a dearer miss changes what is cheapest.
    page.reload()
    expect(curve.locator("[data-variation='0'] input")).to_be_checked(timeout=WAIT_MS)
    page.get_by_label("Cost of a false alarm").fill("0")
    page.get_by_label("Cost of a false alarm").press("Tab")
    expect(curve.locator("[data-variation='0'] td").last).to_have_text("0")
    expect(page.locator("[data-section=kept] [data-backtest]").first).to_contain_text("done")


def test_progress_is_shown_and_a_run_can_be_cancelled(page: Page) -> None:
    cancelled = False
    job = {
        "id": "abc",
        "rule": RULE,
        "changes": {},
        "from_ms": 1.7e12,
        "to_ms": 1.7e12 + 3.6e6,
        "sweep": "none",
        "parameter": "",
        "values": [],
        "by": "ann",
        "created_ms": 1.7e12,
        "rows_done": 250,
        "rows_total": 1000,
        "error": "",
        "report": None,
    }

    def answer(route: Route) -> None:
        nonlocal cancelled
        cancelled = cancelled or route.request.method == "DELETE"
        route.fulfill(json=job | {"state": "cancelled" if cancelled else "running"})

    page.route("**/api/v1/backtests/abc", answer)
    page.goto("/backtests?job=abc")
    expect(page.get_by_text("250 of 1,000 samples")).to_be_visible(timeout=WAIT_MS)
    expect(page.get_by_role("progressbar", name="Progress")).to_have_attribute("value", "250")
    page.get_by_role("button", name="Cancel").click()
    expect(page.locator("[data-section=ended]")).to_contain_text("cancelled", timeout=WAIT_MS)


def test_a_backtest_that_is_gone_and_rules_that_cannot_be_had(page: Page) -> None:
    page.goto("/backtests?job=gone")
    expect(page.get_by_role("alert")).to_contain_text("there is no backtest", timeout=WAIT_MS)
    broken = True

    def answer(route: Route) -> None:
        if broken:
            route.fulfill(status=500, json={"title": "Out of order", "detail": "on purpose"})
        else:
            route.fulfill(json={"items": []})

    page.route("**/api/v1/rule-overview", answer)
    page.goto("/rules")
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("Out of order: on purpose")
    broken = False
    alert.get_by_role("button", name="Try again").click()
    expect(page.get_by_text("No rule is configured", exact=True)).to_be_visible()
