"""A value at or beyond a limit, with deadband and delays (rules.md §4.2)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import numpy as np

from rules.columns import Rows
from rules.families import timers
from rules.families.base import Arrays, Block, Family, Hits, Instance, Key, Signals
from rules.routing import expand, rounds
from rules.spec import LimitSpec, SpecError, delay_ns

SIGN: Final = {"high": 1.0, "low": -1.0}


def bind(spec: LimitSpec, signals: Signals) -> Sequence[Instance]:
    """Make one instance a signal and side; a low limit is a high limit of the negated value."""
    limits = {"high": spec.high, "low": spec.low}
    given = {side: limit for side, limit in limits.items() if limit is not None}
    _check(spec, given)
    delays = {
        "on_ns": delay_ns("on_delay_s", spec.on_delay_s),
        "off_ns": delay_ns("off_delay_s", spec.off_delay_s),
    }
    matched = signals.match(spec)
    numeric = [index for index in matched if signals.numeric[index]]
    if matched and not numeric:
        raise SpecError(f"{signals.paths[matched[0]]} is not a number: a limit needs numbers")
    return [
        Instance(
            Key(spec.id, spec.version, index, side),
            {
                "sign": SIGN[side],
                "limit": SIGN[side] * limit,
                "clear": SIGN[side] * limit - spec.deadband,
                **delays,
            },
            [(index, 0)],
        )
        for index in numeric
        for side, limit in given.items()
    ]


def _check(spec: LimitSpec, given: dict[str, float]) -> None:
    if not given:
        raise SpecError("neither high nor low is given, want at least one")
    if not all(math.isfinite(limit) for limit in given.values()):
        raise SpecError("high and low must be finite numbers")
    if not (math.isfinite(spec.deadband) and spec.deadband >= 0):
        raise SpecError(f"deadband is {spec.deadband:g}, want 0 or more")
    if len(given) == 2:
        band = given["high"] - given["low"]
        if band <= 0:
            raise SpecError(f"high {given['high']:g} is not above low {given['low']:g}")
        if spec.deadband >= band:
            raise SpecError(f"deadband {spec.deadband:g} is not smaller than high - low = {band:g}")


def initial(block: Block, now_ns: int) -> Arrays:
    """Start every instance in the normal state."""
    del now_ns
    s = timers.initial(len(block.keys))
    s["bound"] = block.params["sign"] * block.params["limit"]
    return s


def step(block: Block, s: Arrays, rows: Rows, now_ns: int) -> tuple[Arrays, list[Hits]]:
    """Take the rows, then let delays run to `now_ns`; instances that stay normal are left out at once."""
    hits: list[Hits] = []
    row, instance, _ = expand(block.routes, rows.signal)
    p = block.params
    value, usable = rows.value[row], rows.usable[row]
    signed = value * p["sign"][instance]
    breach = usable & (signed >= p["limit"][instance])
    calm = (s["phase"] == timers.NORMAL) & (s["frozen"] == timers.RUNNING)
    busy = np.zeros(len(block.keys), np.bool_)
    busy[instance[breach | ~usable | ~calm[instance]]] = True
    kept = np.flatnonzero(busy[instance])
    back = signed < p["clear"][instance]
    time_ns = rows.time_ns[row]
    for turn in rounds(instance[kept]):
        at = kept[turn]
        i, t = instance[at], time_ns[at]
        timers.fire(block, s, i, t, hits)
        seen = usable[at]
        timers.freeze(s, i[~seen], t[~seen])
        s["value"][i[seen]] = value[at][seen]
        timers.observe(s, i[seen], t[seen], breach[at][seen], back[at][seen])
        timers.fire(block, s, i, t, hits)
    waiting = np.flatnonzero(s["phase"] & 1)
    timers.fire(block, s, waiting, np.int64(now_ns), hits)
    return s, hits


def shift(block: Block, s: Arrays, by_ns: int, now_ns: int) -> Arrays:
    """Let the delays stand over a time nobody watched."""
    del block
    return timers.shift(s, by_ns, now_ns)


FAMILY: Final = Family(
    name="limit",
    spec=LimitSpec,
    params={"sign": np.float64, "limit": np.float64, "clear": np.float64, **timers.PARAMS},
    columns=timers.COLUMNS,
    bind=bind,
    initial=initial,
    step=step,
    shift=shift,
    active=timers.active,
)
