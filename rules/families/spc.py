"""Control charts of many signals at once (rules.md §1): samples to points, points to limits, points against them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import DTypeLike, NDArray

from rules.columns import Rows
from rules.families import spc_judge as phase_two
from rules.families import spc_learn as phase_one
from rules.families.base import Arrays, Block, Family, Hits, Instance, Key, Signals
from rules.families.spc_learn import MONITORING, Point
from rules.families.spc_plain import take_plain
from rules.routing import Index, expand, rounds
from rules.spc import runrules
from rules.spc.autocorrelation import Lag1, Treatment, interval
from rules.spc.charts.ewma import Bounds
from rules.spc.constants import d2, factors
from rules.spc.phase1 import FrozenLimits
from rules.spc.spec import MOST_PARTS, SpcSpec, Spread, check
from rules.spec import SpecError, delay_ns

KIND: Final = {
    Spread.MOVING_RANGE: phase_one.BY_MOVING_RANGE,
    Spread.RANGE: phase_one.BY_RANGE,
    Spread.SD: phase_one.BY_SD,
}
VALUE, STREAM, GROUP, PART = 0, 1, 2, 3
UNKNOWN_PART, NO_PARTS = -1, -2

PARAMS: Final[dict[str, DTypeLike]] = {
    "size": np.int64,
    "slot_ns": np.int64,
    "every": np.int64,
    "kind": np.int8,
    "divisor": np.float64,
    "phase_one": np.int64,
    "residuals": np.bool_,
    "watched": np.bool_,
    "spread_low": np.float64,
    "spread_high": np.float64,
    "stream": np.float64,
    "parts": np.dtype((np.float64, (MOST_PARTS, 3))),
    **phase_two.PARAMS,
    "centre": np.float64,
    "sigma": np.float64,
    "phi": np.float64,
}
OPEN: Final[dict[str, DTypeLike]] = {
    "skip": np.int64,
    "edge": np.int64,
    "open": np.int64,
    "open_ns": np.int64,
    "open_mean": np.float64,
    "open_m2": np.float64,
    "open_min": np.float64,
    "open_max": np.float64,
    "listens": np.int8,
    "group": np.float64,
    "part": np.int64,
}
COLUMNS: Final = {**OPEN, **phase_one.COLUMNS, **phase_two.COLUMNS}


class Turn(NamedTuple):
    """One sample for each of some distinct instances, and the part it plays there."""

    i: Index
    t: NDArray[np.int64]
    role: NDArray[np.int8]
    value: NDArray[np.float64]
    usable: NDArray[np.bool_]

    def only(self, chosen: NDArray[np.bool_]) -> Turn:
        """Return the chosen ones."""
        return Turn._make(column[chosen] for column in self)


def bind(spec: SpcSpec, signals: Signals) -> Sequence[Instance]:
    """Make one instance a signal, and a stream where it is parted into streams."""
    check(spec)
    params = _params(spec)
    matched = signals.match(spec)
    numeric = [index for index in matched if signals.numeric[index]]
    if matched and not numeric:
        raise SpecError(
            f"{signals.paths[matched[0]]} is not a number: a control chart needs numbers"
        )
    keyed = [(index, _keys(spec, signals, index)) for index in numeric]
    found = [(index, links) for index, links in keyed if links is not None]
    if numeric and not found:
        raise SpecError("no machine it matches has its stream, subgroup or part signal")
    sides = {f"{spec.stream_signal} {value:g}": value for value in spec.streams}
    return [
        Instance(Key(spec.id, spec.version, index, side), params | {"stream": stream}, links)
        for index, links in found
        for side, stream in (sides or {"": math.nan}).items()
    ]


def _keys(spec: SpcSpec, signals: Signals, index: int) -> Sequence[tuple[int, int]] | None:
    """Return what feeds a chart, its key signals included, or None where the machine lacks one."""
    links = [(index, VALUE)]
    named = ((spec.stream_signal, STREAM), (spec.subgroup_signal, GROUP), (spec.part_signal, PART))
    for name, role in named:
        if name is None:
            continue
        key = signals.companion(index, name)
        if key is None:
            return None
        if key == index:
            raise SpecError(f"{signals.paths[index]} would be its own key")
        links.append((key, role))
    return links


def _params(spec: SpcSpec) -> dict[str, Any]:
    limits, h = spec.limits, spec.cusum_limit
    ranged = {Spread.MOVING_RANGE: 2, Spread.RANGE: spec.subgroup_count}.get(spec.spread)
    modelled = spec.treatment is Treatment.RESIDUALS and spec.spread is Spread.MOVING_RANGE
    by = None if ranged is None or not spec.watch_spread else factors(ranged)
    none = [(math.nan, math.nan, math.nan)] * (MOST_PARTS - len(spec.parts))
    return {
        "watched": spec.watch_spread,
        "spread_low": math.nan if by is None else by.d3_limit * by.d2,
        "spread_high": math.nan if by is None else by.d4_limit * by.d2,
        "parts": [*spec.parts, *none],
        "size": 0 if spec.subgroup_s is not None or spec.until_key else spec.subgroup_count,
        "slot_ns": 0 if spec.subgroup_s is None else delay_ns("subgroup_s", spec.subgroup_s),
        "every": spec.every if limits is None else max(spec.every, limits.every),
        "kind": KIND[spec.spread],
        "divisor": 1.0 if ranged is None else d2(ranged),
        "bits": runrules.mask(spec.run_rules),
        "weight": 1.0 if spec.ewma_weight is None else spec.ewma_weight,
        "width": phase_two.UNREACHED if spec.ewma_width is None else spec.ewma_width,
        "exact": spec.ewma_bounds is Bounds.EXACT and spec.ewma_weight is not None,
        "reference": spec.cusum_reference,
        "limit": math.inf if h is None else h,
        "head": 0.0 if h is None else spec.cusum_head_start * h,
        "phase_one": spec.phase_one_points,
        "residuals": modelled,
        "clear_after": spec.clear_after,
        "centre": math.nan if limits is None else limits.centre,
        "sigma": math.nan if limits is None else limits.sigma,
        "phi": 0.0 if limits is None else limits.phi,
    }


def initial(block: Block, now_ns: int) -> Arrays:
    """Begin to estimate, or to monitor where limits are given."""
    count = len(block.keys)
    s: Arrays = {
        name: np.zeros((count, *np.dtype(kind).shape), np.dtype(kind).base)
        for name, kind in COLUMNS.items()
    }
    for name in ("centre", "sigma", "phi"):
        s[name] = block.params[name].copy()
    s["last"][:] = np.nan
    s["group"][:] = np.nan
    s["listens"] = np.isnan(block.params["stream"]).astype(np.int8)
    s["part"] = np.where(np.isnan(block.params["parts"][:, 0, 0]), NO_PARTS, UNKNOWN_PART)
    s["edge"] = _edge_after(block, np.full(count, now_ns))
    s["phase"][np.isfinite(s["sigma"])] = MONITORING
    phase_two.begin(block, s, np.arange(count))
    return s


def _edge_after(block: Block, t: NDArray[np.int64]) -> NDArray[np.int64]:
    slot: NDArray[np.int64] = np.maximum(block.params["slot_ns"], 1)
    edge: NDArray[np.int64] = (t // slot + 1) * slot
    return edge


def step(block: Block, s: Arrays, rows: Rows, now_ns: int) -> tuple[Arrays, list[Hits]]:
    """Take the rows in order, then close the subgroups whose time is over by `now_ns`."""
    hits: list[Hits] = []
    row, instance, role = expand(block.routes, rows.signal)
    timed = np.flatnonzero(block.params["slot_ns"])
    with np.errstate(over="ignore", invalid="ignore"):
        if len(row):
            kept = take_plain(block, s, rows, row, instance, role, hits)
            row, instance, role = row[kept], instance[kept], role[kept]
        for turn in rounds(instance):
            at = row[turn]
            taken = Turn(
                instance[turn], rows.time_ns[at], role[turn], rows.value[at], rows.usable[at]
            )
            _take(block, s, taken, hits)
        _close_timed(block, s, timed, np.full(len(timed), now_ns), hits)
    return s, hits


def _take(block: Block, s: Arrays, now: Turn, hits: list[Hits]) -> None:
    """Put a sample into the open subgroup of each instance, and finish those that are full."""
    timed = block.params["slot_ns"][now.i] > 0
    if timed.any():
        _close_timed(block, s, now.i[timed], now.t[timed], hits)
    if now.role.any():
        _take_keys(block, s, now, hits)
        timed, now = timed[now.role == VALUE], now.only(now.role == VALUE)
    heard = (s["listens"][now.i] == 1) & (s["part"][now.i] != UNKNOWN_PART)
    if not heard.all():
        timed, now = timed[heard], now.only(heard)
    now = _standardised(block, s, now)
    lost = now.i[~now.usable & ~timed]
    if len(lost):
        _break(s, lost)
    due = now.usable & (s["skip"][now.i] == 0)
    passed = now.i[now.usable & ~due]
    s["skip"][passed] -= 1
    i = now.i[due]
    s["skip"][i] = block.params["every"][i] - 1
    _add(s, i, now.t[due], now.value[due])
    size = block.params["size"][i]
    full = (s["open"][i] == size) & (size > 0)
    if full.any():
        _finish(block, s, i[full], now.t[due][full], hits)


def _standardised(block: Block, s: Arrays, now: Turn) -> Turn:
    """Return values in standard deviations from their part's target, where a chart has parts."""
    parted = s["part"][now.i] != NO_PARTS
    if not parted.any():
        return now
    _, target, sigma = block.params["parts"][now.i, np.maximum(s["part"][now.i], 0)].T
    return now._replace(value=np.where(parted, (now.value - target) / sigma, now.value))


def _take_keys(block: Block, s: Arrays, now: Turn, hits: list[Hits]) -> None:
    """Take what tells streams, subgroups and parts apart."""
    streams = now.only(now.role == STREAM)
    own = streams.value == block.params["stream"][streams.i]
    s["listens"][streams.i] = streams.usable & own
    groups = now.only((now.role == GROUP) & now.usable)
    groups = groups.only(groups.value != s["group"][groups.i])
    s["group"][groups.i] = groups.value
    _end(block, s, groups, hits)
    parts = now.only(now.role == PART)
    known = block.params["parts"][parts.i, :, 0] == parts.value[:, None]
    found = np.where(known.any(axis=1) & parts.usable, known.argmax(axis=1), UNKNOWN_PART)
    changed = found != s["part"][parts.i]
    i = parts.i[changed]
    s["part"][i] = found[changed]
    s["open"][i] = 0
    s["last"][i] = np.nan
    _break(s, i[found[changed] == UNKNOWN_PART])


def _end(block: Block, s: Arrays, now: Turn, hits: list[Hits]) -> None:
    """End the open subgroup of each instance: a point where its size may differ, else given up."""
    some = s["open"][now.i] > 0
    varies = block.params["size"][now.i] == 0
    _finish(block, s, now.i[some & varies], now.t[some & varies], hits)
    given_up = now.i[some & ~varies]
    s["open"][given_up] = s["skip"][given_up] = 0


def _break(s: Arrays, i: Index) -> None:
    """Give up the open subgroup and every run of distinct instances: something was not seen."""
    s["open"][i] = s["skip"][i] = 0
    s["last"][i] = np.nan
    phase_two.forget(s, i)


def _add(s: Arrays, i: Index, t: NDArray[np.int64], value: NDArray[np.float64]) -> None:
    first = s["open"][i] == 0
    s["open"][i] += 1
    s["open_ns"][i] = np.where(first, t, s["open_ns"][i])
    mean = np.where(first, 0.0, s["open_mean"][i])
    off = value - mean
    s["open_mean"][i] = moved = np.where(first, value, mean + off / s["open"][i])
    s["open_m2"][i] = np.where(first, 0.0, s["open_m2"][i] + off * (value - moved))
    s["open_min"][i] = np.where(first, value, np.minimum(s["open_min"][i], value))
    s["open_max"][i] = np.where(first, value, np.maximum(s["open_max"][i], value))


def _close_timed(block: Block, s: Arrays, i: Index, t: NDArray[np.int64], hits: list[Hits]) -> None:
    """Finish the subgroups of instances whose time is over by `t`; a time without samples breaks runs."""
    over = s["edge"][i] <= t
    if not over.any():
        return
    i, t = i[over], t[over]
    edge, some = s["edge"][i], s["open"][i] > 0
    _finish(block, s, i[some], edge[some], hits)
    slot = block.params["slot_ns"][i]
    _break(s, i[~some | (t >= edge + slot)])
    s["edge"][i] = (t // slot + 1) * slot


def _finish(block: Block, s: Arrays, i: Index, end_ns: NDArray[np.int64], hits: list[Hits]) -> None:
    """Turn the open subgroups of distinct instances into points."""
    size = s["open"][i]
    sd = np.sqrt(s["open_m2"][i] / np.maximum(size - 1, 1))
    extent = s["open_max"][i] - s["open_min"][i]
    points = Point(i, end_ns, s["open_ns"][i], s["open_mean"][i], size, extent, sd)
    s["open"][i] = 0
    monitored = s["phase"][i] == MONITORING
    if monitored.any():
        phase_two.judge(block, s, points.only(monitored), hits)
    if not monitored.all():
        phase_two.begin(block, s, phase_one.learn(block, s, points.only(~monitored)))


def shift(block: Block, s: Arrays, by_ns: int, now_ns: int) -> Arrays:
    """Break what nobody watched; what was estimated or frozen stays."""
    del by_ns
    s = {name: array.copy() for name, array in s.items()}
    _break(s, np.arange(len(block.keys)))
    s["edge"] = _edge_after(block, np.full(len(block.keys), now_ns))
    return s


def active(s: Arrays) -> NDArray[np.bool_]:
    """Tell which conditions hold."""
    held: NDArray[np.bool_] = s["raised"] == 1
    return held


def frozen(block: Block, s: Arrays) -> dict[Key, FrozenLimits]:
    """Return the limits that are in force, with their version."""
    return {
        block.keys[at]: FrozenLimits(
            centre=float(s["centre"][at]),
            sigma=float(s["sigma"][at]),
            phi=float(s["phi"][at]),
            every=int(block.params["every"][at]),
            points=int(s["points"][at]),
        )
        for at in np.flatnonzero(s["phase"] == MONITORING).tolist()
    }


def rebaseline(block: Block, s: Arrays, at: int, limits: FrozenLimits) -> None:
    """Put other limits in force on one instance; its runs, average and sums begin anew, a raised condition stays."""
    i = np.array([at])
    s["centre"][at], s["sigma"][at], s["phi"][at] = limits.centre, limits.sigma, limits.phi
    s["points"][at] = limits.points
    s["phase"][at] = MONITORING
    s["last"][at] = np.nan
    phase_two.begin(block, s, i)


def correlated(s: Arrays, at: int) -> Lag1:
    """Return the lag-1 correlation of the points an instance learned from, with its interval."""
    return interval(float(phase_one.lag1(s, np.array([at]))[0]), int(s["pairs"][at]))


FAMILY: Final = Family(
    name="spc",
    spec=SpcSpec,
    params=PARAMS,
    columns=COLUMNS,
    bind=bind,
    initial=initial,
    step=step,
    shift=shift,
    active=active,
)
