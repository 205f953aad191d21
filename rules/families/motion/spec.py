"""What rules over the motion of one signal ask for, as plain frozen data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

MOST_STATES: Final = 16
LONGEST_SPIKE_WINDOW: Final = 31


@dataclass(frozen=True, slots=True, kw_only=True)
class RateOfChangeSpec:
    """A value that rises or falls by at least so much in `per_s` seconds, continuously for `on_delay_s`.

    The rate is taken between a usable sample and the one it was last taken at, once that lies `min_span_s` back;
    what comes sooner is passed over. Beyond `max_span_s`, or after bad quality, the rate is unknown and timers stand.
    Clear when the rate is less than the limit by more than `deadband`, for `off_delay_s`.
    """

    id: str
    version: str
    signals: tuple[str, ...]
    rise: float | None = None
    fall: float | None = None
    per_s: float = 60.0
    min_span_s: float = 1.0
    max_span_s: float = 60.0
    deadband: float = 0.0
    on_delay_s: float = 0.0
    off_delay_s: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class RangeSpec:
    """Largest less smallest value of a sliding window at or beyond `most`, or at or below `least`.

    The last usable value holds until the next one. Judged 60 times a window, at multiples since 1970, once a whole
    window was seen without bad quality.
    """

    id: str
    version: str
    signals: tuple[str, ...]
    window_s: float
    most: float | None = None
    least: float | None = None
    deadband: float = 0.0
    on_delay_s: float = 0.0
    off_delay_s: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class StuckSpec:
    """No change by more than `band` for `after_s`, while `while_signal` of the same machine has one of its values.

    The last usable value holds until the next one; silence is for `missing` and `stale`. Time counts anew from each
    change and from each start of the machine; bad quality of either signal stops it.
    """

    id: str
    version: str
    signals: tuple[str, ...]
    after_s: float
    band: float = 0.0
    while_signal: str | None = None
    while_values: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SpikeSpec:
    """A value that leaves the usual range and comes back within `returns_within` samples.

    Usual is |x - median| ≤ `threshold` robust standard deviations (1.4826 MAD, at least `min_scale`) of the last `window`
    usual samples. Raised when it is back; what stays away longer is a step, and what is usual is learned anew.
    Cleared after `clear_after` usual samples in a row.
    """

    id: str
    version: str
    signals: tuple[str, ...]
    threshold: float = 6.0
    window: int = 15
    returns_within: int = 3
    min_scale: float = 0.0
    clear_after: int = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class StateDurationSpec:
    """A state signal that has stayed in any of `states` for `after_s`; changes among them do not start anew."""

    id: str
    version: str
    signals: tuple[str, ...]
    states: tuple[float, ...]
    after_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class StaleSpec:
    """The newest good value is `after_s` old by its own source time, whether or not anything still arrives."""

    id: str
    version: str
    signals: tuple[str, ...]
    after_s: float
