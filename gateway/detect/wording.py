"""A deviation in plain words, with numbers and units."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple

from gateway.detect.options import LimitRule, MissingRule, RateRule, RuleOptions
from gateway.model import Signal
from rules.events import Event


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
    return f"{name} {amount(event.value, signal)}", {}


def amount(value: float, signal: Signal) -> str:
    """Write a value with its unit: with the signal's decimals, or more where those would hide the value."""
    text = f"{value:.{signal.decimals}f}"
    if not math.isclose(float(text), value, rel_tol=1e-3, abs_tol=1e-9):
        text = f"{value:g}"
    return f"{text} {signal.unit}".rstrip()
