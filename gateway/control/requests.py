"""Scheduler and rules before the guard: their own identity, and a person in between unless a command says otherwise."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import secrets
from collections.abc import Mapping

from gateway.access.port import Identity
from gateway.access.rights import Grant, Right, Role
from gateway.command import CommandRequest, Operation, OperationState, Value
from gateway.control.guard import ControlGuard
from gateway.control.options import CommandOptions, Source
from gateway.errors import ConflictError, InvalidRequestError, NotFoundError, TaktlineError

_log = logging.getLogger(__name__)
_ID_DIGITS = 16


class GuardRequests:
    """Implements `Requests` for one source. It holds the right to propose and none to approve, lock or release."""

    def __init__(self, guard: ControlGuard, source: Source) -> None:
        self._guard = guard
        self._source = source
        self._credential = secrets.token_urlsafe(32)
        self._asking = asyncio.Lock()

    async def ask(self, request: CommandRequest) -> Operation:
        """Propose a request once by its key, and carry it out where the command lets this source."""
        options = self._guard.options_of(request.command)
        by = self._identity(request.cause)
        # One at a time: two with the same key must find each other.
        async with self._asking:
            operation_id = self._id(request.key)
            try:
                return await self._guard.operation(operation_id)
            except NotFoundError:
                made = await self._guard.propose(
                    request.command,
                    wanted_values(request, options),
                    by=by,
                    reason=request.reason,
                    operation_id=operation_id,
                )
        if self._source not in options.automatic:
            return made
        return await self._carry_out(made, by)

    async def operation(self, operation_id: str) -> Operation:
        """Return where one stands now."""
        return await self._guard.operation(operation_id)

    async def withdraw(self, operation_id: str) -> Operation:
        """Take back what is not sent yet."""
        held = await self._guard.operation(operation_id)
        if held.by_kind != self._source:
            raise ConflictError(f"operation {held.id} is {held.by_kind}'s, not {self._source}'s")
        return await self._guard.cancel(operation_id, by=self._identity("", name=held.by))

    async def _carry_out(self, made: Operation, by: Identity) -> Operation:
        try:
            selected = await self._guard.select(
                made.command, made.values, by=by, reason=made.reason, proposal=made.id
            )
            return await self._guard.operate(
                made.id, nonce=selected.nonce, expected=selected.operation.present, by=by
            )
        except TaktlineError as error:
            # Refused and audited: while it is only proposed, a person may still decide.
            now = await self._guard.operation(made.id)
            if now.state is OperationState.SENDING:
                raise
            _log.warning("operation %s is %s: %s", made.id, now.state, error)
            return now

    def _identity(self, cause: str, *, name: str = "") -> Identity:
        return Identity(
            name=name or (f"{self._source}: {cause}" if cause else self._source.value),
            kind=self._source.value,
            grants=(Grant(Role.OPERATOR),),
            rights=frozenset({Right.SETPOINT_PROPOSE}),
            credential=self._credential,
        )

    def _id(self, key: str) -> str:
        """Return the id that a key always has, so that what a restart or a replay asks again is found."""
        return hashlib.sha256(f"{self._source}\n{key}".encode()).hexdigest()[:_ID_DIGITS]


def wanted_values(request: CommandRequest, options: CommandOptions) -> Mapping[str, Value]:
    """Return what a request asks of each signal; raises `InvalidRequestError` or `NotFoundError`."""
    given = [request.value is not None, bool(request.values), bool(request.recipe)]
    if sum(given) != 1:
        raise InvalidRequestError(f"{request.command}: want one of value, values and recipe")
    if request.recipe:
        found = options.recipes.get(request.recipe)
        if found is None:
            known = ", ".join(options.recipes) or "none"
            raise NotFoundError(
                f"{request.command} has no recipe {request.recipe[:64]!r}; there are: {known}"
            )
        return found
    if request.value is not None:
        if len(options.parameters) != 1:
            raise InvalidRequestError(f"{request.command} sets several signals: want values")
        return {options.parameters[0].signal: request.value}
    return request.values
