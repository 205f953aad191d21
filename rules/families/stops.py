"""Short stops that add up: how many, or how long, within a sliding window."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import DTypeLike, NDArray

from rules.columns import Rows
from rules.families import timers
from rules.families.base import Arrays, Block, Family, Hits, Instance, Key, Signals
from rules.families.bulk import Groups
from rules.routing import Index, expand, rounds
from rules.spec import NS_PER_S, SpecError, StopsSpec, delay_ns, positive

SLOTS: Final = 60
"""Parts of a window: stops are judged once a part, at multiples of its width since 1970."""

UNKNOWN, RUNS, STANDS = 0, 1, 2
MOST_STATE: Final = 62

PARAMS: Final[dict[str, DTypeLike]] = {
    "running": np.int64,
    "slot_ns": np.int64,
    "shortest_ns": np.int64,
    "minor_ns": np.int64,
    "timed": np.bool_,
    "most": np.float64,
    **timers.PARAMS,
}
COLUMNS: Final[dict[str, DTypeLike]] = {
    "doing": np.int8,
    "stood_ns": np.int64,
    "ring": np.dtype((np.float64, (SLOTS,))),
    "open": np.float64,
    "edge": np.int64,
    **timers.COLUMNS,
}


def bind(spec: StopsSpec, signals: Signals) -> Sequence[Instance]:
    """Make one instance a state signal."""
    params = _params(spec)
    return [
        Instance(Key(spec.id, spec.version, index, "high"), params, [(index, 0)])
        for index in signals.match(spec)
        if signals.numeric[index]
    ]


def _params(spec: StopsSpec) -> dict[str, float]:
    if (spec.most_stops is None) == (spec.most_s is None):
        raise SpecError("want either most_stops or most_s")
    most = float(spec.most_stops or spec.most_s or 0)
    positive("most_stops" if spec.most_s is None else "most_s", most)
    positive("minor_stop_s", spec.minor_stop_s)
    positive("window_s", spec.window_s)
    if not 0 <= spec.shortest_s < spec.minor_stop_s:
        raise SpecError(f"shortest_s is {spec.shortest_s:g}, want 0 to less than minor_stop_s")
    if not spec.running or not all(0 <= state <= MOST_STATE for state in spec.running):
        raise SpecError(f"running: want states between 0 and {MOST_STATE}")
    window_ns = delay_ns("window_s", spec.window_s)
    if window_ns < SLOTS * NS_PER_S // 10:
        raise SpecError(f"window_s is {spec.window_s:g}, want at least 6 seconds")
    return {
        "running": sum(1 << state for state in {*spec.running}),
        "slot_ns": window_ns // SLOTS,
        "shortest_ns": delay_ns("shortest_s", spec.shortest_s),
        "minor_ns": delay_ns("minor_stop_s", spec.minor_stop_s),
        "timed": spec.most_s is not None,
        "most": most,
        "on_ns": delay_ns("on_delay_s", spec.on_delay_s),
        "off_ns": delay_ns("off_delay_s", spec.off_delay_s),
    }


def initial(block: Block, now_ns: int) -> Arrays:
    """Know nothing yet."""
    n = len(block.keys)
    s: Arrays = {
        "doing": np.full(n, UNKNOWN, np.int8),
        "stood_ns": np.zeros(n, np.int64),
        "ring": np.zeros((n, SLOTS)),
        "open": np.zeros(n),
        "edge": _edge_after(block, now_ns),
    }
    return s | timers.initial(n)


def _edge_after(block: Block, now_ns: int) -> NDArray[np.int64]:
    slot: NDArray[np.int64] = block.params["slot_ns"]
    edge: NDArray[np.int64] = (now_ns // slot + 1) * slot
    return edge


def step(block: Block, s: Arrays, rows: Rows, now_ns: int) -> tuple[Arrays, list[Hits]]:
    """Take the rows in order, judging each edge that passes, then run to `now_ns`."""
    hits: list[Hits] = []
    row, instance, _ = expand(block.routes, rows.signal)
    doing = _doing(block, instance, rows.value[row], rows.usable[row])
    kept = _telling(s, instance, doing)
    row, instance, doing = row[kept], instance[kept], doing[kept]
    for turn in rounds(instance):
        i, t = instance[turn], rows.time_ns[row[turn]]
        _advance(block, s, i, t, hits)
        _see(block, s, i, t, doing[turn])
    everyone = np.arange(len(block.keys))
    _advance(block, s, everyone, np.full(len(everyone), now_ns), hits)
    return s, hits


def _doing(
    block: Block, i: Index, value: NDArray[np.float64], usable: NDArray[np.bool_]
) -> NDArray[np.int8]:
    """Return what each row says its machine does."""
    number = np.where(usable & (value >= 0) & (value <= MOST_STATE), value, MOST_STATE + 1)
    runs = (number <= MOST_STATE) & (number == np.floor(number))
    runs &= (block.params["running"][i] >> np.where(runs, number, 0).astype(np.int64)) & 1 == 1
    doing: NDArray[np.int8] = np.where(usable, np.where(runs, RUNS, STANDS), UNKNOWN).astype(
        np.int8
    )
    return doing


def _telling(s: Arrays, instance: Index, doing: NDArray[np.int8]) -> Index:
    """Return the rows that change anything: a machine that goes on as it did begins and ends no stop."""
    if not len(instance):
        return instance
    groups = Groups.of(instance)
    said = doing[groups.meeting]
    same = said == groups.before(said, s["doing"][groups.who])
    # Who stands, and has stood for nobody knows how long, stays unknown.
    opening = np.zeros(len(said), np.bool_)
    opening[groups.begin] = s["doing"][groups.who] == UNKNOWN
    same |= opening & (said == STANDS)
    return np.sort(groups.meeting[~same])


def _see(block: Block, s: Arrays, i: Index, t: NDArray[np.int64], doing: NDArray[np.int8]) -> None:
    """Take what distinct instances do; a stop whose beginning or end nobody saw is no short stop."""
    before = s["doing"][i]
    begins = (before == RUNS) & (doing == STANDS)
    s["stood_ns"][i[begins]] = t[begins]
    # Who was first seen standing has stood for nobody knows how long.
    doing = np.where((before == UNKNOWN) & (doing == STANDS), UNKNOWN, doing).astype(np.int8)
    ends = (before == STANDS) & (doing == RUNS)
    lasted = t - s["stood_ns"][i]
    short = (
        ends & (lasted >= block.params["shortest_ns"][i]) & (lasted < block.params["minor_ns"][i])
    )
    added = np.where(block.params["timed"][i], lasted / NS_PER_S, 1.0)
    s["open"][i[short]] += added[short]
    s["doing"][i] = doing


def _advance(block: Block, s: Arrays, i: Index, t: NDArray[np.int64], hits: list[Hits]) -> None:
    """Judge every window edge up to `t` in turn, then complete the delays that are over."""
    while len(due := i[s["edge"][i] <= t]):
        until = t[s["edge"][i] <= t]
        _judge(block, s, due, hits)
        _skip(block, s, due, until)
    timers.fire(block, s, i, t, hits)


def _judge(block: Block, s: Arrays, i: Index, hits: list[Hits]) -> None:
    edge, slot = s["edge"][i], block.params["slot_ns"][i]
    timers.fire(block, s, i, edge, hits)
    s["ring"][i, (edge // slot) % SLOTS] = s["open"][i]
    s["open"][i] = 0.0
    s["edge"][i] = edge + slot
    total, most = s["ring"][i].sum(axis=1), block.params["most"][i]
    s["value"][i], s["bound"][i] = total, most
    timers.observe(s, i, edge, total >= most, total < most)
    timers.fire(block, s, i, edge, hits)


def _skip(block: Block, s: Arrays, i: Index, until: NDArray[np.int64]) -> None:
    """Where nothing stood within the window and nothing is pending, no edge before `until` can change anything."""
    quiet = (s["phase"][i] == timers.NORMAL) & ~s["ring"][i].any(axis=1)
    slot = block.params["slot_ns"][i]
    ahead = (until // slot + 1) * slot
    s["edge"][i] = np.where(quiet, np.maximum(s["edge"][i], ahead), s["edge"][i])


def shift(block: Block, s: Arrays, by_ns: int, now_ns: int) -> Arrays:
    """Forget the window: what stopped in a time nobody watched is unknown."""
    n = len(block.keys)
    return timers.shift(s, by_ns, now_ns) | {
        "doing": np.full(n, UNKNOWN, np.int8),
        "ring": np.zeros((n, SLOTS)),
        "open": np.zeros(n),
        "edge": _edge_after(block, now_ns),
    }


FAMILY: Final = Family(
    name="micro_stops",
    spec=StopsSpec,
    params=PARAMS,
    columns=COLUMNS,
    bind=bind,
    initial=initial,
    step=step,
    shift=shift,
    active=timers.active,
)
