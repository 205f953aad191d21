"""The settings that a backtest tries, and which of them is worth suggesting."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

from pydantic import ValidationError

from gateway.backtest import BacktestRequest, Outcome, Sweep
from gateway.detect.options import LimitRule, RuleOptions, rule_types
from gateway.detect.options_broken import BrokenRule
from gateway.errors import InvalidRequestError
from gateway.model import Signal
from rules.spec import pattern

MOST: Final = 25
QUIET: Final = 0.2
"""A suggestion leaves at most this part of the alarms, if any variation does."""

Changes = Mapping[str, object]


def settings(request: BacktestRequest, rules: Mapping[str, RuleOptions]) -> dict[str, Any]:
    """Return the whole settings that were asked for; raises `InvalidRequestError`."""
    known = rules.get(request.rule)
    if known is None and "type" not in request.changes:
        raise InvalidRequestError(
            f"there is no rule {request.rule!r}: name one, or give whole settings with their type"
        )
    base: Mapping[str, Any] = {}
    if isinstance(known, BrokenRule):
        base = known.written
    elif known is not None:
        base = known.model_dump(mode="json", exclude_unset=True)
    return {**base, **request.changes, "enabled": True}


def made(values: Mapping[str, Any]) -> RuleOptions:
    """Return options of settings; raises `InvalidRequestError` with every mistake."""
    kind = str(values.get("type", ""))
    if kind not in rule_types():
        raise InvalidRequestError(f"type {kind[:40]!r} is none of {', '.join(rule_types())}")
    try:
        return rule_types()[kind].model_validate(values)
    except ValidationError as error:
        said = "; ".join(
            f"{'.'.join(str(part) for part in each['loc']) or 'rule'}: {each['msg']}"
            for each in error.errors(include_url=False)
        )
        raise InvalidRequestError(said) from error


def variations(
    request: BacktestRequest, base: RuleOptions, signals: Sequence[Signal]
) -> list[Changes]:
    """Return what is tried beside the rule itself; raises `InvalidRequestError`."""
    if request.sweep is Sweep.PARAMETER:
        return _values(request, base)
    if request.sweep is Sweep.NUISANCE:
        return _quieter(base, signals)
    return []


def _values(request: BacktestRequest, base: RuleOptions) -> list[Changes]:
    name = request.parameter
    held = getattr(base, name, None) if name in type(base).model_fields else None
    if isinstance(held, bool) or not (held is None or isinstance(held, int | float)):
        raise InvalidRequestError(f"parameter {name[:40]!r} is not a number of this rule")
    if name not in type(base).model_fields:
        raise InvalidRequestError(f"this rule has no setting {name[:40]!r}")
    if not 1 <= len(request.values) <= MOST or not all(map(math.isfinite, request.values)):
        raise InvalidRequestError(f"values: want 1 to {MOST} finite numbers")
    return [{name: value} for value in dict.fromkeys(request.values)]


def _quieter(base: RuleOptions, signals: Sequence[Signal]) -> list[Changes]:
    """Return deadbands and delays as they are commonly begun with (rules.md §4.2)."""
    if not isinstance(base, LimitRule):
        raise InvalidRequestError("suggestions are made for rules of type limit")
    span = _span(base, signals)
    bands = sorted({base.deadband, *(part * span for part in (0.01, 0.02, 0.05))})
    offs = sorted({base.off_delay_s, 15.0, 60.0})
    ons = sorted({base.on_delay_s, base.on_delay_s + 5.0})
    found: list[Changes] = []
    for on, band, off in itertools.product(ons, bands, offs):
        if band < base.deadband or off < base.off_delay_s:
            continue
        asked = {"on_delay_s": on, "deadband": band, "off_delay_s": off}
        changes = {name: v for name, v in asked.items() if v != getattr(base, name)}
        if changes and _fits(base, changes):
            found.append(changes)
    return found[:MOST]


def _fits(base: LimitRule, changes: Changes) -> bool:
    try:
        made({**base.model_dump(mode="json", exclude_unset=True), **changes})
    except InvalidRequestError:
        return False
    return True


def _span(base: LimitRule, signals: Sequence[Signal]) -> float:
    if base.high is not None and base.low is not None:
        return base.high - base.low
    patterns = [pattern(glob) for glob in base.signals]
    for signal in signals:
        low, high = signal.low, signal.high
        ours = any(one.fullmatch(signal.path) for one in patterns)
        if ours and low is not None and high is not None:
            return high - low
    limit = base.high if base.high is not None else base.low
    return abs(limit or 0.0) or 1.0


def suggestion(base: Outcome, curve: Sequence[Outcome]) -> Outcome | None:
    """Return the least change that quiets enough without missing more, or None where nothing helps.

    An off-delay hides nothing from anybody, so it is preferred to a deadband, and that to an on-delay.
    """
    safe = [one for one in curve if one.misses <= base.misses and one.alarms < base.alarms]
    quiet = [one for one in safe if one.alarms <= QUIET * base.alarms]
    if quiet:
        return min(quiet, key=_intrusion)
    return min(safe, key=lambda one: (one.alarms, _intrusion(one)), default=None)


def _intrusion(one: Outcome) -> tuple[bool, int, float]:
    changes = one.changes
    return "on_delay_s" in changes, len(changes), sum(float(str(v)) for v in changes.values())
