"""Machines that take job orders (OPC 10031-4), as execution needs them: one call at a time, and their own list."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Protocol

from gateway.access.port import Identity
from gateway.errors import NotConnectedError
from gateway.production.lifecycle import JobState


class Verb(StrEnum):
    """Methods of a job order receiver, by their names in OPC 10031-4."""

    STORE_AND_START = "StoreAndStart"
    START = "Start"
    REVOKE_START = "RevokeStart"
    PAUSE = "Pause"
    RESUME = "Resume"
    STOP = "Stop"
    ABORT = "Abort"
    CANCEL = "Cancel"


@dataclass(frozen=True, slots=True, kw_only=True)
class JobCall:
    """One call of one method; what describes the job order counts for `StoreAndStart` alone."""

    verb: Verb
    job: str
    product: str = ""
    op: str = ""
    qty: int = 0
    priority: int = 0
    starts_ns: int = 0
    ends_ns: int = 0
    said: str = ""


class Outcome(StrEnum):
    """What became of a call; unknown is asked for by the machine's list and never repeated."""

    OK = "ok"
    REFUSED = "refused"
    NOT_SENT = "not sent"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The outcome of a call, what the machine or the guard said, and the guard's number of it."""

    outcome: Outcome
    said: str
    operation: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineJob:
    """One job in a machine's own list; pieces and times None where it does not report them."""

    job: str
    state: JobState
    good: float | None = None
    made: float | None = None
    started_ns: int | None = None
    ended_ns: int | None = None


class JobMachines(Protocol):
    """The way to machines that take job orders; every call passes the control guard."""

    def takes(self, machine: str) -> bool:
        """Say whether job orders are sent to the machine at a path."""
        ...

    async def call(self, machine: str, call: JobCall, *, by: Identity) -> Answer:
        """Carry out one call, once. Raises `ForbiddenError`, and `StorageError` where it cannot be recorded."""
        ...

    async def jobs(self, machine: str) -> Sequence[MachineJob]:
        """Ask a machine for its list; raises `NotConnectedError`."""
        ...


class NoJobMachines:
    """A plant in which every job is told to a person."""

    def takes(self, machine: str) -> bool:  # noqa: ARG002 - none does
        """Return that it takes none."""
        return False

    async def call(self, machine: str, call: JobCall, *, by: Identity) -> Answer:  # noqa: ARG002 - none is sent
        """Return that nothing was sent."""
        return Answer(outcome=Outcome.NOT_SENT, said=f"{machine} takes no job orders")

    async def jobs(self, machine: str) -> Sequence[MachineJob]:
        """Raise that there is no list."""
        raise NotConnectedError(f"{machine} takes no job orders")


NO_JOB_MACHINES: Final = NoJobMachines()
