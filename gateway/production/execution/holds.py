"""Machines that are given no work: by people, or by a failed gate, until released."""

from __future__ import annotations

from functools import partial
from typing import Final

from sqlalchemy import Connection, delete, insert, select, update

from gateway.clock import Clock
from gateway.errors import InvalidRequestError, NotFoundError
from gateway.production.execution.port import Hold
from gateway.store import Store
from gateway.store.execution_tables import dispatch_hold

_REASON: Final = 500


class Holds:
    """One hold a machine; holding it again says why anew."""

    def __init__(self, store: Store, *, clock: Clock) -> None:
        self._store, self._clock = store, clock

    async def all(self) -> dict[str, Hold]:
        """Return every hold by machine."""
        rows = await self._store.run(lambda c: c.execute(select(dispatch_hold)).all())
        return {
            r.machine: Hold(machine=r.machine, why=r.why, by=r.by, since_ns=r.since_ns)
            for r in rows
        }

    async def of(self, machine: str) -> Hold | None:
        """Return what holds a machine, None where nothing does."""
        return (await self.all()).get(machine)

    async def hold(self, machine: str, *, why: str, by: str) -> Hold:
        """Give a machine no work from now on; raises `InvalidRequestError` without a reason."""
        why = why.strip()[:_REASON]
        if not why:
            raise InvalidRequestError("why: say why the machine is given no work")
        made = Hold(machine=machine, why=why, by=by, since_ns=self._clock.now_ns())
        await self._store.run(partial(_put, made=made))
        return made

    async def release(self, machine: str) -> None:
        """End a hold; raises `NotFoundError` where there is none."""
        gone = delete(dispatch_hold).where(dispatch_hold.c.machine == machine)
        if await self._store.run(lambda c: c.execute(gone).rowcount) == 0:
            raise NotFoundError(f"{machine[:60]!r} is not held")


def _put(connection: Connection, *, made: Hold) -> None:
    values = {"why": made.why, "by": made.by, "since_ns": made.since_ns}
    mine = update(dispatch_hold).where(dispatch_hold.c.machine == made.machine)
    if connection.execute(mine.values(**values)).rowcount == 0:
        connection.execute(insert(dispatch_hold).values(machine=made.machine, **values))
