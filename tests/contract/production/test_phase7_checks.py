"""Phase 7, quality control: when checks fall due, what fills them, and the checklists they are of, on both databases."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gateway.errors import ConflictError, InvalidRequestError
from gateway.production.quality.model import (
    CheckState,
    Origin,
    Sampling,
    Trigger,
)
from tests.peers.quality_cell import (
    ANNA,
    EVERY_50,
    LOOKS,
    MACHINE,
    SIZE,
    SIZE_ITEM,
    STATE,
    QualityCell,
    checklist,
)
from tests.peers.spc_oracle import numbers


async def test_first_every_50_and_last_over_250_pieces_are_6_checks(cell: QualityCell) -> None:
    await cell.in_force(checklist())
    run = await cell.begin("L1", wanted=250)
    await cell.at_once(120)
    await cell.make(130)
    await cell.end(run)
    found = await cell.all_checks()
    assert [each.piece for each in found] == [1, 50, 100, 150, 200, 250]
    assert [each.state for each in found] == [CheckState.PASSED] * 6
    assert found[-1].triggers == (Trigger.COUNT, Trigger.LAST)
    assert (await cell.quality.lots.lots())[0].pieces == 250


async def test_checks_fall_due_once_even_if_counts_come_late_and_after_a_kill(
    cell: QualityCell,
) -> None:
    await cell.in_force(checklist())
    await cell.begin("L1", wanted=250)
    early = [cell.count(60)]
    await cell.clock.advance(10.0)
    later = [cell.count(60)]
    await cell.tell(later)
    # The older reading comes last: its pieces are in the newer one already.
    await cell.tell(early)
    again = await cell.restarted()
    await again.tell(early)
    await again.at_once(130)
    assert [each.piece for each in await again.all_checks()] == [1, 50, 100, 150, 200, 250]


async def test_a_lot_that_ends_early_is_checked_at_its_last_piece(cell: QualityCell) -> None:
    await cell.in_force(checklist())
    run = await cell.begin("L1", wanted=250)
    await cell.at_once(70)
    await cell.end(run)
    found = await cell.all_checks()
    assert [each.piece for each in found] == [1, 50, 70]
    assert found[-1].triggers == (Trigger.LAST,)


async def test_checks_by_time_after_a_change_over_and_after_a_stop(cell: QualityCell) -> None:
    sampling = (
        Sampling(trigger=Trigger.TIME, every=10), Sampling(trigger=Trigger.CHANGE_OVER),
        Sampling(trigger=Trigger.STOP, every=5),
    )  # fmt: skip
    await cell.in_force(checklist(LOOKS, sampling=sampling))
    first = await cell.begin("L1")
    await cell.at_once(1800)  # thirty minutes in one reading: only its last interval has pieces
    for state, minutes in ((11.0, 4), (6.0, 1), (11.0, 6), (6.0, 1)):
        await cell.tell([(STATE, cell.clock.now_ns(), state)])
        await cell.clock.advance(60.0 * minutes)
    await cell.end(first)
    second = await cell.begin("L2")
    await cell.end(second)
    await cell.begin("L3", product="P2")
    found = [(each.lot, each.triggers, each.piece) for each in await cell.all_checks()]
    assert sorted(found, key=lambda each: (each[0], each[2])) == [
        ("L1", (Trigger.CHANGE_OVER,), 0),
        ("L1", (Trigger.TIME,), 1800),
        ("L1", (Trigger.STOP,), 1801),
        ("L3", (Trigger.CHANGE_OVER,), 0),
    ]


async def test_a_sensor_value_is_never_overtyped_only_voided_with_a_reason(
    cell: QualityCell,
) -> None:
    await cell.in_force(checklist(SIZE_ITEM, LOOKS))
    await cell.begin("L1")
    await cell.at_once(1, size=10.02)
    (check,) = await cell.quality.checks.checks()
    (told,) = check.results
    assert (told.value, told.origin, told.quality) == (10.02, Origin.SIGNAL, 0)
    assert told.source_ns == cell.clock.now_ns() - 1
    checks = cell.quality.checks
    with pytest.raises(ConflictError, match="void it with a reason"):
        await checks.fill(check.number, item="size", value=10.0, version=check.version, by=ANNA)
    with pytest.raises(InvalidRequestError, match="reason"):
        await checks.void(check.number, item="size", reason=" ", version=check.version, by="quinn")
    voided = await checks.void(
        check.number, item="size", reason="probe dirty", version=check.version, by="quinn"
    )
    with pytest.raises(ConflictError, match="changed meanwhile"):
        await checks.fill(check.number, item="size", value=10.0, version=check.version, by=ANNA)
    typed = await checks.fill(
        check.number, item="size", value=10.01, version=voided.version, by=ANNA
    )
    assert [(each.value, each.origin, each.void_reason) for each in typed.results] == [
        (10.02, Origin.SIGNAL, "probe dirty"), (10.01, Origin.PERSON, ""),
    ]  # fmt: skip


async def test_a_bad_or_old_value_is_not_taken_the_next_good_one_is(cell: QualityCell) -> None:
    await cell.in_force(checklist())
    await cell.begin("L1")
    await cell.tell([(SIZE, cell.clock.now_ns(), 10.0)])
    await cell.clock.advance(300.0)
    await cell.tell([(SIZE, cell.clock.now_ns(), 10.0)], quality=0x808C0000)
    await cell.tell([cell.count(1)])
    (check,) = await cell.quality.checks.checks()
    assert check.results == ()
    again = await cell.restarted()
    await again.clock.advance(5.0)
    await again.tell([(SIZE, again.clock.now_ns(), 10.03)], quality=0x40000000)
    (check,) = await again.all_checks()
    assert [(each.value, each.quality) for each in check.results] == [(10.03, 0x40000000)]
    assert check.state is CheckState.PASSED


async def test_the_chart_beside_an_item_is_the_oracles_individuals_chart(cell: QualityCell) -> None:
    case = numbers("nist_handbook_examples")["imr_6.3.2.2"]
    values = [float(each) for each in case["x"]]
    await cell.in_force(checklist(replace(SIZE_ITEM, low=None, high=None), sampling=EVERY_50[:1]))
    for number, value in enumerate(values):
        run = await cell.begin(f"L{number}")
        await cell.at_once(1, size=value)
        await cell.end(run)
    chart = await cell.quality.checks.chart("dims", "size", machine=MACHINE)
    assert chart.value == tuple(values)
    assert chart.centre == pytest.approx(case["xbar"])
    assert chart.lower == pytest.approx(case["LCL"], abs=2e-3)
    assert chart.upper == pytest.approx(case["UCL"], abs=2e-3)
    assert chart.fired == ((),) * len(values)


async def test_a_checklist_is_refused_with_every_flaw_and_approved_by_somebody_else(
    cell: QualityCell,
) -> None:
    wrong = checklist(
        replace(SIZE_ITEM, low=11.0), replace(LOOKS, high=3.0), LOOKS,
        sampling=(Sampling(trigger=Trigger.COUNT, every=0.5),),
    )  # fmt: skip
    with pytest.raises(InvalidRequestError) as told:
        await cell.quality.checklists.draft(wrong, by=ANNA)
    for flaw in (
        "low 11 is above high",
        "limits are for numbers",
        "stands there twice",
        "whole number",
    ):
        assert flaw in str(told.value)
    made = await cell.quality.checklists.draft(checklist(), by=ANNA)
    await cell.quality.checklists.submit("dims", made.version, by=ANNA)
    with pytest.raises(ConflictError, match="somebody else must approve"):
        await cell.quality.checklists.approve("dims", made.version, by=ANNA)


async def test_what_is_coming_is_counted_down(cell: QualityCell) -> None:
    await cell.in_force(checklist())
    await cell.begin("L1", wanted=250)
    await cell.at_once(45)
    coming = {each.trigger: each.in_pieces for each in await cell.quality.checks.coming()}
    assert coming == {Trigger.COUNT: 5, Trigger.LAST: 205}
