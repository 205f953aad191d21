"""How scheduler and rules ask for commands: through the guard, under a name of their own, and never around a person."""

from __future__ import annotations

from typing import Protocol

from gateway.command import CommandRequest, Operation


class Requests(Protocol):
    """One asker's way to the guard. What it asks waits for a person, unless the command's `automatic` names it.

    What is refused raises as `Control` does: `NotFoundError` for an unknown command or recipe,
    `InvalidRequestError` for values out of range, `ConflictError` while no connector knows a signal,
    `ForbiddenError`, `StorageError` and `NotConnectedError` where it cannot be recorded. Refusals are audited.
    """

    async def ask(self, request: CommandRequest) -> Operation:
        """Return the operation that stands for a request; its state says what came of it.

        `proposed`: a person operates or declines it on the page of control, or it expires. Where the command
        lets this asker go without a person it is selected, operated and read back here, and comes back as `ok`,
        `failed` or `unknown`; what the guard refuses at that moment stays `proposed` for a person, or is
        `cancelled` with its reason. Nothing is tried again: a key that was asked before gives its operation as it is now.
        """
        ...

    async def operation(self, operation_id: str) -> Operation:
        """Return where one stands now; raises `NotFoundError`."""
        ...

    async def withdraw(self, operation_id: str) -> Operation:
        """Take back what is not sent yet; raises `ConflictError` where it is."""
        ...
