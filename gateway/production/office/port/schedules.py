"""What others may ask of the scheduling board."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from gateway.production.model import JobOrder, Pin, Schedule, ScheduleCause
from gateway.production.office.port.jobs import JobState
from gateway.production.schedule.versions import ScheduleDiff


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
