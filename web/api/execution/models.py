"""What the routes of execution answer, as documents."""

from __future__ import annotations

from gateway.production.execution.port import Act, Aspect, CallKind, Way
from gateway.production.lifecycle import JobState
from gateway.production.model import JobOrder, Operation
from web.api.models import Document, Number


class CheckDocument(Document):
    """One thing that must hold; `problem` is empty where it does."""

    aspect: Aspect
    problem: str


class ReadinessDocument(Document):
    """The readiness strip of a job."""

    job: str
    ready: bool
    checks: list[CheckDocument]


class RunDocument(Document):
    """A job as it runs; `said_*` is what the machine itself reported, `doubt` why nobody knows where it stands."""

    job: str
    order: str
    op: str
    product: str
    machine: str
    qty: int
    state: JobState
    way: Way
    good: float
    reject: float
    said_good: Number
    said_made: Number
    sent_ms: Number
    started_ms: Number
    ended_ms: Number
    accepted_ms: Number
    accepted_by: str
    doubt: str
    note: str
    tool: str
    people: list[str]
    lots: list[str]
    by: str
    changed_ms: float
    version: int


class StepDocument(Document):
    """One entry of a job's history."""

    n: int
    time_ms: float
    action: str
    state: JobState
    by: str
    said: str


class StationJobDocument(Document):
    """A job at its station: planned, as it runs, what keeps it from being begun, and what may be done with it.

    `expected` are pieces that the standard time would have made by now, `left_s` what the rest takes.
    """

    planned: JobOrder
    run: RunDocument
    due_at_min: int
    checks: list[CheckDocument]
    operation: Operation
    expected: Number
    left_s: Number
    counted: bool
    commands: list[Act]


class JobDocument(Document):
    """A job with its history."""

    job: StationJobDocument
    steps: list[StepDocument]


class HoldDocument(Document):
    """A machine that is given no work until somebody releases it."""

    machine: str
    why: str
    by: str
    since_ms: float


class StopDocument(Document):
    """Time in which a machine stood still; `code` is empty where nobody gave a reason, `end_ms` null while it lasts."""

    id: str
    machine: str
    start_ms: float
    end_ms: Number
    state: str
    code: str
    note: str
    job: str
    by: str
    standing: str


class ReasonDocument(Document):
    """One reason that can be given for a stop."""

    code: str
    words: str


class StopList(Document):
    """Stops, newest first, and the reasons that there are."""

    items: list[StopDocument]
    reasons: list[ReasonDocument]


class CallDocument(Document):
    """An andon call that stands, and the issue that it is; `taken` once somebody has acknowledged it."""

    kind: CallKind
    machine: str
    issue: int
    note: str
    raised_ms: float
    taken: bool


class StationDocument(Document):
    """A machine with its work; `unbooked` are pieces that it counted while it had no job."""

    machine: str
    work_centre: str
    path: str
    current: StationJobDocument | None
    next: list[StationJobDocument]
    stop: StopDocument | None
    stops: list[StopDocument]
    calls: list[CallDocument]
    hold: HoldDocument | None
    unbooked: float


class StationList(Document):
    """Every machine with its current job and the next."""

    items: list[StationDocument]
