"""Control charts of counted faults: p, np, c and u (rules.md §1.2)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import DTypeLike

from rules.columns import Rows
from rules.families import spc_judge as phase_two
from rules.families.base import Arrays, Block, Family, Hits, Instance, Key, Signals
from rules.families.motion.condition import Flags, Floats, Times, Turn, numeric
from rules.families.spc_learn import MONITORING, Point
from rules.routing import Index, expand, rounds
from rules.spc import runrules
from rules.spc.attribute_spec import BINOMIAL, SHARES, AttributeSpec, check
from rules.spec import SpecError, delay_ns

FOUND, SIZE = 0, 1


def bind(spec: AttributeSpec, signals: Signals) -> Sequence[Instance]:
    """Make one instance a signal of faults, fed by the signal of what was inspected as well."""
    check(spec)
    params = _params(spec)
    found: list[Instance] = []
    matched = numeric(spec, signals, what="a control chart")
    for index in matched:
        links = [(index, FOUND)]
        bits = [signals.bits[index], 0]
        if spec.size_signal is not None:
            size = signals.companion(index, spec.size_signal)
            if size is None:
                continue
            if size == index:
                raise SpecError(f"{signals.paths[index]} would be its own size_signal")
            links.append((size, SIZE))
            bits[SIZE] = signals.bits[size]
        moduli = tuple(float(2**bit) if bit else math.inf for bit in bits)
        key = Key(spec.id, spec.version, index, "")
        found.append(Instance(key, params | {"moduli": moduli}, links))
    if matched and not found:
        raise SpecError(f"no machine it matches has {spec.size_signal}")
    return found


def _params(spec: AttributeSpec) -> dict[str, float]:
    return {
        "size": math.nan if spec.size is None else spec.size,
        "slot_ns": 0 if spec.subgroup_s is None else delay_ns("subgroup_s", spec.subgroup_s),
        "units": math.inf if spec.subgroup_units is None else spec.subgroup_units,
        "counts": spec.counters,
        "shares": spec.chart in SHARES,
        "binomial": spec.chart in BINOMIAL,
        "bits": runrules.mask(spec.run_rules),
        "phase_one": spec.phase_one_points,
        "given": math.nan if spec.centre is None else spec.centre,
        "clear_after": spec.clear_after,
        **phase_two.RUN_RULES_ONLY,
    }


def initial(block: Block, now_ns: int) -> Arrays:
    """Begin to estimate, or to monitor where the mean is given."""
    count = len(block.keys)
    s: Arrays = {
        name: np.zeros((count, *np.dtype(kind).shape), np.dtype(kind).base)
        for name, kind in COLUMNS.items()
    }
    s["before_ns"][:] = now_ns
    s["count"][:] = np.nan
    s["edge"] = _edge_after(block, np.full(count, now_ns))
    s["rate"] = block.params["given"].copy()
    s["phase"][np.isfinite(s["rate"])] = MONITORING
    phase_two.begin(block, s, np.arange(count))
    return s


def _edge_after(block: Block, t: Times) -> Times:
    slot: Times = np.maximum(block.params["slot_ns"], 1)
    edge: Times = (t // slot + 1) * slot
    return edge


def step(block: Block, s: Arrays, rows: Rows, now_ns: int) -> tuple[Arrays, list[Hits]]:
    """Take the rows in order, then close the subgroups whose time is over by `now_ns`."""
    hits: list[Hits] = []
    row, instance, role = expand(block.routes, rows.signal)
    timed = np.flatnonzero(block.params["slot_ns"])
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        for turn in rounds(instance):
            at = row[turn]
            now = Turn(
                instance[turn],
                rows.time_ns[at],
                rows.source_ns[at],
                role[turn],
                rows.value[at],
                rows.usable[at],
                rows.good[at],
            )
            _take(block, s, now, hits)
        _close(block, s, timed, np.full(len(timed), now_ns), hits)
    return s, hits


def _take(block: Block, s: Arrays, now: Turn, hits: list[Hits]) -> None:
    p = block.params
    timed = p["slot_ns"][now.i] > 0
    _close(block, s, now.i[timed], now.t[timed], hits)
    lost = now.only(~now.usable)
    s["count"][lost.i, lost.role] = np.nan
    _give_up(s, lost.i, lost.t)
    seen = now.only(now.usable)
    s["heard"][seen.i[seen.role == FOUND]] = 1
    counts = p["counts"][seen.i]
    _count(block, s, seen.only(counts))
    whole = seen.only(~counts)
    s["count"][whole.i, whole.role] = whole.value
    made = whole.only(whole.role == FOUND)
    s["open"][made.i, FOUND] = made.value
    s["open"][made.i, SIZE] = s["count"][made.i, SIZE]
    full = seen.only(counts & (s["open"][seen.i, SIZE] >= p["units"][seen.i]))
    for done in (made, full):
        _finish(block, s, done.i, done.t, s["before_ns"][done.i].copy(), hits)
        s["before_ns"][done.i] = done.t


def _count(block: Block, s: Arrays, now: Turn) -> None:
    """Add what counters advanced by: rollover up to half their width, else a reset counts anew (rules.md §3.2)."""
    i, role, x = now.i, now.role, now.value
    before = s["count"][i, role]
    forward = x - before
    rolled = forward + block.params["moduli"][i, role]
    rolls = np.isfinite(rolled) & (rolled <= block.params["moduli"][i, role] / 2.0)
    resets = np.where(rolls, rolled, np.maximum(x, 0.0))
    first = np.isnan(before)
    added = np.where(first, 0.0, np.where(forward >= 0.0, forward, resets))
    s["open"][i, role] += added
    s["open"][i[first]] = 0.0
    s["spoiled"][i[first]] = 1
    s["count"][i, role] = x


def _give_up(s: Arrays, i: Index, t: Times) -> None:
    """Give up the open subgroup and every run: something was not seen."""
    s["open"][i] = 0.0
    s["spoiled"][i] = 1
    s["before_ns"][i] = t
    phase_two.forget(s, i)


def _close(block: Block, s: Arrays, i: Index, t: Times, hits: list[Hits]) -> None:
    """Finish the subgroups of instances whose time is over by `t`; one that was spoiled or empty breaks runs."""
    over = s["edge"][i] <= t
    i, t = i[over], t[over]
    if not len(i):
        return
    edge, slot = s["edge"][i], block.params["slot_ns"][i]
    const = np.isfinite(block.params["size"][i])
    told = np.where(const, s["heard"][i] == 1, s["open"][i, SIZE] > 0.0)
    some = (s["spoiled"][i] == 0) & told
    _finish(block, s, i[some], edge[some], edge[some] - slot[some], hits)
    phase_two.forget(s, i[~some | (t >= edge + slot)])
    s["open"][i] = 0.0
    s["spoiled"][i] = s["heard"][i] = 0
    s["edge"][i] = (t // slot + 1) * slot


def _finish(  # noqa: PLR0917 - columns of one length
    block: Block, s: Arrays, i: Index, end_ns: Times, start_ns: Times, hits: list[Hits]
) -> None:
    """Turn the open subgroups of distinct instances into points."""
    p = block.params
    size = np.where(np.isfinite(p["size"][i]), p["size"][i], s["open"][i, SIZE])
    found = s["open"][i, FOUND].copy()
    s["open"][i] = 0.0
    s["spoiled"][i] = 0
    known = (size > 0.0) & (found >= 0.0) & np.isfinite(found)
    i, end_ns, start_ns, size, found = (
        i[known],
        end_ns[known],
        start_ns[known],
        size[known],
        found[known],
    )
    value = np.where(p["shares"][i], found / size, found)
    nothing = np.zeros(len(i))
    points = Point(i, end_ns, start_ns, value, np.ones(len(i), np.int64), nothing, nothing)
    monitored = s["phase"][i] == MONITORING
    if monitored.any():
        _judge(block, s, points.only(monitored), size[monitored], hits)
    _learn(block, s, i[~monitored], found[~monitored], size[~monitored])


def _judge(block: Block, s: Arrays, p: Point, size: Floats, hits: list[Hits]) -> None:
    rate, shares = s["rate"][p.i], block.params["shares"][p.i]
    variance = np.where(block.params["binomial"][p.i], rate * (1.0 - rate), rate)
    foreseen = np.where(shares, rate, rate * size)
    error = np.sqrt(np.where(shares, variance / size, variance * size))
    s["centre"][p.i] = foreseen
    phase_two.hold(block, s, p, foreseen, error, hits)


def _learn(block: Block, s: Arrays, i: Index, found: Floats, size: Floats) -> None:
    """Add points to the estimate; it is frozen once there are enough and any fault was among them."""
    s["points"][i] += 1
    s["found_sum"][i] += found
    s["size_sum"][i] += size
    rate = s["found_sum"][i] / s["size_sum"][i]
    fit = (rate > 0.0) & ~(block.params["binomial"][i] & (rate >= 1.0)) & np.isfinite(rate)
    ready = fit & (s["points"][i] >= block.params["phase_one"][i])
    j = i[ready]
    s["rate"][j] = rate[ready]
    s["phase"][j] = MONITORING
    phase_two.begin(block, s, j)


def shift(block: Block, s: Arrays, by_ns: int, now_ns: int) -> Arrays:
    """Break what nobody watched; counters are read anew, what was frozen stays."""
    del by_ns
    s = {name: array.copy() for name, array in s.items()}
    everyone = np.arange(len(block.keys))
    s["count"][:] = np.nan
    _give_up(s, everyone, np.full(len(everyone), now_ns))
    s["edge"] = _edge_after(block, np.full(len(everyone), now_ns))
    return s


def active(s: Arrays) -> Flags:
    """Tell which conditions hold."""
    held: Flags = s["raised"] == 1
    return held


PARAMS: Final[dict[str, DTypeLike]] = {
    "size": np.float64,
    "slot_ns": np.int64,
    "units": np.float64,
    "counts": np.bool_,
    "shares": np.bool_,
    "binomial": np.bool_,
    "moduli": np.dtype((np.float64, (2,))),
    "phase_one": np.int64,
    "given": np.float64,
    **phase_two.PARAMS,
}
COLUMNS: Final[dict[str, DTypeLike]] = {
    "count": np.dtype((np.float64, (2,))),
    "open": np.dtype((np.float64, (2,))),
    "before_ns": np.int64,
    "spoiled": np.int8,
    "heard": np.int8,
    "edge": np.int64,
    "phase": np.int8,
    "points": np.int64,
    "found_sum": np.float64,
    "size_sum": np.float64,
    "rate": np.float64,
    "centre": np.float64,
    **phase_two.COLUMNS,
}
FAMILY: Final = Family(
    name="attributes",
    spec=AttributeSpec,
    params=PARAMS,
    columns=COLUMNS,
    bind=bind,
    initial=initial,
    step=step,
    shift=shift,
    active=active,
)
