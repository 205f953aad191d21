"""Range of a value over a sliding window: too large where it should be steady, too small where it should move."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import DTypeLike

from rules.columns import Rows
from rules.families import timers
from rules.families.base import Arrays, Block, Family, Hits, Instance, Key, Signals
from rules.families.bulk import Groups, Sorted, left
from rules.families.counter import NEVER
from rules.families.motion.condition import Flags, Floats, Times, delays, judge, numeric
from rules.families.motion.spec import RangeSpec
from rules.routing import Index, expand, rounds
from rules.spec import NS_PER_S, SpecError, delay_ns, positive

SLOTS: Final = 60
SIGN: Final = {"high": 1.0, "low": -1.0}


def bind(spec: RangeSpec, signals: Signals) -> Sequence[Instance]:
    """Make one instance a signal and side; too small is too large of the negated range."""
    given = {"high": spec.most, "low": spec.least}
    limits = {side: limit for side, limit in given.items() if limit is not None}
    _check(spec, limits)
    params = {"slot_ns": delay_ns("window_s", spec.window_s) // SLOTS, **delays(spec)}
    return [
        Instance(
            Key(spec.id, spec.version, index, side),
            params
            | {
                "sign": SIGN[side],
                "limit": SIGN[side] * limit,
                "clear": SIGN[side] * limit - spec.deadband,
            },
            [(index, 0)],
        )
        for index in numeric(spec, signals, what="a rule of type range")
        for side, limit in limits.items()
    ]


def _check(spec: RangeSpec, limits: dict[str, float]) -> None:
    if not limits:
        raise SpecError("neither most nor least is given, want at least one")
    if spec.most is not None:
        positive("most", spec.most)
    if spec.least is not None and not (math.isfinite(spec.least) and spec.least >= 0.0):
        raise SpecError(f"least is {spec.least:g}, want 0 or more")
    if len(limits) == 2 and limits["high"] <= limits["low"]:
        raise SpecError(f"most {limits['high']:g} is not above least {limits['low']:g}")
    if not (math.isfinite(spec.deadband) and spec.deadband >= 0.0):
        raise SpecError(f"deadband is {spec.deadband:g}, want 0 or more")
    if delay_ns("window_s", spec.window_s) < NS_PER_S:
        raise SpecError(f"window_s is {spec.window_s:g}, want at least 1 second")


def initial(block: Block, now_ns: int) -> Arrays:
    """Know nothing yet."""
    count = len(block.keys)
    s = timers.initial(count)
    s["bound"] = block.params["sign"] * block.params["limit"]
    return s | {
        "lows": np.full((count, SLOTS), np.nan),
        "highs": np.full((count, SLOTS), np.nan),
        "low": np.full(count, np.nan),
        "high": np.full(count, np.nan),
        "last": np.full(count, np.nan),
        "known": np.full(count, NEVER),
        "calm": np.zeros(count, np.int64),
        "edge": _edge_after(block, now_ns),
    }


def _edge_after(block: Block, now_ns: int) -> Times:
    slot: Times = block.params["slot_ns"]
    edge: Times = (now_ns // slot + 1) * slot
    return edge


def step(block: Block, s: Arrays, rows: Rows, now_ns: int) -> tuple[Arrays, list[Hits]]:
    """Take the rows in order, judging each edge of the window that passes, then run to `now_ns`."""
    hits: list[Hits] = []
    row, instance, role = expand(block.routes, rows.signal)
    if len(row):
        groups = Groups.of(instance)
        kept = left(groups, _within(s, groups, Sorted.of(groups, rows, row, role)))
        row, instance = row[kept], instance[kept]
    for turn in rounds(instance):
        at, i = row[turn], instance[turn]
        t, usable = rows.time_ns[at], rows.usable[at]
        _advance(block, s, i, t, hits)
        _forget(s, i[~usable])
        timers.freeze(s, i[~usable], t[~usable])
        _take(s, i[usable], t[usable], rows.value[at][usable])
    everyone = np.arange(len(block.keys))
    _advance(block, s, everyone, np.full(len(everyone), now_ns), hits)
    return s, hits


def _within(s: Arrays, groups: Groups, rows: Sorted) -> Flags:
    """Take usable samples that all lie before the next edge: only the largest and the smallest count."""
    who, newest = groups.who, groups.end - 1
    taken = groups.every(rows.usable) & (s["edge"][who] > rows.t[newest])
    i, at = who[taken], newest[taken]
    if not len(i):
        return taken
    begins = s["known"][i] == NEVER
    s["known"][i[begins]] = rows.t[groups.begin[taken][begins]]
    s["low"][i] = np.fmin(s["low"][i], np.minimum.reduceat(rows.value, groups.begin)[taken])
    s["high"][i] = np.fmax(s["high"][i], np.maximum.reduceat(rows.value, groups.begin)[taken])
    s["last"][i] = rows.value[at]
    s["calm"][i] = 0
    return taken


def _forget(s: Arrays, i: Index) -> None:
    s["known"][i] = NEVER
    s["last"][i] = s["low"][i] = s["high"][i] = np.nan


def _take(s: Arrays, i: Index, t: Times, x: Floats) -> None:
    begins = i[s["known"][i] == NEVER]
    s["known"][begins] = t[s["known"][i] == NEVER]
    s["low"][i] = np.fmin(s["low"][i], x)
    s["high"][i] = np.fmax(s["high"][i], x)
    s["last"][i] = x
    s["calm"][i] = 0


def _advance(block: Block, s: Arrays, i: Index, t: Times, hits: list[Hits]) -> None:
    """Judge every edge up to `t` in turn, then complete the delays that are over."""
    due = s["edge"][i] <= t
    while due.any():
        _judge(block, s, i[due], t[due], hits)
        due = s["edge"][i] <= t
    timers.fire(block, s, i, t, hits)


def _judge(block: Block, s: Arrays, i: Index, until: Times, hits: list[Hits]) -> None:
    """Close the slot that ends at each instance's edge; after a calm window or in the dark, skip to the last edge."""
    p = block.params
    edge, slot = s["edge"][i], p["slot_ns"][i]
    timers.fire(block, s, i, edge, hits)
    at = (edge // slot) % SLOTS
    s["lows"][i, at], s["highs"][i, at] = s["low"][i], s["high"][i]
    s["low"][i] = s["high"][i] = s["last"][i]
    s["calm"][i] += 1
    ready = s["known"][i] <= edge - SLOTS * slot
    j = i[ready]
    with np.errstate(over="ignore"):
        extent = s["highs"][j].max(axis=1) - s["lows"][j].min(axis=1)
    signed = p["sign"][j] * extent
    s["value"][j] = extent
    judge(block, s, j, edge[ready], signed >= p["limit"][j], signed < p["clear"][j], hits)
    skips = (s["known"][i] == NEVER) | (s["calm"][i] > SLOTS)
    s["edge"][i] = np.where(skips, (until // slot + 1) * slot, edge + slot)


def shift(block: Block, s: Arrays, by_ns: int, now_ns: int) -> Arrays:
    """Forget the window: what happened in a time nobody watched is unknown."""
    s = timers.shift(s, by_ns, now_ns) | {
        name: s[name].copy() for name in ("known", "last", "low", "high")
    }
    _forget(s, np.arange(len(block.keys)))
    return s | {"edge": _edge_after(block, now_ns)}


PARAMS: Final[dict[str, DTypeLike]] = {
    "sign": np.float64,
    "limit": np.float64,
    "clear": np.float64,
    "slot_ns": np.int64,
    **timers.PARAMS,
}

FAMILY: Final = Family(
    name="range",
    spec=RangeSpec,
    params=PARAMS,
    columns={
        "lows": np.dtype((np.float64, (SLOTS,))),
        "highs": np.dtype((np.float64, (SLOTS,))),
        "low": np.float64,
        "high": np.float64,
        "last": np.float64,
        "known": np.int64,
        "calm": np.int64,
        "edge": np.int64,
        **timers.COLUMNS,
    },
    bind=bind,
    initial=initial,
    step=step,
    shift=shift,
    active=timers.active,
)
