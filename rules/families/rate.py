"""A counter that advances slower than its target, over a sliding window (rules.md §3.2)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import DTypeLike, NDArray

from rules.columns import Rows
from rules.families import timers
from rules.families.base import Arrays, Block, Family, Hits, Instance, Key, Signals
from rules.families.counter import NEVER, SLACK_S, Turn, count
from rules.routing import Index, expand, rounds
from rules.spec import NS_PER_S, RateSpec, SpecError, delay_ns, positive

SLOTS: Final = 60
"""Parts of a window: the rate is judged once a part, at multiples of its width since 1970."""

COUNTER, TARGET, PULSE = 0, 1, 2

PARAMS: Final[dict[str, DTypeLike]] = {
    "slot_ns": np.int64,
    "hold_ns": np.int64,
    "fraction": np.float64,
    "target": np.float64,
    "max_per_min": np.float64,
    "modulus": np.float64,
    **timers.PARAMS,
}
COLUMNS: Final[dict[str, DTypeLike]] = {
    "ring": np.dtype((np.float64, (SLOTS,))),
    "open": np.float64,
    "edge": np.int64,
    "known": np.int64,
    "alive": np.int64,
    "last": np.float64,
    "last_ns": np.int64,
    "credit_s": np.float64,
    "target": np.float64,
    **timers.COLUMNS,
}


def bind(spec: RateSpec, signals: Signals) -> Sequence[Instance]:
    """Make one instance a counter, fed by its target signal and by its machine's other signals as well."""
    params = _params(spec)
    instances: list[Instance] = []
    for index in signals.match(spec):
        if not signals.numeric[index]:
            continue
        target = None
        if spec.target_signal is not None:
            target = signals.companion(index, spec.target_signal)
        if target == index:
            raise SpecError(f"{signals.paths[index]} would be its own target")
        links = [(index, COUNTER)]
        links += [(target, TARGET)] if target is not None else []
        links += [
            (near, PULSE) for near in signals.neighbours(index) if near not in (index, target)
        ]
        bits = signals.bits[index]
        modulus = float(2**bits) if bits else float("inf")
        key = Key(spec.id, spec.version, index, "low")
        instances.append(Instance(key, params | {"modulus": modulus}, links))
    return instances


def _params(spec: RateSpec) -> dict[str, float]:
    if (spec.target_per_min is None) == (spec.target_signal is None):
        raise SpecError("want either target_per_min or target_signal")
    if spec.target_per_min is not None:
        positive("target_per_min", spec.target_per_min)
    if spec.max_per_min is not None:
        positive("max_per_min", spec.max_per_min)
    for name in ("fraction", "window_s", "hold_s"):
        positive(name, getattr(spec, name))
    window_ns = delay_ns("window_s", spec.window_s)
    if window_ns < NS_PER_S:
        raise SpecError(f"window_s is {spec.window_s:g}, want at least 1 second")
    return {
        "slot_ns": window_ns // SLOTS,
        "hold_ns": delay_ns("hold_s", spec.hold_s),
        "fraction": spec.fraction,
        "target": float("nan") if spec.target_per_min is None else spec.target_per_min,
        "max_per_min": float("nan") if spec.max_per_min is None else spec.max_per_min,
        "on_ns": delay_ns("on_delay_s", spec.on_delay_s),
        "off_ns": delay_ns("off_delay_s", spec.off_delay_s),
    }


def initial(block: Block, now_ns: int) -> Arrays:
    """Know nothing yet."""
    n = len(block.keys)
    nan = np.full(n, np.nan)
    s: Arrays = {
        "ring": np.zeros((n, SLOTS)),
        "open": np.zeros(n),
        "edge": _edge_after(block, now_ns),
        "known": np.full(n, NEVER),
        "alive": np.full(n, -1),
        "last": nan,
        "last_ns": np.zeros(n, np.int64),
        "credit_s": np.full(n, SLACK_S),
        "target": block.params["target"].copy(),
    }
    return s | timers.initial(n)


def _edge_after(block: Block, now_ns: int) -> NDArray[np.int64]:
    slot: NDArray[np.int64] = block.params["slot_ns"]
    edge: NDArray[np.int64] = (now_ns // slot + 1) * slot
    return edge


def step(block: Block, s: Arrays, rows: Rows, now_ns: int) -> tuple[Arrays, list[Hits]]:
    """Take the rows in order, judging each window edge that passes, then run to `now_ns`."""
    hits: list[Hits] = []
    row, instance, role = expand(block.routes, rows.signal)
    order = np.argsort(instance, kind="stable")
    usable = rows.usable[row]
    order = order[(role[order] != PULSE) | usable[order]]
    i, t = instance[order], rows.time_ns[row[order]]
    part, seen, value = role[order], usable[order], rows.value[row[order]]
    joined = (part[1:] == PULSE) & (part[:-1] == PULSE) & (i[1:] == i[:-1])
    joined &= np.diff(t) <= block.params["hold_ns"][i[1:]]
    begin = np.flatnonzero(np.concatenate(([True], ~joined))[: len(i)])
    until = t[np.append(begin[1:], len(t)) - 1] if len(t) else t
    for turn in rounds(i[begin]):
        at = begin[turn]
        now = Turn(i[at], t[at], until[turn], part[at], value[at], seen[at])
        _advance(block, s, now.i, now.t, hits)
        _witness(block, s, now)
        aimed = now.i[now.role == TARGET]
        s["target"][aimed] = np.where(now.seen, now.value, np.nan)[now.role == TARGET]
        count(block, s, now.only(now.role == COUNTER))
    everyone = np.arange(len(block.keys))
    _advance(block, s, everyone, np.full(len(everyone), now_ns), hits)
    return s, hits


def _witness(block: Block, s: Arrays, now: Turn) -> None:
    """Note that machines gave signs of life from `t` to `until`, and whether they had been silent before."""
    lost = now.i[s["alive"][now.i] < now.t]
    s["known"][lost] = NEVER
    s["last"][lost] = np.nan
    lively = now.i[now.seen]
    s["alive"][lively] = now.until[now.seen] + block.params["hold_ns"][lively]


def _advance(block: Block, s: Arrays, i: Index, t: NDArray[np.int64], hits: list[Hits]) -> None:
    """Judge every window edge up to `t` in turn, then complete the delays that are over."""
    edges = s["edge"][i] <= t
    while edges.any():
        i_now, until = i[edges], t[edges]
        _judge(block, s, i_now, until, hits)
        edges = s["edge"][i] <= t
    timers.fire(block, s, i, t, hits)


def _judge(block: Block, s: Arrays, i: Index, until: NDArray[np.int64], hits: list[Hits]) -> None:
    """Close the slot that ends at each instance's edge and compare the window's rate with the target."""
    p = block.params
    edge, slot = s["edge"][i], p["slot_ns"][i]
    timers.fire(block, s, i, edge, hits)
    s["ring"][i, (edge // slot) % SLOTS] = s["open"][i]
    s["open"][i] = 0.0
    live = s["alive"][i] >= edge
    known = live & (s["known"][i] <= edge - SLOTS * slot) & np.isfinite(s["target"][i])
    timers.freeze(s, i[~known], edge[~known])
    dark = ~live | (s["known"][i] == NEVER)
    s["edge"][i] = np.where(dark, (until // slot + 1) * slot, edge + slot)
    j = i[known]
    rate = s["ring"][j].sum(axis=1) * (60.0 * NS_PER_S) / (SLOTS * slot[known])
    bound = p["fraction"][j] * s["target"][j]
    s["value"][j], s["bound"][j] = rate, bound
    timers.observe(s, j, edge[known], rate < bound, rate >= bound)
    timers.fire(block, s, j, edge[known], hits)


def shift(block: Block, s: Arrays, by_ns: int, now_ns: int) -> Arrays:
    """Forget the window: what happened in a time nobody watched is unknown."""
    n = len(block.keys)
    return timers.shift(s, by_ns, now_ns) | {
        "edge": _edge_after(block, now_ns),
        "known": np.full(n, NEVER),
        "alive": np.full(n, -1),
        "last": np.full(n, np.nan),
        "open": np.zeros(n),
    }


FAMILY: Final = Family(
    name="rate_below_target",
    spec=RateSpec,
    params=PARAMS,
    columns=COLUMNS,
    bind=bind,
    initial=initial,
    step=step,
    shift=shift,
    active=timers.active,
)
