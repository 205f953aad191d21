"""The desk of checklists: versions that somebody else puts in force."""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import replace
from typing import Final

from gateway.errors import ConflictError, InvalidRequestError, NotFoundError
from gateway.model import MAX_PATH_LENGTH
from gateway.production.archive import Archive
from gateway.production.lifecycle import ROUTING, RoutingState, moved
from gateway.production.office.options import PlanningOptions
from gateway.production.quality.model import (
    Checklist,
    ChecklistItem,
    ItemKind,
    Sampling,
    Trigger,
)

MOST_ITEMS: Final = 100
_MEASURED: Final = frozenset({Trigger.COUNT, Trigger.TIME, Trigger.STOP})
_TOLD: Final = frozenset({ItemKind.NUMBER, ItemKind.YES_NO})


class ChecklistDesk:
    """The port `Checklists`; `changed` is called after what is in force changed."""

    def __init__(
        self,
        archive: Archive,
        *,
        options: PlanningOptions,
        changed: Callable[[], Awaitable[None]],
    ) -> None:
        self._archive, self._options, self._changed = archive, options, changed

    async def checklists(self) -> Sequence[Checklist]:
        """Return the newest version of every checklist."""
        return await self._archive.newest(Checklist)

    async def checklist(self, name: str, version: int | None = None) -> Checklist:
        """Return one version, the newest where none is named; raises `NotFoundError`."""
        return await self._archive.get(Checklist, name, version)

    async def draft(self, wanted: Checklist, *, by: str) -> Checklist:
        """Draft the next version, in place of one's own newest draft; raises `InvalidRequestError`."""
        found = list(flaws(wanted))
        if found:
            raise InvalidRequestError("; ".join(found))
        versions = await self._archive.versions(Checklist, wanted.id, last=1)
        before = versions[-1] if versions else None
        new = replace(
            wanted, author=by, approver="", state=RoutingState.DRAFT,
            version=1 if before is None else before.version + 1,
        )  # fmt: skip
        if before is not None and before.state is RoutingState.DRAFT and before.author == by:
            new = replace(new, version=before.version)
            await self._archive.change(before, new, by=by)
        else:
            await self._archive.add([new], by=by)
        return new

    async def submit(self, name: str, version: int, *, by: str) -> Checklist:
        """Put a draft up for review; raises `NotFoundError`, `ConflictError`."""
        return await self._move(name, version, RoutingState.REVIEW, by=by)

    async def give_back(self, name: str, version: int, *, by: str) -> Checklist:
        """Return a version under review to its author; raises `NotFoundError`, `ConflictError`."""
        return await self._move(name, version, RoutingState.DRAFT, by=by)

    async def approve(self, name: str, version: int, *, by: str) -> Checklist:
        """Put a version in force and retire the one before; never by its author."""
        now = await self._archive.get(Checklist, name, version)
        reached = moved(ROUTING, what=_named(now), now=now.state, to=RoutingState.ACTIVE)
        approver = self._options.approver(by, proposer=now.author)
        if approver == now.author:
            raise ConflictError(
                f"{_named(now)} was proposed by {by}: somebody else must approve it"
            )
        for each in await self._archive.versions(Checklist, name):
            if each.state is RoutingState.ACTIVE:
                await self._archive.change(each, replace(each, state=RoutingState.RETIRED), by=by)
        active = replace(now, state=reached, approver=approver)
        await self._archive.change(now, active, by=by)
        await self._changed()
        return active

    async def retire(self, name: str, *, by: str) -> Checklist:
        """Take the version in force out of force; raises `NotFoundError`."""
        for each in await self._archive.versions(Checklist, name):
            if each.state is RoutingState.ACTIVE:
                gone = replace(each, state=RoutingState.RETIRED)
                await self._archive.change(each, gone, by=by)
                await self._changed()
                return gone
        raise NotFoundError(f"no version of checklist {name[:100]!r} is in force")

    async def _move(self, name: str, version: int, reached: RoutingState, *, by: str) -> Checklist:
        now = await self._archive.get(Checklist, name, version)
        state = moved(ROUTING, what=_named(now), now=now.state, to=reached)
        new = replace(now, state=state)
        await self._archive.change(now, new, by=by)
        return new


def _named(checklist: Checklist) -> str:
    return f"checklist {checklist.id} version {checklist.version}"


def flaws(checklist: Checklist) -> Iterator[str]:
    """Yield what is wrong with a checklist, each with what would be right."""
    if not checklist.items or len(checklist.items) > MOST_ITEMS:
        yield f"items: {len(checklist.items)}, want 1 to {MOST_ITEMS}"
    if not checklist.sampling:
        yield "sampling: nothing makes this checklist due, want first, count, time, last, change-over or stop"
    ids = [each.id for each in checklist.items]
    for twice in sorted({each for each in ids if ids.count(each) > 1}):
        yield f"items: {twice!r} stands there twice"
    for machine in checklist.machines:
        if len(machine) > MAX_PATH_LENGTH or len(machine.split("/")) != 4:
            yield f"machines: {machine[:60]!r} is no machine, want site/area/line/machine"
    if not 0 < checklist.due_within_min <= 10_080:
        yield f"due_within_min: {checklist.due_within_min:g}, want more than 0 and at most 10080"
    for each in checklist.sampling:
        yield from _sampling_flaws(each)
    for item in checklist.items:
        yield from _item_flaws(item)


def _sampling_flaws(sampling: Sampling) -> Iterator[str]:
    name, every = sampling.trigger, sampling.every
    if name in _MEASURED and (every is None or not 0 < every <= 1e7):
        unit = "pieces" if name is Trigger.COUNT else "minutes"
        yield f"sampling: {name} wants `every`, a positive number of {unit}"
    if name is Trigger.COUNT and every is not None and every != round(every):
        yield f"sampling: {every:g} pieces is no whole number"
    if name not in _MEASURED and every is not None:
        yield f"sampling: {name} takes no `every`"


def _item_flaws(item: ChecklistItem) -> Iterator[str]:
    bounds = [item.low, item.high, item.target]
    if not item.id or not item.text:
        yield "items: each wants an id and a text"
    if item.kind is not ItemKind.NUMBER and any(each is not None for each in bounds):
        yield f"{item.id}: limits are for numbers, this is {item.kind}"
    if any(each is not None and not math.isfinite(each) for each in bounds):
        yield f"{item.id}: limits are finite numbers"
    if item.low is not None and item.high is not None and item.low > item.high:
        yield f"{item.id}: low {item.low:g} is above high {item.high:g}"
    if item.signal and item.kind not in _TOLD:
        yield f"{item.id}: a signal tells a number or yes/no, not {item.kind}"
    if "/" in item.signal:
        yield f"{item.id}: signal {item.signal[:60]!r} is a name on the machine, not a path"
