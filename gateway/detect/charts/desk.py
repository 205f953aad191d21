"""Control charts over history: the points of a window, judged anew by the oracle against the limits in force."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from gateway.chart import (
    Autocorrelation,
    Chart,
    ChartLimits,
    ChartPhase,
    ChartSummary,
    LimitsOrigin,
)
from gateway.detect.charts import view
from gateway.detect.charts.live import LiveChart
from gateway.detect.options import RuleOptions, SpcRule
from gateway.errors import InvalidRequestError, NotFoundError
from gateway.model import SampleBatch, Signal
from gateway.ports import Catalogue, History
from rules.events import Event
from rules.reference_parts import Sample
from rules.spc.autocorrelation import sentence
from rules.spc.phase1 import FrozenLimits
from rules.spc.reference import SpcWatch
from rules.spc.spec import SpcSpec
from rules.spc.trace import Judged

MOST_ROWS: Final = 40_000
"""Rows that one chart is made of, at most."""


class ChartDesk:
    """The `Charts` port. `rules` gives the settings of each rule, `live` how the engine's charts stand."""

    def __init__(
        self,
        *,
        rules: Callable[[], Mapping[str, RuleOptions]],
        live: Callable[[], Iterable[LiveChart]],
        catalogue: Catalogue,
        history: History,
    ) -> None:
        self._rules = rules
        self._live = live
        self._catalogue = catalogue
        self._history = history

    def list(self, *, asset: str = "") -> Sequence[ChartSummary]:
        """Return every chart whose signal is this path or lies below it."""
        rules = self._rules()
        found: list[ChartSummary] = []
        for one in self._live():
            signal = self._catalogue.signal(one.signal)
            rule = rules.get(one.rule)
            below = not asset or signal.path == asset or signal.path.startswith(f"{asset}/")
            if below and isinstance(rule, SpcRule):
                found.append(_summary(one, rule, signal))
        return found

    async def chart(
        self, rule: str, signal: str, *, start_ns: int, end_ns: int, side: str = ""
    ) -> Chart:
        """Return a chart with its points of a window; raises `NotFoundError`, `InvalidRequestError`."""
        options, live, index = self._found(rule, signal, side)
        rows = await self._rows(index, start_ns=start_ns, end_ns=end_ns)
        known = self._catalogue.signal(index)
        return await asyncio.to_thread(_chart, options, live, known, rows, (start_ns, end_ns))

    def _found(self, rule: str, signal: str, side: str) -> tuple[SpcRule, LiveChart, int]:
        options = self._rules().get(rule)
        if not isinstance(options, SpcRule):
            raise NotFoundError(f"no control chart is kept by a rule {rule[:64]!r}")
        index = self._catalogue.index(signal)
        for one in self._live():
            if (one.rule, one.signal, one.side) == (rule, index, side):
                return options, one, index
        raise NotFoundError(f"rule {rule[:64]!r} keeps no chart of {signal[:255]!r} {side[:32]}")

    async def _rows(self, index: int, *, start_ns: int, end_ns: int) -> SampleBatch:
        """Return the window's rows after as long a lead, so that runs and sums stand as they would live."""
        for lead_ns in (end_ns - start_ns, 0):
            span = {"start_ns": start_ns - lead_ns, "end_ns": end_ns}
            if await self._history.count([index], **span) <= MOST_ROWS:
                return await self._history.rows([index], **span, limit=MOST_ROWS)
        raise InvalidRequestError(
            f"this window holds more than {MOST_ROWS} samples: ask for a shorter one"
        )


def _summary(one: LiveChart, rule: SpcRule, signal: Signal) -> ChartSummary:
    return ChartSummary(
        rule=one.rule,
        title=rule.title,
        signal=signal.path,
        side=one.side,
        kind=rule.chart_name(),
        unit=signal.unit,
        phase=one.phase,
        have=one.have,
        want=rule.phase_one_points,
        active=one.active,
        limits=None if one.limits is None else _limits(one.limits, rule),
    )


def _limits(limits: FrozenLimits, rule: SpcRule) -> ChartLimits:
    return ChartLimits(
        version=limits.version,
        centre=limits.centre,
        sigma=limits.sigma,
        phi=limits.phi,
        points=limits.points,
        origin=LimitsOrigin.ESTIMATED if rule.limits is None else LimitsOrigin.CONFIGURED,
    )


def _chart(
    rule: SpcRule, live: LiveChart, signal: Signal, rows: SampleBatch, span: tuple[int, int]
) -> Chart:
    spec = rule.to_spec(live.rule)
    if live.limits is not None:
        spec = replace(spec, limits=live.limits)
    whole = trace(spec, rows, end_ns=span[1])
    shown = [each for each in whole if span[0] <= each.end_ns < span[1]]
    inside = (rows.source_ns >= span[0]) & (rows.quality < 0x8000_0000)
    values = [value for value in rows.value[inside].tolist() if value == value]  # noqa: PLR0124 - NaN differs from itself
    settled = live.phase is ChartPhase.MONITORING
    return Chart(
        summary=_summary(live, rule, signal),
        start_ns=span[0],
        end_ns=span[1],
        points=view.points(shown),
        panels=view.panels(spec, shown, unit=signal.unit),
        legend=view.legend(spec),
        autocorrelation=_autocorrelation(live, rule),
        change=view.change(spec, whole) if shown else None,
        capability=view.capable(shown, values, rule.tolerance(), settled=settled),
    )


def trace(spec: SpcSpec, rows: SampleBatch, *, end_ns: int) -> Sequence[Judged]:
    """Return every point that these rows of one signal make, by source time."""
    out: list[Event] = []
    first_ns = int(rows.source_ns[0]) if len(rows) else end_ns
    watch = SpcWatch(spec, (spec.id, spec.version, 0, ""), out, first_ns)
    columns = (rows.source_ns.tolist(), rows.value.tolist(), rows.quality.tolist())
    for time_ns, value, quality in zip(*columns, strict=True):
        watch.pass_to(time_ns)
        watch.see(Sample(0, time_ns, value, quality))
    watch.pass_to(end_ns)
    return watch.trace


def _autocorrelation(live: LiveChart, rule: SpcRule) -> Autocorrelation | None:
    found = live.learned
    if found is None or live.limits is None:
        return None
    said = sentence(found, phi=live.limits.phi, every=rule.every)
    return Autocorrelation(
        r=found.r,
        low=found.low,
        high=found.high,
        pairs=found.pairs,
        dependent=found.dependent,
        sentence=said,
    )
