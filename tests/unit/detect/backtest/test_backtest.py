"""Backtests over a history in memory: what the rule would have done, and what that is worth."""

from __future__ import annotations

import asyncio
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.backtest import Backtest, BacktestReport, BacktestRequest, BacktestState, Sweep
from gateway.clock import NS_PER_S, ManualClock
from gateway.detect import running as run
from gateway.detect.backtest import replay
from gateway.detect.backtest.jobs import KEPT, BacktestDesk, backtest
from gateway.detect.options import RuleOptions, rule_types
from gateway.deviation import Issue, IssueState, IssueType, Severity
from gateway.errors import ConflictError, InvalidRequestError, NotFoundError
from gateway.model import Principal, SampleBatch, Signal
from rules.events import EventKind
from tests.peers.catalogue import FakeCatalogue
from tests.peers.history import FakeHistory
from tests.peers.web_issues import MemoryIssues

S = NS_PER_S
T0 = 1_767_225_600 * S
M = "demo/packaging/l1/filler"
ANN = Principal(name="ann", kind="person", roles=frozenset())


def rule(**changes: Any) -> RuleOptions:
    values = {
        "type": "limit",
        "title": "Heavy",
        "signals": [f"{M}/weight"],
        "high": 504.0,
        "issue_type": "quality",
    }
    return rule_types()["limit"].model_validate(values | changes)


class Plant:
    """A history of one weight, and the issues there were."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.catalogue = FakeCatalogue(
            Signal(path=f"{M}/weight", unit="g"), Signal(path=f"{M}/other")
        )
        self.history = FakeHistory()
        self.issues = MemoryIssues(self.clock)
        self.rules = {"heavy": rule()}

    def rows(self, *rows: tuple[float, float]) -> None:
        times = [T0 + round(t * S) for t, _ in rows]
        values = [v for _, v in rows]
        self.history.add(
            SampleBatch.of(
                signal=[0] * len(rows),
                source_ns=times,
                value=values,
                received_ns=[t + 3 * S for t in times],
            )
        )

    def issue(self, onset_s: float, opened_s: float, cleared_s: float, asset: str = M) -> None:
        number = len(self.issues.issues) + 1
        self.issues.issues[number] = Issue(
            number=number,
            state=IssueState.CLOSED,
            title="",
            severity=Severity.P2,
            type=IssueType.QUALITY,
            cause="",
            rule="other",
            rule_version="",
            asset=asset,
            signal="",
            onset_ns=T0 + round(onset_s * S),
            opened_ns=T0 + round(opened_s * S),
            active=False,
            cleared_ns=T0 + round(cleared_s * S),
            closed_ns=None,
            occurrences=1,
            value=None,
            limits={},
            explanation="",
        )

    async def run(self, hours: float = 24, **changes: Any) -> BacktestReport:
        return await backtest(
            self.request(hours, **changes),
            rules=self.rules,
            catalogue=self.catalogue,
            history=self.history,
            issues=self.issues,
            time_zone="Europe/Berlin",
            progress=lambda _done, _total: None,
        )

    def request(self, hours: float = 24, **changes: Any) -> BacktestRequest:
        told: dict[str, Any] = {
            "rule": "heavy",
            "start_ns": T0,
            "end_ns": T0 + round(hours * 3600 * S),
        }
        return BacktestRequest(**(told | changes))

    def desk(self) -> BacktestDesk:
        return BacktestDesk(
            rules=lambda: self.rules,
            catalogue=self.catalogue,
            history=self.history,
            issues=self.issues,
            clock=self.clock,
            time_zone="UTC",
        )


@pytest.fixture
def plant() -> Plant:
    return Plant()


async def test_alarms_are_held_against_the_issues_there_really_were(plant: Plant) -> None:
    plant.rows((10, 505), (20, 500), (8000, 506), (8010, 500), (50_000, 507))
    plant.issue(8_005, 8_050, 8_100)
    plant.issue(30_000, 30_010, 30_100)
    plant.issue(10, 15, 20, asset="demo/packaging/l1/other")
    report = await plant.run()
    told = report.outcome
    assert (told.alarms, told.hits, told.misses, told.false_alarms) == (3, 1, 1, 2)
    assert (told.real_issues, told.median_lead_s) == (2, 50.0)
    assert report.missed_issues == (2,)
    assert [(a.onset_ns - T0) // S for a in report.alarms] == [10, 8000, 50_000]
    assert [a.issue for a in report.alarms] == [None, 1, None]
    assert report.alarms[2].cleared_ns is None
    assert (report.rows, report.signals) == (5, 1), "the other signal is not read"


async def test_alarms_are_counted_by_local_shift_and_day(plant: Plant) -> None:
    plant.rows((10, 505), (20, 500), (8 * 3600, 505), (8 * 3600 + 9, 500), (23.5 * 3600, 505))
    report = await plant.run()
    starts = [(p.start_ns - T0) / S / 3600 for p in report.per_shift]
    assert starts == [0, 5, 13, 21], "T0 is 01:00 in Berlin"
    assert [p.alarms for p in report.per_shift] == [1, 1, 0, 1]
    assert [p.alarms for p in report.per_day] == [2, 1]


async def test_a_curve_over_a_parameter_comes_from_the_same_pass(plant: Plant) -> None:
    plant.rows(*[(n * 100 + d, v) for n in range(10) for d, v in ((0, 503 + n), (50, 500))])
    reads = plant.history.reads
    report = await plant.run(sweep=Sweep.PARAMETER, parameter="high", values=(505, 508, 513))
    assert report.outcome.alarms == 9
    assert [(p.changes["high"], p.alarms) for p in report.curve] == [(505, 8), (508, 5), (513, 0)]
    once = plant.history.reads - reads
    await plant.run()
    assert plant.history.reads - reads - once == once


async def test_a_nuisance_gets_a_deadband_or_a_delay_that_misses_nothing(plant: Plant) -> None:
    flaps = [(100 + n, 504.2 if n % 2 else 503.8) for n in range(60)]
    plant.rows((0, 500), *flaps, (300, 500), (5000, 510), (5100, 500))
    plant.issue(100, 101, 300)
    plant.issue(5000, 5001, 5100)
    report = await plant.run(sweep=Sweep.NUISANCE)
    assert report.outcome.alarms == 31
    assert report.suggestion is not None
    assert "on_delay_s" not in report.suggestion.changes
    assert (report.suggestion.alarms, report.suggestion.misses) == (2, 0)


@settings(max_examples=20, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 3000), st.sampled_from([500.0, 505.0])), max_size=40),
    st.integers(8, 20),
)
def test_the_size_of_the_pieces_changes_nothing(rows: list[tuple[int, float]], most: int) -> None:
    plant = Plant()
    ordered = [*dict(sorted(rows)).items()]
    plant.rows(*ordered)
    whole = asyncio.run(plant.run(hours=1))
    before, replay.ROWS = replay.ROWS, most  # type: ignore[misc]  # smaller pieces, on purpose
    try:
        pieces = asyncio.run(plant.run(hours=1))
    finally:
        replay.ROWS = before  # type: ignore[misc]  # put back
    assert pieces == whole
    signals = plant.catalogue.all()
    started, _ = run.start({"x": rule()}, signals, state=None, now_ns=T0)
    times = [T0 + t * S for t, _ in ordered]
    batch = SampleBatch.of(
        signal=[0] * len(ordered),
        source_ns=times,
        value=[v for _, v in ordered],
        received_ns=np.array(times, np.int64),
    )
    _, events = run.step(started, lambda: signals, batch, now_ns=T0 + 3600 * S, starts=())
    assert whole.outcome.alarms == sum(e.kind is EventKind.RAISED for e in events)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"rule": "gone"}, "there is no rule 'gone'"),
        ({"changes": {"hihg": 1}}, "hihg"),
        ({"changes": {"high": None}}, "neither high nor low"),
        ({"changes": {"type": "python"}}, "is none of limit"),
        ({"sweep": Sweep.PARAMETER, "parameter": "title", "values": (1,)}, "not a number"),
        ({"sweep": Sweep.PARAMETER, "parameter": "nope", "values": (1,)}, "no setting"),
        ({"sweep": Sweep.PARAMETER, "parameter": "high"}, "want 1 to 25"),
        ({"end_ns": 0}, "ends after its start"),
    ],
)
async def test_what_cannot_be_tried_is_refused_at_once(
    plant: Plant, changes: dict[str, Any], said: str
) -> None:
    desk = plant.desk()
    with pytest.raises(InvalidRequestError, match=said):
        desk.start(plant.request(**changes), by=ANN)
    assert desk.list() == []


async def ended(desk: BacktestDesk, key: str) -> Backtest:
    async with asyncio.timeout(10):
        while desk.get(key).state in {BacktestState.WAITING, BacktestState.RUNNING}:  # noqa: ASYNC110 - jobs are asked for
            await asyncio.sleep(0.01)
    return desk.get(key)


async def test_a_job_tells_its_progress_and_ends_with_a_report(plant: Plant) -> None:
    plant.rows((10, 505), (20, 500))
    desk = plant.desk()
    job = desk.start(plant.request(), by=ANN)
    assert (job.state, job.by) == (BacktestState.WAITING, "ann")
    done = await ended(desk, job.id)
    assert (done.state, done.rows_done, done.rows_total) == (BacktestState.DONE, 2, 2)
    assert done.report is not None
    assert done.report.outcome.alarms == 1
    assert desk.list()[0].report is None
    plant.history.away = True
    failed = await ended(desk, desk.start(plant.request(), by=ANN).id)
    assert (failed.state, failed.error) == (BacktestState.FAILED, "the historian is away")


async def test_a_job_can_be_cancelled_and_the_number_of_jobs_is_bounded(plant: Plant) -> None:
    desk = plant.desk()
    jobs = [desk.start(plant.request(), by=ANN) for _ in range(KEPT)]
    with pytest.raises(ConflictError, match="cancel one first"):
        desk.start(plant.request(), by=ANN)
    cancelled = await desk.cancel(jobs[-1].id)
    assert cancelled.state is BacktestState.CANCELLED
    assert (await desk.cancel(jobs[-1].id)).state is BacktestState.CANCELLED
    desk.start(plant.request(), by=ANN)
    assert len(desk.list()) == KEPT
    with pytest.raises(NotFoundError):
        desk.get(jobs[-1].id)
    await desk.close()
    assert {job.state for job in desk.list()} <= {BacktestState.CANCELLED, BacktestState.DONE}


async def test_a_new_rule_is_tried_without_being_configured(plant: Plant) -> None:
    plant.rows((10, 400), (20, 500))
    changes = rule(high=None, low=450).model_dump(mode="json")
    report = await plant.run(rule="", changes=changes)
    assert (report.outcome.alarms, report.settings["low"]) == (1, 450)
