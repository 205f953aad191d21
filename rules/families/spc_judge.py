"""Phase II of control charts: each point against run rules, EWMA and CUSUM, with a constant state a signal."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import DTypeLike, NDArray

from rules.events import EventKind
from rules.families.base import Arrays, Block, Hits
from rules.families.spc_learn import BY_MOVING_RANGE, BY_RANGE, Point
from rules.routing import Index
from rules.spc import runrules
from rules.spc.constants import c4
from rules.spc.runrules import RunRule, Runs
from rules.spc.spec import Detector

Floats = NDArray[np.float64]

FARTHEST: Final = 1e6
"""Standard deviations at which a point is taken to be, at most."""

NEVER: Final = -1
SUM_CAP: Final = 2.0
"""Times h at which a CUSUM stops to grow, so that it comes back in time when the process does."""

GRADUAL: Final = (
    runrules.mask([RunRule.N2, RunRule.N5, RunRule.N6, RunRule.WE4])
    | 1 << Detector.EWMA
    | 1 << Detector.CUSUM
)
"""What is seen only some points after it began: there the CUSUM estimates the start."""


class Extent(NamedTuple):
    """Spread of each point (NaN where it is not watched) and its limits."""

    value: Floats
    low: Floats
    high: Floats

    @property
    def outside(self) -> NDArray[np.bool_]:
        """Which are beyond a limit."""
        out: NDArray[np.bool_] = (self.value > self.high) | (self.value < self.low)
        return out


class Seen(NamedTuple):
    """Points in standard deviations, what was foreseen and one standard deviation in their unit, the EWMA's bound, the spread."""

    z: Floats
    foreseen: Floats
    error: Floats
    bound: Floats
    extent: Extent | None = None


PARAMS: Final[dict[str, DTypeLike]] = {
    "bits": np.int64,
    "weight": np.float64,
    "width": np.float64,
    "exact": np.bool_,
    "reference": np.float64,
    "limit": np.float64,
    "head": np.float64,
    "clear_after": np.int64,
}
UNREACHED: Final = 1e300
"""Width of an EWMA that was not chosen."""

RUN_RULES_ONLY: Final[dict[str, float]] = {
    "weight": 1.0,
    "width": UNREACHED,
    "exact": False,
    "reference": 0.5,
    "limit": np.inf,
    "head": 0.0,
}
ZONE: Final = {RunRule.N1: 3.0, RunRule.N5: 2.0, RunRule.N6: 1.0}

COLUMNS: Final[dict[str, DTypeLike]] = {
    "counters": np.dtype((np.int8, (9,))),
    "history": np.dtype((np.uint8, (4,))),
    "before": np.float64,
    "average": np.float64,
    "decay": np.float64,
    "high": np.float64,
    "low": np.float64,
    "high_ns": np.int64,
    "low_ns": np.int64,
    "raised": np.int8,
    "quiet": np.int64,
    "onset": np.int64,
    "serial": np.int64,
}


def begin(block: Block, s: Arrays, i: Index) -> None:
    """Start the charts of instances whose limits are known."""
    forget(s, i)
    s["average"][i] = 0.0
    s["decay"][i] = 1.0
    s["high"][i] = s["low"][i] = block.params["head"][i]
    s["high_ns"][i] = s["low_ns"][i] = NEVER


def forget(s: Arrays, i: Index) -> None:
    """Break every run of distinct instances."""
    s["counters"][i] = 0
    s["history"][i] = 0
    s["before"][i] = np.nan


def judge(block: Block, s: Arrays, p: Point, hits: list[Hits]) -> None:
    """Take a point of each instance; raise and clear what it completes."""
    centre, phi = s["centre"][p.i], s["phi"][p.i]
    foreseen = centre + np.where(phi == 0.0, 0.0, phi * (s["last"][p.i] - centre))
    extent = _extent(block, s, p)
    s["last"][p.i] = p.value
    within = block.params["kind"][p.i] != 0
    error = s["sigma"][p.i] / np.where(within, np.sqrt(p.size), 1.0)
    hold(block, s, p, foreseen, error, hits, extent)


def _extent(block: Block, s: Arrays, p: Point) -> Extent | None:
    """Return the spread of each point with its limits (rules.md §1.2), None where nobody watches it."""
    watched = block.params["watched"][p.i]
    if not watched.any():
        return None
    kind, sigma = block.params["kind"][p.i], s["sigma"][p.i]
    moved = np.where(s["phi"][p.i] == 0.0, np.abs(p.value - s["last"][p.i]), np.nan)
    value = np.select([kind == BY_MOVING_RANGE, kind == BY_RANGE], [moved, p.range], p.sd)
    by_sd = kind > BY_RANGE
    shrink = c4(np.maximum(p.size, 2))
    loose = 3.0 * np.sqrt(1.0 - shrink**2)
    low = np.where(by_sd, np.maximum(shrink - loose, 0.0), block.params["spread_low"][p.i]) * sigma
    high = np.where(by_sd, shrink + loose, block.params["spread_high"][p.i]) * sigma
    known = watched & ~(by_sd & (p.size < 2))
    return Extent(np.where(known, value, np.nan), low, high)


def hold(  # noqa: PLR0917 - columns of one length
    block: Block,
    s: Arrays,
    p: Point,
    foreseen: Floats,
    error: Floats,
    hits: list[Hits],
    extent: Extent | None = None,
) -> None:
    """Hold points against what was foreseen; raise and clear what they complete."""
    z = np.clip((p.value - foreseen) / error, -FARTHEST, FARTHEST)
    known = np.isfinite(z)
    if not known.all():
        p, z, foreseen, error = p.only(known), z[known], foreseen[known], error[known]
        extent = None if extent is None else Extent._make(column[known] for column in extent)
    code = _run_rules(s, p.i, z) & block.params["bits"][p.i]
    bound, averaged = _average(block, s, p.i, z)
    summed = _sum(block, s, p, z)
    code = code | averaged << int(Detector.EWMA) | summed << int(Detector.CUSUM)
    if extent is not None:
        code |= extent.outside.astype(np.int64) << int(Detector.SPREAD)
    hits += _settle(block, s, p, code, Seen(z, foreseen, error, bound, extent))


def _run_rules(s: Arrays, i: Index, z: Floats) -> NDArray[np.int64]:
    at: Index | slice = slice(None) if _everyone(i, len(s["before"])) else i
    runs = Runs(
        np.ascontiguousarray(s["counters"][at].T),
        np.ascontiguousarray(s["history"][at].T),
        s["before"][at],
    )
    fired = runrules.step(runs, z)
    s["counters"][at], s["history"][at] = runs.counters.T, runs.history.T
    s["before"][at] = runs.before
    return fired.astype(np.int64)


def _everyone(i: Index, count: int) -> bool:
    """Tell whether these are all instances in their order, so that plain slices do: four times as fast."""
    return len(i) == count and bool((np.diff(i) == 1).all())


def _average(block: Block, s: Arrays, i: Index, z: Floats) -> tuple[Floats, NDArray[np.int64]]:
    """Move the EWMA; return its bound in standard deviations of a point, and whether it is outside."""
    weight = block.params["weight"][i]
    average = s["average"][i]
    average += weight * (z - average)
    decay = s["decay"][i] * (1.0 - weight) ** 2
    s["average"][i], s["decay"][i] = average, decay
    widened = np.where(block.params["exact"][i], 1.0 - decay, 1.0)
    bound = block.params["width"][i] * np.sqrt(weight / (2.0 - weight) * widened)
    return bound, (np.abs(average) > bound).astype(np.int64)


def _sum(block: Block, s: Arrays, p: Point, z: Floats) -> NDArray[np.int64]:
    """Move both CUSUMs and note where each left 0; return whether either exceeds h."""
    i = p.i
    limit = block.params["limit"][i]
    cap = SUM_CAP * np.where(np.isfinite(limit), limit, 10.0)
    outside = np.zeros(len(i), np.bool_)
    for side, sign in (("high", 1.0), ("low", -1.0)):
        before, since = s[side][i], s[f"{side}_ns"][i]
        total = np.minimum(np.maximum(before + sign * z - block.params["reference"][i], 0.0), cap)
        leaves = (before == 0.0) | (since == NEVER)
        s[side][i] = total
        s[f"{side}_ns"][i] = np.where(leaves, p.start_ns, since)
        outside |= total > limit
    return outside.astype(np.int64)


def _settle(block: Block, s: Arrays, p: Point, code: NDArray[np.int64], seen: Seen) -> list[Hits]:
    """Raise where something fires and nothing was raised; clear after enough points at which nothing does."""
    i = p.i
    raised = s["raised"][i] == 1
    fires = code != 0
    if not (raised.any() or fires.any()):
        return []
    s["quiet"][i] = np.where(fires, 0, s["quiet"][i] + 1)
    starts = fires & ~raised
    ends = raised & ~fires & (s["quiet"][i] >= block.params["clear_after"][i])
    new = i[starts]
    s["raised"][new] = 1
    s["serial"][new] += 1
    up = _upward(s, i, code, seen, block.params["limit"][i])
    s["onset"][new] = _onset(s, p, code, up)[starts]
    s["raised"][i[ends]] = 0
    value, limit = _compared(s, p, code, up, seen)
    hits: list[Hits] = []
    for chosen, kind in ((starts, EventKind.RAISED), (ends, EventKind.CLEARED)):
        j = i[chosen]
        if len(j):
            end_ns, serial = p.end_ns[chosen], s["serial"][j]
            what = (s["onset"][j], value[chosen], limit[chosen], serial, code[chosen])
            hits.append(Hits(j, kind, end_ns, *what))
    return hits


def _upward(
    s: Arrays,
    i: Index,
    code: NDArray[np.int64],
    seen: Seen,
    limit: Floats,
) -> NDArray[np.bool_]:
    """Tell in which direction a point is off: its own side for run rules, else the average's, the sum's, the spread's."""
    by_rule = (code & runrules.mask(RunRule)) != 0
    by_average = (code >> int(Detector.EWMA) & 1) != 0
    up: NDArray[np.bool_] = np.where(
        by_rule, seen.z > 0.0, np.where(by_average, s["average"][i] > 0.0, s["high"][i] > limit)
    )
    if seen.extent is not None:
        up = np.where(code == 1 << Detector.SPREAD, seen.extent.value > seen.extent.high, up)
    return up


def _onset(
    s: Arrays, p: Point, code: NDArray[np.int64], up: NDArray[np.bool_]
) -> NDArray[np.int64]:
    total = np.where(up, s["high"][p.i], s["low"][p.i])
    since = np.where(up, s["high_ns"][p.i], s["low_ns"][p.i])
    gradual = ((code & GRADUAL) != 0) & (total > 0.0)
    onset: NDArray[np.int64] = np.where(gradual, since, p.start_ns)
    return onset


def _compared(
    s: Arrays, p: Point, code: NDArray[np.int64], up: NDArray[np.bool_], seen: Seen
) -> tuple[Floats, Floats]:
    """Return the value and what it was compared with: the zone's edge, the EWMA's bound, or the centre line."""
    by_average = (code & -code) == 1 << int(Detector.EWMA)
    value = np.where(by_average, s["centre"][p.i] + seen.error * s["average"][p.i], p.value)
    zones = [(code >> int(rule) & 1) != 0 for rule in ZONE]
    apart = np.select([*zones, by_average], [*ZONE.values(), seen.bound], 0.0)
    base = np.where(by_average, s["centre"][p.i], seen.foreseen)
    limit = base + np.where(up, 1.0, -1.0) * apart * seen.error
    if seen.extent is not None:
        by_spread = code == 1 << Detector.SPREAD
        value = np.where(by_spread, seen.extent.value, value)
        limit = np.where(by_spread, np.where(up, seen.extent.high, seen.extent.low), limit)
    return value, limit
