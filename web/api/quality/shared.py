"""What the routes of quality share: the desks, zones of what they change, and examples of what they answer."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import Depends, Path, Query, Request
from pydantic import Field

from gateway.model import MAX_PATH_LENGTH
from gateway.production.lifecycle import RoutingState
from gateway.production.quality.model import (
    Checklist,
    ChecklistItem,
    CheckRun,
    CheckState,
    Gate,
    ItemKind,
    LotRun,
    NcState,
    Nonconformance,
    Origin,
    Result,
    Sampling,
    SuspectLot,
    Suspects,
    Trigger,
)
from gateway.production.quality.port import Quality
from web.api.access import Use
from web.jsontext import document
from web.services import Services


def _quality(services: Use) -> Quality:
    return services.quality


Desks = Annotated[Quality, Depends(_quality)]
Number = Annotated[int, Path(ge=1, le=2**31 - 1, description="Its number.", examples=[12])]
Name = Annotated[str, Path(max_length=100, description="Id of a checklist.", examples=["filler"])]
Revision = Annotated[int, Path(ge=1, le=10**6, description="Number of a version.", examples=[2])]
Version = Annotated[int, Field(ge=0, le=2**31 - 1, description="The version that was seen.")]
Machine = Annotated[
    str,
    Query(
        max_length=MAX_PATH_LENGTH,
        description="Keeps what is at this machine or below this path.",
        examples=["plant/bottling/line1/filler"],
    ),
]
Most = Annotated[int, Query(ge=1, le=1000, description="Most entries that are answered.")]


async def check_zone(request: Request) -> str:
    """Return the machine of a check; raises `NotFoundError`."""
    services: Services = request.app.state.services
    number = _number(request)
    return "" if number is None else (await services.quality.checks.check(number)).machine


async def nc_zone(request: Request) -> str:
    """Return the machine of a nonconformance; raises `NotFoundError`."""
    services: Services = request.app.state.services
    number = _number(request)
    return "" if number is None else (await services.quality.ncs.nc(number)).machine


async def lot_zone(request: Request) -> str:
    """Return the machine a lot runs on; raises `NotFoundError`."""
    services: Services = request.app.state.services
    number = _number(request)
    return "" if number is None else (await services.quality.lots.lot(number)).machine


def _number(request: Request) -> int | None:
    text = str(request.path_params.get("number", ""))
    fits = text.isascii() and text.isdigit() and 0 < len(text) < 11
    return int(text) if fits and int(text) < 2**31 else None


_MACHINE: Final = "plant/bottling/line1/filler"
_AT: Final = 1_798_866_000_000_000_000
_WEIGHT: Final = ChecklistItem(
    id="weight", text="Fill weight", kind=ItemKind.NUMBER, unit="g", low=495.0, high=505.0,
    target=500.0, signal="fill_weight",
)  # fmt: skip
_LIST: Final = Checklist(
    id="filler", title="Filler", items=(_WEIGHT,), machines=(_MACHINE,), author="anna",
    sampling=(Sampling(trigger=Trigger.FIRST), Sampling(trigger=Trigger.COUNT, every=50)),
)  # fmt: skip
CHECKLIST: Final[dict[str, Any]] = document(_LIST)
REVIEWED: Final[dict[str, Any]] = CHECKLIST | {"state": RoutingState.REVIEW.value}
CHECK: Final[dict[str, Any]] = document(
    CheckRun(
        number=12, checklist=_LIST, machine=_MACHINE, lot_run=3, lot="L-77", product="P1", piece=50,
        position=1250.0, triggers=(Trigger.COUNT,), state=CheckState.FAILED, due_ns=_AT,
        late_ns=_AT + 900 * 10**9, opened_ns=_AT, done_ns=_AT,
        results=(
            Result(
                item="weight", value=507.2, text="", passed=False, origin=Origin.SIGNAL,
                source_ns=_AT, quality=0, by="", time_ns=_AT,
            ),
        ),
        nonconformance=4, version=2,
    )
)  # fmt: skip
NC: Final[dict[str, Any]] = document(
    Nonconformance(
        number=4, check=12, checklist="filler", machine=_MACHINE, items=("weight",), gate=Gate.HARD,
        title="Filler: Fill weight: 507.2 g, want at least 495 and at most 505",
        state=NcState.OPEN, opened_ns=_AT, disposition=None, reason="", proposer="", signatures=(),
        suspects=Suspects(
            from_pos=1201.0, to_pos=1262.0, from_ns=_AT, to_ns=_AT, pieces=61.0,
            lots=(SuspectLot(lot="L-77", lot_run=3, pieces=61.0, first=2, last=62),),
            materials=(("preform", "PF-9"),),
        ),
        needs=(), outcome={}, closed_ns=None, version=1,
    )
)  # fmt: skip
LOT: Final[dict[str, Any]] = document(
    LotRun(
        id=3, lot="L-77", machine=_MACHINE, product="P1", order="W-A-1001", op="fill", job="",
        checklist="", wanted=250, begun_by="anna", start_ns=_AT, end_ns=None, start_pos=1200.0,
        end_pos=None, pieces=62.0,
    )
)  # fmt: skip
