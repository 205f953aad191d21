"""The page in a real browser: what its first screen weighs, what it costs to draw, and how long history takes."""

from __future__ import annotations

import gzip
import statistics
import time
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from playwright.sync_api import Browser, Page

from tests.bench.web.plant import (
    DAY_MACHINE,
    DAY_S,
    DAY_SIGNALS,
    TREND_MACHINE,
    TRENDS,
    VALUES,
    WALL_MACHINE,
)

SIZE: Final = {"width": 1920, "height": 1080}
BOTH: Final = TRENDS + VALUES
_PAINT: Final = "() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? null"


def first_screen(browser: Browser, url: str, static: Path) -> dict[str, Any]:
    """Return the gzip size of everything the floor loads at first, and the median time to first paint of five."""
    paints, files = [], set[str]()
    for _ in range(5):
        page = browser.new_page(viewport=SIZE)  # type: ignore[arg-type]  # a TypedDict
        page.on("response", lambda answer: files.add(answer.url))
        page.goto(f"{url}/floor")
        page.locator("[data-machine]").first.wait_for()
        paints.append(page.evaluate(_PAINT))
        page.close()
    names = {each.removeprefix(url).lstrip("/").partition("?")[0] for each in files}
    parts = [static / name for name in names if name.startswith("assets/")]
    parts.append(static / "index.html")
    size = sum(len(gzip.compress(each.read_bytes())) for each in parts if each.is_file())
    scripts = [each for each in parts if each.suffix == ".js"]
    script = sum(len(gzip.compress(each.read_bytes())) for each in scripts)
    return {
        "gzip_kb": round(size / 1000, 1),
        "script_gzip_kb": round(script / 1000, 1),
        "first_paint_ms": round(statistics.median(paint for paint in paints if paint is not None)),
    }


def renderer_cores(browser: Browser, page: Page, seconds: float) -> float:
    """Return the processor time of the page's own process a second."""
    session = browser.new_browser_cdp_session()

    def used_s() -> float:
        found = session.send("SystemInfo.getProcessInfo")["processInfo"]
        return sum(each["cpuTime"] for each in found if each["type"] == "renderer")

    before, began = used_s(), time.monotonic()
    page.wait_for_timeout(seconds * 1000)
    return round((used_s() - before) / (time.monotonic() - began), 3)


def drawing(browser: Browser, url: str, seconds: float) -> dict[str, Any]:
    """Return the renderer's cores for 24 live trends, for 500 values, and for both on one page; text at 4, charts at 10 Hz."""
    found: dict[str, Any] = {}
    for name, path, ready, count in (
        ("trends_24", f"/machine/{TREND_MACHINE}?window=60", ".trend canvas", TRENDS),
        ("values_500", "/floor", "[data-machine]", VALUES // 4),
        ("both", f"/machine/{WALL_MACHINE}?window=60", ".trend canvas, [data-signal]", BOTH),
    ):
        page = browser.new_page(viewport=SIZE)  # type: ignore[arg-type]  # a TypedDict
        page.goto(f"{url}{path}")
        page.locator(ready).first.wait_for()
        page.wait_for_timeout(8_000)
        found[name] = {
            "shown": page.locator(ready).count(),
            "of": count,
            "renderer_cores": renderer_cores(browser, page, seconds),
        }
        page.close()
    return found


def history(browser: Browser, url: str) -> dict[str, Any]:
    """Return how long a day of eight signals takes: the query alone, and until it is drawn (medians of five)."""
    paths = [f"{DAY_MACHINE}/d{n}" for n in range(DAY_SIGNALS)]
    signals = "&".join(f"signal={quote(path)}" for path in paths)
    now_ms = round(time.time() * 1000)
    page = browser.new_page(viewport=SIZE)  # type: ignore[arg-type]  # a TypedDict
    asked = (
        f"{url}/api/v1/history/buckets?{signals}&from={now_ms - DAY_S * 1000}&to={now_ms}&px=1700"
    )
    queries, drawn, size = [], [], 0
    for _ in range(5):
        began = time.perf_counter()
        size = len(page.request.get(asked).body())
        queries.append((time.perf_counter() - began) * 1000)
    shown = "&".join(f"s={quote(path)}" for path in paths)
    for _ in range(5):
        page.goto(f"{url}/floor")
        page.locator("[data-machine]").first.wait_for()
        began = time.perf_counter()
        page.evaluate(
            "to => { history.pushState(null, '', to); dispatchEvent(new PopStateEvent('popstate')) }",
            f"/explore?{shown}&window={DAY_S}&to={now_ms}",
        )
        page.locator(".explore canvas").first.wait_for()
        page.evaluate(
            "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
        )
        drawn.append((time.perf_counter() - began) * 1000)
    page.close()
    return {
        "signals": DAY_SIGNALS,
        "rows": DAY_SIGNALS * DAY_S,
        "query_ms": round(statistics.median(queries)),
        "answer_kb": round(size / 1000),
        "page_to_drawn_ms": round(statistics.median(drawn)),
    }
