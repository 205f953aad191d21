"""Lists that are longer than a page, empty, or cannot be had."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, Route, expect

pytestmark = [pytest.mark.peer, pytest.mark.e2e]


def issues(page: Page, count: int) -> list[int]:
    """Answer as a gateway with so many open issues would; returns the sizes of the pages asked for."""
    asked: list[int] = []
    model = page.request.get("/api/v1/issues?limit=1").json()["items"][0]

    def answer(route: Route) -> None:
        given = parse_qs(urlsplit(route.request.url).query)
        limit, before = int(given["limit"][0]), int(given.get("before", [str(count + 1)])[0])
        asked.append(limit)
        numbers = range(before - 1, max(0, before - 1 - limit), -1)
        items = [
            model
            | {
                "number": n,
                "title": f"Issue number {n}",
                "severity": "P1" if n == 7 else "P3",
                "state": given["state"][0],
            }
            for n in numbers
        ]
        last = numbers[-1] if numbers else 1
        route.fulfill(json={"items": items, "next_before": last if last > 1 else None})

    page.route(re.compile(r"/api/v1/issues\?"), answer)
    return asked


def test_every_open_issue_is_counted_and_the_worst_stands_first(page: Page) -> None:
    issues(page, 1_230)
    page.goto("/issues")
    expect(page.get_by_text("1230 shown")).to_be_visible()
    expect(page.locator("nav .nav-count")).to_have_text("1230")
    expect(page.locator("[data-issue]")).to_have_count(100)
    assert page.locator("[data-issue]").first.get_attribute("data-issue") == "7"
    page.get_by_role("link", name="Older").click()
    expect(page).to_have_url(re.compile("page=2"))
    expect(page.get_by_text("Page 2 of 13, 1230 in all")).to_be_visible()
    page.goto("/issues?page=99")
    expect(page.get_by_text("Page 13 of 13")).to_be_visible()
    expect(page.locator("[data-issue]")).to_have_count(30)


def test_place_owner_and_words_stand_in_the_address_and_are_asked_of_the_gateway(
    page: Page,
) -> None:
    page.goto("/issues")
    rows = page.locator("[data-issue]")
    expect(rows.first).to_be_visible()
    some = page.request.get("/api/v1/issues?state=open").json()["items"][0]
    word = some["title"].split()[0]
    search = page.get_by_role("search", name="Filter issues")
    search.get_by_label("Words").fill(word)
    search.get_by_label("Place").fill(some["asset"])
    search.get_by_role("button", name="Filter").click()
    expect(page).to_have_url(re.compile(rf"text={word}"))
    expect(page.locator(f"[data-issue='{some['number']}']")).to_be_visible()
    page.reload()
    expect(search.get_by_label("Words")).to_have_value(word)
    search.get_by_label("Owner").fill("nobody-of-that-name")
    search.get_by_role("button", name="Filter").click()
    expect(page.get_by_text("No issue matches")).to_be_visible()
    search.get_by_role("link", name="Clear").click()
    expect(page).to_have_url(re.compile(r"/issues$"))
    expect(rows.first).to_be_visible()


def test_closed_issues_come_page_by_page_from_the_gateway(page: Page) -> None:
    asked = issues(page, 250)
    page.goto("/issues?state=closed")
    expect(page.locator("[data-issue]")).to_have_count(100)
    page.get_by_role("link", name="Older").click()
    expect(page.locator("[data-issue='150']")).to_be_visible()
    page.get_by_role("link", name="Older").click()
    expect(page.locator("[data-issue]")).to_have_count(50)
    page.get_by_role("link", name="Newer").click()
    expect(page.locator("[data-issue='250']")).to_be_visible()
    assert 100 in asked


def test_dead_letters_and_gaps_beyond_the_first_page(page: Page) -> None:
    def letters(route: Route) -> None:
        before = int(parse_qs(urlsplit(route.request.url).query).get("before", ["121"])[0])
        letter = {"time_ms": 1.7e12, "connector": "c", "source": "s", "reason": "r"}
        kept: dict[str, Any] = {"payload": "", "excerpt": "x", "payload_size": 1, "remark": None}
        items = [letter | kept | {"id": n} for n in range(before - 1, max(0, before - 51), -1)]
        last = before - len(items)
        route.fulfill(
            json={
                "items": items,
                "total": 120,
                "waiting": 120,
                "next_before": last if last > 1 else None,
            }
        )

    page.route("**/api/v1/dead-letters**", letters)
    page.goto("/health/dead-letters")
    rows = page.locator("[data-section=dead-letters] tbody tr")
    expect(rows).to_have_count(50)
    for _ in range(2):
        page.get_by_role("link", name="Older").click()
    expect(rows).to_have_count(20)
    expect(page.get_by_text("120 wait, 120 are kept")).to_be_visible()

    def gaps(route: Route) -> None:
        gap = {
            "signal": "a/b/c/d/e",
            "end_ms": None,
            "state": "open",
            "cause": "cut",
            "remark": None,
        }
        items = [gap | {"id": n, "start_ms": 1.7e12 - n} for n in range(120)]
        route.fulfill(json={"items": items, "truncated": False})

    page.route("**/api/v1/gaps**", gaps)
    page.goto("/health/gaps")
    page.get_by_role("link", name="7 d").click()
    expect(page).to_have_url(re.compile("days=7"))
    page.get_by_role("link", name="Older").click()
    expect(page.get_by_text("Page 2 of 3, 120 in all")).to_be_visible()


@pytest.mark.parametrize(
    ("path", "api", "said"),
    [
        ("/health/dead-letters", "dead-letters", "No dead letter waits for a decision"),
        ("/health/gaps", "gaps", "No gap in this time"),
        ("/issues", "issues?", "Nothing is open"),
    ],
)
def test_a_list_that_is_empty_or_cannot_be_had(page: Page, path: str, api: str, said: str) -> None:
    broken = True
    nothing = {"items": [], "total": 0, "waiting": 0, "next_before": None, "truncated": False}

    def answer(route: Route) -> None:
        if broken:
            route.fulfill(status=500, json={"title": "Out of order", "detail": "on purpose"})
        else:
            route.fulfill(json=nothing)

    page.route(re.compile(rf"/api/v1/{re.escape(api)}"), answer)
    page.goto(path)
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("Out of order: on purpose")
    broken = False
    alert.get_by_role("button", name="Try again").click()
    expect(page.get_by_text(said, exact=True)).to_be_visible()
