"""What a board may hold, and that its YAML is read as strictly as it is written plainly."""

from __future__ import annotations

import pytest

from gateway.board import PageDraft, PageKind, SavedPage, Sharing
from gateway.boards.content import checked, shown_by
from gateway.boards.text import from_yaml, to_yaml
from gateway.errors import InvalidRequestError

WEIGHT = "plant/bottling/line1/filler/fill_weight"
FILLER = "plant/bottling/line1/filler"
TILES = [
    {"id": "a", "type": "value", "x": 0, "y": 0, "w": 3, "h": 2, "signal": WEIGHT},
    {"id": "b", "type": "trend", "x": 3, "y": 0, "w": 9, "h": 4, "signals": [WEIGHT]},
    {"id": "c", "type": "machine", "x": 0, "y": 4, "w": 3, "h": 3, "machine": FILLER},
    {"id": "d", "type": "oee", "x": 3, "y": 4, "w": 3, "h": 3, "unit": "plant/bottling"},
    {"id": "e", "type": "text", "x": 6, "y": 4, "w": 6, "h": 1, "text": "yes: no\n'*'"},
]


def page(body: dict[str, object], title: str = "Füllung: 1") -> SavedPage:
    return SavedPage(
        kind=PageKind.BOARD,
        id="x",
        title=title,
        owner="anna",
        sharing=Sharing(),
        version=7,
        body=body,
        created_ns=0,
        changed_ns=0,
        changed_by="anna",
    )


def test_a_board_travels_as_yaml_without_loss() -> None:
    body = checked(PageKind.BOARD, {"tiles": TILES})
    text = to_yaml(page(body))
    assert from_yaml(text) == PageDraft(title="Füllung: 1", sharing=Sharing(), body=body)
    assert "anna" not in text


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"x": 10}, r"tiles\[0\]: x 10 and w 3 reach beyond the 12 columns: want"),
        ({"signal": "a/b"}, r"tiles\[0\]\.signal: 'a/b': 2 levels, want 5"),
        ({"type": "gauge"}, r"tiles\[0\].*gauge.*"),
        ({"colour": "red"}, r"tiles\[0\]\.colour: unknown key \(want one of"),
        ({"w": "wide"}, r"tiles\[0\]\.w: 'wide'.*want.*Width in columns"),
        ({"id": "b"}, "two tiles have the id 'b'"),
        ({"x": 2, "w": 2}, "tile 'b' covers tile 'a': want y of at least 2"),
        ({"id": "A b"}, r"tiles\[0\]\.id"),
    ],
)
def test_a_mistake_is_told_with_place_and_remedy(change: dict[str, object], told: str) -> None:
    with pytest.raises(InvalidRequestError, match=told):
        checked(PageKind.BOARD, {"tiles": [TILES[0] | change, *TILES[1:]]})


def test_every_mistake_is_told_at_once() -> None:
    tiles = [TILES[0] | {"signal": "a"}, TILES[1] | {"signals": []}, TILES[2] | {"machine": "m"}]
    with pytest.raises(InvalidRequestError) as told:
        checked(PageKind.BOARD, {"tiles": tiles})
    assert len(str(told.value).splitlines()) == 3


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("taktline_board: 1\ntitle: [", "line 2: not YAML"),
        ("title: x\ntiles: []", "taktline_board: want 1"),
        ("taktline_board: 2\ntitle: x", "taktline_board: want 1"),
        ("taktline_board: 1\ntiles: []", "title: want the name"),
        ("taktline_board: 1\ntitle: x\na: &a [1]\ntiles: [*a, *a]", "alias"),
        (
            "taktline_board: 1\ntitle: x\ntiles: !!python/object:os.system []",
            "cannot be read|not YAML",
        ),
        ("- 1", "want `key: value` lines"),
        ("taktline_board: 1\ntitle: x\nowner: ben", "owner: unknown key"),
        ("x" * 300_000, "at most 200000"),
        ("\x00", "cannot be read"),
    ],
)
def test_a_text_that_is_no_board_is_refused_with_its_reason(text: str, told: str) -> None:
    with pytest.raises(InvalidRequestError, match=told):
        from_yaml(text)


def test_a_board_shows_what_its_tiles_name_and_nothing_else() -> None:
    shown = shown_by({"tiles": [*TILES, TILES[3] | {"id": "p", "unit": ""}]})
    for what in (WEIGHT, FILLER, f"{FILLER}/speed", "plant/bottling", ""):
        assert shown.has(what), what
    for what in ("issues", "alarms", "floor", "plant", "plant/bottling/line2", f"{FILLER}/a/b"):
        assert not shown.has(what), what
    assert shown_by({"tiles": [TILES[3] | {"type": "issues"}]}).has("issues")


def test_a_view_is_signals_and_a_window() -> None:
    body = {"signals": [WEIGHT, WEIGHT], "window_s": 300, "compare": "day"}
    assert checked(PageKind.VIEW, body)["signals"] == [WEIGHT]
    with pytest.raises(InvalidRequestError, match=r"select_ms.*want a start before the end"):
        checked(PageKind.VIEW, body | {"select_ms": [2, 1]})
    with pytest.raises(InvalidRequestError, match="compare"):
        checked(PageKind.VIEW, body | {"compare": "moon"})
