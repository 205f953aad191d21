"""What a rule asks for, as plain frozen data; globs are bound to signals by `rules.compile`."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Final, Protocol

NS_PER_S: Final = 1_000_000_000
MAX_DELAY_S: Final = 7 * 86_400.0


class SpecError(ValueError):
    """A rule cannot be run as written; the message says what would be right."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalInfo:
    """What the rules know of a signal; its index is its position in the sequence handed to `compile`.

    `numeric` is false where values are text or arrays, `counter_bits` the width at which a counter rolls over.
    """

    path: str
    numeric: bool = True
    counter_bits: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitSpec:
    """A value at or beyond a limit, continuously for `on_delay_s` (rules.md §4.2).

    Set when x ≥ high (x ≤ low); clear when x < high - deadband (x > low + deadband) for `off_delay_s`.
    The last usable value holds until the next sample; bad quality freezes both timers.
    """

    id: str
    version: str
    signals: tuple[str, ...]
    high: float | None = None
    low: float | None = None
    deadband: float = 0.0
    on_delay_s: float = 0.0
    off_delay_s: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class RateSpec:
    """A counter that advances slower than `fraction` of its target, over a sliding window (rules.md §3.2).

    The target is a number, or the newest value of a signal: a full path, or a name on the counter's machine.
    The rate is known only while the counter, or any other signal of its machine, has given a usable sample
    within `hold_s`: silence is unknown, not zero. `max_per_min` bounds what is believed (10 times the target if None).
    """

    id: str
    version: str
    signals: tuple[str, ...]
    fraction: float
    window_s: float
    target_per_min: float | None = None
    target_signal: str | None = None
    max_per_min: float | None = None
    hold_s: float = 30.0
    on_delay_s: float = 0.0
    off_delay_s: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingSpec:
    """No good sample for `after_s`; it ends with the next good sample."""

    id: str
    version: str
    signals: tuple[str, ...]
    after_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class CycleSpec:
    """Pieces that take longer than a reference: the median of the newest `pieces` completions against it.

    The reference is `planned_s` seconds a piece, or 60 / the newest value of `target_signal` (pieces a minute), or
    the median of the first `learn_pieces` completions, frozen then. Raised above (1 + `over_fraction`) times it.
    What took longer than `longest_s` a piece holds a stop and is left out. A fall of the counter is a rollover
    where it stays below a quarter of its width, else a reset, which completes nothing.
    """

    id: str
    version: str
    signals: tuple[str, ...]
    planned_s: float | None = None
    target_signal: str | None = None
    learn_pieces: int = 0
    over_fraction: float = 0.1
    pieces: int = 15
    longest_s: float = 60.0
    on_delay_s: float = 0.0
    off_delay_s: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class StopsSpec:
    """Stops of at least `shortest_s` and shorter than `minor_stop_s` within a window: `most_stops` or more, or `most_s`.

    A machine runs in the states `running`, and stops in every other. A stop counts when it has ended; one whose
    beginning nobody saw does not count.
    """

    id: str
    version: str
    signals: tuple[str, ...]
    running: tuple[int, ...] = (6,)
    minor_stop_s: float = 120.0
    shortest_s: float = 0.0
    window_s: float = 600.0
    most_stops: int | None = None
    most_s: float | None = None
    on_delay_s: float = 0.0
    off_delay_s: float = 0.0


class Spec(Protocol):
    """What every rule has: an id, a version that changes with its settings, and globs of signal paths."""

    @property
    def id(self) -> str:
        """Name of the rule, unique among the rules compiled together."""
        ...

    @property
    def version(self) -> str:
        """Changes whenever the settings do; state is kept only for the same version."""
        ...

    @property
    def signals(self) -> tuple[str, ...]:
        """Globs of the paths it watches."""
        ...


def positive(name: str, value: float) -> None:
    """Raise `SpecError` unless the value is a finite number above zero."""
    if not (math.isfinite(value) and value > 0):
        raise SpecError(f"{name} is {value:g}, want a number above 0")


def delay_ns(name: str, seconds: float) -> int:
    """Return a delay in nanoseconds; raises `SpecError` if negative, not a number or over seven days."""
    if not (0 <= seconds <= MAX_DELAY_S):
        raise SpecError(f"{name} is {seconds:g}, want 0 to {MAX_DELAY_S:g} seconds")
    return round(seconds * NS_PER_S)


def pattern(glob: str) -> re.Pattern[str]:
    """Compile a path glob: `*` stays within a level, `**` crosses levels, `?` is one character of a level."""
    parts = re.split(r"(\*\*|\*|\?)", glob)
    words = {"**": ".*", "*": "[^/]*", "?": "[^/]"}
    return re.compile("".join(words.get(part) or re.escape(part) for part in parts))
