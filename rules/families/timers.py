"""On-delay and off-delay of a condition, for many instances at once (rules.md §4.2)."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import DTypeLike, NDArray

from rules.events import EventKind
from rules.families.base import Arrays, Block, Hits
from rules.routing import Index

NORMAL: Final = 0
PENDING_ON: Final = 1
ACTIVE: Final = 2
PENDING_OFF: Final = 3

RUNNING: Final = -1
"""Value of `frozen` while timers run; otherwise the time at which they were stopped."""

PARAMS: Final[dict[str, DTypeLike]] = {"on_ns": np.int64, "off_ns": np.int64}
COLUMNS: Final[dict[str, DTypeLike]] = {
    "phase": np.int8,
    "since": np.int64,
    "onset": np.int64,
    "frozen": np.int64,
    "serial": np.int64,
    "value": np.float64,
    "bound": np.float64,
}


def initial(count: int) -> Arrays:
    """Return `count` instances in the normal state."""
    arrays: Arrays = {name: np.zeros(count, dtype) for name, dtype in COLUMNS.items()}
    arrays["frozen"][:] = RUNNING
    return arrays


def fire(
    block: Block, s: Arrays, i: Index, t: NDArray[np.int64] | np.int64, hits: list[Hits]
) -> None:
    """Complete every delay of the distinct instances `i` that is over by `t`, stamped when it was over."""
    phase = s["phase"][i]
    timed = ((phase == PENDING_ON) | (phase == PENDING_OFF)) & (s["frozen"][i] == RUNNING)
    if not timed.any():
        return
    delay = np.where(phase == PENDING_ON, block.params["on_ns"][i], block.params["off_ns"][i])
    due = s["since"][i] + delay
    over = timed & (due <= t)
    for waiting, reached, kind in (
        (PENDING_ON, ACTIVE, EventKind.RAISED),
        (PENDING_OFF, NORMAL, EventKind.CLEARED),
    ):
        done = over & (phase == waiting)
        if done.any():
            hit = i[done]
            s["phase"][hit] = reached
            s["serial"][hit] += int(kind is EventKind.RAISED)
            onset, value, bound = s["onset"][hit], s["value"][hit], s["bound"][hit]
            hits.append(Hits(hit, kind, due[done], onset, value, bound, s["serial"][hit]))


def observe(
    s: Arrays,
    i: Index,
    t: NDArray[np.int64],
    breach: NDArray[np.bool_],
    back: NDArray[np.bool_],
) -> None:
    """Let distinct instances see a usable value at `t`: beyond the limit, back within it, or in the deadband."""
    frozen = s["frozen"][i]
    s["since"][i] += np.where(frozen == RUNNING, 0, t - frozen)
    s["frozen"][i] = RUNNING
    phase = s["phase"][i]
    starts = (phase == NORMAL) & breach
    ends = (phase == ACTIVE) & back
    begun = starts | ends
    s["since"][i[begun]] = t[begun]
    s["onset"][i[starts]] = t[starts]
    phase[starts] = PENDING_ON
    phase[ends] = PENDING_OFF
    phase[(phase == PENDING_ON) & ~breach] = NORMAL
    phase[(phase == PENDING_OFF) & ~back] = ACTIVE
    s["phase"][i] = phase


def freeze(s: Arrays, i: Index, t: NDArray[np.int64]) -> None:
    """Stop the timers of distinct instances at `t`, unless they stand already."""
    frozen = s["frozen"][i]
    s["frozen"][i] = np.where(frozen == RUNNING, t, frozen)


def shift(s: Arrays, by_ns: int, now_ns: int) -> Arrays:
    """Keep what every timer had elapsed, and let it stand until the next usable value."""
    frozen = s["frozen"]
    return s | {
        "since": s["since"] + by_ns,
        "frozen": np.where(frozen == RUNNING, now_ns, frozen + by_ns),
    }


def active(s: Arrays) -> NDArray[np.bool_]:
    """Tell which conditions hold: raised and not cleared."""
    held: NDArray[np.bool_] = s["phase"] >= ACTIVE
    return held
