"""Planning in the browser: plan and gaps, workflow map, board; a drag and the keys give the same proposal."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.peers.browser import Watch, violations
from tests.peers.process import Peer, free_port, listening

pytestmark = [pytest.mark.peer, pytest.mark.e2e]
ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def office(built: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A gateway whose production office holds the sample shop."""
    port = free_port()
    command = [sys.executable, "-m", "tests.peers.web_services", "--port", str(port), "--plan"]
    log = tmp_path_factory.mktemp("office") / "log.txt"
    with Peer(command, ready=listening(port), log=log, cwd=ROOT, timeout_s=90):
        yield f"http://127.0.0.1:{port}"


@pytest.fixture
def planner(browser: Browser, office: str) -> Iterator[Page]:
    context = browser.new_context(base_url=office, viewport={"width": 1600, "height": 1000})
    context.set_default_timeout(20_000)
    page = context.new_page()
    watch = Watch(office)
    watch.follow(page)
    yield page
    assert watch.strangers == []
    assert [each for each in watch.errors if "409" not in each] == []
    context.close()


def test_a_plan_is_drafted_checked_and_not_approved_before_its_gaps_are_decided(
    planner: Page,
) -> None:
    planner.goto("/plan")
    planner.get_by_role("button", name="Draft a plan").click()
    expect(planner.locator("[data-state=draft]")).to_be_visible()
    planner.get_by_role("button", name="Check capacity").click()
    gap = planner.locator("tr.gap-undecided").first
    expect(gap).to_be_visible()
    planner.get_by_role("button", name="Approve", exact=True).click()
    expect(planner.get_by_text(re.compile("undecided gaps"))).to_be_visible()
    count = planner.locator("tr.gap-undecided").count()
    gap.get_by_role("textbox").fill("agreed at the stand-up")
    gap.get_by_role("button", name="Decide").click()
    expect(planner.locator("tr.gap-undecided")).to_have_count(count - 1)
    expect(planner.get_by_text(re.compile("agreed at the stand-up"))).to_be_visible()


def test_a_file_with_mistakes_names_each_and_a_good_one_is_counted(planner: Page) -> None:
    planner.goto("/plan?part=tables")
    row = planner.locator("[data-table=orders]")
    wrong = b"id,product,qty,due\nX1,water 500,5,31/02/2027\nX2,watr 500,1,2027-01-04\n"
    row.get_by_label("File for orders").set_input_files(
        {"name": "orders.csv", "mimeType": "text/csv", "buffer": wrong}
    )
    row.get_by_role("button", name="Import").click()
    expect(row.get_by_text(re.compile("nothing was kept. Mistakes: 2"))).to_be_visible()
    expect(row.get_by_text(re.compile("is not a date"))).to_be_visible()
    good = b"id,product,qty,due\nX1,water 500,5,2027-02-26\n"
    row.get_by_label("File for orders").set_input_files(
        {"name": "more.csv", "mimeType": "text/csv", "buffer": good}
    )
    row.get_by_role("button", name="Try without keeping").click()
    expect(row.get_by_text("more.csv can be imported: 1 new")).to_be_visible()


def test_the_workflow_map_shows_lanes_steps_and_handovers(planner: Page) -> None:
    planner.goto("/flow?product=adapter")
    drawn = planner.get_by_role("img", name=re.compile("Steps of adapter"))
    expect(drawn.locator(".step")).to_have_count(4)
    expect(drawn.locator(".handover")).to_have_count(1)
    expect(drawn.locator(".lane-name")).to_have_text(["operator", "quality"])


def board(page: Page) -> None:
    page.goto("/schedule?hours=168")
    expect(page.locator("[data-state=published]")).to_be_visible()


def judged(page: Page) -> str:
    """Return what the panel says of a move once the gateway has judged it."""
    panel = page.locator("[data-section=move]")
    expect(panel.get_by_text(re.compile("It fits|Rules that it breaks"))).to_be_visible()
    return panel.locator("input[type=datetime-local]").input_value()


def test_a_drag_and_the_keys_give_the_same_proposal(planner: Page) -> None:
    board(planner)
    name = planner.evaluate(
        """() => [...document.querySelectorAll('.gantt-bar')]
            .filter((bar) => {
                const frozen = bar.parentElement.querySelector('.gantt-frozen');
                return bar.offsetLeft > frozen.offsetLeft + frozen.offsetWidth;
            })
            .filter((bar) => bar.offsetLeft > 0
                && bar.offsetLeft + bar.offsetWidth < bar.parentElement.clientWidth - 60)
            .sort((a, b) => b.offsetWidth - a.offsetWidth)[0].dataset.job"""
    )
    bar = planner.locator(f".gantt-bar[data-job='{name}']")
    bar.scroll_into_view_if_needed()
    box, lane = bar.bounding_box(), planner.locator(".gantt-lane").first.bounding_box()
    assert box is not None
    assert lane is not None
    step = lane["width"] / 168
    grip = box["x"] + box["width"] / 2
    planner.mouse.move(grip, box["y"] + 10)
    planner.mouse.down()
    planner.mouse.move(grip + 2 * step, box["y"] + 10, steps=5)
    planner.mouse.up()
    by_mouse = judged(planner)
    expect(planner.get_by_role("heading", name=f"Move {name}")).to_be_visible()
    planner.get_by_role("button", name="Discard").click()
    bar.focus()
    planner.keyboard.press("Enter")
    start = judged(planner)
    moved = datetime.fromisoformat(by_mouse) - datetime.fromisoformat(start)
    assert abs(moved - timedelta(hours=2)) <= timedelta(minutes=15), (start, by_mouse)
    planner.get_by_label("Begin at").fill(by_mouse)
    assert judged(planner) == by_mouse


def test_a_search_proposes_and_a_breakdown_is_shifted_and_compared(planner: Page) -> None:
    board(planner)
    planner.get_by_role("button", name="Search for a schedule").click()
    expect(planner.locator("[data-state=proposed]")).to_be_visible(timeout=60_000)
    expect(planner.get_by_text(re.compile("Against the published version"))).to_be_visible()
    board(planner)
    planner.get_by_text("Machine down").click()
    planner.get_by_label("Minutes").fill("600")
    planner.get_by_role("button", name="Shift the work around it").click()
    expect(planner.locator("[data-state=proposed]")).to_be_visible()
    expect(planner.get_by_text(re.compile("jobs move"))).to_be_visible()


def test_a_check_is_filled_on_a_phone_and_a_failed_one_is_decided_with_signatures(
    planner: Page,
) -> None:
    planner.set_viewport_size({"width": 390, "height": 844})
    planner.goto("/quality")
    check = planner.locator("[data-check='1']")
    expect(check.get_by_text(re.compile("told by the machine"))).to_be_visible()
    check.get_by_role("group", name="Closure sits straight").get_by_role(
        "button", name="No"
    ).click()
    expect(planner.locator("[data-stops=dispatch]")).to_be_visible()
    check.get_by_label(re.compile("Batch code")).fill("B-17")
    check.get_by_role("button", name=re.compile("Save Batch code")).click()
    expect(check).to_have_count(0)
    planner.goto("/quality?part=ncs")
    nc = planner.locator("[data-nc='1']")
    expect(nc.get_by_text(re.compile("of lot L-0001"))).to_be_visible()
    nc.get_by_label("Reason").fill("sorted by hand")
    nc.get_by_role("button", name="Propose").click()
    nc.get_by_role("button", name="Sign", exact=True).click()
    expect(nc.get_by_text(re.compile("as Quality"))).to_be_visible()
    nc.get_by_role("button", name="Sign", exact=True).click()
    expect(planner.locator("[data-nc='1'][data-state=closed]")).to_be_visible()


@pytest.mark.parametrize(
    ("path", "asked"),
    [
        ("/improvement", "improvements/losses"),
        ("/quality", "gates"),
        ("/quality", "checkruns/coming"),
        ("/performance", "kpi-targets"),
    ],
)
def test_what_cannot_be_read_is_not_told_as_nothing(planner: Page, path: str, asked: str) -> None:
    planner.route(
        f"**/api/v1/{asked}",
        lambda route: route.fulfill(status=409, json={"title": "Not today"}),
    )
    planner.goto(path)
    expect(planner.locator(".failed").filter(has_text="Not today")).to_be_visible()
    expect(planner.get_by_text("No loss of more than")).to_have_count(0)


@pytest.mark.parametrize(
    "path",
    [
        "/plan",
        "/plan?part=forecast",
        "/plan?part=tables",
        "/flow",
        "/schedule",
        "/quality",
        "/quality?part=done",
        "/quality?part=ncs",
        "/quality?part=checklists",
        "/reports?kind=day",
        "/improvement",
        "/improvement?part=practices",
    ],
)
def test_planning_pages_have_no_axe_finding(planner: Page, path: str) -> None:

    for theme in ("light", "dark"):
        planner.goto(f"{path}{'&' if '?' in path else '?'}theme={theme}")
        expect(planner.locator("h1")).to_be_visible()
        expect(planner.locator(".skeleton")).to_have_count(0)
        assert violations(planner) == []


def test_an_operator_on_a_phone_starts_pauses_with_a_reason_calls_and_finishes(
    browser: Browser, office: str
) -> None:
    context = browser.new_context(base_url=office, viewport={"width": 412, "height": 915})
    context.set_default_timeout(30_000)
    page = context.new_page()
    watch = Watch(office)
    watch.follow(page)
    page.goto("/operator/line%201")
    coming = page.locator(".station-next").first
    job = coming.get_attribute("data-job")
    coming.locator("[data-act=start]").click()
    now = page.locator(f".station-now[data-job='{job}']")
    expect(now).to_have_attribute("data-state", "running")
    expect(now.get_by_text("What to do")).to_be_visible()
    assert violations(page) == []
    now.locator("[data-act=pause]").click()
    now.get_by_label("Reason").select_option("jam")
    now.get_by_role("button", name="Pause", exact=True).click()
    expect(now).to_have_attribute("data-state", "interrupted")
    stop = page.locator("[data-section=stop]")
    expect(stop.locator("[data-code=jam]")).to_have_attribute("aria-pressed", "true")
    stop.locator("[data-code=breakdown]").click()
    expect(stop.locator("[data-code=breakdown]")).to_have_attribute("aria-pressed", "true")
    now.locator("[data-act=resume]").click()
    expect(now).to_have_attribute("data-state", "running")
    now.locator("[data-act=finish]").click()
    now.get_by_label("Good").fill("12")
    now.get_by_role("button", name="Finish", exact=True).click()
    handed = page.locator(f".station-next[data-job='{job}']")
    expect(handed).to_have_attribute("data-state", "ended")
    handed.locator("[data-act=accept]").click()
    expect(handed).to_have_count(0)
    page.goto("/operator")
    expect(page.locator("[data-station='line 1']")).to_be_visible()
    assert watch.errors == []
    assert watch.strangers == []
    context.close()
