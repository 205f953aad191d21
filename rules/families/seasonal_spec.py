"""What a rule against the same hour of earlier weeks asks for, as plain frozen data."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from rules.spec import SpecError, positive

HOURS: Final = 168
MOST_WEEKS: Final = 12
MOST_OFFSETS: Final = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class SeasonalSpec:
    """An hour whose mean is far from the same hour of the week in earlier weeks.

    Far is more than `threshold` robust standard deviations (1.4826 MAD, at least `min_scale`) from the median of the
    last `weeks` of them, once `least_weeks` are known. `offsets` are (since UTC ns, seconds ahead of UTC) of the
    plant's clock, oldest first, so that shifts stay in their hour over summer time. Judged when an hour is over.
    """

    id: str
    version: str
    signals: tuple[str, ...]
    threshold: float = 5.0
    min_scale: float = 0.0
    weeks: int = 8
    least_weeks: int = 4
    offsets: tuple[tuple[int, int], ...] = ((0, 0),)


def check(spec: SeasonalSpec) -> None:
    """Raise `SpecError` where a rule cannot be run as written."""
    positive("threshold", spec.threshold)
    if not (math.isfinite(spec.min_scale) and spec.min_scale >= 0.0):
        raise SpecError(f"min_scale is {spec.min_scale:g}, want 0 or more")
    if not 3 <= spec.weeks <= MOST_WEEKS:
        raise SpecError(f"weeks is {spec.weeks}, want 3 to {MOST_WEEKS}")
    if not 3 <= spec.least_weeks <= spec.weeks:
        raise SpecError(f"least_weeks is {spec.least_weeks}, want 3 to weeks = {spec.weeks}")
    if not 1 <= len(spec.offsets) <= MOST_OFFSETS or [*spec.offsets] != sorted(spec.offsets):
        raise SpecError(f"offsets wants 1 to {MOST_OFFSETS} of them, oldest first")
