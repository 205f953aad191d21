"""No good sample for too long."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from rules.columns import Rows
from rules.events import EventKind
from rules.families.base import Arrays, Block, Family, Hits, Instance, Key, Signals
from rules.routing import Index, expand
from rules.spec import NS_PER_S, MissingSpec, delay_ns, positive


def bind(spec: MissingSpec, signals: Signals) -> Sequence[Instance]:
    """Make one instance a signal, whatever its data type."""
    positive("after_s", spec.after_s)
    params = {"after_ns": delay_ns("after_s", spec.after_s)}
    return [
        Instance(Key(spec.id, spec.version, index, ""), params, [(index, 0)])
        for index in signals.match(spec)
    ]


def initial(block: Block, now_ns: int) -> Arrays:
    """Give every signal its full time from `now_ns` on."""
    count = len(block.keys)
    return {
        "base": np.full(count, now_ns),
        "last": np.full(count, now_ns),
        "raised": np.zeros(count, np.int8),
        "serial": np.zeros(count, np.int64),
    }


def step(block: Block, s: Arrays, rows: Rows, now_ns: int) -> tuple[Arrays, list[Hits]]:
    """Compare each good sample with the one before it, then the newest with `now_ns`."""
    hits: list[Hits] = []
    good = np.flatnonzero(rows.good)
    row, instance, _ = expand(block.routes, rows.signal[good])
    order = np.argsort(instance, kind="stable")
    i, t = instance[order], rows.time_ns[good][row[order]]
    if len(i):
        _samples(block, s, i, t, hits)
    after = block.params["after_ns"]
    late = np.flatnonzero((s["raised"] == 0) & (s["base"] + after <= now_ns))
    s["serial"][late] += 1
    s["raised"][late] = 1
    hits.append(_raised(block, late, s["base"][late], s["last"][late], s["serial"][late]))
    return s, hits


def _samples(block: Block, s: Arrays, i: Index, t: NDArray[np.int64], hits: list[Hits]) -> None:
    """Take good samples, sorted by instance and time."""
    first = np.diff(i, prepend=-1) != 0
    base = np.where(first, s["base"][i], np.roll(t, 1))
    last = np.where(first, s["last"][i], np.roll(t, 1))
    pending = first & (s["raised"][i] == 1)
    late = ~pending & (base + block.params["after_ns"][i] <= t)
    total = np.cumsum(late)
    begin = np.flatnonzero(first)
    before = np.repeat(total[begin] - late[begin], np.diff(begin, append=len(i)))
    serial = s["serial"][i] + total - before
    hits.append(_raised(block, i[late], base[late], last[late], serial[late]))
    ended = late | pending
    silent_s = (t - last) / NS_PER_S
    limit = block.params["after_ns"][i] / NS_PER_S
    hits.append(
        Hits(
            i[ended],
            EventKind.CLEARED,
            t[ended],
            last[ended],
            silent_s[ended],
            limit[ended],
            serial[ended],
        )
    )
    final = np.diff(i, append=-1) != 0
    s["base"][i[final]] = s["last"][i[final]] = t[final]
    s["raised"][i[final]] = 0
    s["serial"][i[final]] = serial[final]


def _raised(
    block: Block,
    i: Index,
    base: NDArray[np.int64],
    last: NDArray[np.int64],
    serial: NDArray[np.int64],
) -> Hits:
    after = block.params["after_ns"][i]
    limit = after / NS_PER_S
    silent_s = (base + after - last) / NS_PER_S
    return Hits(i, EventKind.RAISED, base + after, last, silent_s, limit, serial)


def shift(block: Block, s: Arrays, by_ns: int, now_ns: int) -> Arrays:
    """Leave out a time nobody watched."""
    del block, now_ns
    return s | {"base": s["base"] + by_ns}


def active(s: Arrays) -> NDArray[np.bool_]:
    """Tell which signals are missing now."""
    held: NDArray[np.bool_] = s["raised"] == 1
    return held


FAMILY: Final = Family(
    name="missing",
    spec=MissingSpec,
    params={"after_ns": np.int64},
    columns={"base": np.int64, "last": np.int64, "raised": np.int8, "serial": np.int64},
    bind=bind,
    initial=initial,
    step=step,
    shift=shift,
    active=active,
)
