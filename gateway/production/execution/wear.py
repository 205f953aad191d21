"""Cycles of tools: what was counted with a tool since its newest entry in the master data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sqlalchemy import Connection, func, insert, select, update

from gateway.production.model import Tool
from gateway.store.execution_tables import tool_use
from gateway.store.production_tables import production_thing


def counted_cycles(connection: Connection, tools: Iterable[Tool]) -> dict[str, int]:
    """Return by tool the cycles that were counted since its newest entry; tools without any are left out."""
    version = {each.id: each.version for each in tools}
    rows = connection.execute(select(tool_use)).all()
    return {row.tool: int(row.cycles) for row in rows if version.get(row.tool) == row.version}


def add_cycles(connection: Connection, cycles: Mapping[str, float]) -> None:
    """Add cycles to tools, one a piece; an entry of a newer version of the tool starts at nothing."""
    thing = production_thing
    for tool, more in cycles.items():
        newest = select(func.max(thing.c.version)).where(thing.c.kind == "tool", thing.c.id == tool)
        version = connection.execute(newest).scalar() or 0
        held = connection.execute(select(tool_use).where(tool_use.c.tool == tool)).one_or_none()
        if held is None:
            connection.execute(insert(tool_use).values(tool=tool, version=version, cycles=more))
            continue
        before = held.cycles if held.version == version else 0.0
        values = {"version": version, "cycles": max(0.0, before + more)}
        connection.execute(update(tool_use).where(tool_use.c.tool == tool).values(**values))
