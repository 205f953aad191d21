"""The shape of bucketed history, the same whichever engine holds it."""

from __future__ import annotations

import numpy as np

from gateway.errors import InvalidRequestError
from gateway.ports import Buckets


def bucket_width_ns(*, start_ns: int, end_ns: int, max_points: int) -> int:
    """Return the smallest width with which `max_points` buckets from `start_ns` on cover the range."""
    if max_points < 1:
        raise InvalidRequestError(f"max_points is {max_points}, want at least 1")
    if end_ns - start_ns >= 1 << 63:
        raise InvalidRequestError("the range is longer than 292 years")
    return max(1, -(-(end_ns - start_ns) // max_points))


def no_buckets(signal: int, width_ns: int) -> Buckets:
    """Return the history of a signal without rows in the range."""
    nothing = np.empty(0, np.float64)
    return Buckets(
        signal=signal,
        width_ns=width_ns,
        start_ns=np.empty(0, np.int64),
        first=nothing,
        last=nothing,
        low=nothing,
        high=nothing,
        mean=nothing,
        count=np.empty(0, np.int64),
        worst=np.empty(0, np.uint8),
    )
