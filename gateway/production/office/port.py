"""What others may ask of the production office: the contract of its desks, and what they hand over."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Protocol

from gateway.production.capacity.gaps import RemedyKind
from gateway.production.capacity.plan import ProductionPlan
from gateway.production.lifecycle import DemandState
from gateway.production.model import (
    DemandLine,
    ForecastRun,
    JobOrder,
    Operation,
    Pin,
    Routing,
    Schedule,
    ScheduleCause,
    WorkOrder,
)
from gateway.production.schedule.versions import ScheduleDiff
from gateway.production.tables.importing import Mistake
from gateway.production.workflow.checks import Flaw
from gateway.production.workflow.map import WorkflowMap
from gateway.production.workflow.versions import RoutingDiff


class JobState(StrEnum):
    """The life cycle of long work."""

    RUNNING = "running"
    DONE = "done"
    REFUSED = "refused"
    CANCELLED = "cancelled"


class Purpose(StrEnum):
    """Whether an import keeps what it reads."""

    TRY = "try"
    KEEP = "keep"


@dataclass(slots=True, kw_only=True)
class ImportJob:
    """One file of a table on its way in; `mistakes` are all there are (`untold` more were counted).

    `added`, `changed` and `same` count things: rows that describe one thing together are one.
    """

    id: str
    table: str
    file: str
    purpose: Purpose
    by: str
    created_ns: int
    state: JobState = JobState.RUNNING
    rows: int = 0
    added: int = 0
    changed: int = 0
    same: int = 0
    mistakes: tuple[Mistake, ...] = ()
    untold: int = 0
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnInfo:
    """One column of a table, as its template explains it."""

    name: str
    required: bool
    meaning: str
    example: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TableInfo:
    """One table that planning is fed with; `count` is how many things of it are kept."""

    name: str
    columns: tuple[ColumnInfo, ...]
    count: int


class Tables(Protocol):
    """Files in and out: templates, imports that keep all or nothing, exports."""

    async def tables(self) -> Sequence[TableInfo]:
        """Return every table in the order in which it is best filled."""
        ...

    def template(self, table: str, *, kind: str) -> bytes:
        """Return an empty file as `csv` or `xlsx`; raises `NotFoundError`, `InvalidRequestError`."""
        ...

    async def export(self, table: str, *, kind: str) -> bytes:
        """Return what is kept as a file that can be imported again."""
        ...

    def start(
        self, table: str, *, file: str, content: bytes, purpose: Purpose, by: str
    ) -> ImportJob:
        """Read a file beside everything else; raises `NotFoundError`, `ConflictError` while others run."""
        ...

    def job(self, key: str) -> ImportJob:
        """Return how far an import is; raises `NotFoundError`."""
        ...

    async def settled(self, key: str) -> ImportJob:
        """Return an import once it is over; raises `NotFoundError`."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class DemandSeries:
    """One product's past weeks, what orders ask for, and what is expected; weeks are Mondays."""

    product: str
    weeks: tuple[date, ...]
    wanted: tuple[float, ...]
    orders: Mapping[date, float]
    forecast: ForecastRun | None


class Demand(Protocol):
    """Orders and forecasts."""

    async def lines(
        self, *, product: str = "", state: DemandState | None = None
    ) -> Sequence[DemandLine]:
        """Return demand lines by due day."""
        ...

    async def add(self, line: DemandLine, *, by: str) -> DemandLine:
        """Add an order; raises `NotFoundError` for its product, `ConflictError` for a number in use."""
        ...

    async def cancel(self, name: str, *, by: str) -> DemandLine:
        """Cancel an order; raises `NotFoundError`, `ConflictError`."""
        ...

    async def series(self) -> Sequence[DemandSeries]:
        """Return every product that has history, orders or a forecast."""
        ...

    async def forecast(self, product: str, *, by: str) -> ForecastRun:
        """Forecast a product anew as a draft; raises `NotFoundError` without history."""
        ...

    async def override(
        self, product: str, *, week: date, qty: float, reason: str, by: str
    ) -> ForecastRun:
        """Put a person's number in place of the forecast's, as a draft to accept."""
        ...

    async def accept(self, product: str, *, by: str) -> ForecastRun:
        """Let the newest forecast count as demand; raises `NotFoundError`, `ConflictError`."""
        ...


class Plans(Protocol):
    """Production plans."""

    async def plans(self) -> Sequence[ProductionPlan]:
        """Return the newest version of every plan, newest first."""
        ...

    async def plan(self, number: int, version: int | None = None) -> ProductionPlan:
        """Return a plan; raises `NotFoundError`."""
        ...

    async def draft(
        self, *, weeks: int | None, opening: Mapping[str, float], by: str
    ) -> ProductionPlan:
        """Draft a plan from open orders and accepted forecasts; stock not named is what released lots hold."""
        ...

    async def check(self, number: int, *, by: str) -> ProductionPlan:
        """Load every resource and name the gaps; raises `NotFoundError`, `ConflictError`."""
        ...

    async def decide(
        self, number: int, *, gap: str, remedy: RemedyKind, reason: str, by: str
    ) -> ProductionPlan:
        """Decide on one gap."""
        ...

    async def approve(self, number: int, *, by: str) -> ProductionPlan:
        """Approve a plan; raises `ConflictError` while a gap is undecided, and for its proposer."""
        ...

    async def revise(self, number: int, *, by: str) -> ProductionPlan:
        """Make the next version of a plan to change and check again."""
        ...

    async def release(self, number: int, *, by: str) -> Sequence[WorkOrder]:
        """Make work orders of an approved plan, each once; raises `ConflictError`."""
        ...

    async def orders(self) -> Sequence[WorkOrder]:
        """Return every work order by due time."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class RoutingView:
    """One version of a routing with its map and what is wrong with it on today's floor."""

    routing: Routing
    map: WorkflowMap | None
    flaws: tuple[Flaw, ...]
    versions: tuple[int, ...]


class Routings(Protocol):
    """Workflow design."""

    async def routings(self) -> Sequence[Routing]:
        """Return the newest version of every product's routing."""
        ...

    async def view(self, product: str, version: int | None = None) -> RoutingView:
        """Return a version, the one in force where none is named; raises `NotFoundError`."""
        ...

    async def draft(self, product: str, operations: Sequence[Operation], *, by: str) -> RoutingView:
        """Draft the next version; one's own newest draft is replaced."""
        ...

    async def submit(self, product: str, version: int, *, by: str) -> RoutingView:
        """Put a draft up for review; raises `RoutingFlawedError`, `ConflictError`."""
        ...

    async def give_back(self, product: str, version: int, *, by: str) -> RoutingView:
        """Return a version under review to its author."""
        ...

    async def approve(self, product: str, version: int, *, by: str) -> RoutingView:
        """Put a version in force, with the estimated times that came with it; never by its author."""
        ...

    async def compare(self, product: str, old: int, new: int) -> RoutingDiff:
        """Return what differs between two versions."""
        ...


@dataclass(slots=True, kw_only=True)
class SearchJob:
    """One search for a schedule; `version` is what it proposed, once done."""

    id: str
    cause: ScheduleCause
    by: str
    created_ns: int
    seconds: float
    state: JobState = JobState.RUNNING
    share: float = 0.0
    cost: float | None = None
    phase: str = ""
    version: int | None = None
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One job on the board; `projected` is where it will be as things go, times in UTC minutes."""

    job: JobOrder
    product: str
    qty: int
    due_at_min: int
    projected_start_min: int
    projected_end_min: int
    late_min: int
    pinned: bool
    frozen: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """One machine of the board with when it does not work, in UTC minutes; `path` where it is on the floor, if known."""

    machine: str
    work_centre: str
    closures: tuple[tuple[int, int], ...]
    path: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """One version of the schedule as the board draws it, and what was found wrong with it.

    `late` are minutes each order will be late, as projected; `assumed` counts jobs whose run time nobody measured.
    """

    schedule: Schedule
    now_min: int
    lanes: tuple[Lane, ...]
    bars: tuple[Bar, ...]
    late: Mapping[str, int]
    faults: tuple[str, ...]
    unplanned: tuple[str, ...]
    assumed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Drag:
    """What putting one job elsewhere would do: what breaks, and the cost before and after."""

    bar_start_min: int
    bar_end_min: int
    faults: tuple[str, ...]
    cost_before: float
    cost_after: float
    late_after: Mapping[str, int]


class Schedules(Protocol):
    """The scheduling board."""

    async def schedules(self) -> Sequence[Schedule]:
        """Return every version, newest first, without their jobs."""
        ...

    async def board(self, version: int | None = None) -> Board:
        """Return a version, the published one where none is named; raises `NotFoundError`."""
        ...

    def search(
        self, *, cause: ScheduleCause, seconds: float | None, pins: Sequence[Pin] | None, by: str
    ) -> SearchJob:
        """Look for a schedule of all open work beside everything else; raises `ConflictError` while one runs."""
        ...

    def found(self, key: str) -> SearchJob:
        """Return how far a search is; raises `NotFoundError`."""
        ...

    async def settled(self, key: str) -> SearchJob:
        """Return a search once it is over; raises `NotFoundError`."""
        ...

    async def cancel(self, key: str) -> SearchJob:
        """End a search."""
        ...

    async def drag(self, version: int, *, job: str, machine: str, start_at_min: int) -> Drag:
        """Judge a job put elsewhere by hand; nothing is kept."""
        ...

    async def move(
        self, version: int, *, job: str, machine: str, start_at_min: int, by: str
    ) -> Schedule:
        """Propose a version in which one job is elsewhere and pinned there; raises `ConflictError` with what breaks."""
        ...

    async def breakdown(self, machine: str, *, minutes: int, by: str) -> Schedule:
        """Propose the published schedule shifted right around a machine that is down from now on."""
        ...

    async def diff(self, old: int, new: int) -> ScheduleDiff:
        """Return what one version changes of another."""
        ...

    async def approve(self, version: int, *, by: str) -> Schedule:
        """Approve a proposal; never by its proposer."""
        ...

    async def publish(self, version: int, *, by: str) -> Schedule:
        """Publish what the checker passes: an approved version, or one that changes nothing that needs asking."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Planning:
    """The desks of the production office."""

    tables: Tables
    demand: Demand
    plans: Plans
    routings: Routings
    schedules: Schedules


__all__ = [
    "Bar",
    "Board",
    "ColumnInfo",
    "Demand",
    "DemandSeries",
    "Drag",
    "ImportJob",
    "JobState",
    "Lane",
    "Planning",
    "Plans",
    "ProductionPlan",
    "Purpose",
    "RemedyKind",
    "RoutingDiff",
    "RoutingView",
    "Routings",
    "ScheduleDiff",
    "Schedules",
    "SearchJob",
    "TableInfo",
    "Tables",
]
