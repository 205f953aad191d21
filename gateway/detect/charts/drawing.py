"""Draws one control chart from its rows: points by the oracle, panels, what changed, what the process is capable of."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final, NamedTuple

import numpy as np

from gateway.chart import (
    Autocorrelation,
    BaselineState,
    Chart,
    ChartLimits,
    ChartPhase,
    ChartSummary,
    LimitsOrigin,
)
from gateway.detect.charts import view
from gateway.detect.charts.baselines import Kept
from gateway.detect.charts.live import LiveChart
from gateway.detect.options import SpcRule
from gateway.errors import InvalidRequestError
from gateway.model import SampleBatch, Signal
from rules.reference import watched
from rules.reference_parts import Sample
from rules.spc.autocorrelation import sentence
from rules.spc.phase1 import AT_LEAST, AT_LEAST_SUBGROUPS, FrozenLimits, PhaseOneError, estimate
from rules.spc.reference import SpcWatch
from rules.spc.spec import SpcSpec, Spread
from rules.spc.trace import Judged
from rules.spec import SignalInfo

BAD: Final = 0x8000_0000


class Rows(NamedTuple):
    """Rows of a chart's signal (its index is `chart`) and of its keys; `infos` by signal index."""

    batch: SampleBatch
    chart: int
    infos: Mapping[int, SignalInfo]


def origin_of(rule: SpcRule, kept: Kept | None) -> LimitsOrigin:
    """Say where the limits of a chart come from."""
    if rule.limits is not None or rule.parts:
        return LimitsOrigin.CONFIGURED
    approved = kept is not None and kept.state is BaselineState.APPROVED
    return LimitsOrigin.APPROVED if approved else LimitsOrigin.ESTIMATED


def summary(one: LiveChart, rule: SpcRule, signal: Signal, origin: LimitsOrigin) -> ChartSummary:
    """Return what a list of charts says of one."""
    return ChartSummary(
        rule=one.rule,
        title=rule.title,
        signal=signal.path,
        side=one.side,
        kind=rule.chart_name(),
        unit="sigma" if rule.parts else signal.unit,
        phase=one.phase,
        have=one.have,
        want=rule.phase_one_points,
        active=one.active,
        limits=None if one.limits is None else _limits(one.limits, origin),
    )


def _limits(limits: FrozenLimits, origin: LimitsOrigin) -> ChartLimits:
    return ChartLimits(
        version=limits.version,
        centre=limits.centre,
        sigma=limits.sigma,
        phi=limits.phi,
        points=limits.points,
        origin=origin,
    )


def draw(  # noqa: PLR0917 - what a chart is made of
    rule: SpcRule,
    live: LiveChart,
    signal: Signal,
    rows: Rows,
    span: tuple[int, int],
    origin: LimitsOrigin,
) -> Chart:
    """Return a chart of the points that fall into a span."""
    spec = rule.to_spec(live.rule)
    if live.limits is not None:
        spec = replace(spec, limits=live.limits)
    whole = trace(spec, live.side, rows, end_ns=span[1])
    shown = [each for each in whole if span[0] <= each.end_ns < span[1]]
    batch = rows.batch
    inside = (batch.source_ns >= span[0]) & (batch.quality < BAD) & (batch.signal == rows.chart)
    inside &= np.isfinite(batch.value)
    values = batch.value[inside].tolist() if not (rule.streams or rule.parts) else []
    settled = live.phase is ChartPhase.MONITORING
    unit = "sigma" if rule.parts else signal.unit
    return Chart(
        summary=summary(live, rule, signal, origin),
        start_ns=span[0],
        end_ns=span[1],
        points=view.points(shown),
        panels=view.panels(spec, shown, unit=unit),
        legend=view.legend(spec),
        autocorrelation=_autocorrelation(live, rule),
        change=view.change(spec, whole) if shown else None,
        capability=view.capable(shown, values, rule.tolerance(), settled=settled),
    )


def trace(spec: SpcSpec, side: str, rows: Rows, *, end_ns: int) -> Sequence[Judged]:
    """Return every point that these rows make on the chart of one side, by source time."""
    batch = rows.batch
    first_ns = int(batch.source_ns[0]) if len(batch) else end_ns
    place = [*rows.infos].index(rows.chart)
    found = watched(
        replace(spec, signals=(rows.infos[rows.chart].path,)),
        place,
        [*rows.infos.values()],
        first_ns,
        [],
    )
    watch = next(w for w, _ in found if isinstance(w, SpcWatch) and w.event[3] == side)
    places = {signal: at for at, signal in enumerate(rows.infos)}
    columns = (batch.signal, batch.source_ns, batch.value, batch.quality)
    for signal, time_ns, value, quality in zip(*(c.tolist() for c in columns), strict=True):
        watch.pass_to(time_ns)
        watch.see(Sample(places[signal], time_ns, value, quality))
    watch.pass_to(end_ns)
    return watch.trace


def estimated(spec: SpcSpec, side: str, index: int, rows: Rows, end_ns: int) -> FrozenLimits:
    """Return the limits that Phase I gives over the window's points; raises `InvalidRequestError`."""
    del index
    learning = replace(spec, limits=FrozenLimits(centre=0.0, sigma=1.0))
    points = trace(learning, side, rows, end_ns=end_ns)
    values = [each.value for each in points]
    within = [each.within for each in points if math.isfinite(each.within)]
    single = spec.spread is Spread.MOVING_RANGE
    least = AT_LEAST if single else AT_LEAST_SUBGROUPS
    try:
        found = estimate(values, prefer=spec.treatment, at_least=least)
    except PhaseOneError as error:
        raise InvalidRequestError(str(error)) from error
    if single:
        return found
    sigma = statistics.fmean(within) if within else 0.0
    if not sigma > 0.0:
        raise InvalidRequestError("the values within subgroups do not vary: no limits can be set")
    return replace(found, sigma=sigma, phi=0.0)


def _autocorrelation(live: LiveChart, rule: SpcRule) -> Autocorrelation | None:
    found, limits = live.learned, live.limits
    if limits is None or found is None:
        return None
    if found.pairs == 0:
        # The limits came back from the store: what was found of them then is all there is.
        said = limits.said
        return (
            Autocorrelation(
                r=None, low=None, high=None, pairs=0, dependent=limits.phi != 0.0, sentence=said
            )
            if said
            else None
        )
    return Autocorrelation(
        r=found.r,
        low=found.low,
        high=found.high,
        pairs=found.pairs,
        dependent=found.dependent,
        sentence=sentence(found, phi=limits.phi, every=rule.every),
    )
