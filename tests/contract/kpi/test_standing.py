"""How machines, lines and the plant stand in their shift, on both databases: pieces against what is planned."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from gateway.clock import ManualClock
from gateway.performance import Level, PlanSource, ShiftPick, Standing
from gateway.production.kpi.desk import KpiDesk
from gateway.production.kpi.options import ProductionOptions
from gateway.store import Store
from tests.contract.kpi.test_desk import told
from tests.peers.catalogue import FakeCatalogue
from tests.peers.kpi_plant import MACHINES, OPTIONS, T0, S, signals

FILLER, PACKER = MACHINES
MIN = 60 * S


async def stand(
    url: str,
    *,
    until: int,
    at_ns: int = 0,
    pick: ShiftPick = ShiftPick.CURRENT,
    lines: Sequence[Sequence[str]] = (MACHINES,),
    options: dict[str, object] | None = None,
) -> dict[str, Standing]:
    clock = ManualClock(start_ns=T0)
    store = await Store.open(url)
    desk = KpiDesk(
        ProductionOptions.model_validate({**OPTIONS, **(options or {})}),
        catalogue=FakeCatalogue(*signals()),
        store=store,
        clock=clock,
        time_zone="UTC",
        lines=lines,
    )
    try:
        await told(desk, clock, 0, until)
        if at_ns:
            clock.set_wall_ns(at_ns)
        return {each.unit or "plant": each for each in await desk.standings(pick)}
    finally:
        await store.close()


async def test_pieces_against_the_plan_of_planned_time(url: str) -> None:
    found = await stand(url, until=1200)
    filler = found[FILLER]
    assert (filler.level, filler.shift, filler.day) == (Level.MACHINE, "early", "2026-01-01")
    assert (filler.start_ns, filler.end_ns) == (T0, T0 + 45 * MIN)
    assert filler.breaks == ((T0 + 10 * MIN, T0 + 15 * MIN),)
    # 100 a minute over 40 planned minutes, 15 of the first 20 minutes; the second before now is still open
    assert filler.planned is not None
    assert filler.planned.source is PlanSource.TARGET
    assert filler.planned.shift == pytest.approx(4000)
    assert filler.planned.by_now == pytest.approx(1500, abs=2)
    assert filler.planned.seen == pytest.approx(filler.planned.by_now, abs=3)
    # one piece a second, of which one in 50 is bad; those of the break count too
    assert filler.good == pytest.approx(1200 * 49 / 50, abs=3)
    packer = found[PACKER].planned
    assert packer is not None
    assert (packer.source, packer.shift) == (PlanSource.RUN_TIME, pytest.approx(4800))


async def test_a_line_counts_its_last_machine_and_divides_the_sums_of_all(url: str) -> None:
    found = await stand(url, until=1200)
    line, plant = found["p/a/l"], found["plant"]
    assert (line.members, line.known) == (2, 2)
    assert list(found) == ["plant", "p/a/l", FILLER, PACKER]
    assert line.counted_at == plant.counted_at == (PACKER,)
    assert (line.members, line.known) == (2, 2)
    assert line.good == plant.good == found[PACKER].good
    sums = [found[each].kpis.sums for each in MACHINES]
    oee = sum(each["good_run_time_s"] for each in sums) / sum(each["pbt_s"] for each in sums)
    assert line.kpis.kpis["oee"] == plant.kpis.kpis["oee"] == pytest.approx(oee)
    assert line.target_per_min == found[PACKER].target_per_min


async def test_kpis_of_a_line_leave_out_where_oee_is_not_known(url: str) -> None:
    units = {**OPTIONS["units"], PACKER: {"run_time_s": None}, "p/a/l": {"calendar": "day"}}
    units[FILLER] = {"run_time_s": 0.5, "target_per_min": 100}
    found = await stand(url, until=300, options={"units": units})
    line = found["p/a/l"]
    assert found[PACKER].kpis.kpis["oee"] is None
    assert (line.members, line.known) == (2, 1)
    assert line.kpis.kpis["oee"] == found[FILLER].kpis.kpis["oee"]


async def test_a_line_whose_order_nobody_configured_has_no_output(url: str) -> None:
    line = (await stand(url, until=300, lines=()))["p/a/l"]
    assert (line.good, line.planned, line.counted_at) == (None, None, ())
    assert line.kpis.kpis["oee"] is not None


async def test_without_target_and_run_time_there_is_no_plan(url: str) -> None:
    found = await stand(url, until=300, options={"units": {"p": {"calendar": "day"}}})
    assert found[PACKER].planned is None
    assert found["p/a/l"].planned is None
    assert found["plant"].counted_at == ()


async def test_without_a_calendar_the_local_day_stands_for_a_shift(url: str) -> None:
    units = {"p": {"run_time_s": 1}}
    found = (await stand(url, until=600, options={"units": units}))[PACKER]
    assert (found.shift, found.day, found.day_only) == ("", "2026-01-01", True)
    assert found.planned is not None
    assert found.planned.shift == pytest.approx(86_400)


async def test_outside_of_shifts_nothing_is_planned(url: str) -> None:
    found = (await stand(url, until=600, at_ns=T0 + 100 * MIN))[FILLER]
    assert (found.shift, found.planned, found.day_only) == ("", None, False)


async def test_the_shift_before(url: str) -> None:
    found = await stand(url, until=1200, at_ns=T0 + 100 * MIN, pick=ShiftPick.PREVIOUS)
    filler = found[FILLER]
    assert (filler.shift, filler.day) == ("early", "2026-01-01")
    assert filler.planned is not None
    assert filler.planned.by_now == filler.planned.shift == pytest.approx(4000)
    assert filler.good == pytest.approx(1200 * 49 / 50, abs=3)
    assert filler.planned.seen < 2000
    before = (await stand(url, until=60, pick=ShiftPick.PREVIOUS))[FILLER]
    assert before.day == "2025-12-31"
    assert before.good == 0
