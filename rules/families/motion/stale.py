"""A value that is too old by its own source time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from rules.columns import Rows
from rules.families import timers
from rules.families.base import Arrays, Block, Family, Hits, Instance, Key, Signals
from rules.families.motion.condition import Turn, judge, turns
from rules.families.motion.spec import StaleSpec
from rules.spec import NS_PER_S, delay_ns, positive


def bind(spec: StaleSpec, signals: Signals) -> Sequence[Instance]:
    """Make one instance a signal, whatever its data type."""
    positive("after_s", spec.after_s)
    params = {"on_ns": delay_ns("after_s", spec.after_s), "off_ns": 0}
    return [
        Instance(Key(spec.id, spec.version, index, ""), params, [(index, 0)])
        for index in signals.match(spec)
    ]


def initial(block: Block, now_ns: int) -> Arrays:
    """Give every signal its full time from `now_ns` on."""
    count = len(block.keys)
    s = timers.initial(count)
    s["phase"][:] = timers.PENDING_ON
    s["since"][:] = s["onset"][:] = now_ns
    s["bound"] = block.params["on_ns"] / NS_PER_S
    s["value"] = s["bound"].copy()
    return s | {"newest": np.full(count, -1, np.int64)}


def _see(block: Block, s: Arrays, now: Turn, hits: list[Hits]) -> None:
    newer = now.good & (now.source > s["newest"][now.i])
    i, t, source = now.i[newer], now.t[newer], now.source[newer]
    s["newest"][i] = source
    age = t - source
    after = block.params["on_ns"][i]
    fresh = age < after
    s["value"][i] = age / NS_PER_S
    never, always = np.zeros(len(i), np.bool_), np.ones(len(i), np.bool_)
    judge(block, s, i[fresh], t[fresh], never[fresh], always[fresh], hits)
    waits = s["phase"][i] != timers.ACTIVE
    j = i[waits]
    s["phase"][j] = timers.PENDING_ON
    s["onset"][j] = np.minimum(source, t)[waits]
    s["since"][j] = np.maximum(source, t - after)[waits]
    s["value"][j] = np.maximum(age, after)[waits] / NS_PER_S
    timers.fire(block, s, j, t[waits], hits)


def step(block: Block, s: Arrays, rows: Rows, now_ns: int) -> tuple[Arrays, list[Hits]]:
    """Take the rows in order, then let time run to `now_ns`."""
    return turns(block, s, rows, now_ns, _see)


def shift(block: Block, s: Arrays, by_ns: int, now_ns: int) -> Arrays:
    """Leave out a time nobody watched: ages go on from where they were."""
    del block, now_ns
    return s | {"since": s["since"] + by_ns}


FAMILY: Final = Family(
    name="stale",
    spec=StaleSpec,
    params=timers.PARAMS,
    columns={"newest": np.int64, **timers.COLUMNS},
    bind=bind,
    initial=initial,
    step=step,
    shift=shift,
    active=timers.active,
)
