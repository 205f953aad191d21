"""Wherever the browser stands, times are the plant's."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Browser, expect

pytestmark = [pytest.mark.peer, pytest.mark.e2e]

PLANT = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize("zone", ["America/Chicago", "Asia/Kolkata", "Pacific/Auckland"])
def test_times_are_in_the_plants_zone(browser: Browser, gateway: str, zone: str) -> None:
    context = browser.new_context(base_url=gateway, timezone_id=zone)
    try:
        page = context.new_page()
        page.goto("/machine/plant/bottling/line1/filler")
        expect(page.locator(".clock-zone")).to_have_text("Europe/Berlin")
        shown = page.locator(".clock time").inner_text()
        now = datetime.now(UTC).astimezone(PLANT)
        near = {f"{now - timedelta(seconds=s):%H:%M:%S}" for s in range(-2, 5)}
        assert shown.split(" ")[0] in near
        row = page.locator("[data-signal=good_count] td").last
        expect(row).not_to_have_text("\u2013")
        source = row.inner_text()
        now = datetime.now(UTC).astimezone(PLANT)
        assert source in {f"{now - timedelta(seconds=s):%H:%M:%S}" for s in range(-2, 15)}
    finally:
        context.close()
