"""Phase 7, quality control: gates that are shut, what is suspect, and what is done with it, on both databases."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from gateway.deviation import IssueType
from gateway.errors import ConflictError, InvalidRequestError
from gateway.ports.gates import GateAsked, GateKind
from gateway.production.quality.model import (
    CheckState,
    Disposition,
    Gate,
    NcState,
    Stops,
)
from tests.peers.quality_cell import (
    ANNA,
    EVERY_50,
    LOOKS,
    MACHINE,
    MANAGER,
    QUALITY,
    SIZE_ITEM,
    QualityCell,
    checklist,
)


async def test_a_failed_hard_gate_blocks_handover_and_dispatch_at_once_and_opens_an_issue(
    cell: QualityCell,
) -> None:
    await cell.in_force(checklist())
    await cell.begin("L1")
    await cell.at_once(1)
    assert await cell.quality.gates.blocks(machine=MACHINE) == []
    asked = GateAsked(
        job="W1/turn", order="W1", op="turn", product="P1", machine=MACHINE, lots=("L1",)
    )
    assert await cell.quality.gates.blocking(asked) == []
    before = cell.quality.gates.revision
    woken = asyncio.create_task(cell.quality.gates.wait(before))
    await asyncio.sleep(0)
    await cell.at_once(49, size=10.4)
    # The same call that took the reading: nothing has to be asked for, no time has to pass.
    await asyncio.wait_for(woken, 30)
    blocks = await cell.quality.gates.blocks(machine=MACHINE)
    assert [each.stops for each in blocks] == [Stops.DISPATCH, Stops.HANDOVER]
    assert blocks[1].lot == "L1"
    shut = await cell.quality.gates.blocking(asked)
    assert [each.kind for each in shut] == [GateKind.CHECKLIST, GateKind.LOT]
    elsewhere = replace(asked, machine="plant/milling/cell1/m9", lots=())
    assert await cell.quality.gates.blocking(elsewhere) == []
    assert "10.4 mm" in blocks[0].message
    (nc,) = await cell.quality.ncs.ncs()
    assert nc.state is NcState.OPEN
    (issue,) = await cell.issues.list(states=(), limit=5)
    assert issue.type is IssueType.QUALITY
    assert issue.asset == MACHINE


async def test_a_hard_gate_that_is_due_holds_the_lot_and_not_the_machine(cell: QualityCell) -> None:
    await cell.in_force(checklist(SIZE_ITEM, LOOKS))
    await cell.begin("L1")
    await cell.at_once(1)
    (block,) = await cell.quality.gates.blocks()
    assert (block.stops, block.lot) == (Stops.HANDOVER, "L1")
    assert "No burr" in block.message
    (check,) = await cell.quality.checks.checks()
    filled = await cell.quality.checks.fill(
        check.number, item="looks", value=True, version=check.version, by=ANNA
    )
    assert filled.state is CheckState.PASSED
    assert await cell.quality.gates.blocks() == []


async def test_a_failed_soft_item_is_written_down_and_blocks_nothing(cell: QualityCell) -> None:
    await cell.in_force(checklist(replace(SIZE_ITEM, gate=Gate.SOFT)))
    await cell.begin("L1")
    await cell.at_once(1, size=12.0)
    (nc,) = await cell.quality.ncs.ncs()
    assert nc.gate is Gate.SOFT
    assert await cell.quality.gates.blocks() == []


async def test_suspects_are_exactly_what_was_made_since_the_last_passed_check(
    cell: QualityCell,
) -> None:
    await cell.in_force(checklist(sampling=EVERY_50[:2]))
    await cell.quality.lots.mount(MACHINE, material="bar", lot="B1", by=ANNA)
    first = await cell.begin("L1")
    await cell.at_once(120)  # 1, 50 and 100 passed
    await cell.end(first)
    await cell.quality.lots.mount(MACHINE, material="bar", lot="B2", by=ANNA)
    await cell.begin("L2")
    await cell.at_once(30, size=10.5)  # its first piece fails
    (nc,) = await cell.quality.ncs.ncs()
    assert nc.suspects.pieces == 50
    assert [(each.lot, each.pieces, each.first, each.last) for each in nc.suspects.lots] == [
        ("L1", 20, 101, 120), ("L2", 30, 1, 30),
    ]  # fmt: skip
    assert nc.suspects.materials == (("bar", "B1"), ("bar", "B2"))
    await cell.at_once(10, size=10.5)
    assert (await cell.quality.ncs.nc(nc.number)).suspects.pieces == 60
    await cell.at_once(10)  # piece 50 of L2 passes and bounds it
    assert (await cell.quality.ncs.nc(nc.number)).suspects.pieces == 70
    await cell.at_once(30)
    assert (await cell.quality.ncs.nc(nc.number)).suspects.pieces == 70


async def failed(cell: QualityCell) -> int:
    """Return the nonconformance of a failed first piece that anna filled in part."""
    await cell.in_force(checklist(SIZE_ITEM, LOOKS))
    await cell.begin("L1")
    await cell.at_once(1)
    (check,) = await cell.quality.checks.checks()
    await cell.quality.checks.fill(
        check.number, item="looks", value=False, version=check.version, by=ANNA
    )
    (nc,) = await cell.quality.ncs.ncs()
    return nc.number


async def test_use_as_is_takes_two_signatures_and_none_of_who_made_or_proposed_it(
    cell: QualityCell,
) -> None:
    number = await failed(cell)
    ncs = cell.quality.ncs
    nc = await ncs.propose(
        number, disposition=Disposition.USE_AS_IS, reason="burr is inside", version=1, by="otto"
    )
    assert nc.needs == ("quality", "production_manager")
    for name in (ANNA, "otto"):
        with pytest.raises(ConflictError, match="somebody else signs"):
            await ncs.sign(number, version=nc.version, by=replace(QUALITY, name=name))
    with pytest.raises(ConflictError, match="changed meanwhile"):
        await ncs.sign(number, version=nc.version - 1, by=QUALITY)
    nc = await ncs.sign(number, version=nc.version, by=QUALITY)
    assert (nc.state, nc.needs) == (NcState.PROPOSED, ("production_manager",))
    both = replace(QUALITY, roles=frozenset({"quality", "production_manager"}))
    with pytest.raises(ConflictError, match="signed already"):
        await ncs.sign(number, version=nc.version, by=both)
    assert await cell.quality.gates.blocks(machine=MACHINE)
    nc = await ncs.sign(number, version=nc.version, by=MANAGER)
    assert nc.state is NcState.CLOSED
    assert [each.by for each in nc.signatures] == ["quinn", "mary"]
    assert await cell.quality.gates.blocks(machine=MACHINE) == []
    (check,) = await cell.all_checks()
    assert check.state is CheckState.DISPOSITIONED


async def test_rework_lets_work_go_on_once_signed_and_the_lot_once_every_piece_is_accounted_for(
    cell: QualityCell,
) -> None:
    number = await failed(cell)
    await cell.at_once(39)
    ncs, gates = cell.quality.ncs, cell.quality.gates
    nc = await ncs.propose(
        number, disposition=Disposition.REWORK, reason="deburr", version=1, by="otto"
    )
    await cell.at_once(5)  # made after the proposal: not in it
    with pytest.raises(ConflictError, match="needs the signature of: quality"):
        await ncs.sign(number, version=nc.version, by=MANAGER)
    nc = await ncs.sign(number, version=nc.version, by=QUALITY)
    assert nc.state is NcState.DECIDED
    assert [each.stops for each in await gates.blocks(machine=MACHINE)] == [Stops.HANDOVER]
    with pytest.raises(InvalidRequestError, match="40 suspect pieces"):
        await ncs.close(number, good=37, scrapped=2, version=nc.version, by="otto")
    nc = await ncs.close(number, good=37, scrapped=3, version=nc.version, by="otto")
    assert nc.outcome == {"good": 37, "scrapped": 3}
    assert await gates.blocks(machine=MACHINE) == []


async def test_what_fails_after_a_disposition_opens_the_nonconformance_again(
    cell: QualityCell,
) -> None:
    await cell.in_force(checklist(SIZE_ITEM, LOOKS))
    await cell.begin("L1")
    await cell.at_once(1, size=12.0)
    ncs, gates, checks = cell.quality.ncs, cell.quality.gates, cell.quality.checks
    (nc,) = await ncs.ncs()
    nc = await ncs.propose(
        nc.number, disposition=Disposition.USE_AS_IS, reason="fits", version=nc.version, by="otto"
    )
    for who in (QUALITY, MANAGER):
        nc = await ncs.sign(nc.number, version=nc.version, by=who)
    assert nc.state is NcState.CLOSED
    assert [each.stops for each in await gates.blocks()] == [Stops.HANDOVER]  # not checked whole
    (check,) = await checks.checks()
    await checks.fill(check.number, item="looks", value=False, version=check.version, by=ANNA)
    (nc,) = await ncs.ncs()
    assert (nc.state, nc.items, nc.signatures) == (NcState.OPEN, ("size", "looks"), ())
    assert (nc.disposition, nc.closed_ns) == (None, None)
    assert "No burr" in nc.title
    assert [each.stops for each in await gates.blocks()] == [Stops.DISPATCH, Stops.HANDOVER]
    (issue,) = await cell.issues.list(states=(), limit=5)
    assert issue.active
    nc = await ncs.propose(
        nc.number, disposition=Disposition.SCRAP, reason="burr", version=nc.version, by="otto"
    )
    nc = await ncs.sign(nc.number, version=nc.version, by=QUALITY)
    await ncs.close(nc.number, good=0, scrapped=1, version=nc.version, by="otto")
    assert await gates.blocks() == []
    (issue,) = await cell.issues.list(states=(), limit=5)
    assert not issue.active


async def test_blocks_are_told_of_a_machine_and_of_what_lies_below_a_path(
    cell: QualityCell,
) -> None:
    await cell.in_force(checklist())
    await cell.begin("L1")
    await cell.at_once(1, size=12.0)
    at = {
        path: len(await cell.quality.gates.blocks(machine=path))
        for path in (MACHINE, "plant/milling", "plant/milling/cell1/", "plant/mill", f"{MACHINE}0")
    }
    assert list(at.values()) == [2, 2, 2, 0, 0]


async def test_a_proposal_given_back_starts_anew(cell: QualityCell) -> None:
    number = await failed(cell)
    ncs = cell.quality.ncs
    nc = await ncs.propose(
        number, disposition=Disposition.SCRAP, reason="burr", version=1, by="otto"
    )
    nc = await ncs.give_back(number, reason="measure first", version=nc.version, by="quinn")
    assert (nc.state, nc.disposition, nc.signatures) == (NcState.OPEN, None, ())
    with pytest.raises(ConflictError, match="only what is proposed"):
        await ncs.sign(number, version=nc.version, by=QUALITY)
