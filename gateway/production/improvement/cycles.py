"""Cycle times of a job from its machine's counters, and whether they say that a standard time is wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from gateway.clock import NS_PER_S
from gateway.production.improvement.effect import median_interval
from rules.spc.charts.shewhart import i_mr

OFF: Final = 0.05
SURE: Final = 0.02
FEWEST_CYCLES: Final = 30
FEWEST_JOBS: Final = 3
GROUP: Final = 5
MOST_PIECES: Final = 50
"""A counter that is told so rarely says too little of a single cycle."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What cycles say of one operation on one machine; `interval` is that of the median."""

    run_s: float
    p10_s: float
    p90_s: float
    interval: tuple[float, float]
    cycles: int
    jobs: tuple[str, ...]


def cycles(
    time_ns: NDArray[np.int64],
    value: NDArray[np.float64],
    producing: Sequence[tuple[int, int]],
) -> NDArray[np.float64]:
    """Return the seconds of each piece between readings of a counter, stops removed.

    `producing` are (from, to) in which the machine ran; only readings that lie in the same one are held against each
    other. Readings that go backwards (reset, rollover) or leap count nothing.
    """
    begins = np.array([each[0] for each in producing], np.int64)
    ends = np.array([each[1] for each in producing], np.int64)
    if len(begins) == 0 or len(time_ns) < 2:
        return np.empty(0)
    place = np.searchsorted(begins, time_ns, side="right") - 1
    inside = (place >= 0) & (time_ns <= ends[np.maximum(place, 0)])
    pieces = np.diff(value)
    same = inside[1:] & inside[:-1] & (place[1:] == place[:-1])
    good = same & (pieces >= 1) & (pieces <= MOST_PIECES)
    seconds = np.diff(time_ns)[good] / NS_PER_S / pieces[good]
    return np.repeat(seconds, pieces[good].astype(np.int64))


def measured(by_job: Mapping[str, NDArray[np.float64]]) -> Measured | None:
    """Return what the cycles of several jobs say, None where they are too few or the process is not in control."""
    jobs = tuple(name for name, held in by_job.items() if len(held))
    held = np.concatenate([by_job[name] for name in jobs]) if jobs else np.empty(0)
    if len(held) < FEWEST_CYCLES or len(jobs) < FEWEST_JOBS or not in_control(held):
        return None
    median, low, high = median_interval(held)
    p10, p90 = np.quantile(held, (0.1, 0.9))
    return Measured(
        run_s=median,
        p10_s=float(p10),
        p90_s=float(p90),
        interval=(low, high),
        cycles=len(held),
        jobs=jobs,
    )


def in_control(values: NDArray[np.float64]) -> bool:
    """Say whether medians of five cycles after each other lie within the limits of their own individuals chart."""
    groups = len(values) // GROUP
    if groups < 3:
        return False
    medians = np.median(values[: groups * GROUP].reshape(groups, GROUP), axis=1)
    level, _ = i_mr(medians)
    slack = 1e-9 * abs(float(level.centre))
    return bool(np.all((medians >= level.lower - slack) & (medians <= level.upper + slack)))


def is_off(found: Measured, standard_s: float) -> bool:
    """Say whether a standard is wrong by more than 5 %, and surely by more than 2 % (production.md phase 10)."""
    low, high = (each / standard_s - 1 for each in found.interval)
    sure = low > SURE or high < -SURE
    return abs(found.run_s / standard_s - 1) > OFF and sure
