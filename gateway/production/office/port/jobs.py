"""How far work is that takes longer than a request."""

from __future__ import annotations

from enum import StrEnum


class JobState(StrEnum):
    """The life cycle of long work."""

    RUNNING = "running"
    DONE = "done"
    REFUSED = "refused"
    CANCELLED = "cancelled"
