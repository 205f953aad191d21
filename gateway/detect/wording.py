"""A deviation in plain words, with numbers and units."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Final, NamedTuple

from gateway.detect.options import LimitRule, MissingRule, RateRule, RuleOptions, SpcRule
from gateway.detect.options_charts import AttributeRule, MultiRule
from gateway.detect.options_throughput import CycleRule, StopsRule
from gateway.detect.wording_motion import moved
from gateway.model import Signal
from rules.events import Event
from rules.spc.multi_spec import PART_BITS, Statistic
from rules.spc.runrules import RunRule
from rules.spc.spec import Detector

FOUND: Final[Mapping[int, str]] = {
    RunRule.N1: "a point beyond 3 sigma",
    RunRule.N2: "nine points in a row on one side of the centre",
    RunRule.N3: "six points in a row rising or falling",
    RunRule.N4: "fourteen points in a row up and down by turns",
    RunRule.N5: "two of three points beyond 2 sigma",
    RunRule.N6: "four of five points beyond 1 sigma",
    RunRule.N7: "fifteen points in a row within 1 sigma",
    RunRule.N8: "eight points in a row beyond 1 sigma, on both sides",
    RunRule.WE4: "eight points in a row on one side of the centre",
    Detector.EWMA: "the moving average outside its limit",
    Detector.CUSUM: "the cumulative sum above its limit",
    Detector.SPREAD: "the spread within a point beyond its limits",
}
EDGED: Final = frozenset({RunRule.N1, RunRule.N5, RunRule.N6, Detector.SPREAD})
"""Rules of single zones, compared with the zone's edge; the others are compared with the centre line."""


class Words(NamedTuple):
    """What an issue says of its deviation."""

    title: str
    explanation: str
    limits: Mapping[str, float]


def describe(event: Event, rule: RuleOptions, signal: Signal) -> Words:
    """Say what was found, where, and what it was compared with."""
    said, limits = _finding(event, rule, signal)
    machine = signal.machine.rpartition("/")[2]
    title = f"{said} at {machine}"
    parts = [f"{title}.", f"Rule: {rule.title}.", rule.description]
    return Words(title, " ".join(part for part in parts if part), limits)


def _finding(event: Event, rule: RuleOptions, signal: Signal) -> tuple[str, Mapping[str, float]]:
    name = signal.name.replace("_", " ").replace("-", " ")
    name = name[:1].upper() + name[1:]
    if isinstance(rule, LimitRule):
        sign = 1 if event.side == "high" else -1
        limit = rule.high if event.side == "high" else rule.low
        limit = event.limit if limit is None else limit
        beyond = "at" if event.value == limit else ("above" if sign > 0 else "below")
        value, bound = amount(event.value, signal), amount(limit, signal)
        for_s = f" for {rule.on_delay_s:g} s" if rule.on_delay_s else ""
        return f"{name} {value} {beyond} {bound}{for_s}", {
            event.side: limit,
            "deadband": rule.deadband,
        }
    if isinstance(rule, RateRule):
        target = event.limit / rule.threshold_fraction
        return (
            f"{name} {event.value:.1f}/min below {event.limit:.1f}/min"
            f" ({rule.threshold_fraction:.0%} of the target {target:.1f}/min)"
            f" over {rule.window_s:g} s",
            {"low": event.limit, "target": target},
        )
    if isinstance(rule, MissingRule):
        return f"{name}: no good sample for {rule.after_s:g} s", {"after_s": rule.after_s}
    if isinstance(rule, CycleRule):
        reference = event.limit / (1.0 + rule.over_fraction)
        how = "learned" if rule.learn_pieces else "planned"
        return (
            f"{name}: {event.value:.3g} s a piece, more than {event.limit:.3g} s"
            f" ({rule.over_fraction:.0%} over the {how} {reference:.3g} s)",
            {"high": event.limit, "reference": reference},
        )
    if isinstance(rule, StopsRule):
        what = f"{event.value:.0f} s of" if rule.most_stops is None else f"{event.value:.0f}"
        said = f"{what} stops shorter than {rule.minor_stop_s:g} s within {rule.window_s:g} s"
        return said, {"high": event.limit}
    if isinstance(rule, SpcRule):
        shown = replace(signal, unit="sigma") if rule.parts else signal
        return _chart(f"{name} of {event.side}" if event.side else name, event, shown)
    if isinstance(rule, AttributeRule):
        return _chart(f"{name} ({rule.chart} chart)", event, replace(signal, unit=""))
    if isinstance(rule, MultiRule):
        return _together(name, event, rule)
    return moved(name, event, rule, amount(event.value, signal), signal)


def _together(name: str, event: Event, rule: MultiRule) -> tuple[str, Mapping[str, float]]:
    """Say which of several signals contributes most."""
    place = event.code >> PART_BITS
    part = name if place == 0 else rule.with_signals[place - 1].rpartition("/")[2]
    by_rest = event.code & (1 << Statistic.T2) == 0
    what = "do not fit together as they used to" if by_rest else "are out of control together"
    beside = ", ".join(each.rpartition("/")[2] for each in rule.with_signals)
    statistic = "residual" if by_rest else "T2"
    said = f"{name}, {beside} {what}: {statistic} {event.value:.3g}, limit {event.limit:.3g}"
    return f"{said}; {part} contributes most", {"high": event.limit}


def _chart(name: str, event: Event, signal: Signal) -> tuple[str, Mapping[str, float]]:
    """Say what a control chart found: the most telling of what fired first, the others by their names."""
    fired = [bit for bit in FOUND if event.code >> bit & 1]
    edge = next((bit for bit in fired if bit in EDGED), None)
    if fired[0] == Detector.EWMA:
        edge = Detector.EWMA
    first = fired[0] if edge is None else edge
    others = [short_name(bit) for bit in fired if bit != first]
    line = "centre" if edge is None else "limit"
    also = f", also {', '.join(others)}" if others else ""
    value, limit = amount(event.value, signal), amount(event.limit, signal)
    said = (
        f"{name} {value} out of control: {FOUND[first]} ({short_name(first)}, {line} {limit}{also})"
    )
    side = "high" if event.value > event.limit else "low"
    return said, {"centre" if edge is None else side: event.limit}


def short_name(bit: int) -> str:
    """Return the name of a run rule or detector by its bit."""
    return Detector(bit).name if bit >= Detector.EWMA else RunRule(bit).name


def amount(value: float, signal: Signal) -> str:
    """Write a value with its unit: with the signal's decimals, or more where those would hide the value."""
    text = f"{value:.{signal.decimals}f}"
    if not math.isclose(float(text), value, rel_tol=1e-3, abs_tol=1e-9):
        text = f"{value:g}"
    return f"{text} {signal.unit}".rstrip()
