"""Operations with their audit: what is written down before it is done, and what was refused."""

from __future__ import annotations

import contextlib
import math
import secrets
import sys
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final, TypeVar

import orjson

from gateway.access.port import Identity
from gateway.audit.port import Audit, Entry, Outcome
from gateway.clock import NS_PER_S, Clock
from gateway.command import Operation, OperationState, Value
from gateway.control import records
from gateway.control.values import EXACT, Command
from gateway.errors import ConflictError, ForbiddenError, InvalidRequestError, TaktlineError
from gateway.store import Store

T = TypeVar("T")
GATEWAY: Final = "gateway"


class Book:
    """Makes and moves operations; `trouble` says why the audit did not take the newest entry."""

    def __init__(self, store: Store, *, audit: Audit, clock: Clock) -> None:
        self.refused = 0
        self.trouble = ""
        self._store = store
        self._audit = audit
        self._clock = clock

    async def get(self, operation_id: str) -> Operation:
        """Return one; raises `NotFoundError`."""
        return await self._store.run(lambda connection: records.get(connection, operation_id))

    async def add(self, made: Operation) -> None:
        """Keep a new operation."""
        await self._store.run(lambda connection: records.add(connection, made))

    def make(
        self,
        command: Command,
        values: Mapping[str, Value],
        *,
        by: Identity,
        reason: str,
        state: OperationState,
        present: Mapping[str, Value],
        lasts_s: float,
        operation_id: str = "",
    ) -> Operation:
        """Return a new operation that is not kept yet."""
        now_ns = self._clock.now_ns()
        return Operation(
            id=operation_id or secrets.token_hex(8),
            command=command.name,
            title=command.options.title,
            machine=command.machine,
            kind=command.options.kind,
            state=state,
            values=values,
            present=present,
            reason=reason,
            by=by.name,
            by_kind=by.kind,
            approved_by="",
            explanation="",
            created_ns=now_ns,
            changed_ns=now_ns,
            sent_ns=None,
            expires_ns=now_ns + round(lasts_s * NS_PER_S),
        )

    async def move(
        self,
        held: Operation,
        new: OperationState,
        *,
        by: str,
        explanation: str = "",
        **further: Any,
    ) -> Operation:
        """Move an operation on without an entry of its own; raises `ConflictError`."""
        now_ns = self._clock.now_ns()
        return await self._store.run(
            lambda connection: records.move(
                connection, held.id, new, by=by, now_ns=now_ns, explanation=explanation, **further
            )
        )

    async def note(
        self,
        action: str,
        held: Operation,
        *,
        by: str,
        kind: str,
        outcome: Outcome = Outcome.ASKED,
        why: str = "",
    ) -> None:
        """Commit an entry on an operation; raises `StorageError` or `NotConnectedError`."""
        detail = {
            "operation": held.id,
            "values": dict(held.values),
            "present": dict(held.present),
            "reason": held.reason,
            "approved_by": held.approved_by,
            "why": why,
        }
        told = {name: value for name, value in detail.items() if value}
        await self._record(
            action, held.command, held.machine, told, by=by, kind=kind, outcome=outcome
        )

    async def try_again(self) -> None:
        """Find out whether an audit that took no entry takes one now."""
        if self.trouble:
            with contextlib.suppress(TaktlineError):
                await self._record(
                    "audit_again", "", "", {}, by=GATEWAY, kind=GATEWAY, outcome=Outcome.OK
                )

    async def refusing(
        self,
        action: str,
        command: Command,
        values: Mapping[str, Value],
        by: Identity,
        work: Callable[[], Awaitable[T]],
    ) -> T:
        """Do it, or write down who was refused what and why before the refusal is raised."""
        try:
            return await work()
        except (ForbiddenError, ConflictError, InvalidRequestError) as error:
            self.refused += 1
            detail = {"values": dict(values), "why": str(error)}
            await self._record(
                action, command.name, command.machine, detail,
                by=by.name, kind=by.kind, outcome=Outcome.REFUSED,
            )  # fmt: skip
            raise

    async def _record(
        self,
        action: str,
        command: str,
        machine: str,
        detail: Mapping[str, Any],
        *,
        by: str,
        kind: str,
        outcome: Outcome,
    ) -> None:
        entry = Entry(
            actor=by,
            kind=kind,
            action=f"control.{action}",
            target=f"{machine}: {command}",
            outcome=outcome,
            detail=orjson.dumps(_told(detail), default=str).decode(),
        )
        try:
            await self._audit.record(entry)
        except TaktlineError as error:
            self.trouble = f"the audit takes no entry, so nothing is sent: {error}"
            raise
        self.trouble = ""


def _told(value: Any) -> Any:
    """Return a value as JSON can hold it: what somebody sent in may be any number."""
    if isinstance(value, Mapping):
        return {name: _told(each) for name, each in value.items()}
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) > EXACT:
        return f"{value:.6e}" if abs(value) <= sys.float_info.max else "beyond every number"
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value
