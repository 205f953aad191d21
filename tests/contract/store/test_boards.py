"""Boards and views as they are kept, on SQLite and PostgreSQL."""

from __future__ import annotations

import pytest

from gateway.board import Audience, PageDraft, PageKind, Sharing
from gateway.boards import BoardDesk
from gateway.clock import ManualClock
from gateway.errors import ConflictError, InvalidRequestError, NotFoundError
from gateway.model import Principal
from gateway.store import Store

ANNA = Principal(name="anna", kind="person", roles=frozenset())
BEN = Principal(name="ben", kind="person", roles=frozenset())
WEIGHT = "plant/bottling/line1/filler/fill_weight"
TILE = {"id": "a", "type": "value", "x": 0, "y": 0, "w": 3, "h": 2, "signal": WEIGHT}
SOME = Sharing(audience=Audience.SOME, roles=("quality",), zones=("plant/bottling",))


def draft(title: str = "Füllung 1", sharing: Sharing = SOME, **tile: object) -> PageDraft:
    return PageDraft(title=title, sharing=sharing, body={"tiles": [TILE | tile]})


async def test_a_board_is_kept_changed_and_deleted_by_version(url: str) -> None:
    store = await Store.open(url)
    desk = await BoardDesk.open(store=store, clock=ManualClock())
    made = await desk.add(PageKind.BOARD, draft(), by=ANNA)
    assert (made.id, made.version, made.owner, made.sharing) == ("fullung-1", 1, "anna", SOME)
    assert made.body["tiles"][0]["signal"] == WEIGHT
    changed = await desk.replace(PageKind.BOARD, made.id, draft("Filling", x=4), version=1, by=BEN)
    assert (changed.version, changed.owner, changed.changed_by) == (2, "anna", "ben")
    with pytest.raises(ConflictError, match="version 2 by ben, not 1: read it again"):
        await desk.replace(PageKind.BOARD, made.id, draft(), version=1, by=ANNA)
    with pytest.raises(ConflictError):
        await desk.remove(PageKind.BOARD, made.id, version=1)
    assert await desk.get(PageKind.BOARD, made.id) == changed
    assert await BoardDesk(store=store, clock=ManualClock()).list(PageKind.BOARD) == [changed]
    await desk.remove(PageKind.BOARD, made.id, version=2)
    with pytest.raises(NotFoundError):
        await desk.get(PageKind.BOARD, made.id)
    await store.close()


async def test_names_in_addresses_are_free_and_never_those_of_the_gateways_own_screens(
    url: str,
) -> None:
    store = await Store.open(url)
    desk = await BoardDesk.open(store=store, clock=ManualClock())
    titles = ("Floor", "Andon!", "Filling", "filling", "填充")
    ids = [(await desk.add(PageKind.BOARD, draft(title), by=ANNA)).id for title in titles]
    assert ids == ["floor-2", "andon-2", "filling", "filling-2", "board"]
    await store.close()


async def test_a_display_shows_what_its_board_shows_also_after_a_restart(url: str) -> None:
    store = await Store.open(url)
    desk = await BoardDesk.open(store=store, clock=ManualClock())
    made = await desk.add(PageKind.BOARD, draft(), by=ANNA)
    for each in (desk, await BoardDesk.open(store=store, clock=ManualClock())):
        assert each.shows(made.id, WEIGHT)
        assert not each.shows(made.id, "plant/bottling/line1/filler/speed")
        assert not each.shows("other", WEIGHT)
    machine = {"type": "machine", "machine": "plant/bottling/line1/capper"}
    tiles = [{key: value for key, value in TILE.items() if key != "signal"} | machine]
    wanted = PageDraft(title="x", sharing=Sharing(), body={"tiles": tiles})
    await desk.replace(PageKind.BOARD, made.id, wanted, version=1, by=ANNA)
    assert desk.shows(made.id, "plant/bottling/line1/capper/torque")
    assert not desk.shows(made.id, WEIGHT)
    await desk.remove(PageKind.BOARD, made.id, version=2)
    assert not desk.shows(made.id, "plant/bottling/line1/capper/torque")
    await store.close()


async def test_what_is_wrong_is_told_with_place_and_remedy_and_nothing_is_kept(url: str) -> None:
    store = await Store.open(url)
    desk = await BoardDesk.open(store=store, clock=ManualClock())
    with pytest.raises(InvalidRequestError, match=r"tiles\[0\]\.signal: .*5: site/area/line"):
        await desk.add(PageKind.BOARD, draft(signal="nowhere"), by=ANNA)
    with pytest.raises(InvalidRequestError, match="title"):
        await desk.add(PageKind.BOARD, draft(" \n "), by=ANNA)
    some = Sharing(audience=Audience.SOME)
    with pytest.raises(InvalidRequestError, match="roles or zones"):
        await desk.add(PageKind.BOARD, draft(sharing=some), by=ANNA)
    assert await desk.list(PageKind.BOARD) == []
    await store.close()
