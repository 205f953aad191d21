"""The floor in a shift: OEE and pieces against what is planned, of the plant, its lines and its machines."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import Query
from starlette.responses import Response

from gateway.access.rights import Right
from gateway.performance import PlannedPieces, ShiftPick, Standing
from web.api.access import Prefix, Use, below
from web.api.docs import answers
from web.api.models import Document, Number
from web.api.resource import Resource
from web.auth import needs
from web.jsontext import JsonResponse, ms

router = Resource(tags=["performance"], dependencies=[needs(Right.DISPLAY)])

_STANDING: Final[dict[str, Any]] = {
    "unit": "plant/bottling/line1/filler",
    "level": "machine",
    "shift": "early",
    "day": "2026-01-01",
    "day_only": False,
    "start_ms": 1767243600000.0,
    "end_ms": 1767272400000.0,
    "breaks": [[1767258000000.0, 1767258900000.0]],
    "good": 662.0,
    "scrap": 22.0,
    "counted_at": ["plant/bottling/line1/filler"],
    "planned": {"shift": 930.0, "by_now": 710.0, "seen": 705.0, "source": "target"},
    "target_per_min": 2.0,
    "run_time_s": 25.0,
    "members": 1,
    "known": 1,
    "kpis": {"availability": 0.8, "effectiveness": 0.95, "quality": 0.968, "oee": 0.736},
    "losses": {"breakdown": 1500.0, "setup": 1500.0, "small_stops": 600.0},
    "coverage": 0.993,
    "remarks": ["190 s of planned time were not seen and are in no KPI."],
}


class PlannedDocument(Document):
    """Pieces planned in the whole shift, by now, and in the planned time that was seen; `source` says by what."""

    shift: float
    by_now: float
    seen: float
    source: str


class StandingDocument(Document):
    """How a machine, a line or the plant stands in its shift.

    `shift` is empty outside of shifts, and where `day_only` says that there is no calendar: then it is the local day.
    Start and end are null where machines work different shifts. `good` of a line are its last machine's, of the plant
    those of all lines with a plan (`counted_at`); null where the order of the machines is not configured. KPIs are those of
    `known` of its `members` machines: at the others OEE is not known.
    """

    unit: str
    level: str
    shift: str
    day: str
    day_only: bool
    start_ms: Number
    end_ms: Number
    breaks: list[list[float]]
    good: Number
    scrap: Number
    counted_at: list[str]
    planned: PlannedDocument | None
    target_per_min: Number
    run_time_s: Number
    members: int
    known: int
    kpis: dict[str, Number]
    losses: dict[str, Number]
    coverage: Number
    remarks: list[str]


class FloorDocument(Document):
    """The plant first, then its lines, then its machines."""

    time_ms: float
    pick: str
    items: list[StandingDocument]


@router.get(
    "/floor",
    response_model=FloorDocument,
    responses=answers({"time_ms": 1767264000000.0, "pick": "current", "items": [_STANDING]}),
)
async def get_floor(
    services: Use,
    shift: Annotated[
        ShiftPick,
        Query(description="The shift that runs, or the one before, by each machine's calendar."),
    ] = ShiftPick.CURRENT,
    machine: Prefix = "",
) -> Response:
    """Tell OEE and pieces against plan in a shift: sums added up, divided at the very end; a second old at most."""
    found = await services.performance.standings(shift)
    items = [_standing(each) for each in found if below(each.unit, machine)]
    return JsonResponse(
        {"time_ms": ms(services.clock.now_ns()), "pick": shift.value, "items": items}
    )


def _standing(each: Standing) -> dict[str, Any]:
    scrap_known = each.kpis.kpis.get("quality") is not None
    return {
        "unit": each.unit,
        "level": each.level.value,
        "shift": each.shift,
        "day": each.day,
        "day_only": each.day_only,
        "start_ms": None if each.start_ns is None else ms(each.start_ns),
        "end_ms": None if each.end_ns is None else ms(each.end_ns),
        "breaks": [[ms(start_ns), ms(end_ns)] for start_ns, end_ns in each.breaks],
        "good": each.good,
        "scrap": each.kpis.sums["sq"] if scrap_known else None,
        "counted_at": list(each.counted_at),
        "planned": None if each.planned is None else _planned(each.planned),
        "target_per_min": each.target_per_min,
        "run_time_s": each.run_time_s,
        "members": each.members,
        "known": each.known,
        "kpis": dict(each.kpis.kpis),
        "losses": dict(each.kpis.losses),
        "coverage": each.kpis.coverage,
        "remarks": list(each.kpis.remarks),
    }


def _planned(of: PlannedPieces) -> dict[str, Any]:
    return {
        "shift": of.shift,
        "by_now": of.by_now,
        "seen": of.seen,
        "source": of.source.value,
    }
