"""A machine's page: its states over time, what happened to gaps, and taking away what is shown."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

pytestmark = [pytest.mark.peer, pytest.mark.e2e]

FILLER = "/machine/plant/bottling/line1/filler"


def test_states_over_time_as_a_strip_and_as_a_table(page: Page) -> None:
    page.goto(f"{FILLER}?window=60")
    strip = page.get_by_role("region", name="State over time")
    expect(strip.locator("rect[class^=strip-]").first).to_be_visible()
    expect(strip.get_by_role("img")).to_have_attribute(
        "aria-label", re.compile("In the last 1 min")
    )
    strip.get_by_text("State table").click()
    shares = strip.locator("table").first.locator("tbody tr td:last-child")
    expect(shares.first).to_be_visible()
    page.get_by_role("button", name="Pause").click()
    total = sum(float(text.rstrip(" %")) for text in shares.all_inner_texts())
    assert total == pytest.approx(100, abs=0.5)


def test_a_window_of_thirty_days(page: Page) -> None:
    page.goto(FILLER)
    page.get_by_role("button", name="30 d").click()
    expect(page).to_have_url(re.compile("window=2592000"))
    expect(page.locator(".trend canvas").first).to_be_visible()


def test_a_chart_is_saved_as_a_picture(page: Page, tmp_path: Path) -> None:
    page.goto(FILLER)
    expect(page.locator(".trend canvas").first).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("button", name=re.compile("picture of Fill weight")).click()
    file = tmp_path / "chart.png"
    download.value.save_as(file)
    assert file.read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"
    assert download.value.suggested_filename == "fill_weight.png"


def test_what_is_shown_is_exported_with_progress(page: Page, tmp_path: Path) -> None:
    page.goto(f"{FILLER}?window=60")
    expect(page.locator(".trend canvas").first).to_be_visible()
    page.get_by_role("button", name="Export").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Write the file").click()
    with page.expect_download() as download:
        dialog.get_by_role("link", name="Save the file").click()
    file = tmp_path / "rows.csv"
    download.value.save_as(file)
    assert file.read_text().startswith("signal,")
    dialog.get_by_label("Parquet").check()
    dialog.get_by_role("button", name="Write the file").click()
    expect(dialog.get_by_text("no parquet from memory")).to_be_visible()
    dialog.get_by_role("button", name="Close").click()
    expect(dialog).to_be_hidden()


def test_an_export_that_runs_can_be_cancelled(page: Page) -> None:
    job = {
        "id": "1f",
        "state": "running",
        "format": "csv",
        "rows_done": 200,
        "rows_total": 1000,
        "file_bytes": None,
        "error": "",
    }
    removed: list[str] = []

    def answer(route: Route) -> None:
        if route.request.method == "DELETE":
            removed.append(route.request.url)
            route.fulfill(status=204)
        else:
            route.fulfill(json=job)

    page.route("**/api/v1/exports**", answer)
    page.route("**/api/v1/exports/**", answer)
    page.goto(FILLER)
    page.get_by_role("button", name="Export").click()
    page.get_by_role("button", name="Write the file").click()
    expect(page.get_by_text("200 of 1,000 rows")).to_be_visible()
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_text("200 of 1,000 rows")).to_be_hidden()
    assert [url.rsplit("/", 1)[1] for url in removed] == ["1f"]


def test_pointing_at_a_gap_tells_what_happened_to_it(page: Page) -> None:
    def with_gap(route: Route) -> None:
        document = route.fetch().json()
        middle = (document["from_ms"] + document["to_ms"]) / 2
        for series in document["series"]:
            gap = {"start_ms": middle - 1e5, "end_ms": middle + 1e5, "state": "lost"}
            series["gaps"] = [{**gap, "cause": "cable cut"}]
        route.fulfill(json=document)

    page.route("**/api/v1/history/buckets**", with_gap)
    page.goto(f"{FILLER}?window=900")
    chart = page.locator(".trend .u-over").first
    expect(page.get_by_text("1 gap in this window").first).to_be_visible()
    chart.hover()
    expect(page.locator(".trend-gap").first).to_contain_text(re.compile("Lost gap .+: cable cut"))
    page.get_by_text("Data table").first.click()
    expect(page.locator(".gap-list li").first).to_contain_text("cable cut")
