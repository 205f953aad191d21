"""What a rule with an expression asks for, as plain frozen data."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from rules.expression.program import Program


class OnBad(StrEnum):
    """What a sample of refused quality does: nothing (the last good one holds), or it makes its input unknown."""

    HOLD = "hold"
    UNKNOWN = "unknown"


class Accepts(StrEnum):
    """Which samples are taken: good ones only, or uncertain ones as well."""

    GOOD = "good"
    USABLE = "usable"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpressionSpec:
    """A condition over several signals, continuously for `on_delay_s`; one instance for each matched signal.

    The program's input `value` is the matched signal; another name is looked up in `inputs` (a full path, or a name on
    the matched signal's machine), else it is a name on that machine. Each input holds its last accepted sample until
    it is `max_age_s` old. While any input is unknown, or the result cannot be computed (a division by zero), delays
    stand still.
    """

    id: str
    version: str
    signals: tuple[str, ...]
    program: Program
    inputs: tuple[tuple[str, str], ...] = ()
    accepts: Accepts = Accepts.USABLE
    on_bad: OnBad = OnBad.HOLD
    max_age_s: float | None = None
    on_delay_s: float = 0.0
    off_delay_s: float = 0.0
