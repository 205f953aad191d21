"""A value that leaves the usual range and is soon back."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import DTypeLike

from rules.columns import Rows
from rules.events import EventKind
from rules.families.base import Arrays, Block, Family, Hits, Instance, Key, Signals
from rules.families.motion.condition import Flags, Floats, Times, Turn, numeric
from rules.families.motion.spec import LONGEST_SPIKE_WINDOW, SpikeSpec
from rules.routing import Index, expand, rounds
from rules.spc.phase1 import MAD_TO_SIGMA
from rules.spec import SpecError, positive

MOST: Final = 1_000_000


class Usual(NamedTuple):
    """Median of the usual samples, and their robust standard deviation."""

    median: Floats
    scale: Floats


def bind(spec: SpikeSpec, signals: Signals) -> Sequence[Instance]:
    """Make one instance a signal."""
    positive("threshold", spec.threshold)
    if not 5 <= spec.window <= LONGEST_SPIKE_WINDOW:
        raise SpecError(f"window is {spec.window}, want 5 to {LONGEST_SPIKE_WINDOW} samples")
    if not 1 <= spec.returns_within <= spec.window:
        raise SpecError(
            f"returns_within is {spec.returns_within}, want 1 to window = {spec.window}"
        )
    if not (math.isfinite(spec.min_scale) and spec.min_scale >= 0.0):
        raise SpecError(f"min_scale is {spec.min_scale:g}, want 0 or more")
    if not 1 <= spec.clear_after <= MOST:
        raise SpecError(f"clear_after is {spec.clear_after}, want at least 1")
    names = ("threshold", "window", "returns_within", "min_scale", "clear_after")
    params = {name: getattr(spec, name) for name in names}
    return [
        Instance(Key(spec.id, spec.version, index, ""), params, [(index, 0)])
        for index in numeric(spec, signals, what="a rule of type spike")
    ]


def initial(block: Block, now_ns: int) -> Arrays:
    """Know no sample yet."""
    del now_ns
    count = len(block.keys)
    s: Arrays = {
        name: np.zeros((count, *np.dtype(kind).shape), np.dtype(kind).base)
        for name, kind in COLUMNS.items()
    }
    s["ring"][:] = np.nan
    return s


def step(block: Block, s: Arrays, rows: Rows, now_ns: int) -> tuple[Arrays, list[Hits]]:
    """Take the rows in order; only samples count, not time."""
    del now_ns
    hits: list[Hits] = []
    row, instance, role = expand(block.routes, rows.signal)
    for turn in rounds(instance):
        at = row[turn]
        s["away"][instance[turn][~rows.usable[at]]] = 0
        now = Turn(
            instance[turn],
            rows.time_ns[at],
            rows.source_ns[at],
            role[turn],
            rows.value[at],
            rows.usable[at],
            rows.good[at],
        )
        with np.errstate(over="ignore", invalid="ignore"):
            _see(block, s, now.only(now.usable), hits)
    return s, hits


def _see(block: Block, s: Arrays, now: Turn, hits: list[Hits]) -> None:
    p = block.params
    full = s["count"][now.i] >= p["window"][now.i]
    _push(block, s, now.i[~full], now.value[~full])
    ready = now.only(full)
    i, x = ready.i, ready.value
    usual = _usual(block, s, i)
    far = np.abs(x - usual.median)
    out = (usual.scale > 0.0) & (far > p["threshold"][i] * usual.scale)
    _leave(block, s, ready, out, far)
    _return(block, s, ready, ~out, usual, hits)


def _usual(block: Block, s: Arrays, i: Index) -> Usual:
    width = block.params["window"][i]
    ring = s["ring"][i]
    median = _median(ring, width)
    mad = _median(np.abs(ring - median[:, None]), width)
    return Usual(median, np.maximum(MAD_TO_SIGMA * mad, block.params["min_scale"][i]))


def _median(values: Floats, width: Times) -> Floats:
    """Return the median of the first `width` values of each row; the others are NaN, which sorts last."""
    ordered = np.sort(values, axis=1)
    row = np.arange(len(ordered))
    middle: Floats = (ordered[row, (width - 1) // 2] + ordered[row, width // 2]) / 2.0
    return middle


def _push(block: Block, s: Arrays, i: Index, x: Floats) -> None:
    s["ring"][i, s["count"][i] % block.params["window"][i]] = x
    s["count"][i] += 1


def _leave(block: Block, s: Arrays, now: Turn, out: Flags, far: Floats) -> None:
    """Note the farthest sample of an excursion; one that stays away too long is a step and starts anew."""
    i, t, x, far = now.i[out], now.t[out], now.value[out], far[out]
    first = s["away"][i] == 0
    s["away"][i] += 1
    s["began"][i[first]] = t[first]
    higher = first | (far > s["farthest"][i])
    s["peak"][i[higher]] = x[higher]
    s["farthest"][i[higher]] = far[higher]
    stays = s["away"][i] > block.params["returns_within"][i]
    j = i[stays]
    s["away"][j] = s["count"][j] = 0
    s["ring"][j] = np.nan
    _push(block, s, j, x[stays])


def _return(  # noqa: PLR0917 - it hands its caller's columns on
    block: Block, s: Arrays, now: Turn, back: Flags, usual: Usual, hits: list[Hits]
) -> None:
    """Raise where an excursion ends; clear after enough usual samples."""
    i, t, x = now.i[back], now.t[back], now.value[back]
    median, scale = usual.median[back], usual.scale[back]
    spiked = s["away"][i] > 0
    s["quiet"][i] = np.where(spiked, 0, s["quiet"][i] + 1)
    s["away"][i] = 0
    apart = block.params["threshold"][i] * scale
    # An excursion that was given up has left its peak behind: the limit is the last spike's.
    s["told"][i[spiked]] = s["peak"][i[spiked]]
    edge = median + np.where(s["told"][i] > median, apart, -apart)
    starts = spiked & (s["raised"][i] == 0)
    ends = ~spiked & (s["raised"][i] == 1) & (s["quiet"][i] >= block.params["clear_after"][i])
    j = i[starts]
    s["raised"][j] = 1
    s["serial"][j] += 1
    s["onset"][j] = s["began"][j]
    s["raised"][i[ends]] = 0
    value = np.where(spiked, s["peak"][i], x)
    for chosen, kind in ((starts, EventKind.RAISED), (ends, EventKind.CLEARED)):
        k = i[chosen]
        if len(k):
            what = (s["onset"][k], value[chosen], edge[chosen], s["serial"][k])
            hits.append(Hits(k, kind, t[chosen], *what))
    _push(block, s, i, x)


def shift(block: Block, s: Arrays, by_ns: int, now_ns: int) -> Arrays:
    """Give up an excursion whose return nobody watched."""
    del block, by_ns, now_ns
    return s | {"away": np.zeros_like(s["away"])}


def active(s: Arrays) -> Flags:
    """Tell which conditions hold."""
    held: Flags = s["raised"] == 1
    return held


COLUMNS: Final[dict[str, DTypeLike]] = {
    "ring": np.dtype((np.float64, (LONGEST_SPIKE_WINDOW,))),
    "count": np.int64,
    "away": np.int64,
    "began": np.int64,
    "peak": np.float64,
    "told": np.float64,
    "farthest": np.float64,
    "raised": np.int8,
    "quiet": np.int64,
    "onset": np.int64,
    "serial": np.int64,
}

FAMILY: Final = Family(
    name="spike",
    spec=SpikeSpec,
    params={
        "threshold": np.float64,
        "window": np.int64,
        "returns_within": np.int64,
        "min_scale": np.float64,
        "clear_after": np.int64,
    },
    columns=COLUMNS,
    bind=bind,
    initial=initial,
    step=step,
    shift=shift,
    active=active,
)
