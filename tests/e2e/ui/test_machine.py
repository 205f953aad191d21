"""A machine's page: its states over time, what happened to gaps, and taking away what is shown."""

from __future__ import annotations

import base64
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


def test_a_shift_is_a_range_whose_bounds_the_gateway_tells(page: Page) -> None:
    page.goto(FILLER)
    page.get_by_role("button", name="This shift").click()
    expect(page).to_have_url(re.compile("shift=current"))
    expect(page.get_by_role("button", name="Pause")).to_be_disabled()
    strip = page.get_by_role("region", name="State over time")
    expect(strip.get_by_role("img")).to_have_attribute(
        "aria-label", re.compile("In the last .+ of this shift")
    )
    floor = page.request.get("/api/v1/floor?shift=previous").json()["items"]
    shift = next(each for each in floor if each["unit"].endswith("filler"))
    bounds = re.compile(f"/history/buckets.+to={round(shift['end_ms'])}&px=400")
    with page.expect_request(bounds):
        page.get_by_role("button", name="Last shift").click()


def test_a_day_is_asked_for_as_the_plant_has_it(page: Page) -> None:
    midnight_ms = 1774821600000
    with page.expect_request(re.compile(f"/history/buckets.+to={midnight_ms}&px=400")) as asked:
        page.goto(f"{FILLER}?day=2026-03-29")
    # 23 hours: the clock of the plant goes forward on that day
    found = re.search(r"from=(\d+)&to=(\d+)", asked.value.url)
    assert found is not None
    start_ms, end_ms = (int(each) for each in found.groups())
    assert (end_ms - start_ms) / 3.6e6 == pytest.approx(23 * 1.02, abs=0.01)


def test_pause_stands_in_the_address_and_a_link_shows_what_stood_still(page: Page) -> None:
    page.goto(f"{FILLER}?window=60")
    page.get_by_role("button", name="Pause").click()
    expect(page).to_have_url(re.compile(r"to=\d+"))
    text = page.get_by_text("Paused at").inner_text()
    page.reload()
    expect(page.get_by_text("Paused at")).to_have_text(text)


def test_lost_time_by_time_and_by_count(page: Page) -> None:
    page.goto(f"{FILLER}?window=900")
    panel = page.get_by_role("region", name="Time lost")
    expect(panel.locator("tbody tr").first).to_be_visible()
    expect(panel.get_by_role("button", name="Time")).to_have_attribute("aria-pressed", "true")
    panel.get_by_role("button", name="Count").click()
    counts = [int(text) for text in panel.locator("tbody tr td:nth-child(3)").all_inner_texts()]
    assert counts == sorted(counts, reverse=True)
    expect(panel.locator("tbody tr").last.locator("td").last).to_have_text("100 %")


def test_the_set_point_is_drawn_with_what_follows_it(page: Page) -> None:
    page.goto(FILLER)
    speed = page.get_by_role("region", name="Speed", exact=True)
    expect(speed.locator(".trend-setpoint")).to_contain_text("120")
    expect(page.get_by_role("region", name="Target speed")).to_have_count(0)


def test_alarms_connector_and_shift_beside_the_trends(page: Page) -> None:
    page.goto(FILLER)
    expect(page.locator("[data-section=alarms] [data-alarm]")).to_contain_text("not acknowledged")
    expect(page.locator("[data-section=connectors] [data-connector=filler]")).to_contain_text(
        "Live"
    )
    expect(page.locator("[data-section=shift] .oee-value")).to_have_text("85 %")


def test_a_control_chart_shows_every_point_its_limits_and_what_fired(page: Page) -> None:
    page.goto(f"{FILLER}?window=300")
    chart = page.locator("[data-chart=drift]")
    expect(chart.locator(".spc-drawing").first).to_be_visible()
    page.get_by_role("button", name="Pause").click()
    to = re.search(r"to=(\d+)", page.url)
    assert to is not None
    end_ms = int(to[1])
    told = page.request.get(
        "/api/v1/charts/drift",
        params={
            "signal": "plant/bottling/line1/filler/fill_weight",
            "from": end_ms - 300_000,
            "to": end_ms,
        },
    ).json()
    points, hits = told["points"]["number"], [each for each in told["points"]["hits"] if each]
    summary = f"{len(points):,} points, {len(hits):,} with a rule fired"
    expect(chart.locator(".trend-note").first).to_have_text(summary)
    dots = chart.locator(".spc-dots").first.get_attribute("d") or ""
    assert dots.count("M") == len(points)
    assert (chart.locator("path.spc-hit").first.get_attribute("d") or "").count("M") == len(hits)
    expect(chart).to_contain_text("limits version")
    expect(chart.locator(".spc-capability")).to_contain_text("values, intervals at 95 %")
    chart.get_by_text("Data table").click()
    expect(chart.locator("tbody tr").first).to_be_visible()


def test_a_control_chart_is_saved_as_a_picture(page: Page, tmp_path: Path) -> None:
    page.goto(f"{FILLER}?window=300")
    chart = page.locator("[data-chart=drift]")
    expect(chart.locator("path.spc-dots").first).to_be_attached()
    with page.expect_download() as download:
        chart.get_by_role("button", name=re.compile("^PNG: save a picture of ")).click()
    assert download.value.suggested_filename == "drift-fill_weight.png"
    file = tmp_path / "chart.png"
    download.value.save_as(file)
    # What is drawn on it is drawn: points, and the line of a limit, in the colours they are shown in.
    shown = """async ([text, names]) => {
      const bitmap = await createImageBitmap(new Blob([Uint8Array.from(atob(text), (c) => c.charCodeAt(0))]));
      const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
      const context = canvas.getContext('2d');
      context.drawImage(bitmap, 0, 0);
      const { data } = context.getImageData(0, 0, bitmap.width, bitmap.height);
      const at = (name) => getComputedStyle(document.querySelector(name)).stroke.match(/\\d+/g).slice(0, 3).map(Number);
      return names.map((name) => {
        const [r, g, b] = at(name);
        let count = 0;
        for (let i = 0; i < data.length; i += 4)
          if (Math.abs(data[i] - r) + Math.abs(data[i + 1] - g) + Math.abs(data[i + 2] - b) < 30) count += 1;
        return count;
      });
    }"""
    text = base64.b64encode(file.read_bytes()).decode()
    dots, limit = page.evaluate(shown, [text, [".spc-dots", ".spc-limit"]])
    assert dots > 100
    assert limit > 200


def test_all_trends_are_saved_as_one_picture(page: Page, tmp_path: Path) -> None:
    page.goto(FILLER)
    expect(page.locator(".trend canvas").first).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("button", name="PNG of all").click()
    file = tmp_path / "all.png"
    download.value.save_as(file)
    width, height = (int.from_bytes(file.read_bytes()[at : at + 4]) for at in (16, 20))
    assert download.value.suggested_filename == "filler.png"
    assert width > 300
    assert height > 5 * 190
