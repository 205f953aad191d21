"""Whether a command may be sent as things are: types, machine, interlocks, steps, the present value."""

from __future__ import annotations

from collections.abc import Mapping

from gateway.access.port import Identity
from gateway.actuator import Actuator, Actuators, Order
from gateway.command import Operation, OperationState, Value
from gateway.control.book import Book
from gateway.control.checks import Checks, raise_first
from gateway.control.held import Held
from gateway.control.present import Presents
from gateway.control.values import Command, alike, check_steps, plain
from gateway.errors import ConflictError, InvalidRequestError, TaktlineError
from gateway.model import DataType


class Agreement:
    """Asks the machine at selection and again at operate; what has changed in between refuses."""

    def __init__(
        self, book: Book, *, checks: Checks, presents: Presents, actuators: Actuators
    ) -> None:
        self._book = book
        self._checks = checks
        self._presents = presents
        self._actuators = actuators

    def types(self, command: Command) -> dict[str, DataType]:
        """Return what each parameter's values are; raises `ConflictError` where no connector knows one."""
        if command.chooses:
            return dict.fromkeys(command.parameters, DataType.INTEGER)
        if command.is_job:
            return dict.fromkeys(command.parameters, DataType.STRING)
        found = self._presents.signals(command.parameters)
        lacking = sorted(path for path, signal in found.items() if signal is None)
        if lacking:
            raise ConflictError(f"{lacking[0]} is no signal of any connector")
        return {path: signal.data_type for path, signal in found.items() if signal is not None}

    async def freeze(
        self, command: Command, values: Mapping[str, Value], reason: str, by: Identity
    ) -> Operation:
        """Return a selection of these values, if machine and actuator have nothing against them."""
        present = await self._agreed(command, values, reason)
        made = self._book.make(
            command,
            values,
            by=by,
            reason=reason,
            state=OperationState.SELECTED,
            present=present,
            lasts_s=command.options.expires_s,
        )
        await self._checked(command, made)
        return made

    async def _agreed(
        self, command: Command, values: Mapping[str, Value], reason: str
    ) -> dict[str, Value]:
        """Ask the machine, and return the present values if nothing in them speaks against the command."""
        seen = await self._checks.ask(command)
        raise_first(seen.problems(command))
        check_steps(command, values, seen.present, reason=reason)
        shown = {path: seen.present[path].value for path in command.watched}
        return {path: value for path, value in shown.items() if value is not None}

    async def _checked(self, command: Command, made: Operation) -> None:
        order = Order(id=made.id, values=made.values, expires_ns=made.expires_ns or 0)
        try:
            await self._writer(command).check(order)
        except TaktlineError as error:
            raise ConflictError(f"it cannot be sent: {error}") from error

    def _writer(self, command: Command) -> Actuator:
        writers = [self._actuators.writer(path) for path in command.parameters]
        writer = writers[0]
        if writer is None or any(each is not writer for each in writers):
            raise ConflictError(f"{command.machine} is not connected, or by several connectors")
        return writer

    async def unchanged(self, held: Held, expected: Mapping[str, Value]) -> None:
        """Refuse where the machine no longer shows what was frozen, or the person saw something else."""
        command, frozen = held.command, held.operation.present
        seen = {command.options.path(path): value for path, value in expected.items()}
        if set(seen) != set(frozen):
            wanted = ", ".join(sorted(frozen))
            raise InvalidRequestError(f"expected: want the present value of {wanted}")
        now = await self._agreed(command, held.operation.values, held.operation.reason)
        slack = max(each.tolerance for each in command.parameters.values())
        for path, value in frozen.items():
            if not alike(seen[path], value, slack):
                raise ConflictError(
                    f"{path} was {plain(value)} at the selection, not {plain(seen[path])}: look again"
                )
            if not alike(now[path], value, slack):
                raise ConflictError(
                    f"{path} changed from {plain(value)} to {plain(now[path])} meanwhile: look again"
                )
        await self._checked(command, held.operation)
