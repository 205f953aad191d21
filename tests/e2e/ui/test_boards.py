"""Boards that people compose: by mouse and by keyboard alike, undone, saved by version, shown on a wall."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.peers.browser import Watch, violations

pytestmark = [pytest.mark.peer, pytest.mark.e2e]


@pytest.fixture(autouse=True)
def _patience() -> Iterator[None]:
    """A busy machine may take its time; nothing here is about time."""
    expect.set_options(timeout=30_000)
    yield
    expect.set_options(timeout=5_000)


FILLER = "plant/bottling/line1/filler"
WEIGHT = f"{FILLER}/fill_weight"
TILES: list[dict[str, Any]] = [
    {"id": "v", "type": "value", "x": 0, "y": 0, "w": 3, "h": 2, "signal": WEIGHT},
    {"id": "s", "type": "state", "x": 3, "y": 0, "w": 3, "h": 2, "machine": FILLER},
    {"id": "c", "type": "count", "x": 6, "y": 0, "w": 3, "h": 3, "machine": FILLER},
    {"id": "o", "type": "oee", "x": 9, "y": 0, "w": 3, "h": 3, "unit": FILLER},
    {
        "id": "t",
        "type": "trend",
        "x": 0,
        "y": 2,
        "w": 6,
        "h": 4,
        "signals": [WEIGHT],
        "window_s": 300,
    },
    {"id": "i", "type": "issues", "x": 6, "y": 3, "w": 3, "h": 3, "unit": ""},
    {"id": "a", "type": "alarms", "x": 9, "y": 3, "w": 3, "h": 3, "unit": ""},
    {"id": "m", "type": "machine", "x": 0, "y": 6, "w": 3, "h": 5, "machine": FILLER},
    {"id": "p", "type": "pareto", "x": 3, "y": 6, "w": 4, "h": 4, "unit": FILLER},
    {"id": "x", "type": "text", "x": 7, "y": 6, "w": 5, "h": 2, "text": "Changeover at 14:00."},
]


def make(page: Page, title: str, tiles: list[dict[str, Any]]) -> str:
    body = {"title": title, "sharing": {"audience": "all"}, "body": {"tiles": tiles}}
    answer = page.request.post("/api/v1/pages/board", data=body)
    assert answer.status == 201, answer.text()
    return str(answer.json()["id"])


def saved(page: Page, board: str) -> dict[str, Any]:
    found: dict[str, Any] = page.request.get(f"/api/v1/pages/board/{board}").json()
    return found


def places(page: Page, board: str) -> dict[str, tuple[int, int, int, int]]:
    tiles = saved(page, board)["body"]["tiles"]
    return {each["id"]: (each["x"], each["y"], each["w"], each["h"]) for each in tiles}


@pytest.mark.parametrize("how", ["", "?edit=1"])
def test_a_board_of_every_kind_of_tile_is_live_quiet_and_accessible(
    page: Page, watch: Watch, how: str
) -> None:
    board = make(page, "All kinds", TILES)
    page.goto(f"/boards/{board}{how}")
    expect(page.locator("[data-tile]")).to_have_count(len(TILES))
    expect(page.locator("[data-tile=v] .value")).to_contain_text("g")
    expect(page.locator("[data-tile=s] strong")).not_to_be_empty()
    expect(page.locator("[data-tile=t] canvas")).to_be_visible()
    expect(page.locator(f"[data-tile=m] [data-machine='{FILLER}']")).to_be_visible()
    for theme in ("dark", "light"):
        page.evaluate("theme => { document.documentElement.dataset.theme = theme }", theme)
        assert violations(page) == [], theme
    assert watch.errors == []
    assert watch.strangers == []


def test_mouse_keyboard_and_form_give_the_same_place_and_undo_takes_it_back(page: Page) -> None:
    two = [TILES[0], TILES[1] | {"x": 0, "y": 2}]
    board = make(page, "Moved", two)
    page.goto(f"/boards/{board}?edit=1")
    tile = page.locator("[data-tile=v]")
    tile.focus()
    for key in ("ArrowRight", "ArrowRight", "ArrowDown", "Shift+ArrowRight", "Shift+ArrowDown"):
        page.keyboard.press(key)
    expect(
        page.get_by_role("status").filter(has_text="column 3, row 2, 4 wide, 3 high")
    ).to_be_visible()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Saved as version 2")).to_be_visible()
    by_keys = places(page, board)
    assert by_keys == {"v": (2, 1, 4, 3), "s": (0, 4, 3, 2)}, "what would be covered moves down"
    for _ in range(2):
        page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("button", name="Undo")).to_be_disabled()

    grip = tile.locator(".board-grip").bounding_box()
    grid = page.locator(".board-grid").bounding_box()
    assert grip is not None
    assert grid is not None
    cell = (grid["width"] + 10) / 12
    page.mouse.move(grip["x"] + 20, grip["y"] + 10)
    page.mouse.down()
    page.mouse.move(grip["x"] + 20 + 2 * cell, grip["y"] + 10 + 70, steps=6)
    page.mouse.up()
    corner = tile.locator(".board-corner").bounding_box()
    assert corner is not None
    page.mouse.move(corner["x"] + 12, corner["y"] + 12)
    page.mouse.down()
    page.mouse.move(corner["x"] + 12 + cell, corner["y"] + 12 + 70, steps=6)
    page.mouse.up()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Saved as version 3")).to_be_visible()
    assert places(page, board) == by_keys

    tile.get_by_role("button", name="Move to").click()
    page.get_by_label("Column", exact=True).fill("10")
    page.get_by_label("Row", exact=True).fill("1")
    page.get_by_label("Width").fill("9")
    page.get_by_role("button", name="Apply").click()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Saved as version 4")).to_be_visible()
    assert places(page, board)["v"] == (3, 0, 9, 3), "kept inside the grid"


def test_tiles_are_added_set_and_removed_by_keyboard_alone(page: Page) -> None:
    page.goto("/boards")
    page.get_by_label("Name").fill("By keys")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="By keys")).to_be_visible()
    page.get_by_label("Kind of tile").select_option("text")
    page.get_by_role("button", name="Add tile").press("Enter")
    page.get_by_role("dialog").get_by_role("textbox", name="Text").fill("Hello, floor.")
    page.get_by_role("button", name="Apply").press("Enter")
    expect(page.locator("[data-tile=text-1]")).to_contain_text("Hello, floor.")
    page.locator("[data-tile=text-1]").press("Delete")
    expect(page.locator("[data-tile=text-1]")).to_have_count(0)
    page.keyboard.press("Control+z")
    expect(page.locator("[data-tile=text-1]")).to_contain_text("Hello, floor.")


def test_the_second_of_two_editors_is_told_and_keeps_a_copy(page: Page) -> None:
    board = make(page, "Both", [TILES[0]])
    page.goto(f"/boards/{board}?edit=1")
    page.locator("[data-tile=v]").press("ArrowRight")
    theirs = saved(page, board) | {"title": "Theirs"}
    change = {key: theirs[key] for key in ("title", "sharing", "body", "version")}
    assert page.request.put(f"/api/v1/pages/board/{board}", data=change).ok
    page.get_by_role("button", name="Save", exact=True).click()
    alert = page.get_by_role("alert").filter(has_text="saved version 2")
    expect(alert).to_be_visible()
    page.get_by_role("button", name="Save mine as a copy").click()
    expect(page).to_have_url(re.compile("copy-of-both"))
    assert saved(page, board)["title"] == "Theirs"
    copy = page.url.rpartition("/")[2].partition("?")[0]
    assert places(page, copy) == {"v": (1, 0, 3, 2)}


def test_yaml_goes_out_and_comes_in_and_its_mistakes_are_told(page: Page) -> None:
    board = make(page, "Out", [TILES[0]])
    page.goto(f"/boards/{board}")
    with page.expect_download() as download:
        page.get_by_role("link", name="Export YAML").click()
    text = download.value.path().read_text("utf-8")
    page.goto("/boards")
    broken = text.replace("w: 3", "w: 30").replace(WEIGHT, "nowhere")
    upload = {"name": "b.yaml", "mimeType": "text/yaml", "buffer": broken.encode()}
    page.locator("input[type=file]").set_input_files(upload)  # type: ignore[arg-type]  # a TypedDict
    told = page.get_by_role("alert")
    expect(told).to_contain_text("tiles[0].w")
    expect(told).to_contain_text("tiles[0].signal")
    upload["buffer"] = text.encode()
    page.locator("input[type=file]").set_input_files(upload)  # type: ignore[arg-type]  # as above
    expect(page.get_by_role("heading", name="Out")).to_be_visible()
    expect(page.locator("[data-tile=v] .value")).to_contain_text("g")


def test_a_board_on_a_wall_turns_by_screenfuls_and_takes_over_what_is_saved(page: Page) -> None:
    page.set_viewport_size({"width": 1280, "height": 720})
    board = make(page, "Wall", TILES)
    page.goto(f"/kiosk/{board}?rotate=3&distance=2")
    expect(page.locator(".wall-head h1")).to_contain_text("Wall")
    expect(page.locator(".wall [data-tile]").first).to_be_visible()
    assert page.locator("header.top, nav, button").count() == 0
    seen: set[str] = set()
    for _ in range(20):
        for tile in page.locator(".wall [data-tile]").all():
            seen.add(tile.get_attribute("data-tile") or "")
        if len(seen) == len(TILES):
            break
        page.wait_for_timeout(800)
    assert len(seen) == len(TILES)


def test_a_view_of_explore_is_kept_opened_renamed_and_deleted(
    page: Page, context: BrowserContext
) -> None:
    page.goto(f"/explore?s={WEIGHT}&window=300&compare=window")
    page.get_by_role("button", name="Save as …").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name").fill("Weights today")
    dialog.get_by_label("Seen by").select_option("all")
    dialog.get_by_role("button", name="Save", exact=True).click()
    expect(page).to_have_url(re.compile("view=weights-today"))
    other = context.new_page()
    other.goto("/explore")
    other.get_by_label("Kept views").select_option(label="Weights today (local)")
    expect(other).to_have_url(re.compile(r"window=300.*compare=window"))
    expect(other.locator(".explore canvas")).to_have_count(1)
    page.get_by_role("button", name="Rename and share").click()
    page.get_by_role("dialog").get_by_label("Name").fill("Weights")
    page.get_by_role("dialog").get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("button", name="Save over Weights")).to_be_visible()
    assert violations(page) == []
    page.get_by_role("button", name="Delete view").click()
    expect(page.get_by_text("Weights is deleted")).to_be_visible()
