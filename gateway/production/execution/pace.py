"""How far a job is: pieces that should be there by now, what the rest takes, and when it will have ended."""

from __future__ import annotations

from typing import Final

from gateway.clock import NS_PER_S
from gateway.production.execution.book import BEGUN
from gateway.production.execution.port import JobRun
from gateway.production.model import StandardTime
from gateway.production.schedule.live import Progress

_NS_PER_MIN: Final = 60 * NS_PER_S
_TRUSTED: Final = 0.05
"""Part of a job's pieces from which on its own pace says more than the plan."""


def progress_of(run: JobRun, *, now_ns: int) -> Progress | None:
    """Return what really happened to a job in UTC minutes, None before it began."""
    if run.started_ns is None:
        return None
    if run.ended_ns is not None:
        return Progress(
            started_min=run.started_ns // _NS_PER_MIN, ended_min=run.ended_ns // _NS_PER_MIN
        )
    left_s = _left_by_pace(run, now_ns)
    ends = None if left_s is None else (now_ns + round(left_s * NS_PER_S)) // _NS_PER_MIN
    return Progress(started_min=run.started_ns // _NS_PER_MIN, expected_end_min=ends)


def expected(run: JobRun, standard: StandardTime | None, *, now_ns: int) -> float | None:
    """Return the pieces that the standard time would have made by now, None where it does not run or nothing says."""
    if run.state not in BEGUN or run.started_ns is None or standard is None or standard.run_s <= 0:
        return None
    busy_s = (now_ns - run.started_ns) / NS_PER_S - 60 * standard.setup_min
    return min(float(run.qty), max(0.0, busy_s / standard.run_s))


def left_s(run: JobRun, standard: StandardTime | None, *, now_ns: int) -> float | None:
    """Return the seconds that the pieces still wanted take: at the pace so far, else by the standard time."""
    if run.state not in BEGUN:
        return None
    by_pace = _left_by_pace(run, now_ns)
    if by_pace is not None or standard is None:
        return by_pace
    return max(0.0, run.qty - run.good) * standard.run_s


def _left_by_pace(run: JobRun, now_ns: int) -> float | None:
    if run.started_ns is None or run.good < max(1.0, _TRUSTED * run.qty):
        return None
    elapsed_s = (now_ns - run.started_ns) / NS_PER_S
    return max(0.0, run.qty - run.good) * elapsed_s / run.good
