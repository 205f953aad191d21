"""What a chart of several signals at once asks for, as plain frozen data."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import Final

from rules.spc.phase1 import AT_LEAST
from rules.spec import NS_PER_S, SpecError, delay_ns, positive

MOST_SIGNALS: Final = 8
MOST_POINTS: Final = 1_000_000
PART_BITS: Final = 8
"""An event's code holds, from this bit on, the place of the signal that contributes most."""


class Method(StrEnum):
    """Hotelling's T² of each point, its moving average, or T² and residual of the principal components."""

    T2 = "t2"
    MEWMA = "mewma"
    PCA = "pca"


class Statistic(IntEnum):
    """Bits of an event's code: which statistic is beyond its limit."""

    T2 = 0
    RESIDUAL = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class MultiSpec:
    """Several signals of a machine that belong together (rules.md §1.2, §6).

    The matched signal and `with_signals` of its machine make a point every `point_s` (at multiples since 1970): the
    mean of each over that time; a time in which any gave no usable sample gives no point. Mean and covariance are
    estimated from the first `phase_one_points` points and frozen. `confidence` sets the limits of T2 and PCA, `limit` is
    h4 of a MEWMA of weight `weight`; PCA keeps as many components as explain `explained` of the variance.
    """

    id: str
    version: str
    signals: tuple[str, ...]
    with_signals: tuple[str, ...]
    method: Method = Method.T2
    point_s: float = 10.0
    confidence: float = 0.9973
    weight: float = 0.1
    limit: float | None = None
    explained: float = 0.9
    phase_one_points: int = AT_LEAST
    clear_after: int = 8


def check(spec: MultiSpec) -> None:
    """Raise `SpecError` where a chart cannot be run as written."""
    count = 1 + len(spec.with_signals)
    if not 2 <= count <= MOST_SIGNALS or len({*spec.with_signals}) < len(spec.with_signals):
        raise SpecError(f"with_signals wants 1 to {MOST_SIGNALS - 1} different signals")
    if delay_ns("point_s", spec.point_s) < NS_PER_S // 10:
        raise SpecError(f"point_s is {spec.point_s:g}, want at least 0.1 seconds")
    for name in ("confidence", "explained", "weight"):
        if not 0.0 < getattr(spec, name) <= (1.0 if name == "weight" else 0.9999999):
            raise SpecError(f"{name} is {getattr(spec, name):g}, want above 0 and below 1")
    if spec.method is Method.MEWMA:
        if spec.limit is None:
            raise SpecError("a MEWMA wants limit: h4, such as 8.64 for two signals at weight 0.1")
        positive("limit", spec.limit)
    least = max(AT_LEAST, 10 * count)
    if not least <= spec.phase_one_points <= MOST_POINTS:
        raise SpecError(f"phase_one_points is {spec.phase_one_points}, want at least {least}")
    if not 1 <= spec.clear_after <= MOST_POINTS:
        raise SpecError(f"clear_after is {spec.clear_after}, want at least 1")
