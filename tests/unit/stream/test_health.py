"""Health says what is wrong in sentences, and metrics say it in numbers."""

from __future__ import annotations

import asyncio

import pytest
from prometheus_client.parser import text_string_to_metric_families

from gateway.clock import ManualClock
from gateway.errors import NotFoundError
from gateway.health import HealthBoard
from gateway.metrics import Metrics
from gateway.model import Intake
from gateway.status import (
    ConnectorFigures,
    ConnectorState,
    ConnectorStatus,
    SourceTrouble,
    StageState,
    StageStatus,
)
from tests.peers.stream_parts import house, rows, stop


def connector(state=ConnectorState.LIVE, **changes) -> ConnectorStatus:
    fields = {
        "name": "press",
        "kind": "opcua",
        "target": "opc.tcp://press",
        "state": state,
        "since_ns": 1_767_225_600 * 10**9,
        "last_error": "no route",
        "last_error_ns": 1_767_225_601 * 10**9,
        "next_try_ns": None,
        "attempts": 2,
        "samples": 7,
        "samples_per_s": 0.7,
        "batches": 3,
        "dead_letters": 1,
        "losses": 0,
        "lag_s": 0.25,
        "silent_s": None,
        "signals": 4,
        "stale_signals": 1,
        "figures": ConnectorFigures(queue_depth=3, queue_limit=9, extra={"in_flight": 2}),
        "troubles": (),
    }
    return ConnectorStatus(**{**fields, **changes})


def stage(name="historian", kind="history", state=StageState.WORKING, **changes) -> StageStatus:
    fields = {
        "since_ns": 0,
        "last_error": "",
        "behind_rows": 5,
        "behind_s": 0.5,
        "rows": 9,
        "rows_per_s": 1.0,
    }
    return StageStatus(name=name, kind=kind, state=state, **{**fields, **changes})


def board(*, connectors=(), stages=()) -> HealthBoard:
    built = HealthBoard(ManualClock())
    for status in connectors:
        built.add_connector(status.name, lambda status=status: status)
    for status in stages:
        built.add_stage(status.name, lambda status=status: status)
    built.started()
    return built


def test_all_well():
    health = board(connectors=[connector()], stages=[stage()]).health()
    assert health.ready
    assert health.problems == ()
    assert health.memory_bytes > 1_000_000


def test_not_ready_before_everything_is_built():
    assert not HealthBoard(ManualClock()).health().ready


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (
            connector(ConnectorState.BACKING_OFF),
            "cannot be reached since 2026-01-01 00:00:00 UTC (no route): check",
        ),
        (connector(ConnectorState.REFUSED), "refuses us"),
        (connector(ConnectorState.HELD), "is not being read"),
        (connector(ConnectorState.STOPPED), "restart"),
        (connector(ConnectorState.ENDED), "no more data"),
        (connector(figures=ConnectorFigures(drops=3)), "dropped 3 rows"),
        (
            connector(
                troubles=tuple(
                    SourceTrouble(
                        source=f"n{n}", signal_path="s/a/l/m/x", reason="gone", since_ns=0
                    )
                    for n in range(7)
                )
            ),
            "2 more sources",
        ),
    ],
)
def test_connector_problems(status, words):
    health = board(connectors=[status]).health()
    assert words in health.problems[-1]


@pytest.mark.parametrize(
    ("status", "words", "ready"),
    [
        (stage(state=StageState.FAILING, last_error="401"), "historian fails since", False),
        (
            stage(name="journal", kind="journal", state=StageState.FAILING),
            "takes no samples",
            False,
        ),
        (stage(state=StageState.STOPPED), "is stopped", False),
        (stage(behind_s=100.0), "100 s (5 rows) behind", True),
    ],
)
def test_stage_problems(status, words, ready):
    health = board(stages=[status]).health()
    assert words in health.problems[0]
    assert health.ready is ready


def test_names_are_looked_up_and_taken_off():
    built = board(connectors=[connector()], stages=[stage()])
    assert built.connector("press").samples == 7
    assert built.stage("historian").rows == 9
    assert built.unknown_sources("press") == ()
    with pytest.raises(NotFoundError, match="no connector 'pres'; there are: press"):
        built.connector("pres")
    built.remove("press")
    built.remove("historian")
    with pytest.raises(NotFoundError, match="there are: none"):
        built.stage("historian")
    with pytest.raises(NotFoundError):
        built.unknown_sources("press")
    built.add_remarks(lambda: ["row 7 was damaged"])
    assert built.health().problems == ("row 7 was damaged",)


class LateClock(ManualClock):
    """Every sleep ends `late_s` after it was due."""

    late_s = 0.0

    async def sleep(self, delay_s: float) -> None:
        await super().sleep(delay_s + self.late_s)


async def test_a_late_loop_is_seen():
    clock = LateClock()
    built = HealthBoard(clock)
    task = asyncio.create_task(built.run())
    await asyncio.sleep(0)
    await clock.advance(0.25)
    assert built.health().event_loop_lag_s == 0.0
    clock.late_s = 2.0
    await clock.advance(3.0)
    clock.late_s = 0.0
    health = built.health()
    assert health.event_loop_lag_s == pytest.approx(2.0)
    assert "2.0 s late" in health.problems[0]
    for _ in range(50):
        await clock.advance(0.25)
    assert built.health().event_loop_lag_s == 0.0
    await stop(task)


async def test_metrics_parse_and_carry_the_figures(tmp_path):
    async with house(tmp_path) as parts:
        await parts.journal.append(Intake(batch=rows(1, 2)))
        journal = parts.journal.status()
        built = board(
            connectors=[connector(ConnectorState.REFUSED)],
            stages=[stage(figures={"retries": 4}), journal],
        )
        body, kind = Metrics(built).render()
    assert kind.startswith("text/plain")
    families = {family.name: family for family in text_string_to_metric_families(body.decode())}
    assert all(name.startswith("taktline_") for name in families)
    assert all(family.documentation for family in families.values())

    def value(family: str, **labels: str) -> float:
        return next(s.value for s in families[family].samples if labels.items() <= s.labels.items())

    assert value("taktline_connector_state", connector="press", state="refused") == 1
    assert value("taktline_connector_state", connector="press", state="live") == 0
    assert value("taktline_connector_samples", connector="press") == 7
    assert value("taktline_connector_lag_seconds") == 0.25
    assert families["taktline_connector_silent_seconds"].samples == []
    assert value("taktline_connector_last_error_seconds") == 1_767_225_601
    assert value("taktline_connector_figure", figure="in_flight") == 2
    assert value("taktline_stage_figure", stage="historian", figure="retries") == 4
    assert value("taktline_stage_rows", stage="journal") == 2
    assert value("taktline_journal_bytes") > 0
    assert value("taktline_ready") == 1
