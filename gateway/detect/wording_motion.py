"""Deviations of motion and of expressions in plain words, with numbers and units."""

from __future__ import annotations

from collections.abc import Mapping

from gateway.detect.options_base import RuleOptions
from gateway.detect.options_expression import ExpressionRule
from gateway.detect.options_motion import (
    RangeRule,
    RateOfChangeRule,
    SpikeRule,
    StaleRule,
    StateDurationRule,
    StuckRule,
)
from gateway.detect.options_seasonal import SeasonalRule
from gateway.model import Signal
from rules.events import Event

Said = tuple[str, Mapping[str, float]]
TIMES = {1.0: "s", 60.0: "min", 3600.0: "h"}


def moved(name: str, event: Event, rule: RuleOptions, shown: str, signal: Signal) -> Said:
    """Say what was found, and what it was compared with; `shown` is the event's value with its unit."""
    if isinstance(rule, RateOfChangeRule):
        per = TIMES.get(rule.per_s, f"{rule.per_s:g} s")
        word = "rises" if event.side == "high" else "falls"
        value, limit = abs(event.value), abs(event.limit)
        said = (
            f"{name} {word} by {value:g} {signal.unit}/{per}, limit {limit:g} {signal.unit}/{per}"
        )
        return said.replace("  ", " "), {event.side: event.limit, "deadband": rule.deadband}
    if isinstance(rule, RangeRule):
        word = "varies by" if event.side == "high" else "varies by only"
        said = (
            f"{name} {word} {shown} within {rule.window_s:g} s, limit {event.limit:g} {signal.unit}"
        )
        return said.rstrip(), {event.side: event.limit, "deadband": rule.deadband}
    if isinstance(rule, StuckRule):
        band = f" by more than {rule.band:g} {signal.unit}".rstrip() if rule.band else ""
        running = " while the machine runs" if rule.while_signal else ""
        said = f"{name} stands at {shown}: has not moved{band} for {rule.after_s:g} s{running}"
        return said, {"band": rule.band}
    if isinstance(rule, SpikeRule):
        said = (
            f"{name} spiked to {shown} and came back, usual is up to {event.limit:g} {signal.unit}"
        )
        side = "high" if event.value > event.limit else "low"
        return said.rstrip(), {side: event.limit}
    if isinstance(rule, StateDurationRule):
        words = dict(signal.labels)
        state = words.get(int(event.value), f"{event.value:g}")
        return f"{name} has stayed {state} for {rule.after_s:g} s", {"after_s": rule.after_s}
    if isinstance(rule, StaleRule):
        said = f"{name}: the newest good value is {event.value:.3g} s old, limit {rule.after_s:g} s"
        return said, {"after_s": rule.after_s}
    if isinstance(rule, SeasonalRule):
        word = "above" if event.value > event.limit else "below"
        usual = (
            f"what this hour of the week usually is (limit {event.limit:g} {signal.unit}".rstrip()
        )
        side = "high" if event.value > event.limit else "low"
        return f"{name} {shown} on average of an hour is {word} {usual})", {side: event.limit}
    if isinstance(rule, ExpressionRule):
        return _condition(name, event, rule)
    return f"{name} {shown}", {}


def _condition(name: str, event: Event, rule: ExpressionRule) -> Said:
    for_s = f" for {rule.on_delay_s:g} s" if rule.on_delay_s else ""
    said = f"{name}: {' '.join(rule.when.split())}{for_s}"
    if not rule.to_spec("").program.compares:
        return said, {}
    return f"{said} ({event.value:g} against {event.limit:g})", {"limit": event.limit}
