"""The gateway's figures in Prometheus' text format, read from the health board at each scrape."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import Collector

from gateway.ports import HealthSource
from gateway.status import ConnectorState, ConnectorStatus, Health, StageState, StageStatus

_CONNECTOR: Final = ("connector", "kind")
_STAGE: Final = ("stage", "kind")

_ConnectorFigure = tuple[str, str, Callable[[ConnectorStatus], float | None]]
_StageFigure = tuple[str, str, Callable[[StageStatus], float | None]]

_CONNECTOR_GAUGES: Final[tuple[_ConnectorFigure, ...]] = (
    ("samples_per_second", "Rows journaled per second, over 10 s.", lambda c: c.samples_per_s),
    ("lag_seconds", "Received minus source time of the newest row.", lambda c: c.lag_s),
    ("silent_seconds", "Time since the last row.", lambda c: c.silent_s),
    ("signals", "Signals that this connector feeds.", lambda c: c.signals),
    ("stale_signals", "Signals whose newest row is too old.", lambda c: c.stale_signals),
    ("attempts", "Failed attempts since the last stable session.", lambda c: c.attempts),
    ("troubled_sources", "Configured sources that do not deliver.", lambda c: len(c.troubles)),
    ("queue_depth", "Rows or messages in its own buffer.", lambda c: c.figures.queue_depth),
    ("queue_limit", "Most rows or messages its buffer takes.", lambda c: c.figures.queue_limit),
    (
        "state_since_seconds",
        "Unix time at which the present state began.",
        lambda c: c.since_ns / 1e9,
    ),
    (
        "last_error_seconds",
        "Unix time of the last error; its words are in the health document.",
        lambda c: None if c.last_error_ns is None else c.last_error_ns / 1e9,
    ),
)
_CONNECTOR_COUNTERS: Final[tuple[_ConnectorFigure, ...]] = (
    ("samples", "Rows journaled.", lambda c: c.samples),
    ("batches", "Batches journaled.", lambda c: c.batches),
    ("dead_letters", "Payloads that could not be used.", lambda c: c.dead_letters),
    ("losses", "Losses that the protocol declared.", lambda c: c.losses),
    ("drops", "Rows or messages dropped by a full buffer.", lambda c: c.figures.drops),
    ("unknown", "Messages from sources that no mapping wants.", lambda c: c.figures.unknown),
)
_STAGE_GAUGES: Final[tuple[_StageFigure, ...]] = (
    ("behind_rows", "Rows between its cursor and the newest.", lambda s: s.behind_rows),
    ("behind_seconds", "Age of the oldest row it has not taken.", lambda s: s.behind_s),
    ("rows_per_second", "Rows taken per second, over 10 s.", lambda s: s.rows_per_s),
    (
        "state_since_seconds",
        "Unix time at which the present state began.",
        lambda s: s.since_ns / 1e9,
    ),
)


class Metrics:
    """Renders every figure of the gateway; nothing is registered globally."""

    def __init__(self, health: HealthSource) -> None:
        self._registry = CollectorRegistry(auto_describe=False)
        self._registry.register(_HealthCollector(health))

    def render(self) -> tuple[bytes, str]:
        """Return the exposition and its content type."""
        return generate_latest(self._registry), CONTENT_TYPE_LATEST


class _HealthCollector(Collector):
    def __init__(self, health: HealthSource) -> None:
        self._health = health

    def describe(self) -> Iterator[Metric]:
        """Yield nothing: names are known at the scrape, and registering must not read the health."""
        return iter(())

    def collect(self) -> Iterator[Metric]:
        """Yield every metric from one reading of the health."""
        health = self._health.health()
        yield from _gateway(health)
        yield from _connectors(health)
        yield from _stages(health)


def _gateway(health: Health) -> Iterator[Metric]:
    yield _gauge("ready", "Whether every part works, 1 or 0.", float(health.ready))
    yield _gauge("problems", "Problems that a person should see to.", len(health.problems))
    yield _gauge(
        "event_loop_lag_seconds",
        "Worst lateness of the event loop, over 10 s.",
        health.event_loop_lag_s,
    )
    yield _gauge("memory_bytes", "Resident memory of the gateway.", health.memory_bytes)


def _connectors(health: Health) -> Iterator[Metric]:
    states = GaugeMetricFamily(
        "taktline_connector_state",
        "1 for the state a connector is in, 0 for the others.",
        labels=[*_CONNECTOR, "state"],
    )
    for status in health.connectors:
        for state in ConnectorState:
            states.add_metric([status.name, status.kind, state.value], float(status.state is state))
    yield states
    for name, words, read in _CONNECTOR_GAUGES:
        gauge = GaugeMetricFamily(f"taktline_connector_{name}", words, labels=_CONNECTOR)
        for status in health.connectors:
            if (value := read(status)) is not None:
                gauge.add_metric([status.name, status.kind], value)
        yield gauge
    for name, words, read in _CONNECTOR_COUNTERS:
        counter = CounterMetricFamily(f"taktline_connector_{name}", words, labels=_CONNECTOR)
        for status in health.connectors:
            counter.add_metric([status.name, status.kind], read(status) or 0.0)
        yield counter
    extra = GaugeMetricFamily(
        "taktline_connector_figure",
        "Further figures of a connector, by name.",
        labels=[*_CONNECTOR, "figure"],
    )
    for status in health.connectors:
        for figure, value in status.figures.extra.items():
            extra.add_metric([status.name, status.kind, figure], value)
    yield extra


def _stages(health: Health) -> Iterator[Metric]:
    states = GaugeMetricFamily(
        "taktline_stage_state",
        "1 for the state a stage is in, 0 for the others.",
        labels=[*_STAGE, "state"],
    )
    rows = CounterMetricFamily("taktline_stage_rows", "Rows taken.", labels=_STAGE)
    extra = GaugeMetricFamily(
        "taktline_stage_figure", "Further figures of a stage, by name.", labels=[*_STAGE, "figure"]
    )
    for status in health.stages:
        for state in StageState:
            states.add_metric([status.name, status.kind, state.value], float(status.state is state))
        rows.add_metric([status.name, status.kind], status.rows)
        for figure, value in status.figures.items():
            extra.add_metric([status.name, status.kind, figure], value)
    yield states
    yield rows
    for name, words, read in _STAGE_GAUGES:
        gauge = GaugeMetricFamily(f"taktline_stage_{name}", words, labels=_STAGE)
        for status in health.stages:
            if (found := read(status)) is not None:
                gauge.add_metric([status.name, status.kind], found)
        yield gauge
    yield extra
    yield from _journal(health)


def _journal(health: Health) -> Iterator[Metric]:
    """Yield the journal's own figures under names of their own."""
    names = {
        "bytes": "Bytes of samples held on disk.",
        "bytes_limit": "Most bytes of samples held on disk.",
        "dead_letters": "Dead letters kept.",
        "waiting": "Batches that wait for a commit.",
    }
    for status in health.stages:
        if status.kind != "journal":
            continue
        for name, words in names.items():
            if name in status.figures:
                yield _gauge(f"journal_{name}", words, status.figures[name])


def _gauge(name: str, words: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"taktline_{name}", words, value=value)
