"""Whether the wall clock was set while the rules ran."""

from __future__ import annotations

import logging
from typing import Final

from gateway.clock import NS_PER_S, Clock

CLOCK_STEP_NS: Final = 2 * NS_PER_S
"""How far wall clock and monotonic clock may drift apart before it counts as set."""

log = logging.getLogger(__name__)


class WallClock:
    """Compares the wall clock with one that nobody sets."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._offset_ns = self._offset()

    def _offset(self) -> int:
        return self._clock.now_ns() - round(self._clock.monotonic_s() * NS_PER_S)

    def stepped_ns(self, rules_ns: int | None) -> int:
        """Return by how much it was set forward while rules at `rules_ns` were live, else 0."""
        offset_ns = self._offset()
        stepped_ns = offset_ns - self._offset_ns
        if abs(stepped_ns) < CLOCK_STEP_NS:
            return 0
        self._offset_ns = offset_ns
        log.warning("the wall clock was set by %.1f s", stepped_ns / NS_PER_S)
        if rules_ns is None or stepped_ns < 0:
            return 0
        behind_ns = self._clock.now_ns() - stepped_ns - rules_ns
        return stepped_ns if behind_ns < 10 * NS_PER_S else 0
