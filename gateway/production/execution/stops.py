"""Stops of machines: what their states say, or a person, and the reasons that people give."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any, Final

from sqlalchemy import Connection, Row, insert, or_, select, update

from gateway.access.port import Identity
from gateway.access.rights import Right
from gateway.clock import NS_PER_MS, NS_PER_S, Clock
from gateway.errors import ForbiddenError, InvalidRequestError, NotFoundError
from gateway.performance import StateInterval
from gateway.ports import Performance
from gateway.production.execution.options import ExecutionOptions
from gateway.production.execution.port import Stop, StopReason
from gateway.store import Store
from gateway.store.execution_tables import downtime

_NOTE: Final = 500
_INTERVALS: Final = 2000
_SHOWN: Final = 200
_LASTING_NS: Final = 5 * NS_PER_S
"""A state told of until so shortly before now is the present one."""

_NEAR_NS: Final = NS_PER_MS
_STANDING: Final = frozenset({"adet_internal", "minor", "asut"})
"""Time classes in which a machine stands for reasons of its own, so that a person knows more than its neighbours do."""


class StopDesk:
    """Stops by machine. An entry is never changed: a later one over the same time takes its place."""

    def __init__(
        self,
        store: Store,
        *,
        performance: Performance,
        options: ExecutionOptions,
        clock: Clock,
    ) -> None:
        self._store, self._performance = store, performance
        self._reasons, self._clock = options.stop_reasons, clock

    def reasons(self) -> Sequence[StopReason]:
        """Return the reasons there are."""
        return [StopReason(code=code, words=words) for code, words in self._reasons.items()]

    async def of(self, machine: str, path: str, *, start_ns: int, end_ns: int) -> Sequence[Stop]:
        """Return the stops of a machine that touch [start, end), newest first."""
        entries = await self._entries(machine, start_ns=start_ns, end_ns=end_ns)
        stood, lasting_ns = await self._stood(path, start_ns=start_ns, end_ns=end_ns)
        found = [_with_reason(machine, each, entries, lasting_ns) for each in stood]
        used = {each.id for each in found if each.id}
        # What people entered stands by itself where no signal tells of a stop, or where it is a part of one.
        found += [each for each in entries if each.id not in used]
        return sorted(found, key=lambda each: -each.start_ns)[:_SHOWN]

    async def _stood(
        self, path: str, *, start_ns: int, end_ns: int
    ) -> tuple[list[StateInterval], int]:
        """Return the stops that states tell of, and the start of the one that lasts on (-1: none does)."""
        if not path:
            return [], -1
        try:
            spans = await self._performance.intervals(
                path, start_ns=start_ns, end_ns=end_ns, limit=_INTERVALS
            )
        except NotFoundError:
            return [], -1  # a machine without a state: only people know when it stands
        last = spans[-1] if spans else None
        lasts = last is not None and last.end_ns >= self._clock.now_ns() - _LASTING_NS
        found = [each for each in spans if each.booked in _STANDING]
        return found, last.start_ns if lasts and last is not None else -1

    async def _entries(self, machine: str, *, start_ns: int, end_ns: int) -> list[Stop]:
        """Return what people entered, without what a later entry over the same time replaced."""
        table = downtime
        query = (
            select(table)
            .where(table.c.machine == machine, table.c.start_ns < end_ns)
            .where(or_(table.c.end_ns.is_(None), table.c.end_ns > start_ns))
            .order_by(table.c.time_ns)
        )
        rows = await self._store.run(lambda c: c.execute(query).all())
        newest: dict[int, Stop] = {}
        for row in rows:
            newest[row.start_ns] = _stop(row)
        return list(newest.values())

    async def enter(
        self,
        machine: str,
        path: str,
        *,
        start_ns: int,
        end_ns: int | None,
        code: str,
        note: str,
        job: str,
        by: Identity,
    ) -> Stop:
        """Give a reason; raises `InvalidRequestError`, `ForbiddenError` where somebody approved another one."""
        self.check(code)
        now_ns = self._clock.now_ns()
        if start_ns > now_ns + _NEAR_NS or (end_ns is not None and end_ns <= start_ns):
            raise InvalidRequestError(
                "start and end: a stop begins before it ends, and not after now"
            )
        start_ns = await self._begun(machine, path, start_ns)
        held = [e for e in await self._entries(machine, start_ns=start_ns, end_ns=start_ns + 1)
                if e.start_ns == start_ns]  # fmt: skip
        decides = by.may(Right.DOWNTIME_APPROVE, path)
        if held and held[0].standing == "approved" and not decides:
            raise ForbiddenError(f"{held[0].by} decided on it: this takes {Right.DOWNTIME_APPROVE}")
        if held and end_ns is None:
            end_ns = held[0].end_ns
        standing = "approved" if decides else "entered"
        made = Stop(
            id=secrets.token_hex(8), machine=machine, start_ns=start_ns, end_ns=end_ns, state="",
            code=code, note=note.strip()[:_NOTE], job=job, by=by.name, standing=standing,
        )  # fmt: skip
        await self._store.run(partial(_add, made=made, time_ns=now_ns))
        return made

    async def _begun(self, machine: str, path: str, start_ns: int) -> int:
        """Return when the stop that is meant began: a page's milliseconds do not hold every nanosecond."""
        near = await self.of(
            machine, path, start_ns=start_ns - _NEAR_NS, end_ns=start_ns + _NEAR_NS + 1
        )
        meant = [e.start_ns for e in near if abs(e.start_ns - start_ns) <= _NEAR_NS]
        return min(meant, key=lambda each: abs(each - start_ns), default=start_ns)

    async def begin(self, machine: str, *, code: str, note: str, job: str, by: str) -> None:
        """Note that a person stopped a machine now; without a code the reason is asked for later."""
        now_ns = self._clock.now_ns()
        made = Stop(
            id=secrets.token_hex(8), machine=machine, start_ns=now_ns, end_ns=None, state="",
            code=code, note=note.strip()[:_NOTE], job=job, by=by, standing="entered",
        )  # fmt: skip
        await self._store.run(partial(_add, made=made, time_ns=now_ns))

    async def end(self, machine: str) -> None:
        """Note that the machine goes on: what lasts on ends now."""
        now_ns = self._clock.now_ns()
        open_ = (downtime.c.machine == machine) & downtime.c.end_ns.is_(None)
        await self._store.run(
            lambda c: c.execute(update(downtime).where(open_).values(end_ns=now_ns))
        )

    def check(self, code: str) -> None:
        """Refuse a code that is no reason; raises `InvalidRequestError`."""
        if code not in self._reasons:
            known = ", ".join(self._reasons)
            raise InvalidRequestError(f"code: {code[:64]!r} is no reason; there are: {known}")


def _with_reason(
    machine: str, span: StateInterval, entries: Sequence[Stop], lasting_ns: int
) -> Stop:
    """Return a stop that a signal tells of, with the entry that was made for it."""
    mine = next((each for each in entries if each.start_ns == span.start_ns), None)
    shown = Stop(
        id="", machine=machine, start_ns=span.start_ns,
        end_ns=None if span.start_ns == lasting_ns else span.end_ns, state=span.state_name, code="", note="",
        job="", by="", standing="",
    )  # fmt: skip
    if mine is None:
        return shown
    return replace(
        shown, id=mine.id, code=mine.code, note=mine.note, job=mine.job, by=mine.by,
        standing=mine.standing,
    )  # fmt: skip


def _add(connection: Connection, *, made: Stop, time_ns: int) -> None:
    connection.execute(
        insert(downtime).values(
            id=made.id, machine=made.machine, start_ns=made.start_ns, end_ns=made.end_ns,
            code=made.code, note=made.note, job=made.job, by=made.by, time_ns=time_ns,
            standing=made.standing,
        )
    )  # fmt: skip


def _stop(row: Row[Any]) -> Stop:
    return Stop(
        id=row.id, machine=row.machine, start_ns=row.start_ns, end_ns=row.end_ns, state="",
        code=row.code, note=row.note, job=row.job, by=row.by, standing=row.standing,
    )  # fmt: skip
