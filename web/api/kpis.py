"""Performance: KPIs with their sums, the states they come from, and the shifts they are gathered by."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Any, Final
from zoneinfo import ZoneInfo

from fastapi import Path, Query
from starlette.responses import Response

from gateway.access.rights import Right
from gateway.clock import NS_PER_S
from gateway.errors import InvalidRequestError
from gateway.model import MAX_PATH_LENGTH
from gateway.performance import KpiBucket, KpiReport, Kpis
from web.api.access import Limit, Limits, Use
from web.api.docs import answers
from web.api.models import Document, Number
from web.api.resource import Resource
from web.api.times import Range, Span
from web.auth import needs
from web.jsontext import JsonResponse, ms

router = Resource(tags=["performance"], dependencies=[needs(Right.DISPLAY)])

MAX_HOURS: Final = {KpiBucket.HOUR: 24 * 62, KpiBucket.SHIFT: 24 * 400, KpiBucket.DAY: 24 * 800}
"""How long a range may be, in hours."""

_UNIT: Final = "plant/bottling/line1/filler"
_KPIS: Final[dict[str, Any]] = {
    "label": "2026-01-01 early",
    "start_ms": 1767243600000.0,
    "end_ms": 1767272400000.0,
    "shift": "early",
    "day": "2026-01-01",
    "kpis": {"availability": 0.8, "effectiveness": 0.95, "quality": 0.968, "oee": 0.736},
    "sums": {"pbt_s": 27000.0, "apt_s": 21600.0, "adet_s": 2100.0, "pq": 684.0, "gq": 662.0},
    "losses": {"breakdown": 1500.0, "setup": 1500.0, "small_stops": 600.0, "reduced_speed": 1080.0},
    "off_plan": {"seconds": 0.0, "good": 0.0, "scrap": 0.0},
    "coverage": 0.993,
    "target_pieces": 720.0,
    "version": 1,
    "provisional": False,
    "remarks": ["190 s of planned time were not seen and are in no KPI."],
}
_REPORT: Final[dict[str, Any]] = {
    "unit": _UNIT,
    "machines": [_UNIT],
    "bucket": "shift",
    "minor_stops": "iso",
    "minor_stop_s": [120.0],
    "time_zone": "Europe/Berlin",
    "buckets": [_KPIS],
    "total": _KPIS | {"label": "total", "shift": "", "day": ""},
}
_INTERVAL: Final[dict[str, Any]] = {
    "start_ms": 1767247200000.0,
    "end_ms": 1767247320000.0,
    "state": 11,
    "state_name": "Held",
    "mode": 1,
    "mode_name": "Production",
    "booked": "adet_internal",
    "provisional": False,
}
_SHIFT: Final[dict[str, Any]] = {
    "calendar": "two-shifts",
    "shift": "early",
    "day": "2026-01-01",
    "start_ms": 1767243600000.0,
    "end_ms": 1767272400000.0,
    "breaks": [[1767258000000.0, 1767258900000.0]],
    "units": ["plant/bottling/line1"],
}


class KpiDocument(Document):
    """KPIs of one bucket; `kpis` are null where something is not known, `sums` in seconds and pieces.

    `version` rises when late data restates a bucket that had ended; `provisional` while it has not.
    """

    label: str
    start_ms: float
    end_ms: float
    shift: str
    day: str
    kpis: dict[str, Number]
    sums: dict[str, float]
    losses: dict[str, Number]
    off_plan: dict[str, float]
    coverage: Number
    target_pieces: Number
    version: int
    provisional: bool
    remarks: list[str]


class KpiReportDocument(Document):
    """KPIs by bucket and in total; `minor_stops` says how stops shorter than `minor_stop_s` are booked."""

    unit: str
    machines: list[str]
    bucket: str
    minor_stops: str
    minor_stop_s: list[float]
    time_zone: str
    buckets: list[KpiDocument]
    total: KpiDocument


class IntervalDocument(Document):
    """A machine in one state and mode; `booked` is the time class of ISO 22400."""

    start_ms: float
    end_ms: float
    state: int | None
    state_name: str
    mode: int | None
    mode_name: str
    booked: str
    provisional: bool


class IntervalList(Document):
    """States, oldest first; ask again from the last end where `truncated`."""

    machine: str
    items: list[IntervalDocument]
    truncated: bool


class ShiftDocument(Document):
    """One shift; `breaks` are start and end of each, `units` who works by its calendar."""

    calendar: str
    shift: str
    day: str
    start_ms: float
    end_ms: float
    breaks: list[list[float]]
    units: list[str]


class ShiftList(Document):
    """The shifts of every calendar that begin on a local day of the plant, and that day's bounds."""

    date: str
    day_start_ms: float
    day_end_ms: float
    items: list[ShiftDocument]


@router.get("/kpis", response_model=KpiReportDocument, responses=answers(_REPORT, 404))
async def get_kpis(
    services: Use,
    span: Range,
    unit: Annotated[
        str,
        Query(
            max_length=MAX_PATH_LENGTH,
            description="A machine, or a path with machines below it; everything unless given.",
            examples=[_UNIT],
        ),
    ] = "",
    bucket: Annotated[
        KpiBucket, Query(description="What to gather by; each bucket is answered whole.")
    ] = KpiBucket.HOUR,
) -> Response:
    """Give OEE and its family by hour, shift or day: sums added up, divided at the very end."""
    _refuse_long(span, bucket)
    found = await services.performance.kpis(
        unit.strip("/"), start_ns=span.start_ns, end_ns=span.end_ns, bucket=bucket
    )
    return JsonResponse(_report(found))


@router.get(
    "/machines/{path:path}/intervals",
    response_model=IntervalList,
    responses=answers({"machine": _UNIT, "items": [_INTERVAL], "truncated": False}, 404),
)
async def list_intervals(
    services: Use,
    options: Limits,
    span: Range,
    path: Annotated[str, Path(description="The machine's path.", examples=[_UNIT])],
    limit: Limit = 1000,
) -> Response:
    """Tell the states that a machine's KPIs are computed from, oldest first."""
    most = min(limit, options.max_page_rows)
    found = await services.performance.intervals(
        path, start_ns=span.start_ns, end_ns=span.end_ns, limit=most + 1
    )
    items = [
        {
            "start_ms": ms(each.start_ns),
            "end_ms": ms(each.end_ns),
            "state": each.state,
            "state_name": each.state_name,
            "mode": each.mode,
            "mode_name": each.mode_name,
            "booked": each.booked,
            "provisional": each.provisional,
        }
        for each in found[:most]
    ]
    return JsonResponse({"machine": path, "items": items, "truncated": len(found) > most})


@router.get(
    "/shifts",
    response_model=ShiftList,
    responses=answers(
        {
            "date": "2026-01-01",
            "day_start_ms": 1767222000000.0,
            "day_end_ms": 1767308400000.0,
            "items": [_SHIFT],
        }
    ),
)
async def list_shifts(
    services: Use,
    day: Annotated[
        str | None,
        Query(
            alias="date",
            max_length=10,
            description="Local date; today unless given.",
            examples=["2026-01-01"],
        ),
    ] = None,
) -> Response:
    """List the shifts that begin on a local day."""
    chosen = _today(services.clock.now_ns(), services.time_zone) if day is None else _date(day)
    items = [
        {
            "calendar": each.calendar,
            "shift": each.shift,
            "day": each.day,
            "start_ms": ms(each.start_ns),
            "end_ms": ms(each.end_ns),
            "breaks": [[ms(start_ns), ms(end_ns)] for start_ns, end_ns in each.breaks],
            "units": list(each.units),
        }
        for each in services.performance.shifts(chosen)
    ]
    zone = ZoneInfo(services.time_zone)
    return JsonResponse(
        {
            "date": chosen.isoformat(),
            "day_start_ms": _midnight_ms(chosen, zone),
            "day_end_ms": _midnight_ms(chosen + timedelta(days=1), zone),
            "items": items,
        }
    )


def _midnight_ms(day: date, zone: ZoneInfo) -> float:
    """Return when a local day begins; where the clock skips midnight, the first moment after it."""
    return datetime.combine(day, time(), zone).timestamp() * 1000


def _report(found: KpiReport) -> dict[str, Any]:
    return {
        "unit": found.unit,
        "machines": list(found.machines),
        "bucket": found.bucket.value,
        "minor_stops": found.minor_stops,
        "minor_stop_s": list(found.minor_stop_s),
        "time_zone": found.time_zone,
        "buckets": [_kpis(each) for each in found.buckets],
        "total": _kpis(found.total),
    }


def _kpis(found: Kpis) -> dict[str, Any]:
    return {
        "label": found.label,
        "start_ms": ms(found.start_ns),
        "end_ms": ms(found.end_ns),
        "shift": found.shift,
        "day": found.day,
        "kpis": dict(found.kpis),
        "sums": dict(found.sums),
        "losses": dict(found.losses),
        "off_plan": dict(found.off_plan),
        "coverage": found.coverage,
        "target_pieces": found.target_pieces,
        "version": found.version,
        "provisional": found.provisional,
        "remarks": list(found.remarks),
    }


def _refuse_long(span: Span, bucket: KpiBucket) -> None:
    hours = (span.end_ns - span.start_ns) / NS_PER_S / 3600
    if hours > MAX_HOURS[bucket]:
        raise InvalidRequestError(
            f"{hours / 24:.0f} days by {bucket.value}: at most {MAX_HOURS[bucket] // 24} are answered at once"
        )
    if not 0 <= span.start_ns < span.end_ns < 2**62:
        raise InvalidRequestError("from and to must lie after 1970")


def _date(text: str) -> date:
    try:
        found = date.fromisoformat(text)
    except ValueError as error:
        raise InvalidRequestError(f"date {text[:20]!r}: want one such as 2026-01-31") from error
    if not 1971 <= found.year <= 2200:
        raise InvalidRequestError(f"date {text[:20]!r}: want one between 1971 and 2200")
    return found


def _today(now_ns: int, zone: str) -> date:
    return datetime.fromtimestamp(now_ns // NS_PER_S, UTC).astimezone(ZoneInfo(zone)).date()
