"""The control port where no command is configured: everything that names one is not found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NoReturn

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
from gateway.errors import InvalidRequestError, NotFoundError


class NoControl:
    """Implements `Control` for a gateway without a `control` section."""

    def machine_of(self, command: str) -> str:
        """Find nothing."""
        _nothing(command)

    async def commands(self, by: Identity, *, machine: str) -> Sequence[CommandView]:
        """Return none."""
        return ()

    def state(self) -> ControlState:
        """Return that nothing is locked."""
        return ControlState(off="", trouble="", locks=(), commands=0)

    async def operations(
        self,
        *,
        machine: str,
        states: Sequence[OperationState],
        before_ns: int | None,
        limit: int,
    ) -> Sequence[Operation]:
        """Return none."""
        return ()

    async def operation(self, operation_id: str) -> Operation:
        """Find nothing."""
        _nothing(operation_id)

    async def history(self, operation_id: str) -> Sequence[OperationStep]:
        """Find nothing."""
        _nothing(operation_id)

    async def propose(
        self, command: str, values: Mapping[str, Value], *, by: Identity, reason: str
    ) -> Operation:
        """Find nothing."""
        _nothing(command)

    async def select(
        self,
        command: str,
        values: Mapping[str, Value],
        *,
        by: Identity,
        reason: str,
        proposal: str = "",
    ) -> Selection:
        """Find nothing."""
        _nothing(command)

    async def operate(
        self, operation_id: str, *, nonce: str, expected: Mapping[str, Value], by: Identity
    ) -> Operation:
        """Find nothing."""
        _nothing(operation_id)

    async def cancel(self, operation_id: str, *, by: Identity) -> Operation:
        """Find nothing."""
        _nothing(operation_id)

    async def approve(self, operation_id: str, *, by: Identity) -> Operation:
        """Find nothing."""
        _nothing(operation_id)

    async def decline(self, operation_id: str, *, by: Identity, reason: str) -> Operation:
        """Find nothing."""
        _nothing(operation_id)

    async def lock(self, machine: str, *, by: Identity, why: str) -> Lock:
        """Refuse: there is nothing to lock."""
        raise InvalidRequestError("no machine takes commands")

    async def release(self, machine: str, *, by: Identity, why: str) -> None:
        """Find nothing."""
        _nothing(machine)


def _nothing(name: str) -> NoReturn:
    raise NotFoundError(f"nothing is called {name!r}")
