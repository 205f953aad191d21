"""A state that lasts too long."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from rules.columns import Rows
from rules.families import timers
from rules.families.base import Arrays, Block, Family, Hits, Instance, Key, Signals
from rules.families.bulk import Groups, Sorted
from rules.families.motion.condition import Flags, Turn, judge, normal, numeric, turns
from rules.families.motion.spec import MOST_STATES, StateDurationSpec
from rules.families.motion.stuck import among, states
from rules.spec import NS_PER_S, SpecError, delay_ns, positive


def bind(spec: StateDurationSpec, signals: Signals) -> Sequence[Instance]:
    """Make one instance a signal."""
    positive("after_s", spec.after_s)
    if not spec.states:
        raise SpecError("states is empty, want at least one state")
    params = {
        "states": states(spec.states, name="states"),
        "on_ns": delay_ns("after_s", spec.after_s),
        "off_ns": 0,
    }
    return [
        Instance(Key(spec.id, spec.version, index, ""), params, [(index, 0)])
        for index in numeric(spec, signals, what="a rule of type state_duration")
    ]


def initial(block: Block, now_ns: int) -> Arrays:
    """Know no state yet."""
    del now_ns
    s = timers.initial(len(block.keys))
    s["bound"] = block.params["on_ns"] / NS_PER_S
    return s


def _see(block: Block, s: Arrays, now: Turn, hits: list[Hits]) -> None:
    timers.freeze(s, now.i[~now.usable], now.t[~now.usable])
    seen = now.only(now.usable)
    stays = among(seen.value, block.params, seen.i, "states")
    s["value"][seen.i] = seen.value
    judge(block, s, seen.i, seen.t, stays, ~stays, hits)


def _calm(block: Block, s: Arrays, groups: Groups, rows: Sorted) -> Flags:
    """Take instances in the normal state that see no state of theirs."""
    sets = block.params["states"]
    stays = np.zeros(len(rows.value), np.bool_)
    i = groups.who[groups.group]
    for column in range(int((~np.isnan(sets)).sum(axis=1).max())):
        stays |= sets[i, column] == rows.value
    return normal(s, groups.who) & groups.every(rows.usable & ~stays)


def step(block: Block, s: Arrays, rows: Rows, now_ns: int) -> tuple[Arrays, list[Hits]]:
    """Take the rows in order, then let time run to `now_ns`."""
    return turns(block, s, rows, now_ns, _see, _calm)


def shift(block: Block, s: Arrays, by_ns: int, now_ns: int) -> Arrays:
    """Let time stand until the next usable value."""
    del block
    return timers.shift(s, by_ns, now_ns)


FAMILY: Final = Family(
    name="state_duration",
    spec=StateDurationSpec,
    params={"states": np.dtype((np.float64, (MOST_STATES,))), **timers.PARAMS},
    columns=timers.COLUMNS,
    bind=bind,
    initial=initial,
    step=step,
    shift=shift,
    active=timers.active,
)
