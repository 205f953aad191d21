"""The workflow map: a routing in role lanes and layers with its handovers, and the live flow over it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gateway.production.model import Operation, Routing
from gateway.production.workflow.checks import order_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """One step: `lane` is its role's row, `layer` its column, `slot` its place among those in the same cell."""

    op: str
    role: str
    lane: int
    layer: int
    slot: int
    work_centre: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    """One step after another; `accepted_by` names who takes it over where the role changes."""

    source: str
    target: str
    accepted_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkflowMap:
    """What the screen draws."""

    lanes: tuple[str, ...]
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]


def workflow_map(routing: Routing) -> WorkflowMap:
    """Return a routing's map: each step right of all before it; raises `CycleError`."""
    steps = {each.op: each for each in routing.operations}
    layer: dict[str, int] = {}
    for op in order_of(routing):
        layer[op] = max((layer[each] + 1 for each in steps[op].after if each in layer), default=0)
    lanes = tuple(dict.fromkeys(steps[op].role for op in sorted(layer, key=lambda op: layer[op])))
    filled: dict[tuple[int, int], int] = {}
    nodes = []
    for op, operation in steps.items():
        cell = (lanes.index(operation.role), layer[op])
        slot = filled.get(cell, 0)
        filled[cell] = slot + 1
        nodes.append(
            Node(op=op, role=operation.role, lane=cell[0], layer=cell[1], slot=slot,
                 work_centre=operation.work_centre)
        )  # fmt: skip
    edges = [
        Edge(source=before, target=op, accepted_by=_acceptor(steps[before], operation))
        for op, operation in steps.items()
        for before in operation.after
        if before in steps
    ]
    return WorkflowMap(lanes=lanes, nodes=tuple(nodes), edges=tuple(edges))


def _acceptor(before: Operation, after: Operation) -> str:
    if before.handover is None or before.role == after.role:
        return ""
    return before.handover.accepted_by


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One piece or lot at one step: arrived, started, left; None is not yet. Any one unit of time."""

    op: str
    arrived: float
    started: float | None = None
    left: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """One step over a window: what waits and is inside now, means over time, and the share of time it was busy.

    `cycle` is the mean time from arrival to leaving of what left in the window, None where nothing did.
    """

    op: str
    queue: int
    wip: int
    mean_wip: float
    throughput: float
    cycle: float | None
    busy: float


def flow(visits: Sequence[Visit], *, start: float, end: float) -> tuple[Flow, ...]:
    """Return the flow through each step in [start, end): WIP = throughput x cycle time holds in a steady state."""
    by_step: dict[str, list[Visit]] = {}
    for each in visits:
        if each.arrived < end and (each.left is None or each.left > start):
            by_step.setdefault(each.op, []).append(each)
    return tuple(_flow(op, mine, start, end) for op, mine in by_step.items())


def _flow(op: str, visits: Sequence[Visit], start: float, end: float) -> Flow:
    def inside(begins: float, ends: float | None) -> float:
        return max(0.0, min(end, end if ends is None else ends) - max(start, begins))

    span = end - start
    left = [each for each in visits if each.left is not None and each.left <= end]
    here = [each for each in visits if each.left is None or each.left > end]
    cycles = [each.left - each.arrived for each in left if each.left is not None]
    waiting = [each for each in here if each.started is None or each.started > end]
    return Flow(
        op=op,
        queue=len(waiting),
        wip=len(here),
        mean_wip=sum(inside(each.arrived, each.left) for each in visits) / span,
        throughput=len(left) / span,
        cycle=sum(cycles) / len(cycles) if cycles else None,
        busy=_covered(
            [
                (max(start, each.started), min(end, end if each.left is None else each.left))
                for each in visits
                if each.started is not None and each.started < end
            ]
        )
        / span,
    )


def _covered(spans: list[tuple[float, float]]) -> float:
    total, reached = 0.0, float("-inf")
    for begins, ends in sorted(spans):
        if ends > reached:
            total += ends - max(begins, reached)
            reached = ends
    return total


def bottleneck(flows: Sequence[Flow]) -> str | None:
    """Return the step that was busy the largest share of the time, None where none worked."""
    working = [each for each in flows if each.busy > 0]
    return max(working, key=lambda each: (each.busy, each.queue)).op if working else None
