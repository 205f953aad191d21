"""Phase 7, quality control: lots on machines, and what went into them, on both databases."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gateway.errors import ConflictError, NotFoundError
from gateway.production.quality.model import (
    Direction,
    NewLot,
    Thing,
)
from tests.peers.quality_cell import (
    ANNA,
    MACHINE,
    QualityCell,
)


async def test_a_job_that_begins_twice_is_one_lot_and_two_lots_do_not_share_a_machine(
    cell: QualityCell,
) -> None:
    new = NewLot(lot="L1", machine=MACHINE, product="P1", job="W1/mill")
    one = await cell.quality.lots.begin(new, by="execution")
    assert (await cell.quality.lots.begin(new, by="execution")).id == one.id
    with pytest.raises(ConflictError, match="lot L1 runs on"):
        await cell.quality.lots.begin(replace(new, job="W2/mill"), by="execution")
    with pytest.raises(NotFoundError, match="has counted no pieces"):
        await cell.quality.lots.begin(replace(new, machine="plant/x/y/z", job="W3"), by=ANNA)


async def test_genealogy_follows_lots_and_serials_both_ways(cell: QualityCell) -> None:
    lots = cell.quality.lots
    first = await cell.begin("L1", materials=(("bar", "B1"),))
    await cell.at_once(10)
    await cell.end(first)
    second = await cell.begin("L2", product="P2", materials=(("bar", "B2"), ("P1", "L1")))
    await cell.at_once(4)
    await lots.serial(second, serial="SN-1", parts=[(Thing.SERIAL, "CHIP-9")], by=ANNA)
    await lots.serial(second, serial="SN-1", parts=[], by=ANNA)
    back = await lots.trace(Thing.SERIAL, "SN-1", Direction.FROM)
    assert {each.id for each in back.nodes} == {"SN-1", "CHIP-9", "L2", "L1", "B1", "B2"}
    assert not back.cut
    assert next(each for each in back.nodes if each.id == "B1").depth == 3
    forth = await lots.trace(Thing.LOT, "B1", Direction.TO)
    assert [(each.id, each.what) for each in forth.nodes] == [
        ("B1", "bar"), ("L1", "P1"), ("L2", "P2"), ("SN-1", "P2"),
    ]  # fmt: skip
    # B2 came only with L2, and never into L1.
    assert {each.id for each in (await lots.trace(Thing.LOT, "B2", Direction.TO)).nodes} == {
        "B2", "L2", "SN-1",
    }  # fmt: skip
    with pytest.raises(NotFoundError, match="nothing is known"):
        await lots.trace(Thing.LOT, "B99", Direction.FROM)
