"""A value that does not change although its machine runs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import DTypeLike

from rules.columns import Rows
from rules.families import timers
from rules.families.base import Arrays, Block, Family, Hits, Instance, Key, Signals
from rules.families.bulk import Groups, Sorted
from rules.families.motion.condition import Flags, Floats, Turn, judge, numeric, turns
from rules.families.motion.spec import MOST_STATES, StuckSpec
from rules.routing import Index
from rules.spec import SpecError, delay_ns, positive

VALUE, RUN = 0, 1
BAD_VALUE, BAD_RUN = 1, 2


def bind(spec: StuckSpec, signals: Signals) -> Sequence[Instance]:
    """Make one instance a signal, fed by the signal that tells whether its machine runs as well."""
    positive("after_s", spec.after_s)
    if not (math.isfinite(spec.band) and spec.band >= 0.0):
        raise SpecError(f"band is {spec.band:g}, want 0 or more")
    if (spec.while_signal is None) != (not spec.while_values):
        raise SpecError("want while_signal and while_values together, or neither")
    params = {
        "band": spec.band,
        "on_ns": delay_ns("after_s", spec.after_s),
        "off_ns": 0,
        "runs": states(spec.while_values, name="while_values"),
        "always": spec.while_signal is None,
    }
    found: list[Instance] = []
    for index in numeric(spec, signals, what="a rule of type stuck"):
        links = [(index, VALUE)]
        if spec.while_signal is not None:
            run = signals.companion(index, spec.while_signal)
            if run == index:
                raise SpecError(f"{signals.paths[index]} would be its own while_signal")
            links += [] if run is None else [(run, RUN)]
        found.append(Instance(Key(spec.id, spec.version, index, ""), params, links))
    return found


def states(values: Sequence[float], *, name: str) -> tuple[float, ...]:
    """Return a set of states padded to one length; raises `SpecError`."""
    if len(values) > MOST_STATES:
        raise SpecError(f"{name} has {len(values)} values, want at most {MOST_STATES}")
    if not all(math.isfinite(value) for value in values):
        raise SpecError(f"{name} may hold finite numbers only")
    return (*values, *[math.nan] * (MOST_STATES - len(values)))


def among(value: Floats, chosen: Arrays, i: Index, name: str) -> Flags:
    """Tell which values are in the sets of their instances."""
    found: Flags = (chosen[name][i] == value[:, None]).any(axis=1)
    return found


def initial(block: Block, now_ns: int) -> Arrays:
    """Know neither value nor machine yet."""
    del now_ns
    count = len(block.keys)
    s = timers.initial(count)
    s["bound"] = block.params["band"].copy()
    return s | {
        "last": np.full(count, np.nan),
        "low": np.full(count, np.nan),
        "high": np.full(count, np.nan),
        "runs": block.params["always"].astype(np.int8),
        "moved": np.zeros(count, np.int8),
        "bad": np.zeros(count, np.int8),
    }


def _see(block: Block, s: Arrays, now: Turn, hits: list[Hits]) -> None:
    is_value = now.role == VALUE
    flag = np.where(is_value, BAD_VALUE, BAD_RUN).astype(np.int8)
    s["bad"][now.i] = np.where(now.usable, s["bad"][now.i] & ~flag, s["bad"][now.i] | flag)
    _take_value(block, s, now.only(is_value & now.usable))
    _take_run(block, s, now.only(~is_value & now.usable))
    frozen = s["bad"][now.i] != 0
    timers.freeze(s, now.i[frozen], now.t[frozen])
    i, t = now.i[~frozen], now.t[~frozen]
    known = ~np.isnan(s["last"][i])
    i, t = i[known], t[known]
    s["value"][i] = s["last"][i]
    still, runs = s["moved"][i] == 0, s["runs"][i] == 1
    over = ~(still & runs)
    never, always = np.zeros(len(i), np.bool_), np.ones(len(i), np.bool_)
    judge(block, s, i[over], t[over], never[over], always[over], hits)
    judge(block, s, i[runs], t[runs], always[runs], never[runs], hits)
    s["moved"][i] = 0


def _take_value(block: Block, s: Arrays, now: Turn) -> None:
    i, x = now.i, now.value
    low, high = np.fmin(s["low"][i], x), np.fmax(s["high"][i], x)
    with np.errstate(over="ignore"):
        moved = np.isnan(s["low"][i]) | (high - low > block.params["band"][i])
    s["low"][i] = np.where(moved, x, low)
    s["high"][i] = np.where(moved, x, high)
    s["moved"][i[moved]] = 1
    s["last"][i] = x


def _take_run(block: Block, s: Arrays, now: Turn) -> None:
    i = now.i
    runs = among(now.value, block.params, i, "runs")
    starts = i[runs & (s["runs"][i] == 0)]
    s["low"][starts] = s["high"][starts] = s["last"][starts]
    s["moved"][starts] = 1
    s["runs"][i] = runs


def _calm(block: Block, s: Arrays, groups: Groups, rows: Sorted) -> Flags:
    """Take values of machines that run: where every sample moves out of the band of the one before, or none does."""
    who, i = groups.who, groups.who[groups.group]
    band, on_ns = block.params["band"], block.params["on_ns"]
    waits: Flags = (s["phase"][who] == timers.PENDING_ON) & (s["frozen"][who] == timers.RUNNING)
    waits &= (s["runs"][who] == 1) & (s["bad"][who] == 0) & ~np.isnan(s["low"][who])
    waits &= groups.every(rows.usable & (rows.role == VALUE))
    if not waits.any():
        return waits
    newest = groups.end - 1
    low = np.fmin(s["low"][who], np.minimum.reduceat(rows.value, groups.begin))
    high = np.fmax(s["high"][who], np.maximum.reduceat(rows.value, groups.begin))
    with np.errstate(over="ignore"):
        rests = waits & (high - low <= band[who])
        rests &= rows.t[newest] - s["since"][who] < on_ns[who]
        least = np.fmin(rows.value, groups.before(rows.value, s["low"][who]))
        most = np.fmax(rows.value, groups.before(rows.value, s["high"][who]))
        moves = most - least > band[i]
    moves &= rows.t - groups.before(rows.t, s["since"][who]) < on_ns[i]
    moved = waits & groups.every(moves)
    j, at = who[moved], newest[moved]
    s["low"][j] = s["high"][j] = rows.value[at]
    s["since"][j] = s["onset"][j] = rows.t[at]
    k = who[rests]
    s["low"][k], s["high"][k] = low[rests], high[rests]
    taken: Flags = moved | rests
    m = who[taken]
    s["last"][m] = s["value"][m] = rows.value[newest[taken]]
    return taken


def step(block: Block, s: Arrays, rows: Rows, now_ns: int) -> tuple[Arrays, list[Hits]]:
    """Take the rows in order, then let time run to `now_ns`."""
    return turns(block, s, rows, now_ns, _see, _calm)


def shift(block: Block, s: Arrays, by_ns: int, now_ns: int) -> Arrays:
    """Let time stand until the next usable value."""
    del block
    return timers.shift(s, by_ns, now_ns)


PARAMS: Final[dict[str, DTypeLike]] = {
    "band": np.float64,
    "runs": np.dtype((np.float64, (MOST_STATES,))),
    "always": np.bool_,
    **timers.PARAMS,
}

FAMILY: Final = Family(
    name="stuck",
    spec=StuckSpec,
    params=PARAMS,
    columns={
        "last": np.float64,
        "low": np.float64,
        "high": np.float64,
        "runs": np.int8,
        "moved": np.int8,
        "bad": np.int8,
        **timers.COLUMNS,
    },
    bind=bind,
    initial=initial,
    step=step,
    shift=shift,
    active=timers.active,
)
