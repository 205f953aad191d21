"""How often a subscription gets a frame: as asked, and less while its client is slow."""

from __future__ import annotations

import math
from typing import Final

SLOWEST_HZ: Final = 0.5
FASTEST_HZ: Final = 20.0
_CALM_FRAMES: Final = 8
"""Frames that must leave in time before the rate is doubled again."""


class Pace:
    """When the next frame is due; times are monotonic seconds, on a grid that all clients share."""

    def __init__(self, *, asked_hz: float, now_s: float) -> None:
        self.asked_hz = min(asked_hz, FASTEST_HZ)
        self.rate_hz = self.asked_hz
        self.due_s = now_s
        self._calm = 0

    def sent(self, *, started_s: float, finished_s: float, pressed: bool) -> None:
        """Take note that a frame left: slower where it took longer than the time to the next one.

        `pressed` says that the client has not applied what it got some time ago.
        """
        if pressed or finished_s - started_s > 1 / self.rate_hz:
            self.rate_hz = max(min(SLOWEST_HZ, self.asked_hz), self.rate_hz / 2)
            self._calm = 0
        else:
            self._calm += 1
            if self._calm >= _CALM_FRAMES and self.rate_hz < self.asked_hz:
                self.rate_hz = min(self.asked_hz, self.rate_hz * 2)
                self._calm = 0
        self.skip(now_s=finished_s)

    def skip(self, *, now_s: float) -> None:
        """Go on to the next point of the grid."""
        self.due_s = (math.floor(now_s * self.rate_hz + 1e-6) + 1) / self.rate_hz
