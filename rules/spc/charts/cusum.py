"""Two-sided cumulative sums of standardised points, with head start and the start of the change (rules.md §1.2)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


class Sums(NamedTuple):
    """Sums upward and downward, and how many points each has been above 0 (from which its change began)."""

    high: Floats
    low: Floats
    high_points: NDArray[np.int64]
    low_points: NDArray[np.int64]

    @classmethod
    def begin(cls, shape: tuple[int, ...], *, head_start: float = 0.0) -> Sums:
        """Return sums before the first point; a head start of h/2 is the usual fast initial response."""
        none = np.zeros(shape, np.int64)
        return cls(np.full(shape, head_start), np.full(shape, head_start), none, none)

    def add(self, z: Floats, reference: float | Floats) -> Sums:
        """Return the sums after one more point a signal; NaN changes nothing. `reference` is k."""
        known = ~np.isnan(z)
        high = np.where(known, np.maximum(0.0, self.high + z - reference), self.high)
        low = np.where(known, np.maximum(0.0, self.low - z - reference), self.low)
        return Sums(
            high,
            low,
            np.where(high > 0.0, self.high_points + known, 0),
            np.where(low > 0.0, self.low_points + known, 0),
        )


def statistics(z: ArrayLike, reference: float, *, head_start: float = 0.0) -> Sums:
    """Return the sums after every point along the last axis; `*_points` hold the points above 0 so far."""
    points = np.asarray(z, np.float64)
    now = Sums.begin(points.shape[:-1], head_start=head_start)
    made: list[Sums] = []
    for index in range(points.shape[-1]):
        now = now.add(points[..., index], reference)
        made.append(now)
    columns = [np.stack(column, axis=-1) for column in zip(*made, strict=True)]
    return Sums(*columns)


def change_start(index: ArrayLike, points: ArrayLike) -> NDArray[np.int64]:
    """Return the index of the first point of a change seen at `index`, where the sum had been above 0 for `points`."""
    start: NDArray[np.int64] = np.asarray(index) - np.asarray(points) + 1
    return start


def new_mean(
    centre: ArrayLike, sigma: ArrayLike, total: ArrayLike, points: ArrayLike, reference: float
) -> Floats:
    """Estimate the mean since the change: centre + sigma (k + H/N); for the lower sum pass a negative sigma."""
    off = reference + np.asarray(total) / np.asarray(points)
    mean: Floats = np.asarray(centre) + np.asarray(sigma) * off
    return mean
