"""What others may ask of quality control: the contract of its desks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from gateway.model import Principal
from gateway.ports.gates import GateAsked, GateBlock
from gateway.production.quality.model import (
    Block,
    Checklist,
    CheckRun,
    Coming,
    Direction,
    Disposition,
    ItemChart,
    LotRun,
    NcState,
    NewLot,
    Nonconformance,
    Said,
    Thing,
    Trace,
)


class Gates(Protocol):
    """What is blocked: asked before anything is sent to a machine and before a lot is handed over."""

    @property
    def revision(self) -> int:
        """A number that rises whenever checks or nonconformances change."""
        ...

    async def wait(self, after: int) -> None:
        """Return once `revision` is greater than `after`."""
        ...

    async def blocking(self, asked: GateAsked) -> Sequence[GateBlock]:
        """Return the gates that block a job, as `gateway.ports.gates` asks."""
        ...

    async def blocks(self, *, machine: str = "", lot: str = "") -> Sequence[Block]:
        """Return what is blocked at a machine or below a path, of a lot, or at all."""
        ...


class Checklists(Protocol):
    """Definitions: drafted, reviewed and put in force by somebody else; what is in force is never edited."""

    async def checklists(self) -> Sequence[Checklist]:
        """Return the newest version of every checklist."""
        ...

    async def checklist(self, name: str, version: int | None = None) -> Checklist:
        """Return one version, the newest where none is named; raises `NotFoundError`."""
        ...

    async def draft(self, wanted: Checklist, *, by: str) -> Checklist:
        """Draft the next version, in place of one's own newest draft; raises `InvalidRequestError` naming every flaw."""
        ...

    async def submit(self, name: str, version: int, *, by: str) -> Checklist:
        """Put a draft up for review; raises `NotFoundError`, `ConflictError`."""
        ...

    async def give_back(self, name: str, version: int, *, by: str) -> Checklist:
        """Return a version under review to its author."""
        ...

    async def approve(self, name: str, version: int, *, by: str) -> Checklist:
        """Put a version in force and retire the one before; never by its author."""
        ...

    async def retire(self, name: str, *, by: str) -> Checklist:
        """Take the version in force out of force; checks that are due stay due."""
        ...


class Lots(Protocol):
    """Lots in production, what goes into them, and where each went."""

    async def lots(
        self, *, machine: str = "", running: bool = False, limit: int = 200
    ) -> Sequence[LotRun]:
        """Return lots on machines, newest first."""
        ...

    async def lot(self, run: int) -> LotRun:
        """Return one; raises `NotFoundError`."""
        ...

    async def begin(self, new: NewLot, *, by: str) -> LotRun:
        """Begin a lot on a machine; the same job again gives the same lot.

        Raises `NotFoundError` for a machine without a counter, `ConflictError` while another lot runs there.
        """
        ...

    async def end(self, run: int, *, by: str, ended_ns: int | None = None) -> LotRun:
        """End a lot on its machine; what `last` asks for falls due. Raises `NotFoundError`, `ConflictError`."""
        ...

    async def mount(self, machine: str, *, material: str, lot: str, by: str) -> None:
        """From now on this lot of a material goes into what the machine makes, in place of the one before."""
        ...

    async def serial(
        self, run: int, *, serial: str, parts: Sequence[tuple[Thing, str]], by: str
    ) -> None:
        """Say that a serial number is of a lot, and which lots and serial numbers were built into it."""
        ...

    def positions(self) -> Mapping[str, float]:
        """Return how many pieces each machine has counted."""
        ...

    async def trace(self, kind: Thing, name: str, direction: Direction) -> Trace:
        """Return what went into a lot or serial number, or where it went, over any number of steps."""
        ...


class Checks(Protocol):
    """Checks that are due, as they are filled.

    What changes one raises `NotFoundError`, `ConflictError` where that is not possible now or `version` is not the
    check's any more, and `InvalidRequestError`.
    """

    async def checks(
        self, *, machine: str = "", done: bool = False, limit: int = 200
    ) -> Sequence[CheckRun]:
        """Return checks that wait, the most urgent first, or those that are done, newest first."""
        ...

    async def check(self, number: int) -> CheckRun:
        """Return one check."""
        ...

    async def coming(self) -> Sequence[Coming]:
        """Return what falls due next on every running lot."""
        ...

    async def fill(self, number: int, *, item: str, value: Said, version: int, by: str) -> CheckRun:
        """Say the value of an item; one that a signal tells is not typed over, only voided first."""
        ...

    async def void(self, number: int, *, item: str, reason: str, version: int, by: str) -> CheckRun:
        """Void a value with a reason; it stays on record, and a person may say another."""
        ...

    async def chart(self, checklist: str, item: str, *, machine: str) -> ItemChart:
        """Return the control chart of an item's values on a machine."""
        ...


class Nonconformances(Protocol):
    """Product that did not pass; what changes one raises as `Checks`."""

    async def ncs(
        self, *, states: Sequence[NcState] = (), machine: str = "", limit: int = 200
    ) -> Sequence[Nonconformance]:
        """Return nonconformances, newest first."""
        ...

    async def nc(self, number: int) -> Nonconformance:
        """Return one, with what is suspect."""
        ...

    async def propose(
        self, number: int, *, disposition: Disposition, reason: str, version: int, by: str
    ) -> Nonconformance:
        """Propose what is done with the suspect product; from here on its quantity is fixed."""
        ...

    async def sign(self, number: int, *, version: int, by: Principal) -> Nonconformance:
        """Sign what is proposed; never by who made, checked or proposed it. The last signature decides."""
        ...

    async def give_back(self, number: int, *, reason: str, version: int, by: str) -> Nonconformance:
        """Refuse what is proposed."""
        ...

    async def close(
        self, number: int, *, good: float, scrapped: float, version: int, by: str
    ) -> Nonconformance:
        """Say that rework, scrap or return is done, and what came of all suspect pieces."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Quality:
    """The desks of quality control."""

    gates: Gates
    checklists: Checklists
    lots: Lots
    checks: Checks
    ncs: Nonconformances
