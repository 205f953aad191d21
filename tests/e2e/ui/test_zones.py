"""Wherever the browser stands, times are the plant's, on days with a change of the clock too."""

from __future__ import annotations

import json
import re
import struct
import time
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Browser, Page, Route, WebSocketRoute, expect

pytestmark = [pytest.mark.peer, pytest.mark.e2e]

PLANT = ZoneInfo("Europe/Berlin")
ZONES = ["America/Chicago", "Asia/Kolkata", "Pacific/Auckland"]
SHIFTED = ("start_ms", "end_ms", "source_ms", "from_ms", "to_ms")


@pytest.mark.parametrize("zone", ZONES)
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


class Journey:
    """Lets a page live at another time: every time from the gateway is moved, and every one sent to it moved back."""

    def __init__(self, page: Page, to: datetime) -> None:
        self.shift_ms = round(to.timestamp() * 1000 - time.time() * 1000)
        page.route_web_socket("**/api/live", self._join)
        page.route("**/api/v1/history/**", self._history)

    def _join(self, route: WebSocketRoute) -> None:
        server = route.connect_to_server()
        server.on_message(lambda message: route.send(self._moved(message)))

    def _moved(self, message: str | bytes) -> str | bytes:
        if isinstance(message, str):
            told = json.loads(message)
            if "server_time_ms" in told:
                told["server_time_ms"] += self.shift_ms
            return json.dumps(told)
        n = int.from_bytes(message[4:8], "little")
        head = message[:16] + struct.pack(
            "<d", struct.unpack("<d", message[16:24])[0] + self.shift_ms
        )
        times = struct.unpack(f"<{n}d", message[24 + 8 * n : 24 + 16 * n])
        moved = struct.pack(f"<{n}d", *(each + self.shift_ms for each in times))
        return head + message[24 : 24 + 8 * n] + moved + message[24 + 16 * n :]

    def _history(self, route: Route) -> None:
        def back(found: re.Match[str]) -> str:
            return f"{found[1]}{int(found[2]) - self.shift_ms}"

        url = re.sub(r"([?&](?:from|to)=)(\d+)", back, route.request.url)
        route.fulfill(json=self._shift(route.fetch(url=url).json()))

    def _shift(self, of: Any) -> Any:
        if isinstance(of, list):
            return [self._shift(each) for each in of]
        if not isinstance(of, dict):
            return of
        return {key: self._add(v) if key in SHIFTED else self._shift(v) for key, v in of.items()}

    def _add(self, value: Any) -> Any:
        if isinstance(value, list):
            return [each + self.shift_ms for each in value]
        return None if value is None else value + self.shift_ms


@pytest.mark.parametrize(
    ("zone", "moment", "shown"),
    [
        # The hour from 02:00 to 03:00 does not exist on the one day, and is there twice on the other.
        (ZONES[0], "2026-03-29T01:02:00+00:00", r"03:0[23]:\d\d CEST"),
        (ZONES[1], "2026-10-25T00:58:00+00:00", r"02:5[89]:\d\d CEST"),
        (ZONES[2], "2026-10-25T01:02:00+00:00", r"02:0[23]:\d\d CET"),
    ],
)
def test_days_with_a_change_of_the_clock(
    browser: Browser, gateway: str, zone: str, moment: str, shown: str
) -> None:
    context = browser.new_context(base_url=gateway, timezone_id=zone)
    try:
        page = context.new_page()
        at = datetime.fromisoformat(moment)
        Journey(page, at)
        page.goto("/explore?s=plant/bottling/line1/filler/fill_weight&window=300")
        expect(page.locator(".clock time")).to_have_text(re.compile(shown))
        expect(page.locator(".explore canvas")).to_be_visible()
        end = page.get_by_label("to", exact=True)
        wall = at.astimezone(PLANT)
        expect(end).to_have_value(re.compile(f"^{wall:%Y-%m-%dT%H}:"))
        page.goto("/machine/plant/bottling/line1/filler?window=300")
        source = page.locator("[data-signal=good_count] td").last
        expect(source).to_have_text(re.compile(shown.split(" ", maxsplit=1)[0]))
        page.get_by_text("Data table").first.click()
        times = page.locator(".points td:first-child").all_inner_texts()
        seconds = [
            f"{(wall + timedelta(seconds=s)).astimezone(UTC).astimezone(PLANT):%H:%M:%S}"
            for s in range(-310, 60)
        ]
        assert set(times) <= set(seconds)
        page.unroute_all(behavior="ignoreErrors")
    finally:
        context.close()
