"""What keeps machines from being operated: kill switch by file or by a person, and lock-outs for maintenance."""

from __future__ import annotations

from pathlib import Path

from gateway.access.port import Identity
from gateway.access.rights import Right
from gateway.clock import Clock
from gateway.command import Lock
from gateway.control import records
from gateway.errors import ConflictError, ForbiddenError, InvalidRequestError, NotFoundError
from gateway.model import path_problem
from gateway.store import Store


class Locks:
    """The locks, in memory from the store; a file that exists is the kill switch that needs nobody."""

    def __init__(self, store: Store, *, off_file: Path, clock: Clock) -> None:
        self._store = store
        self._off_file = off_file
        self._clock = clock
        self._held: dict[str, Lock] = {}

    async def load(self) -> None:
        """Read what earlier gateways kept."""
        self._held = {each.machine: each for each in await self._store.run(records.locks)}

    def all(self) -> tuple[Lock, ...]:
        """Return all locks, the whole plant's first."""
        return tuple(self._held[machine] for machine in sorted(self._held))

    def off(self) -> str:
        """Return why nothing at all is operated, "" where it may be."""
        try:
            if self._off_file.exists():
                return f"the file {self._off_file.name} switches all control off"
        except OSError as error:
            return f"the file that switches control off cannot be looked for: {error.strerror}"
        return self._why("")

    def why_not(self, machine: str) -> str:
        """Return why a machine is not operated now, "" where it may be."""
        return self.off() or self._why(machine)

    def _why(self, machine: str) -> str:
        held = self._held.get(machine)
        if held is None:
            return ""
        where = "locked out" if machine else "all control is switched off"
        return f"{where} by {held.by}: {held.why}"

    async def lock(self, machine: str, *, by: Identity, why: str) -> Lock:
        """Lock a machine, or all of them; raises `ConflictError`, `ForbiddenError`, `InvalidRequestError`."""
        if machine and path_problem(f"{machine}/x") is not None:
            raise InvalidRequestError(f"machine {machine[:255]!r}: want site/area/line/machine")
        if not by.may(Right.LOCKOUT, machine):
            raise ForbiddenError(
                f"this takes the right {Right.LOCKOUT} for {machine or 'the plant'}"
            )
        if not why:
            raise InvalidRequestError(
                "why: say why it is locked, whoever stands there will read it"
            )
        if machine in self._held:
            raise ConflictError(
                f"{machine or 'the plant'} is locked already by {self._held[machine].by}"
            )
        made = Lock(machine=machine, by=by.name, why=why, since_ns=self._clock.now_ns())
        # In memory first: from this moment on nothing is sent, whatever the store says.
        self._held[machine] = made
        await self._store.run(lambda connection: records.add_lock(connection, made))
        return made

    async def release(self, machine: str, *, by: Identity, why: str) -> Lock:
        """End a lock: one's own, or as an administrator another's with a reason.

        Raises `NotFoundError`, `ForbiddenError`, `InvalidRequestError`.
        """
        held = self._held.get(machine)
        if held is None:
            raise NotFoundError(f"{machine or 'the plant'} is not locked")
        if held.by != by.name:
            if not by.may(Right.USERS_APPROVE):
                raise ForbiddenError(
                    f"{held.by} locked it and releases it; only an administrator may do so for another"
                )
            if not why:
                raise InvalidRequestError(
                    f"why: {held.by} locked it; releasing another's lock needs a reason"
                )
        elif not by.may(Right.LOCKOUT, machine):
            raise ForbiddenError(
                f"this takes the right {Right.LOCKOUT} for {machine or 'the plant'}"
            )
        await self._store.run(lambda connection: records.drop_lock(connection, machine))
        self._held.pop(machine, None)
        return held
