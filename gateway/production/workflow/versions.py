"""Versions of one product's routing: drafted, reviewed by somebody else, in force one at a time, never edited."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from gateway.errors import ConflictError, InvalidRequestError, NotFoundError
from gateway.production.floor import Floor
from gateway.production.lifecycle import ROUTING, RoutingState, moved
from gateway.production.model import Operation, Routing
from gateway.production.workflow.checks import Flaw, flaws


class RoutingFlawedError(InvalidRequestError):
    """The routing cannot be used as it is; `flaws` names every step that is wrong."""

    def __init__(self, routing: Routing, found: Sequence[Flaw]) -> None:
        self.flaws = tuple(found)
        told = "; ".join(each.message for each in found)
        super().__init__(f"routing of {routing.product} version {routing.version}: {told}")


def _name(routing: Routing) -> str:
    return f"routing of {routing.product} version {routing.version}"


def submitted(routing: Routing, floor: Floor, *, on: date) -> Routing:
    """Return a draft as one to review; raises `RoutingFlawedError`, `ConflictError`."""
    state = moved(ROUTING, what=_name(routing), now=routing.state, to=RoutingState.REVIEW)
    found = flaws(routing, floor, on=on)
    if found:
        raise RoutingFlawedError(routing, found)
    return replace(routing, state=state)


def returned(routing: Routing) -> Routing:
    """Return a routing under review to its author; raises `ConflictError`."""
    state = moved(ROUTING, what=_name(routing), now=routing.state, to=RoutingState.DRAFT)
    return replace(routing, state=state)


def approved(
    versions: Sequence[Routing], number: int, floor: Floor, *, by: str, on: date
) -> tuple[Routing, ...]:
    """Return all versions with one put in force and the one before it retired.

    Checked again: the floor may have changed since it was submitted. Raises `NotFoundError`, `ConflictError` (also
    for the author), `RoutingFlawedError`.
    """
    chosen = version_of(versions, number)
    state = moved(ROUTING, what=_name(chosen), now=chosen.state, to=RoutingState.ACTIVE)
    if by == chosen.author:
        raise ConflictError(f"{_name(chosen)} is by {by}: somebody else must approve it")
    found = flaws(chosen, floor, on=on)
    if found:
        raise RoutingFlawedError(chosen, found)
    return tuple(
        replace(each, state=state, approver=by)
        if each.version == number
        else replace(each, state=RoutingState.RETIRED)
        if each.state is RoutingState.ACTIVE
        else each
        for each in versions
    )


def version_of(versions: Sequence[Routing], number: int) -> Routing:
    """Return one version, in force or not: what a running order keeps to; raises `NotFoundError`."""
    for each in versions:
        if each.version == number:
            return each
    raise NotFoundError(f"there is no version {number} of this routing among {len(versions)}")


def redrafted(
    versions: Sequence[Routing], operations: Sequence[Operation], *, author: str
) -> Routing:
    """Return the next version as a draft; a draft of one's own is not a version that was used and is replaced."""
    newest = max(versions, key=lambda each: each.version)
    kept = newest.state is RoutingState.DRAFT and newest.author == author
    return Routing(
        product=newest.product,
        operations=tuple(operations),
        author=author,
        version=newest.version if kept else newest.version + 1,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class RoutingDiff:
    """What changed from one version to another, by step."""

    added: tuple[str, ...]
    removed: tuple[str, ...]
    changed: tuple[tuple[str, tuple[str, ...]], ...]


def compared(old: Routing, new: Routing) -> RoutingDiff:
    """Return the difference of two versions: steps, and the fields of a step that differ."""
    before = {each.op: each for each in old.operations}
    after = {each.op: each for each in new.operations}
    changed = []
    for op, one in before.items():
        other = after.get(op, one)
        differing = tuple(
            each
            for each in Operation.__dataclass_fields__
            if getattr(one, each) != getattr(other, each)
        )
        if differing:
            changed.append((op, differing))
    return RoutingDiff(
        added=tuple(op for op in after if op not in before),
        removed=tuple(op for op in before if op not in after),
        changed=tuple(changed),
    )
