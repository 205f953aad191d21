"""The page of control in a real browser: nothing reaches the machine but what was held or typed to be sent."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, Route, expect

from tests.peers.browser import violations
from tests.peers.control_house import MACHINE, MODE, SPEED
from tests.peers.control_web import Played, control_page

pytestmark = [pytest.mark.peer, pytest.mark.e2e]


@pytest.fixture(scope="module")
def served(built: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Played]:
    with control_page(tmp_path_factory.mktemp("control")) as played:
        yield played


@pytest.fixture
def played(served: Played) -> Played:
    served.reset()
    return served


@pytest.fixture
def page(browser: Browser, played: Played) -> Iterator[Page]:
    context = browser.new_context(base_url=played.address, viewport={"width": 1600, "height": 1200})
    context.set_default_timeout(30_000)
    expect.set_options(timeout=30_000)
    made = context.new_page()
    made.goto(f"/control/{MACHINE}")
    expect(speed(made).get_by_role("button", name="Review")).to_be_enabled()
    yield made
    made.unroute_all(behavior="ignoreErrors")
    context.close()


def speed(page: Page) -> Locator:
    return page.locator("[data-command=speed]")


def review(page: Page, value: str) -> None:
    speed(page).get_by_label("New value").fill(value)
    speed(page).get_by_role("button", name="Review").click()


def type_name(page: Page) -> None:
    page.get_by_label("Or type the machine").fill("filler")
    page.get_by_role("button", name="Send", exact=True).click()


def test_a_new_value_is_reviewed_typed_and_confirmed(page: Page, played: Played) -> None:
    review(page, "110,5")
    expect(page.locator(".confirm-what")).to_have_text("120.00 → 110.50 1/min on filler")
    assert played.house.machine.sent == []
    type_name(page)
    expect(speed(page).locator(".outcome")).to_contain_text("OK: the machine shows it")
    assert [dict(each.values) for each in played.house.machine.sent] == [{SPEED: 110.5}]
    row = page.locator("[data-part=history] tbody tr").first
    expect(row).to_contain_text("120.00 → 110.50 1/min")
    expect(row).to_contain_text("OK")


def test_a_short_press_sends_nothing_and_holding_does(page: Page, played: Played) -> None:
    review(page, "110")
    hold = page.get_by_role("button", name="Hold for 1 s to send")
    hold.click()
    expect(hold).to_be_visible()
    assert played.house.machine.sent == []
    hold.focus()
    page.keyboard.down("Enter")
    expect(speed(page).locator(".outcome")).to_contain_text("OK: the machine shows it")
    page.keyboard.up("Enter")
    assert len(played.house.machine.sent) == 1


def test_what_is_refused_says_why_and_sends_nothing(page: Page, played: Played) -> None:
    review(page, "131")
    expect(speed(page).locator(".outcome")).to_contain_text("outside 60 to 130")
    review(page, "100")
    expect(speed(page).locator(".outcome")).to_contain_text("reason")
    speed(page).get_by_label("Reason").fill("bottles tip over")
    speed(page).get_by_role("button", name="Review").click()
    page.get_by_role("button", name="Back, send nothing").click()
    expect(speed(page).get_by_role("button", name="Review")).to_be_visible()
    assert played.house.machine.sent == []


def test_an_interlock_and_a_present_value_that_changed_refuse(page: Page, played: Played) -> None:
    review(page, "110")
    expect(page.locator(".confirm-what")).to_be_visible()
    played.house.machine.values[SPEED] = 125.0
    type_name(page)
    expect(speed(page).locator(".outcome")).to_contain_text("changed from 120 to 125 meanwhile")
    played.house.machine.values.update({SPEED: 120.0, MODE: 2})
    review(page, "110")
    expect(speed(page).locator(".outcome")).to_contain_text("production")
    assert played.house.machine.sent == []


def test_a_machine_that_does_not_follow_is_failed(page: Page, played: Played) -> None:
    played.house.machine.deaf = True
    review(page, "110")
    type_name(page)
    expect(speed(page).locator(".outcome-failed")).to_contain_text("shows 120")
    assert len(played.house.machine.sent) == 1


def test_no_answer_is_unknown_and_never_sent_again(page: Page, played: Played) -> None:
    tries: list[str] = []

    def lose(route: Route) -> None:
        tries.append(route.request.url)
        route.abort()

    page.route("**/operate", lose)
    review(page, "110")
    type_name(page)
    expect(speed(page).locator(".outcome-unknown")).to_contain_text("Look at the machine")
    page.wait_for_timeout(1_500)
    assert len(tries) == 1
    assert played.house.machine.sent == []


def test_a_click_while_offline_is_never_sent_later(page: Page, played: Played) -> None:
    review(page, "110")
    expect(page.locator(".confirm-what")).to_be_visible()
    page.context.set_offline(True)
    type_name(page)
    expect(speed(page).locator(".outcome-unknown")).to_be_visible()
    page.context.set_offline(False)
    expect(speed(page).get_by_role("button", name="Review")).to_be_enabled()
    page.wait_for_timeout(1_500)
    assert played.house.machine.sent == []


def test_the_page_is_accessible_and_says_where_safety_is(page: Page, played: Played) -> None:
    expect(page.get_by_text("Emergency stops and guards are in the machine")).to_be_visible()
    review(page, "110")
    expect(page.locator(".confirm-what")).to_be_visible()
    assert violations(page) == []
    page.get_by_role("button", name="Back, send nothing").click()


def test_a_kill_switch_shows_and_closes_everything(page: Page, played: Played) -> None:
    page.get_by_role("button", name="Switch all control off").click()
    expect(page.locator("[data-part=locks] .outcome")).to_contain_text("Say why")
    page.get_by_label("Why").fill("storm")
    page.get_by_role("button", name="Switch all control off").click()
    expect(page.locator(".control-off")).to_contain_text("storm")
    expect(speed(page).get_by_role("button", name="Review")).to_be_disabled()
    page.get_by_role("button", name="Release all machines").click()
    expect(speed(page).get_by_role("button", name="Review")).to_be_enabled()
