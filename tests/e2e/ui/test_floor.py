"""The floor in its shift: figures of the plant, count against plan, alarms, the shift before; and what a lost feed does."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Browser, Page, Route, WebSocketRoute, expect

from tests.peers.browser import violations

pytestmark = [pytest.mark.peer, pytest.mark.e2e]

FILLER = "[data-machine='plant/bottling/line1/filler']"


def test_the_head_tells_oee_output_alarms_and_the_shift(page: Page) -> None:
    page.goto("/floor")
    expect(page.get_by_role("region", name="OEE")).to_contain_text("77 %")
    expect(page.get_by_role("region", name="OEE")).to_contain_text("5 of 6 machines")
    bar = page.get_by_role("region", name="Output against plan").get_by_role("img")
    expect(bar).to_have_attribute("aria-label", re.compile("good pieces, .+ planned by now"))
    told = page.request.get("/api/v1/alarms?limit=900").json()["items"]
    asked = [each for each in told if not each["suppressed_or_shelved"]]
    medium = sum(each["priority"] == "medium" for each in asked)
    assert medium > 1
    expect(page.locator("[data-priority=medium]")).to_contain_text(str(medium))
    expect(page.get_by_role("region", name="Shift")).to_contain_text("Early")
    expect(page.get_by_role("region", name="Shift")).to_contain_text("ends in")


def test_a_tile_counts_against_the_plan_and_says_where_there_is_none(page: Page) -> None:
    page.goto("/floor")
    filler = page.locator(FILLER)
    expect(filler.locator(".plan-bar .plan-now")).to_be_attached()
    expect(filler.locator(".oee-value")).to_have_text("85 %")
    expect(filler.locator("[data-alarm]")).to_contain_text("Fill weight above its limit")
    expect(filler.locator(".tile-foot")).to_contain_text(re.compile(r"Latency \d"))
    mill = page.locator("[data-machine='plant/machining/cell1/mill']")
    expect(mill.locator(".plan-none")).to_have_text("no plan")
    expect(mill.locator(".oee-value")).to_have_text("\u2013")


def test_the_mark_of_now_moves_between_two_answers(page: Page) -> None:
    page.goto("/floor")
    mark = page.locator(f"{FILLER} .plan-now")
    expect(mark).to_be_attached()
    page.route("**/api/v1/floor**", lambda route: route.abort())
    before = float(mark.get_attribute("x") or "nan")
    page.wait_for_function(
        "([css, x]) => Number(document.querySelector(css).getAttribute('x')) > x",
        arg=[f"{FILLER} .plan-now", before],
        timeout=30_000,
    )


def test_the_shift_before_stands_in_the_address(page: Page) -> None:
    page.goto("/floor")
    page.get_by_role("button", name="Last shift").click()
    expect(page).to_have_url(re.compile("shift=previous"))
    page.reload()
    expect(page.get_by_role("button", name="Last shift")).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_role("region", name="Shift")).to_contain_text("ended")


def test_figures_that_cannot_be_read_say_so_and_leave_the_floor(page: Page) -> None:
    problem = {"title": "Storage", "detail": "the store is away", "status": 503}

    def refuse(route: Route) -> None:
        route.fulfill(status=503, json=problem, content_type="application/problem+json")

    page.route("**/api/v1/floor**", refuse)
    page.goto("/floor")
    expect(page.get_by_role("region", name="OEE")).to_contain_text("the store is away")
    expect(page.locator(FILLER).locator(".tile-word")).not_to_be_empty()
    assert violations(page) == []


def test_a_lost_feed_marks_the_floor_as_old(page: Page) -> None:
    sockets: list[WebSocketRoute] = []

    def once(socket: WebSocketRoute) -> None:
        sockets.append(socket)
        if len(sockets) == 1:
            socket.connect_to_server()
        else:
            socket.close()

    page.route_web_socket("**/api/live", once)
    page.goto("/floor")
    expect(page.locator("[data-phase=live]")).to_be_visible()
    expect(page.locator(FILLER).locator(".tile-word")).not_to_be_empty()
    sockets[0].close(code=1012)
    expect(page.locator("html")).to_have_attribute("data-connection", "lost", timeout=40_000)
    expect(page.get_by_text("Disconnected from the gateway")).to_be_visible()
    expect(page.locator(f"{FILLER}.tile-stale")).to_be_visible()


def test_alarms_make_a_machine_abnormal(page: Page) -> None:
    page.goto("/floor?show=abnormal")
    expect(page.locator(f"{FILLER} [data-alarm]")).to_be_visible()


@pytest.mark.parametrize("zone", ["America/Chicago", "Asia/Kolkata", "Pacific/Auckland"])
def test_the_shift_is_told_in_the_plants_time_wherever_the_browser_stands(
    browser: Browser, gateway: str, zone: str
) -> None:
    context = browser.new_context(base_url=gateway, timezone_id=zone)
    try:
        page = context.new_page()
        told = page.request.get("/api/v1/floor").json()["items"][0]
        start, end = (
            datetime.fromtimestamp(told[each] / 1000, UTC).astimezone(ZoneInfo("Europe/Berlin"))
            for each in ("start_ms", "end_ms")
        )
        page.goto("/floor")
        shift = page.get_by_role("region", name="Shift")
        expect(shift).to_contain_text(f"{start:%H:%M} to {end:%H:%M}")
    finally:
        context.close()


def test_nothing_moves_where_less_motion_is_wanted(page: Page) -> None:
    page.emulate_media(reduced_motion="reduce")
    page.goto("/floor")
    expect(page.locator("[data-machine] .tile-word").first).to_be_visible()
    expect(page.locator(".alert-p1, .alert-p2").first).to_be_visible()
    assert page.evaluate("document.getAnimations().length") == 0
