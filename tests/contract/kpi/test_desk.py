"""The desk on both databases: sums from a journal, exactly once, restated by late data, read as KPIs."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import pairwise

import pytest

from gateway.clock import ManualClock
from gateway.errors import NotFoundError, StorageError
from gateway.performance import KpiBucket, KpiReport
from gateway.production.kpi.desk import KpiDesk
from gateway.production.kpi.options import ProductionOptions
from gateway.store import Store
from tests.peers.catalogue import FakeCatalogue
from tests.peers.kpi_plant import MACHINES, OPTIONS, T0, S, chunk, signals

H = 3600 * S
FILLER = MACHINES[0]


@asynccontextmanager
async def desk_on(url: str, clock: ManualClock, **more: object) -> AsyncIterator[KpiDesk]:
    store = await Store.open(url)
    desk = KpiDesk(
        ProductionOptions.model_validate({**OPTIONS, **more}),
        catalogue=FakeCatalogue(*signals()),
        store=store,
        clock=clock,
        time_zone="UTC",
    )
    try:
        yield desk
    finally:
        await store.close()


async def told(desk: KpiDesk, clock: ManualClock, first: int, last: int, *, step: int = 60) -> None:
    """Tell seconds [first, last) in chunks, with a commit now and then."""
    for start in range(first, last, step):
        seconds = range(start, min(last, start + step))
        await desk.write(chunk(start // step + 1, seconds))
        clock.set_wall_ns(T0 + seconds[-1] * S)
        await clock.advance(3)
        clock.set_wall_ns(T0 + seconds[-1] * S)


async def report(
    desk: KpiDesk, unit: str = FILLER, bucket: KpiBucket = KpiBucket.SHIFT
) -> KpiReport:
    return await desk.kpis(unit, start_ns=T0, end_ns=T0 + 2 * H, bucket=bucket)


async def test_kpis_of_a_shift_are_what_was_told(url: str) -> None:
    clock = ManualClock(start_ns=T0)
    async with desk_on(url, clock) as desk:
        await told(desk, clock, 0, 2760)
        found = await report(desk)
        (shift,) = [each for each in found.buckets if each.shift]
        assert (found.minor_stops, found.minor_stop_s, found.time_zone) == ("iso", (30.0,), "UTC")
        assert shift.label == "2026-01-01 early"
        sums = shift.sums
        assert (sums["pot_s"], sums["planned_down_s"], sums["pbt_s"]) == (2700, 300, 2400)
        # 24 times 20 s held, one of them just before the abort of 60 s: one stop of 80 s
        assert sums["minor_stop_s"] == 23 * 20
        assert sums["adet_internal_s"] == 80
        assert sums["apt_s"] == 2400 - 24 * 20 - 60
        assert (sums["failures"], sums["repair_s"]) == (1, 80)
        assert sums["gq"] + sums["sq"] == pytest.approx(2400, abs=2)
        assert shift.kpis["availability"] == pytest.approx(sums["apt_s"] / 2400)
        assert shift.coverage == 1
        assert shift.target_pieces == 4000
        assert shift.off_plan["seconds"] == 300
        hours = await report(desk, bucket=KpiBucket.HOUR)
        days = await report(desk, bucket=KpiBucket.DAY)
        for name in ("apt_s", "pq", "minor_stop_s"):
            assert hours.total.sums[name] == days.total.sums[name]
            assert sum(each.sums[name] for each in hours.buckets) == hours.total.sums[name]


async def test_a_line_adds_sums_and_the_switch_is_said(url: str) -> None:
    clock = ManualClock(start_ns=T0)
    async with desk_on(url, clock, minor_stops="six_losses") as desk:
        await told(desk, clock, 0, 1200)
        line, one, two = [(await report(desk, unit)).total for unit in ("p/a/l", *MACHINES)]
        assert line.sums["pbt_s"] == one.sums["pbt_s"] + two.sums["pbt_s"]
        good, planned = line.sums["good_run_time_s"], line.sums["pbt_s"]
        assert line.kpis["oee"] == pytest.approx(good / planned)
        assert (await report(desk)).minor_stops == "six_losses"
        assert "not the output of the line" in " ".join(line.remarks)
        with pytest.raises(NotFoundError, match="p/a/l/filler"):
            await report(desk, "p/a/x")


async def test_a_restart_goes_on_from_the_cursor_and_counts_nothing_twice(url: str) -> None:
    clock = ManualClock(start_ns=T0)
    async with desk_on(url, clock) as desk:
        await told(desk, clock, 0, 2400)
        whole = await report(desk, bucket=KpiBucket.HOUR)
        await desk.close()
        assert await desk.cursor() == 40
    for _ in range(2):
        async with desk_on(url, clock) as desk:
            assert await desk.cursor() == 40
            await desk.write(chunk(40, range(2340, 2400)))
            again = await report(desk, bucket=KpiBucket.HOUR)
            assert again == whole
            spans = await desk.intervals(FILLER, start_ns=T0, end_ns=T0 + H, limit=1000)
            assert sum(span.end_ns - span.start_ns for span in spans) == 2399 * S
            assert all(a.end_ns == b.start_ns for a, b in pairwise(spans))
            assert {span.booked for span in spans} == {"apt", "minor", "adet_internal"}
            assert {span.state_name for span in spans} == {"Execute", "Held", "Aborted"}
            assert not spans[0].provisional
            assert spans[-1].provisional


async def test_late_data_restates_an_ended_hour_under_a_new_version(url: str) -> None:
    clock = ManualClock(start_ns=T0)
    calendar = {"calendars": {}, "units": {"p/a/l": {"run_time_s": 0.5}}}
    async with desk_on(url, clock, **calendar) as desk:
        late = [*range(3500, 3560)]
        await told(desk, clock, 0, 3500, step=50)
        await desk.write(chunk(1000, range(3590, 3620)))
        clock.set_wall_ns(T0 + 3619 * S)
        await clock.advance(10)
        await desk.write(chunk(1001, [3619]))
        before = (await report(desk, bucket=KpiBucket.HOUR)).buckets
        assert before[0].sums["unknown_s"] == 91
        assert before[0].sums["uncovered_pieces"] > 80
        await clock.advance(10)
        await desk.write(chunk(1002, late))
        await clock.advance(10)
        clock.set_wall_ns(T0 + 3619 * S)
        after = (await report(desk, bucket=KpiBucket.HOUR)).buckets
        assert after[0].sums["unknown_s"] == 0
        assert after[0].version == before[0].version + 1
        assert after[0].coverage == 1
        assert "not seen" in " ".join(before[0].remarks)


async def test_later_than_the_lateness_is_kept_for_the_audit_only(url: str) -> None:
    clock = ManualClock(start_ns=T0)
    async with desk_on(url, clock) as desk:
        await told(desk, clock, 0, 1200)
        await desk.close()
        whole = await report(desk, bucket=KpiBucket.HOUR)
        await desk.write(chunk(99, range(10, 20)))
        await desk.close()
        assert await report(desk, bucket=KpiBucket.HOUR) == whole
        assert desk.figures()["late_rows"] == 2 * 3 * 10


async def test_silence_up_to_now_is_unknown(url: str) -> None:
    clock = ManualClock(start_ns=T0)
    async with desk_on(url, clock) as desk:
        await told(desk, clock, 0, 120)
        await clock.advance(30)
        assert (await report(desk)).total.sums["unknown_s"] == 0
        await clock.advance(120)
        found = (await report(desk)).total
        assert found.sums["unknown_s"] == 150
        assert found.coverage == pytest.approx(119 / 269)


async def test_a_failed_commit_is_repeated_whole(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = ManualClock(start_ns=T0)
    async with desk_on(url, clock) as desk:
        await told(desk, clock, 0, 600)
        await clock.advance(10)
        with monkeypatch.context() as broken:

            async def refuse(work: object) -> None:
                raise StorageError("away")

            broken.setattr(desk._store, "run", refuse)
            with pytest.raises(StorageError):
                await desk.write(chunk(11, range(600, 660)))
        await desk.write(chunk(11, range(600, 660)))
        assert await desk.cursor() == 11
        clock.set_wall_ns(T0 + 659 * S)
        found = await report(desk)
        assert found.total.sums["calendar_s"] == 659


async def test_shifts_of_a_day(url: str) -> None:
    async with desk_on(url, ManualClock(start_ns=T0)) as desk:
        from datetime import date

        (shift,) = desk.shifts(date(2026, 1, 1))
        assert (shift.calendar, shift.shift, shift.end_ns - shift.start_ns) == (
            "day",
            "early",
            2700 * S,
        )
