"""From what the oracle noted of each point to what a chart shows: columns, panels, the change, the capability."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Sequence
from typing import Final

from gateway.chart import (
    CapabilityIndex,
    ChangePoint,
    ChartCapability,
    ChartPanel,
    ChartPoints,
    ChartRule,
)
from gateway.detect.wording import FOUND, short_name
from rules.spc.capability import Capability, Interval, Measured, Tolerance, capability
from rules.spc.constants import factors
from rules.spc.runrules import RunRule
from rules.spc.spec import Detector, SpcSpec, Spread
from rules.spc.trace import Judged

MAIN: Final = {
    Spread.MOVING_RANGE: "individuals",
    Spread.RANGE: "mean",
    Spread.SD: "mean",
}
BESIDE: Final = {
    Spread.MOVING_RANGE: "moving range",
    Spread.RANGE: "range",
    Spread.SD: "standard deviation",
}
CONFIDENCE: Final = 0.95


def points(trace: Sequence[Judged]) -> ChartPoints:
    """Return the columns all panels share."""
    return ChartPoints(
        number=list(range(1, len(trace) + 1)),
        start_ns=[each.start_ns for each in trace],
        end_ns=[each.end_ns for each in trace],
        size=[each.size for each in trace],
        hits=[each.hits for each in trace],
    )


def legend(spec: SpcSpec) -> list[ChartRule]:
    """Return the words of what the rule has chosen to look for."""
    chosen: list[int] = sorted(spec.run_rules)
    chosen += [Detector.EWMA] if spec.ewma_width is not None else []
    chosen += [Detector.CUSUM] if spec.cusum_limit is not None else []
    return [ChartRule(name=short_name(bit), text=FOUND[bit]) for bit in chosen]


def panels(spec: SpcSpec, trace: Sequence[Judged], *, unit: str) -> list[ChartPanel]:
    """Return the points with their limits, their spread, and where they were chosen the EWMA and the CUSUM."""
    grouped = any(each.size > 1 for each in trace)
    main = "mean" if grouped else MAIN[spec.spread]
    sides = [(each.foreseen, 3.0 * each.error) for each in trace]
    found = [_panel(main, unit, [each.value for each in trace], sides), _spread(spec, trace, unit)]
    if spec.ewma_width is not None:
        values = [each.foreseen + each.error * each.average for each in trace]
        bounds = [(each.foreseen, each.error * each.bound) for each in trace]
        found.append(_panel("EWMA", unit, values, bounds))
    if spec.cusum_limit is not None:
        h = [spec.cusum_limit] * len(trace)
        for name, sums in (("CUSUM high", "high"), ("CUSUM low", "low")):
            values = [getattr(each, sums) for each in trace]
            none: list[float | None] = [None] * len(trace)
            found.append(
                ChartPanel(
                    name=name, unit="sigma", value=_known(values), lower=none, centre=none, upper=h
                )
            )
    return found


def _panel(
    name: str, unit: str, values: Iterable[float], sides: Sequence[tuple[float, float]]
) -> ChartPanel:
    return ChartPanel(
        name=name,
        unit=unit,
        value=_known(values),
        lower=_known(centre - apart for centre, apart in sides),
        centre=_known(centre for centre, _ in sides),
        upper=_known(centre + apart for centre, apart in sides),
    )


def _spread(spec: SpcSpec, trace: Sequence[Judged], unit: str) -> ChartPanel:
    """Return the chart of spread around what the frozen standard deviation lets expect (rules.md §1.2)."""
    edges = [_expected(spec.spread, each) for each in trace]
    return ChartPanel(
        name=BESIDE[spec.spread],
        unit=unit,
        value=_known(each.spread for each in trace),
        lower=_known(low for low, _, _ in edges),
        centre=_known(middle for _, middle, _ in edges),
        upper=_known(high for _, _, high in edges),
    )


def _expected(spread: Spread, each: Judged) -> tuple[float, float, float]:
    size = 2 if spread is Spread.MOVING_RANGE else each.size
    if math.isnan(each.spread) or size < 2:
        return math.nan, math.nan, math.nan
    by = factors(size)
    sigma = each.error if spread is Spread.MOVING_RANGE else each.error * math.sqrt(size)
    if spread is Spread.SD:
        return by.b5 * sigma, by.c4 * sigma, by.b6 * sigma
    middle = by.d2 * sigma
    return by.d3_limit * middle, middle, by.d4_limit * middle


def _known(values: Iterable[float]) -> list[float | None]:
    return [value if math.isfinite(value) else None for value in values]


def change(spec: SpcSpec, trace: Sequence[Judged]) -> ChangePoint | None:
    """Estimate when the newest signalled change began: where the CUSUM (k, or 0.5) last left 0 (rules.md §1.2)."""
    seen = next((at for at in range(len(trace) - 1, -1, -1) if trace[at].hits), None)
    if seen is None:
        return None
    while seen > 0 and trace[seen - 1].hits:
        seen -= 1
    high = low = 0.0
    high_at = low_at = 0
    for at, each in enumerate(trace[: seen + 1]):
        if math.isnan(each.error):
            continue
        z = (each.value - each.foreseen) / each.error
        high_at, low_at = (at if high == 0.0 else high_at), (at if low == 0.0 else low_at)
        high = max(0.0, high + z - spec.cusum_reference)
        low = max(0.0, low - z - spec.cusum_reference)
    if high == low == 0.0:
        return None
    start = high_at if high > low else low_at
    after = [each.value for each in trace[start : seen + 1]]
    return ChangePoint(
        start_ns=trace[start].start_ns,
        seen_ns=trace[seen].end_ns,
        mean=statistics.fmean(after),
        before=trace[seen].foreseen,
        points=len(after),
    )


def capable(
    trace: Sequence[Judged],
    values: Sequence[float],
    tolerance: Tolerance | None,
    *,
    settled: bool,
) -> ChartCapability | None:
    """Return the capability of the window's values, None where the rule names no specification limit."""
    if tolerance is None:
        return None
    within = [each.within for each in trace if math.isfinite(each.within)]
    sigma = statistics.fmean(within) if within else 0.0
    overall = statistics.stdev(values) if len(values) > 1 else 0.0
    mean = statistics.fmean(values) if values else None
    indices: list[CapabilityIndex] = []
    if mean is None or not (sigma > 0.0 and overall > 0.0):
        refused = "the window holds no two values that differ"
    else:
        measured = Measured(mean=mean, sigma_within=sigma, sigma_overall=overall, count=len(values))
        fired = sorted({RunRule[n] for e in trace for n in e.hits if n in RunRule.__members__})
        others = sorted({n for e in trace for n in e.hits if n not in RunRule.__members__})
        found = capability(measured, tolerance, fired=fired, confidence=CONFIDENCE)
        refused = found.refused
        if not refused and others:
            refused = f"Not in control ({', '.join(others)} fire): Ppk says what was made."
        if not refused and not settled:
            refused = (
                "Limits are still estimated: nobody can tell yet whether the process is in control."
            )
        indices = _indices(found, kept=not refused)
    return ChartCapability(
        lower=tolerance.lower,
        upper=tolerance.upper,
        target=tolerance.target,
        confidence=CONFIDENCE,
        values=len(values),
        mean=mean,
        sigma_within=sigma or None,
        sigma_overall=overall or None,
        indices=indices,
        refused=refused,
    )


def _indices(found: Capability, *, kept: bool) -> list[CapabilityIndex]:
    future = {"Cp": found.cp, "Cpk": found.cpk, "Cpm": found.cpm} if kept else {}
    named: dict[str, Interval | None] = {**future, "Pp": found.pp, "Ppk": found.ppk}
    return [
        CapabilityIndex(name=name, value=one.value, low=one.low, high=one.high)
        for name, one in named.items()
        if one is not None
    ]
