"""What keeps a routing from being used, each by the name of its step."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from graphlib import CycleError, TopologicalSorter

from gateway.production.floor import Floor
from gateway.production.model import Operation, Routing


class FlawKind(StrEnum):
    """What is wrong with a routing."""

    EMPTY = "empty"
    DUPLICATE = "duplicate"
    UNKNOWN_STEP = "unknown step"
    CYCLE = "cycle"
    UNREACHABLE = "unreachable"
    NO_ROLE = "no role"
    NO_HANDOVER = "handover without acceptor"
    NO_SKILL = "no skilled person"
    NO_MACHINE = "no machine"
    NO_TIME = "no standard time"


@dataclass(frozen=True, slots=True, kw_only=True)
class Flaw:
    """One thing to put right before a routing can be reviewed."""

    kind: FlawKind
    steps: tuple[str, ...]
    message: str


def order_of(routing: Routing) -> tuple[str, ...]:
    """Return the steps so that each follows those before it; raises `CycleError`."""
    known = {each.op for each in routing.operations}
    graph = {each.op: [op for op in each.after if op in known] for each in routing.operations}
    return tuple(TopologicalSorter(graph).static_order())


def flaws(routing: Routing, floor: Floor, *, on: date) -> tuple[Flaw, ...]:
    """Return everything that is wrong with a routing as the floor is on a day, in the order of its steps."""
    if not routing.operations:
        return (_flaw(FlawKind.EMPTY, (), f"the routing of {routing.product} has no steps"),)
    found = [*_names(routing), *_graph(routing)]
    followers = _followers(routing)
    for operation in routing.operations:
        found += _roles(operation, followers.get(operation.op, ()))
        found += _means(routing.product, operation, floor, on)
    return tuple(found)


def _flaw(kind: FlawKind, steps: tuple[str, ...], message: str) -> Flaw:
    return Flaw(kind=kind, steps=steps, message=message)


def _names(routing: Routing) -> list[Flaw]:
    names = [each.op for each in routing.operations]
    found = [
        _flaw(FlawKind.DUPLICATE, (name,), f"there is more than one step {name}")
        for name in dict.fromkeys(names)
        if names.count(name) > 1
    ]
    found += [
        _flaw(
            FlawKind.UNKNOWN_STEP,
            (operation.op, before),
            f"step {operation.op} comes after {before}, which there is not",
        )
        for operation in routing.operations
        for before in operation.after
        if before not in names
    ]
    return found


def _graph(routing: Routing) -> list[Flaw]:
    try:
        order_of(routing)
    except CycleError as error:
        steps = tuple(dict.fromkeys(error.args[1]))
        way = " -> ".join((*steps, steps[0]))
        found = [_flaw(FlawKind.CYCLE, steps, f"steps follow each other in a circle: {way}")]
        stuck = _unreachable(routing) - set(steps)
    else:
        found, stuck = [], _unreachable(routing)
    linked = {op for each in routing.operations if each.after for op in (each.op, *each.after)}
    alone = {each.op for each in routing.operations if each.op not in linked}
    if len(routing.operations) == 1:
        alone = set()
    for operation in routing.operations:
        if operation.op in stuck:
            text = f"step {operation.op} can never be reached: what comes before it never ends"
            found.append(_flaw(FlawKind.UNREACHABLE, (operation.op,), text))
        elif operation.op in alone:
            text = (
                f"step {operation.op} can never be reached: no other step leads to it or follows it"
            )
            found.append(_flaw(FlawKind.UNREACHABLE, (operation.op,), text))
    return found


def _unreachable(routing: Routing) -> set[str]:
    """Return the steps that no order of work gets to: behind a circle or an unknown step."""
    reached: set[str] = set()
    growing = True
    while growing:
        new = {
            each.op
            for each in routing.operations
            if each.op not in reached and all(op in reached for op in each.after)
        }
        reached |= new
        growing = bool(new)
    return {each.op for each in routing.operations} - reached


def _followers(routing: Routing) -> dict[str, tuple[Operation, ...]]:
    found: dict[str, tuple[Operation, ...]] = {}
    for operation in routing.operations:
        for before in operation.after:
            found[before] = (*found.get(before, ()), operation)
    return found


def _roles(operation: Operation, followers: tuple[Operation, ...]) -> list[Flaw]:
    if not operation.role:
        return [_flaw(FlawKind.NO_ROLE, (operation.op,), f"step {operation.op} has no role")]
    found = []
    for each in followers:
        if not each.role or each.role == operation.role:
            continue
        accepted = operation.handover.accepted_by if operation.handover else ""
        taken = {other.role for other in followers if other.role != operation.role}
        if not accepted or accepted not in taken:
            found.append(
                _flaw(
                    FlawKind.NO_HANDOVER, (operation.op, each.op),
                    f"step {operation.op} ({operation.role}) hands over to {each.op} ({each.role}),"
                    + (f" but {accepted} accepts it" if accepted else " and nobody accepts it"),
                )
            )  # fmt: skip
    return found


def _means(product: str, operation: Operation, floor: Floor, on: date) -> list[Flaw]:
    found = []
    crew, machines = operation.crew, floor.candidates(operation)
    if crew is not None and len(floor.skilled(crew.skill, crew.level, on)) < crew.heads:
        there = len(floor.skilled(crew.skill, crew.level, on))
        text = (
            f"step {operation.op} needs {crew.heads} with {crew.skill} level {crew.level},"
            f" {there} hold it on {on}"
        )
        found.append(_flaw(FlawKind.NO_SKILL, (operation.op,), text))
    if not machines:
        named = ", ".join(operation.machines) or operation.work_centre
        text = f"step {operation.op} has no machine in service ({named})"
        found.append(_flaw(FlawKind.NO_MACHINE, (operation.op,), text))
    elif not any(floor.standard(product, operation.op, each.id) for each in machines):
        text = f"step {operation.op} has no approved standard time on any of its machines"
        found.append(_flaw(FlawKind.NO_TIME, (operation.op,), text))
    return found
