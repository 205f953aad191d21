"""The one way to a machine, as people, scheduler and rules see it: every call goes through the guard."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from gateway.access.port import Identity
from gateway.command import (
    CommandView,
    ControlState,
    Lock,
    Operation,
    OperationState,
    OperationStep,
    Selection,
    Value,
)


class Control(Protocol):
    """Commands to machines, refused unless everything speaks for them.

    What is refused raises `ForbiddenError` for who asks, `ConflictError` for the moment, `InvalidRequestError`
    for what is asked, `NotFoundError`; `StorageError` and `NotConnectedError` where it cannot be recorded.
    """

    def machine_of(self, command: str) -> str:
        """Return the machine of a command; raises `NotFoundError`."""
        ...

    async def commands(self, by: Identity, *, machine: str) -> Sequence[CommandView]:
        """Return the commands of a machine, or of all below a path, with what speaks against each now."""
        ...

    def state(self) -> ControlState:
        """Return kill switch, lock-outs and figures."""
        ...

    async def operations(
        self,
        *,
        machine: str,
        states: Sequence[OperationState],
        before_ns: int | None,
        limit: int,
    ) -> Sequence[Operation]:
        """Return operations at or below a path, newest first."""
        ...

    async def operation(self, operation_id: str) -> Operation:
        """Return one; raises `NotFoundError`."""
        ...

    async def history(self, operation_id: str) -> Sequence[OperationStep]:
        """Return the steps of one, oldest first; raises `NotFoundError`."""
        ...

    async def propose(
        self, command: str, values: Mapping[str, Value], *, by: Identity, reason: str
    ) -> Operation:
        """Ask another person to approve these values; nothing is sent."""
        ...

    async def select(
        self,
        command: str,
        values: Mapping[str, Value],
        *,
        by: Identity,
        reason: str,
        proposal: str = "",
    ) -> Selection:
        """Freeze values for one operate within seconds; `proposal` names an approved proposal of the same values."""
        ...

    async def operate(
        self, operation_id: str, *, nonce: str, expected: Mapping[str, Value], by: Identity
    ) -> Operation:
        """Carry out what was selected, once, and return what became of it.

        `expected` is what the person saw as the present values; where they changed it is refused.
        """
        ...

    async def cancel(self, operation_id: str, *, by: Identity) -> Operation:
        """Take back what is not sent yet."""
        ...

    async def approve(self, operation_id: str, *, by: Identity) -> Operation:
        """Approve a proposal of somebody else."""
        ...

    async def decline(self, operation_id: str, *, by: Identity, reason: str) -> Operation:
        """Refuse a proposal."""
        ...

    async def lock(self, machine: str, *, by: Identity, why: str) -> Lock:
        """Keep a machine from being operated; an empty path is the whole plant. Raises `ConflictError`."""
        ...

    async def release(self, machine: str, *, by: Identity, why: str) -> None:
        """End one's own lock; an administrator ends another's with a reason."""
        ...
