"""A machine that works off job orders one after another; advanced in plant seconds, counters of 16 bits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Final

ROLLS_AT: Final = 2**16
FIRST_COUNT: Final = ROLLS_AT - 40
"""Where the counter of good pieces stands at first, so that it rolls over soon."""

REJECT_EVERY: Final = 60
PIECE_S: Final[Mapping[str, float]] = {"valve body": 95.0, "adapter": 60.0}
"""Seconds a piece by product; what is not named here takes `DEFAULT_PIECE_S`."""

DEFAULT_PIECE_S: Final = 30.0
KEPT: Final = 20
IDLE, EXECUTE, HELD = 4, 6, 11
"""PackML states that it shows."""


class JobState(IntEnum):
    """States of a job order by the numbers of OPC 10031-4."""

    NOT_ALLOWED_TO_START = 1
    ALLOWED_TO_START = 2
    RUNNING = 3
    INTERRUPTED = 4
    ENDED = 5
    ABORTED = 6


class Refusal(IntEnum):
    """Return status of a method; 0 is none."""

    NONE = 0
    UNKNOWN_JOB = 1
    WRONG_STATE = 2
    KNOWN_ALREADY = 4
    FULL = 8


OVER: Final = frozenset({JobState.ENDED, JobState.ABORTED})
_MOVES: Final[Mapping[str, tuple[frozenset[JobState], JobState]]] = {
    "Start": (frozenset({JobState.NOT_ALLOWED_TO_START}), JobState.ALLOWED_TO_START),
    "RevokeStart": (frozenset({JobState.ALLOWED_TO_START}), JobState.NOT_ALLOWED_TO_START),
    "Pause": (frozenset({JobState.RUNNING}), JobState.INTERRUPTED),
    "Resume": (frozenset({JobState.INTERRUPTED}), JobState.RUNNING),
    "Stop": (frozenset({JobState.RUNNING, JobState.INTERRUPTED}), JobState.ENDED),
    "Abort": (frozenset(set(JobState) - OVER), JobState.ABORTED),
}


@dataclass
class Job:
    """One job order in the machine's list; times in plant nanoseconds UTC."""

    id: str
    product: str
    qty: int
    state: JobState
    good: int = 0
    reject: int = 0
    started_ns: int | None = None
    ended_ns: int | None = None


@dataclass
class JobMachine:
    """Its list of jobs, its counters, and what it does with time."""

    speed: float = 1.0
    most: int = 10
    jobs: dict[str, Job] = field(default_factory=dict)
    good_total: int = FIRST_COUNT
    reject_total: int = 0
    _left_s: float = 0.0

    @property
    def state(self) -> int:
        """The PackML state it shows."""
        states = {each.state for each in self.jobs.values()}
        if JobState.RUNNING in states:
            return EXECUTE
        return HELD if JobState.INTERRUPTED in states else IDLE

    def store_and_start(self, name: str, product: str, qty: int) -> Refusal:
        """Take a job and allow it to start."""
        if name in self.jobs:
            return Refusal.KNOWN_ALREADY
        if sum(each.state not in OVER for each in self.jobs.values()) >= self.most:
            return Refusal.FULL
        if not name or qty < 1:
            return Refusal.WRONG_STATE
        over = [each.id for each in self.jobs.values() if each.state in OVER]
        for old in over[: max(0, len(self.jobs) + 1 - KEPT)]:
            del self.jobs[old]
        self.jobs[name] = Job(name, product, qty, JobState.ALLOWED_TO_START)
        return Refusal.NONE

    def obey(self, method: str, name: str, *, now_ns: int) -> Refusal:
        """Carry out a method for a job of the list."""
        job = self.jobs.get(name)
        if job is None:
            return Refusal.UNKNOWN_JOB
        if method == "Cancel":
            if job.state not in {JobState.NOT_ALLOWED_TO_START, JobState.ALLOWED_TO_START}:
                return Refusal.WRONG_STATE
            del self.jobs[name]
            return Refusal.NONE
        before, after = _MOVES[method]
        if job.state not in before:
            return Refusal.WRONG_STATE
        job.state = after
        if after in OVER:
            job.ended_ns = now_ns
        return Refusal.NONE

    def step(self, *, delta_s: float, now_ns: int) -> None:
        """Let time pass up to `now_ns`: the running job makes pieces, the next one begins."""
        running = next((e for e in self.jobs.values() if e.state is JobState.RUNNING), None)
        if running is None:
            if any(each.state is JobState.INTERRUPTED for each in self.jobs.values()):
                return
            waiting = [e for e in self.jobs.values() if e.state is JobState.ALLOWED_TO_START]
            if waiting:
                waiting[0].state, waiting[0].started_ns = JobState.RUNNING, now_ns
                self._left_s = self._piece_s(waiting[0])
            return
        left_s = delta_s
        while left_s >= self._left_s and running.state is JobState.RUNNING:
            left_s -= self._left_s
            self._left_s = self._piece_s(running)
            self._make(running, now_ns)
        self._left_s -= left_s

    def _piece_s(self, job: Job) -> float:
        return PIECE_S.get(job.product, DEFAULT_PIECE_S) / self.speed

    def _make(self, job: Job, now_ns: int) -> None:
        if (job.good + job.reject) % REJECT_EVERY == REJECT_EVERY - 1:
            job.reject += 1
            self.reject_total = (self.reject_total + 1) % ROLLS_AT
        else:
            job.good += 1
            self.good_total = (self.good_total + 1) % ROLLS_AT
        if job.good >= job.qty:
            job.state, job.ended_ns = JobState.ENDED, now_ns
