"""A value that rises or falls too fast."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import numpy as np

from rules.columns import Rows
from rules.families import timers
from rules.families.base import Arrays, Block, Family, Hits, Instance, Key, Signals
from rules.families.bulk import Groups, Sorted
from rules.families.motion.condition import (
    Flags,
    Turn,
    delays,
    judge,
    normal,
    numeric,
    turns,
)
from rules.families.motion.spec import RateOfChangeSpec
from rules.spec import NS_PER_S, SpecError, delay_ns, positive

SIGN: Final = {"high": 1.0, "low": -1.0}


def bind(spec: RateOfChangeSpec, signals: Signals) -> Sequence[Instance]:
    """Make one instance a signal and direction; a fall is a rise of the negated value."""
    given = {"high": spec.rise, "low": spec.fall}
    limits = {side: limit for side, limit in given.items() if limit is not None}
    _check(spec, limits)
    params = {
        "per_ns": spec.per_s * NS_PER_S,
        "least_ns": delay_ns("min_span_s", spec.min_span_s),
        "most_ns": delay_ns("max_span_s", spec.max_span_s),
        **delays(spec),
    }
    return [
        Instance(
            Key(spec.id, spec.version, index, side),
            params | {"sign": SIGN[side], "limit": limit, "clear": limit - spec.deadband},
            [(index, 0)],
        )
        for index in numeric(spec, signals, what="a rate of change")
        for side, limit in limits.items()
    ]


def _check(spec: RateOfChangeSpec, limits: dict[str, float]) -> None:
    if not limits:
        raise SpecError("neither rise nor fall is given, want at least one")
    for side, limit in limits.items():
        positive("rise" if side == "high" else "fall", limit)
    positive("per_s", spec.per_s)
    positive("min_span_s", spec.min_span_s)
    if not spec.max_span_s >= spec.min_span_s:
        raise SpecError(
            f"max_span_s is {spec.max_span_s:g}, want at least min_span_s = {spec.min_span_s:g}"
        )
    if not (math.isfinite(spec.deadband) and 0.0 <= spec.deadband < min(limits.values())):
        raise SpecError(f"deadband is {spec.deadband:g}, want 0 up to the limit")


def initial(block: Block, now_ns: int) -> Arrays:
    """Know no sample yet."""
    del now_ns
    count = len(block.keys)
    s = timers.initial(count)
    s["bound"] = block.params["sign"] * block.params["limit"]
    return s | {"last": np.full(count, np.nan), "last_ns": np.zeros(count, np.int64)}


def _see(block: Block, s: Arrays, now: Turn, hits: list[Hits]) -> None:
    p = block.params
    lost = now.i[~now.usable]
    timers.freeze(s, lost, now.t[~now.usable])
    s["last"][lost] = np.nan
    seen = now.only(now.usable)
    span = seen.t - s["last_ns"][seen.i]
    first = np.isnan(s["last"][seen.i]) | (span > p["most_ns"][seen.i])
    timers.freeze(s, seen.i[first], seen.t[first])
    ripe = ~first & (span >= p["least_ns"][seen.i])
    i, t, x = seen.i[ripe], seen.t[ripe], seen.value[ripe]
    with np.errstate(over="ignore", invalid="ignore"):
        rate = (x - s["last"][i]) / span[ripe] * p["per_ns"][i]
        signed = p["sign"][i] * rate
    s["value"][i] = rate
    judge(block, s, i, t, signed >= p["limit"][i], signed < p["clear"][i], hits)
    taken = first | ripe
    s["last"][seen.i[taken]] = seen.value[taken]
    s["last_ns"][seen.i[taken]] = seen.t[taken]


def _calm(block: Block, s: Arrays, groups: Groups, rows: Sorted) -> Flags:
    """Take instances in the normal state whose samples come all too soon, or are all far enough apart and slow."""
    p, who = block.params, groups.who
    last, last_ns = s["last"][who], s["last_ns"][who]
    quiet = normal(s, who) & ~np.isnan(last) & groups.every(rows.usable)
    near: Flags = rows.t[groups.end - 1] - last_ns < p["least_ns"][who]
    i = who[groups.group]
    span = rows.t - groups.before(rows.t, last_ns)
    with np.errstate(all="ignore"):
        rate = (rows.value - groups.before(rows.value, last)) / span * p["per_ns"][i]
        breach = p["sign"][i] * rate >= p["limit"][i]
    ripe = (span >= p["least_ns"][i]) & (span <= p["most_ns"][i]) & ~breach
    slow = quiet & ~near & groups.every(ripe)
    newest = groups.end[slow] - 1
    s["last"][who[slow]], s["last_ns"][who[slow]] = rows.value[newest], rows.t[newest]
    return slow | (quiet & near)


def step(block: Block, s: Arrays, rows: Rows, now_ns: int) -> tuple[Arrays, list[Hits]]:
    """Take the rows in order, then let delays run to `now_ns`."""
    return turns(block, s, rows, now_ns, _see, _calm)


def shift(block: Block, s: Arrays, by_ns: int, now_ns: int) -> Arrays:
    """Forget the sample before a time nobody watched."""
    del block
    return timers.shift(s, by_ns, now_ns) | {"last": np.full(len(s["last"]), np.nan)}


FAMILY: Final = Family(
    name="rate_of_change",
    spec=RateOfChangeSpec,
    params={
        "sign": np.float64,
        "limit": np.float64,
        "clear": np.float64,
        "per_ns": np.float64,
        "least_ns": np.int64,
        "most_ns": np.int64,
        **timers.PARAMS,
    },
    columns={"last": np.float64, "last_ns": np.int64, **timers.COLUMNS},
    bind=bind,
    initial=initial,
    step=step,
    shift=shift,
    active=timers.active,
)
