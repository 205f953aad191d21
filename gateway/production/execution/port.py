"""What others may ask of execution: jobs on their machines, stops with reasons, calls for help."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from gateway.access.port import Identity
from gateway.production.allocation.readiness import Aspect, Check, Readiness
from gateway.production.lifecycle import JobState
from gateway.production.model import JobOrder, Operation


class Way(StrEnum):
    """How a job reaches its machine: told to the person there, or sent as a job order (OPC 10031-4)."""

    PERSON = "person"
    JOB_CONTROL = "job control"


class Act(StrEnum):
    """What is done with a job; what a person does, and what only happens."""

    ALLOCATE = "allocate"
    DISPATCH = "dispatch"
    RECALL = "recall"
    START = "start"
    PAUSE = "pause"
    RESUME = "resume"
    COUNT = "count"
    FINISH = "finish"
    ABORT = "abort"
    SETTLE = "settle"
    ACCEPT = "accept"
    ANSWERED = "answered"
    SEEN = "seen"


COMMANDS = (
    Act.DISPATCH, Act.RECALL, Act.START, Act.PAUSE, Act.RESUME, Act.COUNT, Act.FINISH, Act.ABORT,
    Act.SETTLE, Act.ACCEPT,
)  # fmt: skip
"""What a person may command."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobRun:
    """A job as it runs; `good` and `reject` are booked pieces, `said_*` what the machine itself reported.

    `doubt` says why nobody knows where it stands ("" where that is known): it is asked for and never sent again.
    `note` is what machine or person said last. `version` rises with every step, not with every piece.
    """

    job: str
    order: str
    op: str
    product: str
    machine: str
    qty: int
    state: JobState = JobState.PLANNED
    way: Way = Way.PERSON
    good: float = 0.0
    reject: float = 0.0
    said_good: float | None = None
    said_made: float | None = None
    sent_ns: int | None = None
    started_ns: int | None = None
    ended_ns: int | None = None
    accepted_ns: int | None = None
    accepted_by: str = ""
    doubt: str = ""
    note: str = ""
    tool: str = ""
    people: tuple[str, ...] = ()
    lots: tuple[str, ...] = ()
    by: str = ""
    changed_ns: int = 0
    version: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class JobStep:
    """One entry of a job's history; `said` is a reason, or a machine's answer."""

    n: int
    time_ns: int
    action: str
    state: JobState
    by: str
    said: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StationJob:
    """A job as its station sees it: planned, as it runs, and what keeps it from being begun.

    `operation` is what the routing says of the step; `expected` pieces should be there by now, None where it does not run;
    `left_s` is what the rest takes at the pace so far, `counted` whether the machine counts its own pieces.
    """

    planned: JobOrder
    run: JobRun
    due_at_min: int
    checks: tuple[Check, ...]
    operation: Operation
    expected: float | None
    left_s: float | None
    counted: bool
    commands: tuple[Act, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """A machine that is given no work until somebody releases it."""

    machine: str
    why: str
    by: str
    since_ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """Time in which a machine stood still, and the reason somebody gave for it; `end_ns` None lasts on.

    `state` is the machine's own word for it, `code` "" where nobody gave a reason, `standing` is `entered` or
    `approved`.
    """

    id: str
    machine: str
    start_ns: int
    end_ns: int | None
    state: str
    code: str
    note: str
    job: str
    by: str
    standing: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StopReason:
    """One reason that can be given for a stop."""

    code: str
    words: str


class CallKind(StrEnum):
    """What a person at a machine calls for."""

    HELP = "help"
    MATERIAL = "material"
    MAINTENANCE = "maintenance"
    QUALITY = "quality"


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """An andon call that still stands; it is an issue, so that the wall shows it and somebody is told."""

    kind: CallKind
    machine: str
    issue: int
    note: str
    raised_ns: int
    taken: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Station:
    """One machine as the people at it see it; `path` is where it is on the floor, "" where nothing reads it."""

    machine: str
    work_centre: str
    path: str
    current: StationJob | None
    next: tuple[StationJob, ...]
    stop: Stop | None
    stops: tuple[Stop, ...]
    calls: tuple[Call, ...]
    hold: Hold | None
    unbooked: float


@dataclass(frozen=True, slots=True, kw_only=True)
class JobDetail:
    """A job with its history."""

    job: StationJob
    steps: tuple[JobStep, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Commanded:
    """What is asked of a job; `version` is what the asker saw, None does not mind.

    `good` and `reject` are pieces that a person counted; `reason` is needed to pause, abort and settle, `code` a stop's
    reason; `state` is where a person found the job that nobody knew of.
    """

    act: Act
    version: int | None = None
    good: float = 0.0
    reject: float = 0.0
    reason: str = ""
    code: str = ""
    state: JobState | None = None


class Execution(Protocol):
    """Jobs of the published schedule on their machines.

    What is refused raises `ForbiddenError` for who asks, `ConflictError` for the moment, `InvalidRequestError` for
    what is asked, `NotFoundError`; `StorageError` and `NotConnectedError` where it cannot be kept.
    """

    def machine_path(self, machine: str) -> str:
        """Return where a machine is on the floor, "" where it is nowhere or not known."""
        ...

    async def stations(self) -> Sequence[Station]:
        """Return every machine with its current and next jobs, without stops."""
        ...

    async def station(self, machine: str) -> Station:
        """Return one machine; raises `NotFoundError`."""
        ...

    async def detail(self, job: str) -> JobDetail:
        """Return one job with its history; raises `NotFoundError`."""
        ...

    async def readiness(self, job: str) -> Readiness:
        """Return what must hold before a job is dispatched; raises `NotFoundError`."""
        ...

    async def command(self, job: str, asked: Commanded, *, by: Identity) -> JobRun:
        """Do something with a job."""
        ...

    async def allocate(
        self, job: str, *, tool: str, people: Sequence[str], lots: Sequence[str], by: Identity
    ) -> JobRun:
        """Give tool, people and lots to a job; raises `ConflictError` where a tool is taken at that time."""
        ...

    async def hold(self, machine: str, *, why: str, by: str) -> Hold:
        """Give a machine no work from now on; what runs goes on."""
        ...

    async def release(self, machine: str, *, by: str) -> None:
        """Give a machine work again; raises `NotFoundError` where it is not held."""
        ...

    async def stops(self, machine: str, *, start_ns: int, end_ns: int) -> Sequence[Stop]:
        """Return when a machine stood still, newest first, each with the reason given for it."""
        ...

    def reasons(self) -> Sequence[StopReason]:
        """Return the reasons there are for stops."""
        ...

    async def give_reason(
        self, machine: str, *, start_ns: int, end_ns: int | None, code: str, note: str, by: Identity
    ) -> Stop:
        """Give a reason for a stop or a part of it."""
        ...

    async def call(self, machine: str, kind: CallKind, *, note: str, by: Identity) -> Call:
        """Call for somebody; raises `ConflictError` where that call stands already."""
        ...

    async def clear_call(self, machine: str, kind: CallKind, *, by: Identity) -> None:
        """End a call: somebody came; raises `NotFoundError`."""
        ...


__all__ = [
    "COMMANDS",
    "Act",
    "Aspect",
    "Call",
    "CallKind",
    "Check",
    "Commanded",
    "Execution",
    "Hold",
    "JobDetail",
    "JobRun",
    "JobStep",
    "Readiness",
    "Station",
    "StationJob",
    "Stop",
    "StopReason",
    "Way",
]
