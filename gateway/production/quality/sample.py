"""Gives an empty quality control a checklist and a running lot, so that a demo's checks can be tried."""

from __future__ import annotations

import asyncio
from typing import Final

from gateway.errors import NotFoundError
from gateway.production.quality.model import (
    Checklist,
    ChecklistItem,
    Gate,
    ItemKind,
    NewLot,
    Sampling,
    Trigger,
)
from gateway.production.quality.port import Quality

_TRY_S: Final = 1.0
_TRIES: Final = 60


def checklist(machine: str) -> Checklist:
    """Return the sample's checklist of a filling machine."""
    return Checklist(
        id="filler-line",
        title="Filling",
        machines=(machine,),
        sampling=(
            Sampling(trigger=Trigger.FIRST),
            Sampling(trigger=Trigger.COUNT, every=100),
            Sampling(trigger=Trigger.STOP, every=1),
            Sampling(trigger=Trigger.LAST),
        ),
        items=(
            ChecklistItem(
                id="weight",
                text="Fill weight",
                kind=ItemKind.NUMBER,
                unit="g",
                low=495.0,
                high=505.0,
                target=500.0,
                signal="fill_weight",
            ),
            ChecklistItem(
                id="closure", text="Closure sits straight and is tight", kind=ItemKind.YES_NO
            ),
            ChecklistItem(
                id="code",
                text="Batch code as read from the bottle",
                kind=ItemKind.TEXT,
                gate=Gate.SOFT,
            ),
        ),
    )


async def fill(quality: Quality, machine: str, *, by: str) -> None:
    """Put the checklist in force and begin a lot once the machine counts; leaves one with anything in it alone."""
    if await quality.checklists.checklists():
        return
    made = await quality.checklists.draft(checklist(machine), by=by)
    await quality.checklists.submit(made.id, made.version, by=by)
    await quality.checklists.approve(made.id, made.version, by=by)
    lot = NewLot(
        lot="L-0001",
        machine=machine,
        product="water 500",
        wanted=20_000,
        materials=(("preform", "PF-2201"), ("water", "W-17")),
    )
    for left in reversed(range(_TRIES)):
        try:
            await quality.lots.begin(lot, by=by)
        except NotFoundError:
            if not left:
                raise
            await asyncio.sleep(_TRY_S)
        else:
            return
