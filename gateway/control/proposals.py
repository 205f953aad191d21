"""What is proposed and waits for a person: by people for a second person, by scheduler and rules for anybody."""

from __future__ import annotations

from collections.abc import Mapping

from gateway.access.port import Identity
from gateway.access.rights import Right
from gateway.clock import NS_PER_S, Clock
from gateway.command import Approval, Operation, OperationState, Value
from gateway.control.book import Book
from gateway.control.checks import PERSON, Checks, raise_first
from gateway.control.values import Command
from gateway.errors import ConflictError, ForbiddenError


class Proposals:
    """Proposer and approver are always two; nothing is sent from here."""

    def __init__(self, book: Book, *, checks: Checks, clock: Clock) -> None:
        self._book = book
        self._checks = checks
        self._clock = clock

    async def propose(
        self,
        command: Command,
        values: Mapping[str, Value],
        *,
        by: Identity,
        reason: str,
        operation_id: str = "",
    ) -> Operation:
        """Keep a proposal, under an id of its own unless one is given; `values` have been checked.

        Raises `ForbiddenError`.
        """
        if not by.may(Right.SETPOINT_PROPOSE, command.machine):
            raise ForbiddenError(
                f"this takes the right {Right.SETPOINT_PROPOSE} for {command.machine}"
            )
        if by.kind == PERSON:
            raise_first(self._checks.person(command, by))
        seen = self._checks.glance(command).present
        shown = {path: seen[path].value for path in command.watched}
        made = self._book.make(
            command,
            values,
            by=by,
            reason=reason,
            state=OperationState.PROPOSED,
            present={path: value for path, value in shown.items() if value is not None},
            lasts_s=command.options.approval_s,
            operation_id=operation_id,
        )
        await self._book.note("propose", made, by=by.name, kind=by.kind)
        await self._book.add(made)
        return made

    async def approve(self, command: Command, held: Operation, *, by: Identity) -> Operation:
        """Approve a proposal of somebody else; raises `ForbiddenError`, `ConflictError`."""
        if by.kind != PERSON or not by.may(Right.SETPOINT_APPROVE, held.machine):
            raise ForbiddenError(
                f"this takes a person with the right {Right.SETPOINT_APPROVE} for {held.machine}"
            )
        if by.name == held.by:
            raise ForbiddenError("who proposes cannot approve: ask a second person")
        self.in_time(held)
        await self._book.note("approve", held, by=by.name, kind=by.kind)
        good_until_ns = self._clock.now_ns() + round(command.options.approval_s * NS_PER_S)
        return await self._book.move(
            held, OperationState.APPROVED, by=by.name, approved_by=by.name, expires_ns=good_until_ns
        )

    async def decline(self, held: Operation, *, by: Identity, reason: str) -> Operation:
        """Refuse a proposal; raises `ForbiddenError`, `ConflictError`."""
        if not by.may(Right.SETPOINT_APPROVE, held.machine):
            raise ForbiddenError(
                f"this takes the right {Right.SETPOINT_APPROVE} for {held.machine}"
            )
        await self._book.note("decline", held, by=by.name, kind=by.kind, why=reason)
        return await self._book.move(held, OperationState.DECLINED, by=by.name, explanation=reason)

    async def usable(
        self, command: Command, values: Mapping[str, Value], proposal: str, by: Identity
    ) -> Operation | None:
        """Return the proposal that a selection stands on, None where it needs none.

        Raises `ConflictError` and `ForbiddenError` where it needs one and this is not it.
        """
        needs = command.options.approval is Approval.SECOND_PERSON
        if not proposal:
            if needs:
                raise ConflictError(
                    f"{command.options.title!r} needs a second person: propose it, and select it once approved"
                )
            return None
        held = await self._book.get(proposal)
        if held.command != command.name or dict(held.values) != dict(values):
            raise ConflictError(f"proposal {held.id} is for another command or other values")
        self.in_time(held)
        good = (
            {OperationState.APPROVED}
            if needs
            else {OperationState.APPROVED, OperationState.PROPOSED}
        )
        if held.state not in good:
            raise ConflictError(f"proposal {held.id} is {held.state}")
        if held.by_kind == PERSON and held.by != by.name:
            raise ForbiddenError(f"{held.by} proposed it, and alone carries it out")
        if needs and held.approved_by == by.name:
            raise ForbiddenError("who approved it cannot carry it out: that takes a second person")
        return held

    def in_time(self, held: Operation) -> None:
        """Refuse what ran out; raises `ConflictError`."""
        if held.expires_ns is not None and held.expires_ns <= self._clock.now_ns():
            raise ConflictError(f"operation {held.id} ran out: propose it anew")
