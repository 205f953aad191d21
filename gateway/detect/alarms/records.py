"""Alarms as rows: read and written together, one transaction's worth at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, Final

from sqlalchemy import Connection, Row, bindparam, insert, select, update

from gateway.alarm import Alarm, AlarmEvent, AlarmLetter, AlarmPriority, Shelving
from gateway.detect.alarms.state import AlarmAction, Flags, Handling, after
from gateway.errors import NotFoundError
from gateway.issues.records import read_number
from gateway.store.tables import alarm, alarm_event, counter

Fields = dict[str, Any]
AT_ONCE: Final = 500
NUMBERS: Final = ("alarm", "alarm_revision")
FLAGS: Final = tuple(Flags.__slots__)


class AlarmBook:
    """Alarms read at the start of a transaction, changed in memory, and written at its end with their journal."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._numbers: dict[str, int] = {}
        self.rows: dict[str, Fields] = {}
        self.returned: list[Fields] = []
        """Alarms that were raised out of operators' sight, have come back into it, and still hold."""
        self._new: list[Fields] = []
        self._changed: dict[int, Fields] = {}
        self._events: list[Fields] = []

    def read(self, condition: Any) -> Sequence[Fields]:
        """Read the alarms that meet a condition, by number."""
        query = select(alarm).where(condition).order_by(alarm.c.number)
        found = [dict(row) for row in self._connection.execute(query).mappings()]
        return [self.rows.setdefault(row["key"], row) for row in found]

    def read_keys(self, keys: Sequence[str]) -> None:
        """Read the alarms of these keys, those there are."""
        for start in range(0, len(keys), AT_ONCE):
            self.read(alarm.c.key.in_(keys[start : start + AT_ONCE]))

    def known(self, keys: Sequence[str]) -> set[str]:
        """Return which of these events stand in the journal already."""
        found: set[str] = set()
        for start in range(0, len(keys), AT_ONCE):
            some = keys[start : start + AT_ONCE]
            query = select(alarm_event.c.key).where(alarm_event.c.key.in_(some))
            found.update(self._connection.execute(query).scalars())
        return found

    def _next(self, name: str) -> int:
        """Give out the next number; the first one locks the counters until the transaction ends."""
        if not self._numbers:
            ours = counter.c.name.in_(NUMBERS)
            self._connection.execute(update(counter).where(ours).values(value=counter.c.value))
            self._numbers = {each: read_number(self._connection, each) for each in NUMBERS}
        self._numbers[name] += 1
        return self._numbers[name]

    def add(self, fields: Mapping[str, Any]) -> Fields:
        """Add an alarm that was never seen before."""
        row = {"number": self._next("alarm"), "revision": 0, **asdict(Flags()), **fields}
        self._new.append(row)
        self.rows[row["key"]] = row
        return row

    def set(self, row: Fields, name: str, value: object) -> None:
        """Change what is no part of an alarm's life and needs no entry in the journal."""
        if row[name] != value:
            row[name] = value
            self._changed[row["number"]] = row

    def act(
        self,
        row: Fields,
        action: AlarmAction,
        handling: Handling,
        *,
        now_ns: int,
        by: str,
        reason: str = "",
        until_ns: int | None = None,
        detail: dict[str, Any] | None = None,
        key: str | None = None,
    ) -> None:
        """Apply an action and write it into the journal; raises `ConflictError` where it is not valid now."""
        before = flags_of(row)
        reached = after(before, action, handling, now_ns=now_ns, until_ns=until_ns)
        row.update(asdict(reached), revision=self._next("alarm_revision"))
        self._changed[row["number"]] = row
        if before.hidden and not reached.hidden and reached.active and row["issue"] is None:
            self.returned.append(row)
        self._events.append(
            {
                "seq": row["revision"],
                "alarm": row["number"],
                "time_ns": now_ns,
                "action": str(action),
                "by": by,
                "reason": reason,
                "before": str(before.letter),
                "after": str(reached.letter),
                "detail": {} if detail is None else detail,
                "key": key,
            }
        )

    def write(self) -> int:
        """Write everything down; return the newest revision."""
        run = self._connection.execute
        if self._new:
            run(insert(alarm), [_plain(row) for row in self._new])
        created = {row["number"] for row in self._new}
        for number, row in self._changed.items():
            if number not in created:
                run(
                    update(alarm).where(alarm.c.number == bindparam("which")),
                    {"which": number, **_plain(row)},
                )
        if self._events:
            run(insert(alarm_event), self._events)
        for name, value in self._numbers.items():
            run(update(counter).where(counter.c.name == name).values(value=value))
        return read_number(self._connection, "alarm_revision")


def _plain(row: Fields) -> Fields:
    return {**row, "shelving": str(row["shelving"])}


def flags_of(row: Mapping[str, Any]) -> Flags:
    """Return an alarm's flags; a shelving nobody can read is timed and over, so that it ends at once."""
    values = {name: row[name] for name in FLAGS}
    known = values["shelving"] in {str(one) for one in Shelving}
    values["shelving"] = Shelving(values["shelving"]) if known else Shelving.TIMED
    return Flags(**values)


def to_alarm(row: Mapping[str, Any]) -> Alarm:
    """Build an alarm from its row."""
    flags = flags_of(row)
    rest = {name: value for name, value in row.items() if name not in {*FLAGS, "key", "priority"}}
    return Alarm(
        **rest,
        **asdict(flags),
        priority=AlarmPriority(row["priority"]),
        letter=flags.letter,
        retain=flags.retain,
        suppressed_or_shelved=flags.aside,
    )


def to_event(row: Row[Any]) -> AlarmEvent:
    """Build a journal entry from its row."""
    return AlarmEvent(
        seq=row.seq,
        alarm=row.alarm,
        time_ns=row.time_ns,
        action=row.action,
        by=row.by,
        reason=row.reason,
        before=AlarmLetter(row.before),
        after=AlarmLetter(row.after),
        detail=row.detail,
    )


def find(connection: Connection, number: int) -> Fields:
    """Return an alarm's row; raises `NotFoundError`."""
    row = connection.execute(select(alarm).where(alarm.c.number == number)).mappings().first()
    if row is None:
        newest = read_number(connection, "alarm")
        raise NotFoundError(f"there is no alarm {number}: numbers go from 1 to {newest}")
    return dict(row)
