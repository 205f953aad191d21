"""What is kept, table by table: rows become things, things become rows, and what a file changes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from gateway.errors import InvalidRequestError
from gateway.production.archive import Archive
from gateway.production.lifecycle import RoutingState, StandardState
from gateway.production.model import (
    Calendar,
    DemandHistory,
    DemandLine,
    Equipment,
    MaterialLot,
    Person,
    Product,
    Routing,
    SetupMatrix,
    StandardTime,
    Tool,
)
from gateway.production.tables import entities, rows
from gateway.production.tables.importing import Record

KEPT: Final[Mapping[str, type[Any]]] = {
    "calendar": Calendar,
    "products": Product,
    "materials": Product,
    "machines": Equipment,
    "setup": SetupMatrix,
    "people": Person,
    "tools": Tool,
    "lots": MaterialLot,
    "routings": Routing,
    "orders": DemandLine,
    "history": DemandHistory,
}
"""What the rows of each table become, in the order in which tables are best filled."""

REFERS: Final = ("calendar", "products", "machines")
"""Tables whose ids other tables name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What a file makes of the archive: new versions to add, and how many things were as they are."""

    things: tuple[object, ...]
    added: int
    changed: int
    same: int


async def known_ids(archive: Archive) -> dict[str, list[str]]:
    """Return the ids that rows may refer to, by table."""
    return {table: [each.id for each in await archive.newest(KEPT[table])] for table in REFERS}


async def changed_by(
    archive: Archive, table: str, records: Sequence[Record], *, zone: str, by: str
) -> Change:
    """Return what rows of a table change; raises `InvalidRequestError`."""
    given, times = await _things(archive, table, records, zone=zone, by=by)
    kind = KEPT[table]
    old = {_key(each): each for each in await archive.newest(kind)}
    made, added, changed, same = [], 0, 0, 0
    for thing in given:
        before = old.get(_key(thing))
        if before is None:
            made.append(thing)
            added += 1
            continue
        following = _following(before, thing)
        if following is None:
            same += 1
        else:
            made.append(following)
            changed += 1
    if times:
        made += await _new_times(archive, times)
    return Change(things=tuple(made), added=added, changed=changed, same=same)


async def _things(
    archive: Archive, table: str, records: Sequence[Record], *, zone: str, by: str
) -> tuple[Sequence[Any], Sequence[StandardTime]]:
    if table == "routings":
        return entities.to_routings(records, author=by)
    if table == "products":
        return await _products(archive, records), ()
    if table == "materials":
        return await _materials(archive, records), ()
    if table == "calendar":
        return entities.to_calendars(records, zone=zone), ()
    if table in {"machines", "people"}:
        return await _on_calendars(archive, table, records), ()
    if table == "history":
        by_product = entities.to_history(records)
        return [DemandHistory(product=name, days=days) for name, days in by_product.items()], ()
    plain: Mapping[str, Callable[[Sequence[Record]], Sequence[Any]]] = {
        "orders": entities.to_demand,
        "setup": entities.to_setups,
        "lots": entities.to_lots,
        "tools": entities.to_tools,
    }
    return plain[table](records), ()


async def _on_calendars(archive: Archive, table: str, records: Sequence[Record]) -> Sequence[Any]:
    """Return machines or people; one without a calendar takes the only one there is."""
    calendars = [each.id for each in await archive.newest(Calendar)]
    missing = [str(row["id"]) for row in records if not row["calendar"]]
    if missing and len(calendars) != 1:
        there = f"there are {len(calendars)}" if calendars else "import one first"
        raise InvalidRequestError(
            f"{table}: {missing[0]} and {len(missing) - 1} more name no calendar, and {there}:"
            " fill the column"
        )
    only = calendars[0] if calendars else ""
    make = entities.to_machines if table == "machines" else entities.to_people
    return make(records, calendar=only)


async def _products(archive: Archive, records: Sequence[Record]) -> Sequence[Product]:
    old = {each.id: each for each in await archive.newest(Product)}
    return [
        replace(each, materials=old[each.id].materials) if each.id in old else each
        for each in entities.to_products(records)
    ]


async def _materials(archive: Archive, records: Sequence[Record]) -> Sequence[Product]:
    old = {each.id: each for each in await archive.newest(Product)}
    needs: dict[str, dict[str, float]] = {}
    for row in records:
        needs.setdefault(str(row["product"]), {})[str(row["material"])] = float(str(row["qty_per"]))
    return [replace(old[name], materials=each) for name, each in needs.items()]


async def _new_times(archive: Archive, times: Sequence[StandardTime]) -> list[StandardTime]:
    """Return the times that differ from what is approved or proposed, as proposals of the next version."""
    newest = {_key(each): each for each in await archive.newest(StandardTime)}
    found = []
    for each in times:
        before = newest.get(_key(each))
        if before is None:
            found.append(replace(each, state=StandardState.PROPOSED))
        elif (before.run_s, before.setup_min) != (each.run_s, each.setup_min):
            found.append(replace(each, state=StandardState.PROPOSED, version=before.version + 1))
    return found


def _key(thing: Any) -> tuple[str, ...]:
    if isinstance(thing, StandardTime):
        return (thing.product, thing.op, thing.machine)
    for name in ("id", "lot", "work_centre", "product"):
        if hasattr(thing, name):
            return (str(getattr(thing, name)),)
    raise AssertionError(type(thing))


def _following(before: Any, thing: Any) -> Any | None:
    """Return the next version of what is kept, with its state where it has one; None where nothing changes."""
    kept: dict[str, Any] = {"version": before.version}
    if isinstance(thing, Routing):
        if thing.operations == before.operations:
            return None
        kept = {"state": RoutingState.DRAFT}
    elif hasattr(thing, "state") and not isinstance(thing, MaterialLot):
        kept["state"] = before.state
    if isinstance(thing, DemandHistory):
        thing = replace(thing, days={**before.days, **thing.days})
    if isinstance(thing, Tool):
        kept["state"] = before.state
    if not isinstance(thing, Routing) and replace(thing, **kept) == before:
        return None
    return replace(thing, **kept | {"version": before.version + 1})


async def as_records(archive: Archive, table: str) -> list[Record]:
    """Return what is kept as rows of a table that can be imported again."""
    things = await archive.newest(KEPT[table])
    if table == "routings":
        return rows.of_routings(things, await archive.newest(StandardTime))
    return rows.OF[table](things)
