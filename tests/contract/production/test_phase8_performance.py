"""Phase 8, performance monitoring: targets with owners, totals that are their intervals, reports, on both databases."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from gateway.clock import ManualClock
from gateway.config.problems import InvalidConfigError
from gateway.config.schema import load
from gateway.errors import NotFoundError
from gateway.performance import KpiBucket
from gateway.production.archive import Archive
from gateway.production.kpi.desk import KpiDesk
from gateway.production.kpi.options import KpiTargetOptions, ProductionOptions
from gateway.production.kpi.targets import TargetDesk
from gateway.production.reports.desk import ReportDesk
from gateway.production.reports.options import ReportOptions
from gateway.production.reports.schedule import ReportSchedule
from gateway.report import ReportAsked, ReportFormat, ReportKind
from gateway.store import Store
from tests.peers.catalogue import FakeCatalogue
from tests.peers.history import FakeHistory
from tests.peers.kpi_plant import MACHINES, OPTIONS, T0, S, chunk, signals
from tests.peers.web_issues import MemoryIssues
from tests.peers.web_planning import planning_over
from tests.peers.web_quality import quality_over

FILLER, _ = MACHINES
SHIFT_S = 45 * 60
TARGETS: dict[str, Any] = {
    "good": {"kpi": "oee", "unit": FILLER, "target": 0.01, "owner": "Ops lead", "action": "nothing"},
    "near": {"kpi": "oee", "unit": FILLER, "target": 0.99, "owner": "Ops lead", "action": "look at stops"},
    "far": {"kpi": "scrap_ratio", "target": 0.001, "owner": "Quality", "action": "open an issue"},
    "none": {"kpi": "oee", "unit": "p/a/l/nothing", "target": 0.5, "owner": "Ops lead", "action": "ask"},
}  # fmt: skip


@dataclass
class Shift:
    """A plant after its shift, and the desk of reports over it."""

    clock: ManualClock
    desk: KpiDesk
    targets: TargetDesk
    reports: ReportDesk
    store: Store


@pytest.fixture
async def shift(url: str) -> AsyncIterator[Shift]:
    store = await Store.open(url)
    clock = ManualClock(start_ns=T0)
    desk = KpiDesk(
        ProductionOptions.model_validate(OPTIONS), catalogue=FakeCatalogue(*signals()), store=store,
        clock=clock, time_zone="UTC",
    )  # fmt: skip
    for start in range(0, SHIFT_S, 300):
        await desk.write(chunk(start // 300 + 1, range(start, start + 300)))
    clock.set_wall_ns(T0 + (SHIFT_S + 400) * S)
    targets = TargetDesk(
        {name: KpiTargetOptions.model_validate(each) for name, each in TARGETS.items()},
        performance=desk, clock=clock, time_zone="UTC",
    )  # fmt: skip
    quality, watch = quality_over(
        store, catalogue=FakeCatalogue(*signals()), history=FakeHistory(), clock=clock
    )
    await watch.cursor()
    planning = planning_over(Archive(store, clock=clock), clock, zone="UTC")
    reports = ReportDesk(
        performance=desk, targets=targets, issues=MemoryIssues(clock), quality=quality,
        schedules=planning.schedules, clock=clock, time_zone="UTC", site="p",
    )  # fmt: skip
    yield Shift(clock=clock, desk=desk, targets=targets, reports=reports, store=store)
    await store.close()


@pytest.mark.parametrize("missing", ["owner", "action", "target"])
def test_a_kpi_without_owner_target_or_action_cannot_be_saved(tmp_path: Path, missing: str) -> None:
    told = {"kpi": "oee", "target": "0.75", "owner": "Ops lead", "action": "plan an action"}
    del told[missing]
    lines = "".join(f"      {name}: {value}\n" for name, value in told.items())
    file = tmp_path / "plant.yaml"
    file.write_text(
        f"plant: {{site: p}}\ndata_dir: {tmp_path}\nproduction:\n  kpis:\n    line:\n{lines}"
    )
    with pytest.raises(InvalidConfigError, match=missing):
        load(file, environment={})


def test_a_kpi_that_nobody_knows_is_told_with_the_nearest() -> None:
    with pytest.raises(ValueError, match="want scrap_ratio"):
        KpiTargetOptions.model_validate(TARGETS["far"] | {"kpi": "scrap_rate"})


async def test_targets_off_come_first_the_furthest_first_and_unknown_is_neither(
    shift: Shift,
) -> None:
    found = await shift.targets.standings()
    assert [(each.name, each.is_off) for each in found] == [
        ("far", True), ("near", True), ("good", False), ("none", False),
    ]  # fmt: skip
    assert found[0].owner == "Quality"
    assert not found[0].higher_is_better
    assert found[-1].value is None


async def test_totals_are_the_sum_of_the_raw_intervals_to_a_second(shift: Shift) -> None:
    end_ns = T0 + SHIFT_S * S
    report = await shift.desk.kpis(FILLER, start_ns=T0, end_ns=end_ns, bucket=KpiBucket.SHIFT)
    states = await shift.desk.intervals(FILLER, start_ns=T0, end_ns=end_ns, limit=10_000)
    (early,) = await _shift_times(shift)
    pauses = [(early.start_ns, early.start_ns), *early.breaks]

    def seconds(booked: set[str]) -> float:
        inside = 0
        for each in states:
            if each.booked in booked:
                start, end = max(each.start_ns, T0), min(each.end_ns, end_ns)
                out = sum(max(0, min(end, b) - max(start, a)) for a, b in pauses)
                inside += max(0, end - start) - out
        return inside / S

    assert report.total.sums["apt_s"] == pytest.approx(seconds({"apt"}), abs=1)
    delays = {"adet_internal", "adet_external", "minor"}
    assert report.total.sums["adet_s"] == pytest.approx(seconds(delays), abs=1)


async def _shift_times(shift: Shift) -> list[Any]:
    from datetime import UTC, datetime

    return list(shift.desk.shifts(datetime.fromtimestamp(T0 / S, UTC).date()))


async def test_the_hand_over_of_the_last_shift_tells_what_its_kpis_say(shift: Shift) -> None:
    report = await shift.reports.report(ReportAsked(kind=ReportKind.SHIFT))
    assert report.label == "2026-01-01 early"
    assert (report.start_ns, report.end_ns, report.is_over) == (T0, T0 + SHIFT_S * S, True)
    assert {each.unit for each in report.lines} == set(MACHINES)
    own = await shift.desk.kpis("", start_ns=T0, end_ns=T0 + SHIFT_S * S, bucket=KpiBucket.SHIFT)
    assert report.total.kpis["oee"] == own.total.kpis["oee"]
    assert report.total.good == own.total.sums["gq"]
    assert list(report.total.losses.values()) == sorted(report.total.losses.values(), reverse=True)
    assert [each.name for each in report.targets if each.is_off] == ["far", "near"]
    with pytest.raises(NotFoundError, match="no shift 'night'"):
        await shift.reports.report(ReportAsked(kind=ReportKind.SHIFT, shift="night"))


async def test_the_report_is_a_pdf_and_a_csv_that_no_spreadsheet_runs(shift: Shift) -> None:
    asked = ReportAsked(kind=ReportKind.DAY, day="2026-01-01")
    pdf = await shift.reports.file(asked, ReportFormat.PDF)
    assert pdf.startswith(b"%PDF-")
    assert len(pdf) > 2000
    content = (await shift.reports.file(asked, ReportFormat.CSV)).decode()
    rows = list(csv.reader(io.StringIO(content)))
    assert ["total", "", "pieces"] in [row[:3] for row in rows]
    assert all(not cell.startswith(("=", "+", "@")) for row in rows for cell in row)


async def test_a_report_goes_out_once_when_its_shift_is_over_and_again_after_no_restart(
    shift: Shift,
) -> None:
    sent: dict[str, tuple[str, str]] = {}

    async def tell(key: str, to: Any, subject: str, body: str) -> int:
        new = key not in sent
        sent[key] = (subject, body)
        return int(new)

    options = {
        "handover": ReportOptions.model_validate({"kind": "shift", "to": ["leads"], "after_s": 600})
    }

    def schedule() -> ReportSchedule:
        return ReportSchedule(
            options, desk=shift.reports, tell=tell, clock=shift.clock, page="https://gw"
        )

    one = schedule()
    assert await one.look() == 0  # 400 s after the end: data may still come
    shift.clock.set_wall_ns(T0 + (SHIFT_S + 700) * S)
    assert await one.look() == 1
    assert await one.look() == 0
    assert await schedule().look() == 0
    ((subject, body),) = sent.values()
    assert subject == "p: Shift hand-over 2026-01-01 early"
    assert "OFF TARGET" in body
    assert body.endswith("https://gw/reports?kind=shift&day=2026-01-01&shift=early")
