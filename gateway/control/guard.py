"""The guard: nothing reaches a machine but by select, operate once, read back."""

from __future__ import annotations

import hmac
import logging
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final, Self

from sqlalchemy import Connection

from gateway.access.port import Identity
from gateway.access.rights import Right
from gateway.access.secrets import digest
from gateway.actuator import Actuators
from gateway.audit.port import Audit, Outcome
from gateway.clock import NS_PER_S, Clock
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
from gateway.control import records, views
from gateway.control.agreement import Agreement
from gateway.control.book import GATEWAY, Book
from gateway.control.checks import Checks, raise_first
from gateway.control.held import Held, HeldSelections
from gateway.control.locks import Locks
from gateway.control.options import CommandOptions, ControlOptions
from gateway.control.present import Presents
from gateway.control.proposals import Proposals
from gateway.control.sending import Sending
from gateway.control.values import Command, check_values
from gateway.errors import (
    ConflictError,
    ForbiddenError,
    NotConnectedError,
    NotFoundError,
    StorageError,
    TaktlineError,
)
from gateway.status import StageState, StageStatus
from gateway.store import Store

_log = logging.getLogger(__name__)
_TIDY_S: Final = 1.0
_MINUTE_NS: Final = 60 * NS_PER_S
_NO_PERSON: Final = "restart"


class ControlGuard:
    """Implements `Control`. This process holds the selections: a restart cancels them all."""

    def __init__(
        self,
        options: ControlOptions,
        *,
        store: Store,
        audit: Audit,
        presents: Presents,
        actuators: Actuators,
        locks: Locks,
        clock: Clock,
    ) -> None:
        self._commands = {name: Command.of(name, each) for name, each in options.commands.items()}
        self._store = store
        self._presents = presents
        self._locks = locks
        self._clock = clock
        self._since_ns = clock.now_ns()
        self._trouble = ""
        self._book = Book(store, audit=audit, clock=clock)
        self._checks = Checks(locks=locks, presents=presents, actuators=actuators, clock=clock)
        self._held = HeldSelections(clock)
        self._agreement = Agreement(
            self._book, checks=self._checks, presents=presents, actuators=actuators
        )
        self._proposals = Proposals(self._book, checks=self._checks, clock=clock)
        self._sending = Sending(
            self._book, presents=presents, actuators=actuators, checks=self._checks, clock=clock
        )

    async def open(self) -> Self:
        """Learn locks and rates, and end what an earlier gateway left open; raises as the store does."""
        await self._locks.load()
        now_ns = self._clock.now_ns()
        settled = await self._store.run(
            lambda connection: records.settle_after_restart(connection, now_ns=now_ns)
        )
        for each in settled:
            unknown = each.state is OperationState.UNKNOWN
            outcome = Outcome.UNKNOWN if unknown else Outcome.REFUSED
            try:
                await self._book.note(
                    _NO_PERSON,
                    each,
                    by=GATEWAY,
                    kind=GATEWAY,
                    outcome=outcome,
                    why=each.explanation,
                )
            except TaktlineError as error:
                _log.error(
                    "operation %s is %s, which the audit does not hold: %s",
                    each.id,
                    each.state,
                    error,
                )
        recent = await self._store.run(
            lambda connection: records.sent_since(connection, now_ns - _MINUTE_NS)
        )
        for command, sent_ns in recent:
            self._checks.count(command, ago_s=max(0.0, (now_ns - sent_ns) / NS_PER_S))
        return self

    async def run(self) -> None:
        """End what waited too long, and keep outcomes that the store did not take, until cancelled."""
        while True:
            await self._clock.sleep(_TIDY_S)
            try:
                await self._sending.write_down()
                await self._store.run(self._expire)
                self._trouble = ""
                await self._book.try_again()
            except (StorageError, NotConnectedError) as error:
                self._trouble = f"the store is away, so nothing is sent: {error}"

    def _expire(self, connection: Connection) -> None:
        records.expired(connection, now_ns=self._clock.now_ns())

    async def close(self) -> None:
        """Let what is under way end, for a few seconds."""
        await self._sending.close()

    def status(self) -> StageStatus:
        """Return how control is doing, for the health page."""
        trouble = self._book.trouble or self._trouble or self._sending.trouble
        return StageStatus(
            name="control",
            kind="control",
            state=StageState.FAILING if trouble else StageState.WORKING,
            since_ns=self._since_ns,
            last_error=trouble,
            behind_rows=0,
            behind_s=0.0,
            rows=0,
            rows_per_s=0.0,
            figures=self.state().figures,
        )

    def state(self) -> ControlState:
        """Return kill switch, lock-outs and figures."""
        own = {"refused": float(self._book.refused), "selected": float(len(self._held))}
        return ControlState(
            off=self._locks.off(),
            trouble=self._book.trouble or self._trouble,
            locks=self._locks.all(),
            commands=len(self._commands),
            figures={**self._sending.figures(), **own},
        )

    def machine_of(self, command: str) -> str:
        """Return the machine of a command; raises `NotFoundError`."""
        return self._command(command).machine

    def options_of(self, command: str) -> CommandOptions:
        """Return the settings of a command; raises `NotFoundError`."""
        return self._command(command).options

    def _command(self, name: str) -> Command:
        found = self._commands.get(name)
        if found is None:
            raise NotFoundError(f"no command {name[:64]!r} under control.commands")
        return found

    async def commands(self, by: Identity, *, machine: str) -> Sequence[CommandView]:
        """Return the commands of a machine, or of all below a path, with what speaks against each now."""
        found = [
            each
            for each in self._commands.values()
            # Job orders are sent from the stations, where the job they belong to is known.
            if not each.is_job
            and (not machine or each.machine == machine or each.machine.startswith(f"{machine}/"))
        ]
        machines = sorted({each.machine for each in found})
        last = await self._store.run(lambda connection: records.newest(connection, machines))
        shown = []
        for each in found:
            seen = self._checks.glance(each)
            why_not = [
                *self._checks.standing(each, by),
                *seen.problems(each),
                *self._held.taken(each, by),
            ]
            signals = self._presents.signals({*each.parameters, *each.watched})
            newest = last.get(each.name)
            shown.append(
                views.of_command(each, seen, signals=signals, why_not=why_not, last=newest)
            )
        return shown

    async def operations(
        self,
        *,
        machine: str,
        states: Sequence[OperationState],
        before_ns: int | None,
        limit: int,
    ) -> Sequence[Operation]:
        """Return operations at or below a path, newest first."""
        return await self._store.run(
            lambda connection: records.find(
                connection, machine=machine, states=states, before_ns=before_ns, limit=limit
            )
        )

    async def operation(self, operation_id: str) -> Operation:
        """Return one; raises `NotFoundError`."""
        return await self._book.get(operation_id)

    async def history(self, operation_id: str) -> Sequence[OperationStep]:
        """Return the steps of one, oldest first; raises `NotFoundError`."""
        return await self._store.run(lambda connection: records.history(connection, operation_id))

    async def propose(
        self,
        command: str,
        values: Mapping[str, Value],
        *,
        by: Identity,
        reason: str,
        operation_id: str = "",
    ) -> Operation:
        """Ask another person to approve these values; nothing is sent."""
        found = self._command(command)

        async def work() -> Operation:
            clean = check_values(found, values, self._agreement.types(found))
            return await self._proposals.propose(
                found, clean, by=by, reason=reason, operation_id=operation_id
            )

        return await self._book.refusing("propose", found, values, by, work)

    async def approve(self, operation_id: str, *, by: Identity) -> Operation:
        """Approve a proposal of somebody else."""
        held = await self._book.get(operation_id)
        command = self._command(held.command)

        async def work() -> Operation:
            return await self._proposals.approve(command, held, by=by)

        return await self._book.refusing("approve", command, held.values, by, work)

    async def decline(self, operation_id: str, *, by: Identity, reason: str) -> Operation:
        """Refuse a proposal."""
        held = await self._book.get(operation_id)
        command = self._command(held.command)

        async def work() -> Operation:
            return await self._proposals.decline(held, by=by, reason=reason)

        return await self._book.refusing("decline", command, held.values, by, work)

    async def cancel(self, operation_id: str, *, by: Identity) -> Operation:
        """Take back what is not sent yet."""
        held = await self._book.get(operation_id)
        command = self._command(held.command)

        async def work() -> Operation:
            selected = self._held.get(operation_id)
            mine = by.name in {held.by, selected.by if selected is not None else held.by}
            if not mine and not by.may(Right.SETPOINT_APPROVE, held.machine):
                raise ForbiddenError(
                    f"{held.by} asked for it; taking it back takes {Right.SETPOINT_APPROVE}"
                )
            await self._book.note("cancel", held, by=by.name, kind=by.kind)
            moved = await self._book.move(
                held, OperationState.CANCELLED, by=by.name, explanation="taken back, not sent"
            )
            self._held.drop(operation_id)
            return moved

        return await self._book.refusing("cancel", command, held.values, by, work)

    async def select(
        self,
        command: str,
        values: Mapping[str, Value],
        *,
        by: Identity,
        reason: str,
        proposal: str = "",
    ) -> Selection:
        """Freeze values for one operate within seconds; `proposal` names a proposal of the same values."""
        found = self._command(command)

        async def work() -> Selection:
            raise_first(self._checks.standing(found, by))
            clean = check_values(found, values, self._agreement.types(found))
            for held in self._held.of_session(found, by):
                # Who selects anew means the new one.
                self._held.drop(held.operation.id)
                await self._sending.give_up(held.operation, "selected anew")
            with self._held.claim(found) as claim:
                taken = await self._proposals.usable(found, clean, proposal, by)
                said = reason or (taken.reason if taken is not None else "")
                made = await self._agreement.freeze(found, clean, said, by)
                if taken is not None:
                    made = await self._continue(taken, made, by)
                else:
                    await self._book.add(made)
                nonce = secrets.token_urlsafe(32)
                held_now = Held(
                    command=found,
                    operation=made,
                    nonce=digest(nonce),
                    credential=by.credential,
                    by=by.name,
                    until_s=self._clock.monotonic_s() + found.options.expires_s,
                )
                claim.keep(held_now)
            return Selection(operation=made, nonce=nonce)

        return await self._book.refusing("select", found, values, by, work)

    async def operate(
        self, operation_id: str, *, nonce: str, expected: Mapping[str, Value], by: Identity
    ) -> Operation:
        """Carry out what was selected, once, and return what became of it."""
        asked = await self._book.get(operation_id)
        command = self._command(asked.command)

        async def claim() -> Held:
            return self._claimed(asked, nonce, by)

        held = await self._book.refusing("operate", command, asked.values, by, claim)

        async def agree() -> Operation:
            if held.until_s <= self._clock.monotonic_s():
                raise ConflictError(
                    f"the selection ran out after {command.options.expires_s:g} s: select it anew"
                )
            raise_first(self._checks.standing(command, by))
            await self._agreement.unchanged(held, expected)
            return held.operation

        try:
            made = await self._book.refusing("operate", command, asked.values, by, agree)
        except BaseException as error:
            self._held.release(held)
            if isinstance(error, TaktlineError):
                await self._sending.give_up(held.operation, str(error))
            raise
        return await self._sending.start(
            command, made, by=by, after=lambda: self._held.release(held)
        )

    def _claimed(self, asked: Operation, nonce: str, by: Identity) -> Held:
        """Use the selection up for who made it: no second request finds it, whatever comes of this one."""
        held = self._held.get(asked.id)
        if held is None:
            raise ConflictError(f"operation {asked.id} is {asked.state}: select it anew")
        same = hmac.compare_digest(held.credential.encode(), by.credential.encode())
        if held.by != by.name or not same:
            raise ForbiddenError("another session selected it: only that one may operate it")
        if not hmac.compare_digest(held.nonce, digest(nonce[:100])):
            raise ConflictError("this nonce is not the selection's: select it anew")
        return self._held.take(asked.id)

    async def lock(self, machine: str, *, by: Identity, why: str) -> Lock:
        """Keep a machine from being operated; an empty path is the whole plant."""
        return await self._locks.lock(machine, by=by, why=why)

    async def release(self, machine: str, *, by: Identity, why: str) -> None:
        """End one's own lock; an administrator ends another's with a reason."""
        await self._locks.release(machine, by=by, why=why)

    async def _continue(self, taken: Operation, made: Operation, by: Identity) -> Operation:
        """Turn a proposal into the selection that was made of it."""
        present, expires_ns = dict(made.present), made.expires_ns
        moved = await self._book.move(
            taken, OperationState.SELECTED, by=by.name, present=present, expires_ns=expires_ns
        )
        return replace(moved, by=by.name)
