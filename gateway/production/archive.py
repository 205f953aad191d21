"""Keeps every version of what production management works with, in SQLite or PostgreSQL alike."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar, cast

from pydantic import TypeAdapter
from sqlalchemy import Connection, func, insert, select, update

from gateway.clock import Clock
from gateway.errors import ConflictError, NotFoundError
from gateway.production.capacity.plan import ProductionPlan
from gateway.production.improvement.model import Improvement
from gateway.production.model import (
    Calendar,
    DemandHistory,
    DemandLine,
    Equipment,
    ForecastRun,
    MaterialLot,
    Person,
    Product,
    Routing,
    Schedule,
    SetupMatrix,
    StandardTime,
    Tool,
    WorkOrder,
)
from gateway.production.quality.model import Checklist
from gateway.store import Store
from gateway.store.production_tables import production_thing

Thing = TypeVar("Thing")


@dataclass(frozen=True, slots=True)
class _Kind:
    name: str
    id: Callable[[Any], str]
    open_states: frozenset[str] = frozenset()


_KINDS: Final[dict[type[Any], _Kind]] = {
    Equipment: _Kind("equipment", lambda each: each.id),
    Calendar: _Kind("calendar", lambda each: each.id, frozenset({"draft"})),
    Person: _Kind("person", lambda each: each.id),
    Tool: _Kind("tool", lambda each: each.id),
    MaterialLot: _Kind("lot", lambda each: each.lot),
    SetupMatrix: _Kind("setup matrix", lambda each: each.work_centre),
    Product: _Kind("product", lambda each: each.id),
    Routing: _Kind("routing", lambda each: each.product, frozenset({"draft"})),
    StandardTime: _Kind(
        "standard time", lambda each: f"{each.product}\x1f{each.op}\x1f{each.machine}"
    ),
    DemandLine: _Kind("demand line", lambda each: each.id),
    DemandHistory: _Kind("demand history", lambda each: each.product),
    ForecastRun: _Kind("forecast", lambda each: each.product, frozenset({"draft"})),
    ProductionPlan: _Kind("plan", lambda each: str(each.id), frozenset({"draft", "checked"})),
    WorkOrder: _Kind("work order", lambda each: each.id),
    Schedule: _Kind("schedule", lambda _: "plant"),
    Improvement: _Kind("improvement", lambda each: each.id),
    Checklist: _Kind("checklist", lambda each: each.id, frozenset({"draft"})),
}
"""What is kept, how it is called, and in which states a version may still be edited."""

_ADAPTERS: Final = {kind: TypeAdapter[Any](kind) for kind in _KINDS}
_MAY_CHANGE: Final = frozenset({"state", "approver", "p_on_time"})


class Archive:
    """Versions of things by kind and id; a version that was used changes its state only."""

    def __init__(self, store: Store, *, clock: Clock) -> None:
        self._store, self._clock = store, clock

    async def add(self, things: Sequence[object], *, by: str) -> None:
        """Keep new versions, all or none; raises `ConflictError` where one is there already or skips a number."""
        time_ns = self._clock.now_ns()
        await self._store.run(lambda connection: _add(connection, things, by, time_ns))

    async def change(self, was: Thing, now: Thing, *, by: str) -> None:
        """Replace a version by what it became; raises `NotFoundError`, `ConflictError`.

        Refused where somebody changed it since it was read, and where a version in use would change in anything but its
        state, approver and confidence.
        """
        time_ns = self._clock.now_ns()
        await self._store.run(lambda connection: _change(connection, was, now, by, time_ns))

    async def get(self, kind: type[Thing], name: str, version: int | None = None) -> Thing:
        """Return one version, the newest where none is named; raises `NotFoundError`."""
        return await self._store.run(lambda connection: _get(connection, kind, name, version))

    async def changed_by(self, thing: object) -> str:
        """Return who made or changed a version last; raises `NotFoundError`."""
        row = _row(thing, "", 0)
        table = production_thing
        mine = [table.c[each] == row[each] for each in ("kind", "id", "version")]
        query = select(table.c.by).where(*mine)
        found = await self._store.run(lambda c: c.execute(query).scalar_one_or_none())
        if found is None:
            raise NotFoundError(f"there is no {_name(row)}")
        return str(found)

    async def versions(
        self, kind: type[Thing], name: str, *, last: int | None = None
    ) -> tuple[Thing, ...]:
        """Return the versions of one thing, oldest first (the `last` so many); empty where there is none."""
        table = production_thing
        query = (
            select(table.c.body)
            .where(table.c.kind == _KINDS[kind].name, table.c.id == name)
            .order_by(table.c.version.desc())
            .limit(last)
        )
        return (await self._many(kind, query))[::-1]

    async def newest(self, kind: type[Thing], *, state: str | None = None) -> tuple[Thing, ...]:
        """Return the newest version of every thing of a kind by id, or the newest in a state."""
        table = production_thing
        mine = [table.c.kind == _KINDS[kind].name]
        if state is not None:
            mine.append(table.c.state == state)
        last = (
            select(table.c.id, func.max(table.c.version).label("version"))
            .where(*mine)
            .group_by(table.c.id)
            .subquery()
        )
        both = (table.c.id == last.c.id) & (table.c.version == last.c.version)
        query = select(table.c.body).join(last, both).where(*mine).order_by(table.c.id)
        return await self._many(kind, query)

    async def _many(self, kind: type[Thing], query: Any) -> tuple[Thing, ...]:
        bodies = await self._store.run(lambda connection: connection.execute(query).scalars().all())
        return tuple(_load(kind, each) for each in bodies)


def _kind(thing: object) -> _Kind:
    return _KINDS[type(thing)]


def _dump(thing: Any) -> dict[str, Any]:
    body = cast("dict[str, Any]", _ADAPTERS[type(thing)].dump_python(thing, mode="json"))
    if isinstance(thing, SetupMatrix):
        body["minutes"] = [[a, b, minutes] for (a, b), minutes in thing.minutes.items()]
    return body


def _load(kind: type[Thing], body: dict[str, Any]) -> Thing:
    if kind is SetupMatrix:
        body = {**body, "minutes": {(a, b): minutes for a, b, minutes in body["minutes"]}}
    return cast("Thing", _ADAPTERS[kind].validate_python(body))


def _row(thing: Any, by: str, time_ns: int) -> dict[str, Any]:
    kind = _kind(thing)
    return {
        "kind": kind.name,
        "id": kind.id(thing),
        "version": thing.version,
        "state": str(getattr(thing, "state", "")),
        "body": _dump(thing),
        "by": by,
        "time_ns": time_ns,
    }


def _name(row: dict[str, Any]) -> str:
    return f"{row['kind']} {row['id']!r} version {row['version']}".replace("\\x1f", " ")


def _add(connection: Connection, things: Sequence[object], by: str, time_ns: int) -> None:
    table = production_thing
    rows = [_row(each, by, time_ns) for each in things]
    expected: dict[tuple[str, str], int] = {}
    for name in {row["kind"] for row in rows}:
        newest = select(table.c.id, func.max(table.c.version)).where(table.c.kind == name)
        for found, version in connection.execute(newest.group_by(table.c.id)):
            expected[name, found] = version
    for row in rows:
        last = expected.get((row["kind"], row["id"]), 0)
        if row["version"] != last + 1:
            raise ConflictError(f"{_name(row)} does not follow version {last}: read it again")
        expected[row["kind"], row["id"]] = row["version"]
    if rows:
        connection.execute(insert(table), rows)


def _change(connection: Connection, was: Any, now: Any, by: str, time_ns: int) -> None:
    old, new = _row(was, by, time_ns), _row(now, by, time_ns)
    key = ("kind", "id", "version")
    if any(old[each] != new[each] for each in key):
        raise ConflictError(f"{_name(old)} cannot become {_name(new)}: add it as a new version")
    table = production_thing
    mine = [table.c[each] == new[each] for each in key]
    held = connection.execute(select(table.c.body).where(*mine)).scalar_one_or_none()
    if held is None:
        raise NotFoundError(f"there is no {_name(old)}")
    if held != old["body"]:
        raise ConflictError(f"{_name(old)} was changed since it was read: read it again")
    edited = {each for each in held if held[each] != new["body"][each]}
    if old["state"] not in _kind(was).open_states and not edited <= _MAY_CHANGE:
        raise ConflictError(
            f"{_name(old)} is {old['state'] or 'in use'}: {', '.join(sorted(edited))} change only with"
            " a new version"
        )
    values = {each: new[each] for each in ("state", "body", "by", "time_ns")}
    connection.execute(update(table).where(*mine).values(**values))


def _get(connection: Connection, kind: type[Thing], name: str, version: int | None) -> Thing:
    table = production_thing
    query = select(table.c.body).where(table.c.kind == _KINDS[kind].name, table.c.id == name)
    if version is not None:
        query = query.where(table.c.version == version)
    body = connection.execute(query.order_by(table.c.version.desc()).limit(1)).scalar_one_or_none()
    if body is None:
        shown = "" if version is None else f" version {version}"
        raise NotFoundError(f"there is no {_KINDS[kind].name} {name[:100]!r}{shown}")
    return _load(kind, body)
