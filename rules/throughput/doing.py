"""What a machine does, as its neighbours see it: it works, it stands, it waits for them, or nobody knows."""

from __future__ import annotations

from enum import IntEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from rules.throughput.classes import ClassMap, TimeClass, classify


class Doing(IntEnum):
    """What a machine does to the flow."""

    WORKS = 0
    STANDS = 1
    """By its own doing: trouble, set-up, minor stop, no order."""
    WAITS = 2
    """For what precedes or follows it."""
    UNSEEN = 3


_BY_CLASS: Final = np.array(
    [
        {
            TimeClass.APT: Doing.WORKS,
            TimeClass.ADET_EXTERNAL: Doing.WAITS,
            TimeClass.UNKNOWN: Doing.UNSEEN,
        }.get(each, Doing.STANDS)
        for each in TimeClass
    ],
    np.uint8,
)


def doing(
    classes: ClassMap,
    *,
    booked: NDArray[np.uint8],
    state: NDArray[np.float64],
    mode: NDArray[np.float64],
) -> NDArray[np.uint8]:
    """Return `Doing` of each span; a minor stop waits where its state is one of waiting for neighbours."""
    no = np.zeros(len(booked), np.bool_)
    told = classify(classes, state=state, mode=mode, standing=no, without_order=no)
    waits = (booked == TimeClass.MINOR) & (told == TimeClass.ADET_EXTERNAL)
    found: NDArray[np.uint8] = np.where(waits, np.uint8(Doing.WAITS), _BY_CLASS[booked])
    return found


def periods(
    start_ns: NDArray[np.int64], end_ns: NDArray[np.int64], mask: NDArray[np.bool_]
) -> NDArray[np.int64]:
    """Return the chosen spans (n, 2), those that touch as one; spans rise and do not overlap."""
    start, end = start_ns[mask], end_ns[mask]
    if len(start) == 0:
        return np.empty((0, 2), np.int64)
    first = np.flatnonzero(np.append(np.True_, start[1:] != end[:-1]))
    last = np.append(first[1:], len(start)) - 1
    return np.stack([start[first], end[last]], axis=1)
