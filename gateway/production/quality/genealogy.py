"""Genealogy of lots and serial numbers, both ways: what went into one, and where it went.

A lot of a material went into a product lot where both were on one machine over the same positions; what was built
into a serial number was said so. Each step is one query a kind, whatever the number of things.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, TypeAlias

from sqlalchemy import Connection, select

from gateway.errors import NotFoundError
from gateway.production.quality.counting import pieces_between
from gateway.production.quality.model import (
    Direction,
    Thing,
    Trace,
    TraceEdge,
    TraceNode,
)
from gateway.store.quality_tables import lot_run, material_use, trace_link

MOST: Final = 2000
DEEPEST: Final = 20
_AT_ONCE: Final = 300
Key: TypeAlias = "tuple[Thing, str]"


def traced(
    connection: Connection,
    kind: Thing,
    name: str,
    direction: Direction,
    *,
    needs: Mapping[tuple[str, str], float],
    positions: Mapping[str, float],
) -> Trace:
    """Follow a lot or serial number; `needs` are quantities a piece by product and material.

    Raises `NotFoundError` for a name that nothing is known of.
    """
    what = _what(connection, [(kind, name)])
    if not what:
        raise NotFoundError(f"nothing is known of {kind} {name!r}")
    nodes = {(kind, name): TraceNode(kind=kind, id=name, what=what[kind, name], depth=0)}
    edges: dict[tuple[Key, Key, str], TraceEdge] = {}
    front: list[Key] = [(kind, name)]
    cut = False
    for depth in range(1, DEEPEST + 1):
        found = [
            *_mounted(connection, front, direction, needs, positions),
            *_built(connection, front, direction),
        ]
        ahead: list[Key] = []
        for edge in found:
            ends = ((edge.source_kind, edge.source), (edge.target_kind, edge.target))
            edges[(*ends, edge.machine)] = edge
            other = ends[0] if direction is Direction.FROM else ends[1]
            if other not in nodes and other not in ahead:
                ahead.append(other)
        cut = cut or len(nodes) + len(ahead) > MOST
        front = ahead[: max(0, MOST - len(nodes))]
        if not front:
            break
        named = _what(connection, front)
        for each in front:
            nodes[each] = TraceNode(kind=each[0], id=each[1], what=named.get(each, ""), depth=depth)
    return Trace(
        kind=kind,
        id=name,
        direction=direction,
        nodes=tuple(nodes.values()),
        edges=tuple(edges.values()),
        cut=cut or bool(front),
    )


def _what(connection: Connection, keys: Sequence[Key]) -> dict[Key, str]:
    """Return product or material of each thing that is known."""
    found: dict[Key, str] = {}
    lots = [name for kind, name in keys if kind is Thing.LOT]
    for part in _parts(lots):
        for table, column in ((material_use, "material"), (lot_run, "product")):
            query = select(table.c.lot, table.c[column]).where(table.c.lot.in_(part))
            found |= {(Thing.LOT, row[0]): row[1] for row in connection.execute(query)}
        query = select(trace_link.c.source).where(
            trace_link.c.source_kind == Thing.LOT.value, trace_link.c.source.in_(part)
        )
        for name in connection.execute(query).scalars():
            found.setdefault((Thing.LOT, name), "")
    for part in _parts([name for kind, name in keys if kind is Thing.SERIAL]):
        link = trace_link
        query = (
            select(link.c.target, lot_run.c.product)
            .join(lot_run, (lot_run.c.lot == link.c.source) & (lot_run.c.machine == link.c.machine))
            .where(link.c.target.in_(part), link.c.source_kind == Thing.LOT.value)
        )
        found |= {(Thing.SERIAL, row[0]): row[1] for row in connection.execute(query)}
        query = select(link.c.source).where(
            link.c.source_kind == Thing.SERIAL.value, link.c.source.in_(part)
        )
        for name in connection.execute(query).scalars():
            found.setdefault((Thing.SERIAL, name), "")
    return found


def _mounted(
    connection: Connection,
    front: Sequence[Key],
    direction: Direction,
    needs: Mapping[tuple[str, str], float],
    positions: Mapping[str, float],
) -> Iterable[TraceEdge]:
    """Yield where lots of materials and product lots met on a machine."""
    lots = [name for kind, name in front if kind is Thing.LOT]
    use, run = material_use, lot_run
    asked = run.c.lot if direction is Direction.FROM else use.c.lot
    for part in _parts(lots):
        query = (
            select(
                use.c.material, use.c.lot.label("source"), use.c.from_pos, use.c.to_pos, run.c.lot,
                run.c.product, run.c.machine, run.c.start_pos, run.c.end_pos, run.c.start_ns,
                use.c.from_ns,
            )
            .join(run, run.c.machine == use.c.machine)
            .where(asked.in_(part), use.c.lot != run.c.lot)
            .where(use.c.to_pos.is_(None) | (use.c.to_pos > run.c.start_pos))
            .where(run.c.end_pos.is_(None) | (run.c.end_pos > use.c.from_pos))
        )  # fmt: skip
        for row in connection.execute(query):
            if row.start_pos is None or row.from_pos is None:
                continue
            here = positions.get(row.machine, row.start_pos)
            begins = max(row.start_pos, row.from_pos)
            ends = min(
                here if row.end_pos is None else row.end_pos,
                here if row.to_pos is None else row.to_pos,
            )
            pieces = pieces_between(begins, ends)
            if not pieces and row.end_pos is not None:
                continue
            each = needs.get((row.product, row.material))
            yield TraceEdge(
                source_kind=Thing.LOT, source=row.source, target_kind=Thing.LOT, target=row.lot,
                qty=None if each is None else pieces * each, machine=row.machine,
                time_ns=max(row.start_ns, row.from_ns),
            )  # fmt: skip


def _built(
    connection: Connection, front: Sequence[Key], direction: Direction
) -> Iterable[TraceEdge]:
    """Yield what was said of serial numbers."""
    link = trace_link
    forth = direction is Direction.TO
    kinds, names = (
        (link.c.source_kind, link.c.source) if forth else (link.c.target_kind, link.c.target)
    )
    for kind in Thing:
        for part in _parts([name for each, name in front if each is kind]):
            query = select(link).where(kinds == kind.value, names.in_(part)).order_by(link.c.id)
            for row in connection.execute(query.limit(MOST + 1)):
                yield TraceEdge(
                    source_kind=Thing(row.source_kind), source=row.source,
                    target_kind=Thing(row.target_kind), target=row.target, qty=1.0,
                    machine=row.machine, time_ns=row.time_ns,
                )  # fmt: skip


def _parts(names: Sequence[str]) -> Iterable[Sequence[str]]:
    for first in range(0, len(names), _AT_ONCE):
        yield names[first : first + _AT_ONCE]
