"""Connectors, unknown data, dead letters and gaps: what people do about them, on the page."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.peers.browser import Watch, violations

pytestmark = [pytest.mark.peer, pytest.mark.e2e]


@pytest.fixture(autouse=True)
def _patience() -> Iterator[None]:
    """A busy machine may take its time; nothing here is about time."""
    expect.set_options(timeout=30_000)
    yield
    expect.set_options(timeout=5_000)


def reason(page: Page, text: str, act: str) -> None:
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Reason").fill(text)
    assert violations(page) == []
    dialog.get_by_role("button", name=act, exact=True).click()
    expect(dialog).to_have_count(0)


def test_a_connector_is_reconnected_switched_off_with_a_reason_and_on(
    page: Page, watch: Watch
) -> None:
    page.goto("/health/connectors")
    row = page.locator("[data-connector=filler]")
    row.get_by_role("button", name="Reconnect now: filler").click()
    expect(row.get_by_role("status")).to_have_text("asked")
    row.get_by_role("button", name="Switch off filler").click()
    reason(page, "The machine is being moved.", "Switch off")
    expect(row).to_contain_text("off by local: The machine is being moved.")
    row.get_by_role("button", name="Switch on filler").click()
    expect(row.get_by_role("button", name="Switch off filler")).to_be_visible()
    assert watch.errors == []


def test_unknown_data_is_ignored_noticed_again_and_adopted(page: Page, watch: Watch) -> None:
    page.goto("/health/unknown")
    row = page.locator("[data-source='plant/room/7/co2']")
    row.get_by_role("button", name="Ignore plant/room/7/co2").click()
    reason(page, "Another system reads it.", "Ignore")
    expect(row).to_have_count(0)
    page.get_by_role("link", name="Show ignored too").click()
    expect(row).to_contain_text("ignored by local: Another system reads it.")
    row.get_by_role("button", name="Notice again: plant/room/7/co2").click()
    row.get_by_role("button", name="Adopt plant/room/7/co2").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.locator(".adopt-yaml")).to_contain_text("topic: plant/room/7/co2")
    dialog.get_by_label("Signal of ppm").fill("plant/rooms/r7/air/co2")
    expect(dialog.locator(".adopt-yaml")).to_contain_text("plant/rooms/r7/air/co2")
    assert violations(page) == []
    dialog.get_by_role("button", name="Write 90-adopted").click()
    # A second run on the same gateway finds the file of the first: the page says so and nothing is written.
    expect(
        page.get_by_text("is written: replaced").or_(page.get_by_text("adopts this source already"))
    ).to_be_visible()
    assert [each for each in watch.errors if "409" not in each] == []


def test_dead_letters_are_looked_at_read_again_and_dismissed(page: Page, watch: Watch) -> None:
    page.goto("/health/dead-letters?show=all")
    rows = page.locator("[data-letter]")
    expect(rows.first).to_be_visible()
    page.get_by_role("button", name="Look at dead letter 2").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Hex").click()
    expect(dialog.locator(".letter-bytes")).to_contain_text("ff fe 00 62")
    dialog.get_by_role("button", name="JSON").click()
    expect(dialog.locator(".letter-bytes")).to_contain_text("This is no JSON")
    assert violations(page) == []
    dialog.get_by_role("button", name="Close").click()
    page.get_by_label("Choose dead letter 1").check()
    page.get_by_role("button", name="Read 1 again").click()
    expect(page.get_by_role("status").filter(has_text="Letter 1: still unusable")).to_be_visible()
    page.get_by_label("Choose dead letter 3").check()
    page.get_by_role("button", name="Dismiss 1").click()
    reason(page, "A test of the electrician.", "Dismiss")
    expect(page.locator("[data-letter='3']")).to_contain_text("dismissed by local")
    page.get_by_role("link", name="Show waiting only").click()
    expect(page.locator("[data-letter='3']")).to_have_count(0)
    assert watch.errors == []


def test_gaps_are_filtered_and_noted_and_health_tells_what_it_runs_on(page: Page) -> None:
    page.goto("/health/gaps")
    expect(page.locator("[data-gap]").first).to_be_visible()
    page.get_by_label("State").select_option("lost")
    expect(page.locator("[data-gap]")).to_have_count(1)
    page.locator("[data-gap] button").click()
    reason(page, "Planned stop of the network.", "Note")
    expect(page.locator("[data-gap]")).to_contain_text("Planned stop of the network.")
    page.goto("/health")
    expect(page.locator("[data-section=system]")).to_contain_text("free of")
