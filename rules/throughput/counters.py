"""What a counter counted between its readings: rollover, reset and doubt, over many signals at once."""

from __future__ import annotations

from enum import IntEnum
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

SLACK: Final = 1.5
"""How much faster than its greatest rate a counter may seem to run before it is doubted."""

_S_NS: Final = 1e9
_ROLLOVER_SHARE: Final = 0.25


class Step(IntEnum):
    """What happened between two readings."""

    FIRST = 0
    OK = 1
    ROLLOVER = 2
    RESET = 3


class Deltas(NamedTuple):
    """One row a reading, in the order given: what was counted, what happened, and whether it is to be doubted.

    `pieces` float64 >= 0, `step` uint8 of `Step`, `suspect` bool, `since_ns` int64 time of the reading before
    (its own where there is none).
    """

    pieces: NDArray[np.float64]
    step: NDArray[np.uint8]
    suspect: NDArray[np.bool_]
    since_ns: NDArray[np.int64]


class Readings(NamedTuple):
    """Readings of many counters: `signal` int32, `time_ns` int64 rising within a signal, finite `value` float64."""

    signal: NDArray[np.int32]
    time_ns: NDArray[np.int64]
    value: NDArray[np.float64]


class Counters(NamedTuple):
    """By signal: width in `bits` (0 where unknown) and `max_per_s` (infinite where unknown)."""

    bits: NDArray[np.int64]
    max_per_s: NDArray[np.float64]


def deltas(readings: Readings, counters: Counters) -> Deltas:
    """Return what each reading adds to the one before it of the same signal.

    With d = new - old and r = d mod 2**bits: d >= 0 counts d; d < 0 is a rollover that counts r where
    r <= max_rate * dt * 1.5, else a reset that counts `new`. Without a greatest rate, a rollover is believed where
    r is below a quarter of the width. More than max_rate * dt * 1.5 is counted and flagged, but never a single
    piece: readings may be closer than pieces. The first reading counts 0. (reference: rules 3.2)
    """
    order = np.argsort(readings.signal, kind="stable")
    signal, time_ns, value = (
        readings.signal[order],
        readings.time_ns[order],
        readings.value[order],
    )
    first = np.ones(len(signal), np.bool_)
    first[1:] = signal[1:] != signal[:-1]
    before = np.where(first, value, np.roll(value, 1))
    since = np.where(first, time_ns, np.roll(time_ns, 1))
    count, step, suspect = _counted(
        before, value, (time_ns - since) / _S_NS, counters.bits[signal], counters.max_per_s[signal]
    )
    step[first] = Step.FIRST
    suspect[first] = False
    back = np.empty_like(order)
    back[order] = np.arange(len(order))
    return Deltas(count[back], step[back], suspect[back], since[back])


class Added(NamedTuple):
    """What readings of one counter add: one row a reading by time, and the last of them (None: there is none yet)."""

    time_ns: NDArray[np.int64]
    counted: Deltas
    last: tuple[int, float] | None


def deltas_of_one(
    time_ns: NDArray[np.int64], value: NDArray[np.float64], *, bits: int, max_per_s: float
) -> Deltas:
    """Return what the readings of one counter add, by rising time; as `deltas`."""
    return deltas(
        Readings(np.zeros(len(time_ns), np.int32), time_ns, value),
        Counters(np.array([bits]), np.array([max_per_s])),
    )


def added_to(
    last: tuple[int, float] | None,
    time_ns: NDArray[np.int64],
    value: NDArray[np.float64],
    *,
    bits: int,
    max_per_s: float,
) -> Added:
    """Return what more readings of one counter, in any order, add to its last (time, value).

    Only finite values newer than it count: a later reading holds the pieces of an older one already.
    """
    use = np.isfinite(value)
    if last is not None:
        use &= time_ns > last[0]
    order = np.argsort(time_ns[use], kind="stable")
    times, values = time_ns[use][order], value[use][order]
    known = [] if last is None else [last]
    counted = deltas_of_one(
        np.concatenate([np.array([at for at, _ in known], np.int64), times]),
        np.concatenate([np.array([held for _, held in known]), values]),
        bits=bits,
        max_per_s=max_per_s,
    )
    count, step, suspect, since = counted
    new = slice(len(known), None)
    added = Deltas(count[new], step[new], suspect[new], since[new])
    return Added(times, added, (int(times[-1]), float(values[-1])) if len(times) else last)


def _counted(
    old: NDArray[np.float64],
    new: NDArray[np.float64],
    delta_s: NDArray[np.float64],
    bits: NDArray[np.int64],
    max_per_s: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.uint8], NDArray[np.bool_]]:
    difference = new - old
    width = np.where(bits > 0, np.exp2(bits.astype(np.float64)), np.inf)
    with np.errstate(invalid="ignore"):
        most = np.where(
            np.isfinite(max_per_s), np.maximum(max_per_s * delta_s * SLACK, 1.0), np.inf
        )
        around = difference + width
    believed = np.where(np.isfinite(most), most, width * _ROLLOVER_SHARE)
    backwards = difference < 0
    rolled = backwards & (bits > 0) & (around >= 0) & (around <= believed)
    reset = backwards & ~rolled
    count = np.where(rolled, around, np.where(reset, np.maximum(new, 0.0), difference))
    step = np.where(rolled, Step.ROLLOVER, np.where(reset, Step.RESET, Step.OK)).astype(np.uint8)
    return count, step, count > most
