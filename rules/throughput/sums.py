"""Additive sums by bucket, plan segment and order: the only thing that is ever kept or added up."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import IntEnum
from typing import Final, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray


class Field(IntEnum):
    """What is summed: nanoseconds first (those of the time classes under their own numbers), then pieces and counts."""

    APT = 0
    ASUT = 1
    ADET_INTERNAL = 2
    ADET_EXTERNAL = 3
    MINOR = 4
    ADOT = 5
    UNKNOWN = 6
    REPAIR = 7
    """Time in stops that are failures; also part of the delays."""
    IDEAL = 8
    """Planned run time of everything produced."""
    GOOD_IDEAL = 9
    """Planned run time of what is good."""
    GOOD = 10
    SCRAP = 11
    REWORK = 12
    START_UP_SCRAP = 13
    """Part of the scrap, counted while setting up."""
    UNCOVERED = 14
    """Pieces counted across time that nobody saw; in no ratio."""
    SUSPECT = 15
    """Pieces of readings that are to be doubted; also part of the above."""
    UNRATED = 16
    """Pieces for which no planned run time is known."""
    STOPS = 17
    """Delays at least as long as the threshold, by their beginning."""
    MINOR_STOPS = 18
    FAILURES = 19
    ILLEGAL = 20
    """State changes that the state model does not know."""
    RESETS = 21


WIDTH: Final = len(Field)
CLASSES: Final = 7
"""The first fields are the time classes; together they are all the time there was."""

Vector: TypeAlias = NDArray[np.float64]


class Key(NamedTuple):
    """Start of the bucket, start of the plan's segment (both UTC ns), and the order's number (0: none)."""

    bucket_ns: int
    segment_ns: int
    order: int


Sums: TypeAlias = Mapping[Key, Vector]
"""One vector of `WIDTH` a key; whole numbers in float64, so that adding is exact in any order."""


def grouped(keys: NDArray[np.int64], values: Vector) -> dict[Key, Vector]:
    """Return sums from rows of keys (n, 3) and values (n, WIDTH)."""
    if len(keys) == 0:
        return {}
    # Rows come by time, so that a key's rows lie in a few runs.
    begins = np.flatnonzero(np.append(np.True_, (keys[1:] != keys[:-1]).any(axis=1)))
    runs = np.add.reduceat(values, begins, axis=0)
    total: dict[Key, Vector] = {}
    for numbers, row in zip(keys[begins].tolist(), runs, strict=True):
        key = Key(*numbers)
        total[key] = total[key] + row if key in total else row
    return total


def add(parts: Iterable[Sums]) -> dict[Key, Vector]:
    """Return the sums of all parts."""
    total: dict[Key, Vector] = {}
    for part in parts:
        for key, row in part.items():
            total[key] = total[key] + row if key in total else row
    return total


def whole(sums: Iterable[Vector]) -> Vector:
    """Return one vector of many."""
    total = np.zeros(WIDTH)
    for row in sums:
        total = total + row
    return total
