"""Whether a fix worked: one-sided tests of after against before (rules.md §5)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import special

EVENTS_AT_5_PERCENT: Final = 3.0
"""exp(-3) = 0.0498: so many expected events none of which came reject "nothing changed" at 5 %."""


def quiet_time(events: float, over: float) -> float:
    """Return T = 3/lambda, in the unit of `over`: how long nothing may happen. Raises `ValueError`."""
    if not (events > 0 and over > 0):
        raise ValueError("a rate needs at least one event in a time longer than none")
    return EVENTS_AT_5_PERCENT * over / events


def fisher_less(bad_before: int, made_before: int, bad_after: int, made_after: int) -> float:
    """Return Fisher's exact one-sided p: how likely so few bad ones are after, had nothing changed.

    Raises `ValueError` for counts that cannot be.
    """
    pairs = ((bad_before, made_before), (bad_after, made_after))
    if any(not 0 <= bad <= made for bad, made in pairs):
        raise ValueError("want 0 <= bad <= made, before and after")
    made, bad = made_before + made_after, bad_before + bad_after
    fewest = max(0, bad - made_before)
    k = np.arange(fewest, bad_after + 1, dtype=np.float64)
    logs = _choose(bad, k) + _choose(made - bad, made_after - k) - _choose(made, made_after)
    return float(min(1.0, np.exp(logs).sum()))


def _choose(n: float, k: NDArray[np.float64] | float) -> NDArray[np.float64]:
    found: NDArray[np.float64] = np.asarray(
        special.gammaln(n + 1.0)
        - special.gammaln(np.asarray(k) + 1.0)
        - special.gammaln(n - np.asarray(k) + 1.0)
    )
    return found


def fewest_to_pass(bad_before: int, made_before: int, *, alpha: float = 0.05) -> int | None:
    """Return how many without a bad one pass Fisher's test, None where no number can."""
    if bad_before < 1:
        return None
    low, high = 0, 1
    while fisher_less(bad_before, made_before, 0, high) >= alpha:
        low, high = high, 2 * high
        if high > 10**9:
            return None
    while high - low > 1:
        middle = (low + high) // 2
        if fisher_less(bad_before, made_before, 0, middle) < alpha:
            high = middle
        else:
            low = middle
    return high


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A difference of means, after minus before, at the mix of strata that both have.

    `p` is one-sided for "less than before", `upper` the one-sided 95 % bound of the difference; `compared` the
    share of the rows after that some stratum before could be held against.
    """

    before: float
    after: float
    difference: float
    upper: float
    p: float
    freedom: float
    compared: float


def mean_less(
    before: Sequence[tuple[str, float]], after: Sequence[tuple[str, float]]
) -> Change | None:
    """Compare means stratum by stratum (Welch, weighted by the mix after); None with fewer than two rows on a side.

    Rows are (stratum, value). Strata that only one side has are left out.
    """
    sides = [_strata(before), _strata(after)]
    shared = [s for s in sides[1] if len(sides[1][s]) > 1 and len(sides[0].get(s, ())) > 1]
    if not shared:
        return None
    sizes = np.array([len(sides[1][s]) for s in shared], np.float64)
    weight = sizes / sizes.sum()
    means = [np.array([np.mean(side[s]) for s in shared]) for side in sides]
    parts = [
        weight**2 * np.array([np.var(side[s], ddof=1) / len(side[s]) for s in shared])
        for side in sides
    ]
    variance = float(sum(part.sum() for part in parts))
    counts = [np.array([len(side[s]) for s in shared], np.float64) for side in sides]
    squares = float(sum((p**2 / (n - 1)).sum() for p, n in zip(parts, counts, strict=True)))
    old, new = (float(weight @ mean) for mean in means)
    difference = new - old
    compared = float(sizes.sum() / len(after))
    if variance <= 0.0 or squares <= 0.0:
        p = 0.0 if difference < 0 else 1.0
        return Change(
            before=old,
            after=new,
            difference=difference,
            upper=difference,
            p=p,
            freedom=math.inf,
            compared=compared,
        )
    freedom = variance**2 / squares
    error = math.sqrt(variance)
    return Change(
        before=old,
        after=new,
        difference=difference,
        upper=difference + float(special.stdtrit(freedom, 0.95)) * error,
        p=float(special.stdtr(freedom, difference / error)),
        freedom=freedom,
        compared=compared,
    )


def _strata(rows: Sequence[tuple[str, float]]) -> dict[str, list[float]]:
    found: dict[str, list[float]] = {}
    for stratum, value in rows:
        if math.isfinite(value):
            found.setdefault(stratum, []).append(value)
    return found
