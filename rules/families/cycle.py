"""Time a piece takes: slower than planned, or drifting from what it was (rules.md §3.1, actual cycle time)."""

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
from rules.spec import NS_PER_S, CycleSpec, SpecError, delay_ns, positive

RING: Final = 32
"""Completions that the median is taken over, at most."""

LEARN: Final = 64
"""Completions from which a reference is learned, at most."""

ROLLOVER_SHARE: Final = 0.25
COUNTER, TARGET = 0, 1

PARAMS: Final[dict[str, DTypeLike]] = {
    "pieces": np.int64,
    "learn": np.int64,
    "planned_s": np.float64,
    "over": np.float64,
    "longest_s": np.float64,
    "modulus": np.float64,
    **timers.PARAMS,
}
COLUMNS: Final[dict[str, DTypeLike]] = {
    "ring": np.dtype((np.float64, (RING,))),
    "filled": np.int64,
    "learning": np.dtype((np.float64, (LEARN,))),
    "learned": np.int64,
    "reference": np.float64,
    "last": np.float64,
    "last_ns": np.int64,
    **timers.COLUMNS,
}


def bind(spec: CycleSpec, signals: Signals) -> Sequence[Instance]:
    """Make one instance a counter, fed by the signal of its target speed where one is named."""
    params = _params(spec)
    instances: list[Instance] = []
    for index in signals.match(spec):
        if not signals.numeric[index]:
            continue
        links = [(index, COUNTER)]
        if spec.target_signal is not None:
            target = signals.companion(index, spec.target_signal)
            if target == index:
                raise SpecError(f"{signals.paths[index]} would be its own target")
            links += [(target, TARGET)] if target is not None else []
        bits = signals.bits[index]
        modulus = float(2**bits) if bits else float("inf")
        key = Key(spec.id, spec.version, index, "high")
        instances.append(Instance(key, params | {"modulus": modulus}, links))
    return instances


def _params(spec: CycleSpec) -> dict[str, float]:
    given = [spec.planned_s is not None, spec.target_signal is not None, spec.learn_pieces > 0]
    if sum(given) != 1:
        raise SpecError("want one of planned_s, target_signal and learn_pieces")
    if spec.planned_s is not None:
        positive("planned_s", spec.planned_s)
    positive("over_fraction", spec.over_fraction)
    positive("longest_s", spec.longest_s)
    if not 3 <= spec.pieces <= RING:
        raise SpecError(f"pieces is {spec.pieces}, want 3 to {RING}")
    if spec.learn_pieces and not 10 <= spec.learn_pieces <= LEARN:
        raise SpecError(f"learn_pieces is {spec.learn_pieces}, want 10 to {LEARN}")
    return {
        "pieces": spec.pieces,
        "learn": spec.learn_pieces,
        "planned_s": float("nan") if spec.planned_s is None else spec.planned_s,
        "over": spec.over_fraction,
        "longest_s": spec.longest_s,
        "on_ns": delay_ns("on_delay_s", spec.on_delay_s),
        "off_ns": delay_ns("off_delay_s", spec.off_delay_s),
    }


def initial(block: Block, now_ns: int) -> Arrays:  # noqa: ARG001 - a family's signature
    """Know nothing yet."""
    n = len(block.keys)
    s: Arrays = {
        "ring": np.full((n, RING), np.nan),
        "filled": np.zeros(n, np.int64),
        "learning": np.full((n, LEARN), np.nan),
        "learned": np.zeros(n, np.int64),
        "reference": block.params["planned_s"].copy(),
        "last": np.full(n, np.nan),
        "last_ns": np.zeros(n, np.int64),
    }
    return s | timers.initial(n)


def step(block: Block, s: Arrays, rows: Rows, now_ns: int) -> tuple[Arrays, list[Hits]]:
    """Take the rows in order, each instance in its turn, then complete the delays that are over by `now_ns`."""
    hits: list[Hits] = []
    row, instance, role = expand(block.routes, rows.signal)
    kept = _telling(s, rows.value[row], rows.usable[row], instance, role)
    row, instance, role = row[kept], instance[kept], role[kept]
    for turn in rounds(instance):
        i, t = instance[turn], rows.time_ns[row[turn]]
        value, usable = rows.value[row[turn]], rows.usable[row[turn]]
        timers.fire(block, s, i, t, hits)
        aimed = role[turn] == TARGET
        _aim(s, i[aimed], value[aimed], usable[aimed])
        counts = ~aimed
        s["last"][i[counts & ~usable]] = np.nan
        reads = counts & usable
        _read(block, s, i[reads], t[reads], value[reads], hits)
    everyone = np.arange(len(block.keys))
    timers.fire(block, s, everyone, np.full(len(everyone), now_ns), hits)
    return s, hits


def _telling(
    s: Arrays,
    value: NDArray[np.float64],
    usable: NDArray[np.bool_],
    instance: Index,
    role: NDArray[np.int8],
) -> Index:
    """Return the rows that change anything: a counter that stands where it stood before has completed nothing."""
    readings = np.flatnonzero(role == COUNTER)
    if not len(readings):
        return np.arange(len(instance))
    groups = Groups.of(instance[readings])
    at = readings[groups.meeting]
    # An unusable reading equals nothing, so that the one after it is told.
    seen = np.where(usable[at], value[at], np.nan)
    same = seen == groups.before(seen, s["last"][groups.who])
    keep = np.ones(len(instance), np.bool_)
    keep[at[same]] = False
    return np.flatnonzero(keep)


def _aim(s: Arrays, i: Index, per_min: NDArray[np.float64], usable: NDArray[np.bool_]) -> None:
    """Take the planned time of a piece from a target speed, pieces a minute; without one nothing is judged."""
    with np.errstate(divide="ignore", invalid="ignore"):
        s["reference"][i] = np.where(usable & (per_min > 0), 60.0 / per_min, np.nan)


def _read(  # noqa: PLR0917 - columns of one turn
    block: Block,
    s: Arrays,
    i: Index,
    t: NDArray[np.int64],
    value: NDArray[np.float64],
    hits: list[Hits],
) -> None:
    """Take usable readings of distinct instances: what was completed, how long each piece took, and whether too long."""
    forward = value - s["last"][i]
    first = np.isnan(forward)
    with np.errstate(invalid="ignore"):
        rolled = forward + block.params["modulus"][i]
        believed = (forward < 0) & (rolled <= ROLLOVER_SHARE * block.params["modulus"][i])
        believed &= np.isfinite(rolled)
    made = np.where(believed, rolled, forward)
    done = ~first & (made > 0)
    reset = ~first & (made < 0)
    each_s = np.zeros(len(i))
    each_s[done] = (t - s["last_ns"][i])[done] / NS_PER_S / made[done]
    moved = first | reset | done
    s["last"][i] = value
    s["last_ns"][i[moved]] = t[moved]
    # What took longer holds a stop, and says nothing of the pace.
    ran = done & (each_s > 0) & (each_s <= block.params["longest_s"][i])
    _learn(block, s, i[ran], each_s[ran])
    _judge(block, s, i[ran], t[ran], each_s[ran], hits)


def _learn(block: Block, s: Arrays, i: Index, each_s: NDArray[np.float64]) -> None:
    """Take the first completions as the reference, once there are enough; it is frozen then."""
    wanted = block.params["learn"][i]
    open_ = s["learned"][i] < wanted
    j = i[open_]
    s["learning"][j, s["learned"][j]] = each_s[open_]
    s["learned"][j] += 1
    full = j[s["learned"][j] == block.params["learn"][j]]
    if len(full):
        s["reference"][full] = np.nanmedian(s["learning"][full], axis=1)


def _judge(  # noqa: PLR0917 - columns of one turn
    block: Block,
    s: Arrays,
    i: Index,
    t: NDArray[np.int64],
    each_s: NDArray[np.float64],
    hits: list[Hits],
) -> None:
    size = block.params["pieces"][i]
    s["ring"][i, s["filled"][i] % size] = each_s
    s["filled"][i] += 1
    ready = (s["filled"][i] >= size) & np.isfinite(s["reference"][i])
    ready &= (block.params["learn"][i] == 0) | (s["filled"][i] >= block.params["learn"][i] + size)
    j, at = i[ready], t[ready]
    if not len(j):
        return
    median = np.nanmedian(s["ring"][j], axis=1)
    bound = (1.0 + block.params["over"][j]) * s["reference"][j]
    s["value"][j], s["bound"][j] = median, bound
    timers.observe(s, j, at, median > bound, median <= bound)
    timers.fire(block, s, j, at, hits)


def shift(block: Block, s: Arrays, by_ns: int, now_ns: int) -> Arrays:  # noqa: ARG001 - a family's signature
    """Forget the newest reading: what was made in a time nobody watched took nobody knows how long."""
    return timers.shift(s, by_ns, now_ns) | {"last": np.full(len(s["last"]), np.nan)}


FAMILY: Final = Family(
    name="cycle_time",
    spec=CycleSpec,
    params=PARAMS,
    columns=COLUMNS,
    bind=bind,
    initial=initial,
    step=step,
    shift=shift,
    active=timers.active,
)
