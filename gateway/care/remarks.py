"""Remarks as they are kept; the oldest make room, since the entries they are about do too."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from sqlalchemy import Connection, delete, func, insert, select

from gateway.clock import Clock
from gateway.model import Principal
from gateway.store import Store
from gateway.store.board_tables import remark
from gateway.upkeep import Mark, Remark, Subject

MAX_REMARKS: Final = 20_000
"""Of each subject."""


class RemarkDesk:
    """The `Remarks` port."""

    def __init__(self, *, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def of(self, subject: Subject) -> Mapping[str, Remark]:
        """Return every remark about a kind of entry, by the entry's key."""
        query = select(remark).where(remark.c.subject == subject.value)

        def work(connection: Connection) -> dict[str, Remark]:
            return {
                row.key: Remark(
                    subject=subject,
                    key=row.key,
                    mark=Mark(row.mark),
                    reason=row.reason,
                    by=row.by,
                    time_ns=row.time_ns,
                )
                for row in connection.execute(query)
            }

        return await self._store.run(work)

    async def put(
        self, subject: Subject, keys: Sequence[str], *, mark: Mark, reason: str, by: Principal
    ) -> None:
        """Note a decision about entries, in the place of an earlier one."""
        now_ns = self._clock.now_ns()
        same = {"subject": subject.value, "mark": mark.value, "reason": reason, "by": by.name}
        fresh = tuple(dict.fromkeys(keys))
        rows = [{**same, "key": key, "time_ns": now_ns} for key in fresh]

        def work(connection: Connection) -> None:
            for key in fresh:
                _remove(connection, subject, key)
            connection.execute(insert(remark), rows)
            _make_room(connection, subject)

        if rows:
            await self._store.run(work)

    async def remove(self, subject: Subject, key: str) -> None:
        """Take a remark back; there may be none."""
        await self._store.run(lambda connection: _remove(connection, subject, key))


def _remove(connection: Connection, subject: Subject, key: str) -> None:
    connection.execute(delete(remark).where(remark.c.subject == subject.value, remark.c.key == key))


def _make_room(connection: Connection, subject: Subject) -> None:
    mine = remark.c.subject == subject.value
    held = int(connection.execute(select(func.count()).where(mine)).scalar_one())
    if held <= MAX_REMARKS:
        return
    oldest = select(remark.c.key).where(mine).order_by(remark.c.time_ns).limit(held - MAX_REMARKS)
    for key in connection.execute(oldest).scalars().all():
        _remove(connection, subject, key)
