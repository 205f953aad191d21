"""What is read of alarms: lists, their journal, figures and the ranking of nuisances."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Final

from sqlalchemy import Connection, or_, select

from gateway.alarm import (
    Alarm,
    AlarmEvent,
    AlarmLetter,
    AlarmMetrics,
    JournalEntry,
    Nuisance,
)
from gateway.clock import NS_PER_S
from gateway.detect.alarms.journal import journal_columns, newest_entries, raised_by_rule
from gateway.detect.alarms.metrics import measure, spells
from gateway.detect.alarms.ranking import Ranking
from gateway.detect.alarms.records import find, to_alarm, to_event
from gateway.errors import InvalidRequestError
from gateway.store import Store
from gateway.store.tables import alarm, alarm_event

MAX_LIST: Final = 1000
MAX_SPAN_NS: Final = 400 * 86_400 * NS_PER_S

RETAINED: Final = alarm.c.enabled & or_(
    alarm.c.active, ~alarm.c.acked, ~alarm.c.confirmed, alarm.c.latched
)


class AlarmReading:
    """The reading half of the `Alarms` port."""

    def __init__(self, store: Store, ranking: Ranking) -> None:
        self._store = store
        self._ranking = ranking

    async def events(
        self, *, after: int, limit: int, alarm: int | None = None
    ) -> Sequence[AlarmEvent]:
        """Return the changes that follow `after`, oldest first, of one alarm or of all."""
        query = select(alarm_event).where(alarm_event.c.seq > after).order_by(alarm_event.c.seq)
        if alarm is not None:
            query = query.where(alarm_event.c.alarm == alarm)
        query = query.limit(_limit(limit))
        return await self._store.run(lambda c: [to_event(row) for row in c.execute(query)])

    async def list(
        self,
        *,
        letters: Sequence[AlarmLetter],
        limit: int,
        before: int | None = None,
        asset: str = "",
        retained: bool = True,
    ) -> Sequence[Alarm]:
        """Return alarms, highest number first; see `gateway.ports.Alarms`."""
        query = select(alarm).order_by(alarm.c.number.desc())
        if before is not None:
            query = query.where(alarm.c.number < before)
        if asset:
            path = asset.rstrip("/")
            below = alarm.c.asset.startswith(f"{path}/", autoescape=True)
            query = query.where(or_(alarm.c.asset == path, below, alarm.c.signal == path))
        if retained:
            query = query.where(RETAINED)
        most = _limit(limit)

        def work(connection: Connection) -> list[Alarm]:
            found: list[Alarm] = []
            for row in connection.execute(query).mappings():
                one = to_alarm({**row})
                if not letters or one.letter in letters:
                    found.append(one)
                if len(found) == most:
                    break
            return found

        return await self._store.run(work)

    async def get(self, number: int) -> Alarm:
        """Return one alarm; raises `NotFoundError`."""
        return await self._store.run(lambda c: to_alarm(find(c, number)))

    async def metrics(
        self, *, start_ns: int, end_ns: int, asset: str = "", operators: int = 1
    ) -> AlarmMetrics:
        """Hold a range of time against the standard's benchmarks; see `gateway.ports.Alarms`."""
        if not (start_ns < end_ns and end_ns - start_ns <= MAX_SPAN_NS):
            raise InvalidRequestError("want a range that ends after its start, of at most 400 days")
        alarms, columns = await self._store.run(
            lambda c: journal_columns(c, start_ns=start_ns, end_ns=end_ns, asset=asset)
        )
        return await asyncio.to_thread(
            lambda: measure(
                spells(*columns, end_ns=end_ns),
                alarms,
                start_ns=start_ns,
                end_ns=end_ns,
                operators=operators,
            )
        )

    async def nuisances(
        self, *, start_ns: int, end_ns: int, asset: str = "", limit: int = 20
    ) -> Sequence[Nuisance]:
        """Rank what comes too often, with what would quiet it; see `gateway.ports.Alarms`."""
        if not (start_ns < end_ns and end_ns - start_ns <= MAX_SPAN_NS):
            raise InvalidRequestError("want a range that ends after its start, of at most 400 days")
        rows = await self._store.run(
            lambda c: journal_columns(c, start_ns=start_ns, end_ns=end_ns, asset=asset)
        )
        return await self._ranking.of(rows, start_ns=start_ns, end_ns=end_ns, limit=_limit(limit))

    async def recent(
        self, *, limit: int, before: int | None = None, asset: str = ""
    ) -> Sequence[JournalEntry]:
        """Return the journal newest first, with the alarms it is about."""
        most = _limit(limit)
        return await self._store.run(
            lambda c: newest_entries(c, limit=most, before=before, asset=asset)
        )

    async def raised_since(self, time_ns: int) -> Mapping[str, int]:
        """Return how many alarms each rule has raised since a time."""
        return await self._store.run(lambda c: raised_by_rule(c, time_ns))


def _limit(limit: int) -> int:
    if not 1 <= limit <= MAX_LIST:
        raise InvalidRequestError(f"limit is {limit}, want 1 to {MAX_LIST}")
    return limit
