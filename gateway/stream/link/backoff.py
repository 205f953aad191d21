"""How long to wait before the next attempt."""

from __future__ import annotations

import random

from gateway.stream.options import BackOffOptions

_DOUBLINGS = 30


class BackOff:
    """Full jitter: each wait is drawn between zero and a bound that doubles with every attempt."""

    def __init__(self, options: BackOffOptions, *, rng: random.Random) -> None:
        self._options = options
        self._rng = rng
        self.attempts = 0

    def next_s(self, *, at_least_s: float = 0.0) -> float:
        """Count one more failed attempt and return the wait after it in seconds."""
        bound_s = min(
            self._options.max_s, self._options.min_s * 2 ** min(self.attempts, _DOUBLINGS)
        )
        self.attempts += 1
        return at_least_s + self._rng.uniform(0.0, bound_s)

    def reset(self) -> None:
        """Start anew after a success."""
        self.attempts = 0
