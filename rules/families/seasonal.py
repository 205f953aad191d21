"""Hours against the same hour of the week in earlier weeks: a constant state of twelve weeks a signal at most."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import DTypeLike

from rules.columns import Rows
from rules.events import EventKind
from rules.families.base import Arrays, Block, Family, Hits, Instance, Key, Signals
from rules.families.motion.condition import Flags, Floats, Times, numeric
from rules.families.seasonal_spec import HOURS, MOST_OFFSETS, MOST_WEEKS, SeasonalSpec, check
from rules.routing import Index, expand, rounds
from rules.spc.phase1 import MAD_TO_SIGMA
from rules.spec import NS_PER_S

HOUR_NS: Final = 3600 * NS_PER_S
FAR: Final = 2**62


def bind(spec: SeasonalSpec, signals: Signals) -> Sequence[Instance]:
    """Make one instance a signal."""
    check(spec)
    none = [(FAR, 0)] * (MOST_OFFSETS - len(spec.offsets))
    params = {
        "threshold": spec.threshold,
        "min_scale": spec.min_scale,
        "weeks": spec.weeks,
        "least": spec.least_weeks,
        "offsets": [*spec.offsets, *none],
    }
    return [
        Instance(Key(spec.id, spec.version, index, ""), params, [(index, 0)])
        for index in numeric(spec, signals, what="a rule of type seasonal")
    ]


def initial(block: Block, now_ns: int) -> Arrays:
    """Know no week yet."""
    count = len(block.keys)
    s: Arrays = {
        name: np.zeros((count, *np.dtype(kind).shape), np.dtype(kind).base)
        for name, kind in COLUMNS.items()
    }
    s["past"][:] = np.nan
    s["edge"][:] = (now_ns // HOUR_NS + 1) * HOUR_NS
    return s


def step(block: Block, s: Arrays, rows: Rows, now_ns: int) -> tuple[Arrays, list[Hits]]:
    """Take the rows in order, then close the hours that are over by `now_ns`."""
    hits: list[Hits] = []
    row, instance, _ = expand(block.routes, rows.signal)
    with np.errstate(over="ignore", invalid="ignore"):
        for turn in rounds(instance):
            at, i = row[turn], instance[turn]
            _close(block, s, i, rows.time_ns[at], hits)
            usable = rows.usable[at]
            j = i[usable]
            s["count"][j] += 1
            s["mean"][j] += (rows.value[at][usable] - s["mean"][j]) / s["count"][j]
        everyone = np.arange(len(block.keys))
        _close(block, s, everyone, np.full(len(everyone), now_ns), hits)
    return s, hits


def _close(block: Block, s: Arrays, i: Index, t: Times, hits: list[Hits]) -> None:
    """Judge the hour that is over by `t`, then let it be one of the past; hours without samples are left out."""
    over = s["edge"][i] <= t
    i, t = i[over], t[over]
    if not len(i):
        return
    edge = s["edge"][i]
    s["edge"][i] = (t // HOUR_NS + 1) * HOUR_NS
    told = (s["count"][i] > 0) & np.isfinite(s["mean"][i])
    j, end, mean = i[told], edge[told], s["mean"][i][told]
    s["count"][i] = 0
    s["mean"][i] = 0.0
    if len(j):
        hour = _hour(block, j, end - HOUR_NS)
        _judge(block, s, j, end, mean, hour, hits)
        place = s["seen"][j, hour] % block.params["weeks"][j]
        s["past"][j, hour, place] = mean
        s["seen"][j, hour] += 1


def _hour(block: Block, i: Index, start_ns: Times) -> Times:
    """Return the hour of the week by the plant's clock."""
    offsets = block.params["offsets"][i]
    newest = np.maximum((offsets[:, :, 0] <= start_ns[:, None]).sum(axis=1) - 1, 0)
    ahead_s = offsets[np.arange(len(i)), newest, 1]
    hour: Times = (start_ns // NS_PER_S + ahead_s) // 3600 % HOURS
    return hour


def _judge(  # noqa: PLR0917 - columns of one length
    block: Block, s: Arrays, i: Index, end: Times, mean: Floats, hour: Times, hits: list[Hits]
) -> None:
    known = np.minimum(s["seen"][i, hour], block.params["weeks"][i])
    ready = known >= block.params["least"][i]
    i, end, mean, hour, known = i[ready], end[ready], mean[ready], hour[ready], known[ready]
    past = s["past"][i, hour]
    median = _median(past, known)
    mad = _median(np.abs(past - median[:, None]), known)
    scale = np.maximum(MAD_TO_SIGMA * mad, block.params["min_scale"][i])
    apart = block.params["threshold"][i] * scale
    outside = np.abs(mean - median) > apart
    raised = s["raised"][i] == 1
    starts, ends = outside & ~raised, raised & ~outside
    s["raised"][i] = outside
    s["serial"][i[starts]] += 1
    s["onset"][i[starts]] = end[starts] - HOUR_NS
    limit = median + np.where(mean > median, apart, -apart)
    for chosen, kind in ((starts, EventKind.RAISED), (ends, EventKind.CLEARED)):
        j = i[chosen]
        if len(j):
            what = (s["onset"][j], mean[chosen], limit[chosen], s["serial"][j])
            hits.append(Hits(j, kind, end[chosen], *what))


def _median(values: Floats, count: Times) -> Floats:
    """Return the median of the first `count` values of each row; the others are NaN, which sorts last."""
    ordered = np.sort(values, axis=1)
    row = np.arange(len(ordered))
    middle: Floats = (ordered[row, (count - 1) // 2] + ordered[row, count // 2]) / 2.0
    return middle


def shift(block: Block, s: Arrays, by_ns: int, now_ns: int) -> Arrays:
    """Give up the open hour; the past stays."""
    del by_ns
    count = len(block.keys)
    edge = np.full(count, (now_ns // HOUR_NS + 1) * HOUR_NS)
    return s | {"count": np.zeros(count, np.int64), "mean": np.zeros(count), "edge": edge}


def active(s: Arrays) -> Flags:
    """Tell which conditions hold."""
    held: Flags = s["raised"] == 1
    return held


COLUMNS: Final[dict[str, DTypeLike]] = {
    "past": np.dtype((np.float64, (HOURS, MOST_WEEKS))),
    "seen": np.dtype((np.int64, (HOURS,))),
    "edge": np.int64,
    "count": np.int64,
    "mean": np.float64,
    "raised": np.int8,
    "onset": np.int64,
    "serial": np.int64,
}
FAMILY: Final = Family(
    name="seasonal",
    spec=SeasonalSpec,
    params={
        "threshold": np.float64,
        "min_scale": np.float64,
        "weeks": np.int64,
        "least": np.int64,
        "offsets": np.dtype((np.int64, (MOST_OFFSETS, 2))),
    },
    columns=COLUMNS,
    bind=bind,
    initial=initial,
    step=step,
    shift=shift,
    active=active,
)
