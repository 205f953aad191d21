"""Shift hand-over and daily report as page, PDF and CSV, and how KPIs stand against their targets."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import Depends, Path, Query
from starlette.responses import Response

from gateway.access.rights import Right
from gateway.model import MAX_PATH_LENGTH
from gateway.ports import Reports
from gateway.report import ReportAsked, ReportFormat, ReportKind
from web.api.access import Use
from web.api.docs import answers
from web.api.models import Document
from web.api.resource import Resource
from web.auth import needs
from web.jsontext import JsonResponse, document

router = Resource(tags=["performance"])
_READ: Final[Any] = needs(Right.KPI_READ)
_EXPORT: Final[Any] = needs(Right.EXPORT)
_TYPES: Final = {ReportFormat.PDF: "application/pdf", ReportFormat.CSV: "text/csv; charset=utf-8"}
_TARGET: Final[dict[str, Any]] = {
    "name": "line1-oee",
    "kpi": "oee",
    "unit": "plant/bottling/line1",
    "owner": "Production manager",
    "action": "Open the greatest loss and plan an action",
    "target": 0.75,
    "higher_is_better": True,
    "days": 1,
    "value": 0.68,
    "coverage": 0.99,
    "miss": 0.093,
    "is_off": True,
    "start_ms": 1767222000000.0,
    "end_ms": 1767272400000.0,
}
_LINE: Final[dict[str, Any]] = {
    "unit": "plant/bottling/line1/filler",
    "kpis": {"oee": 0.68, "availability": 0.8, "effectiveness": 0.9, "quality": 0.95},
    "pieces": 684.0,
    "good": 662.0,
    "target_pieces": 720.0,
    "losses": {"breakdown": 1500.0},
    "coverage": 0.99,
}
_REPORT: Final[dict[str, Any]] = {
    "kind": "shift",
    "unit": "",
    "label": "2026-01-01 early",
    "start_ms": 1767243600000.0,
    "end_ms": 1767272400000.0,
    "made_ms": 1767272700000.0,
    "time_zone": "Europe/Berlin",
    "is_over": True,
    "total": _LINE | {"unit": ""},
    "lines": [_LINE],
    "targets": [_TARGET],
    "issues": [
        {
            "number": 17,
            "severity": "P2",
            "state": "open",
            "title": "Fill weight above 505 g",
            "asset": "plant/bottling/line1/filler",
            "opened_ms": 1767250000000.0,
            "is_new": True,
        }
    ],
    "held": ["lot L-77 is blocked by nonconformance 4 (open)"],
    "checks_due": 2,
    "checks_late": 1,
    "next_jobs": [
        {
            "job": "W-A-1001/10",
            "machine": "M1",
            "product": "P1",
            "qty": 500,
            "start_ms": 1767273000000.0,
        }
    ],
    "remarks": ["190 s of planned time were not seen and are in no KPI."],
}


class TargetDocument(Document):
    """A KPI against its target; `miss` is the share of the target by which it is missed."""

    name: str
    kpi: str
    unit: str
    owner: str
    action: str
    target: float
    higher_is_better: bool
    days: int
    value: float | None
    coverage: float | None
    miss: float | None
    is_off: bool
    start_ms: float
    end_ms: float


class TargetList(Document):
    """Targets, missed ones first."""

    items: list[TargetDocument]


class ReportDocument(Document):
    """A report of a shift or a day."""

    kind: str
    unit: str
    label: str
    start_ms: float
    end_ms: float
    made_ms: float
    time_zone: str
    is_over: bool
    total: dict[str, Any]
    lines: list[dict[str, Any]]
    targets: list[TargetDocument]
    issues: list[dict[str, Any]]
    held: list[str]
    checks_due: int
    checks_late: int
    next_jobs: list[dict[str, Any]]
    remarks: list[str]


def _asked(
    kind: Annotated[ReportKind, Query(description="Of a shift or a day.")] = ReportKind.SHIFT,
    unit: Annotated[
        str, Query(max_length=MAX_PATH_LENGTH, description="Machine or path; empty: the plant.")
    ] = "",
    day: Annotated[
        str | None,
        Query(
            max_length=10,
            description="Local day YYYY-MM-DD; without it the last that ended.",
            examples=["2026-01-01"],
        ),
    ] = None,
    shift: Annotated[str, Query(max_length=40, description="Name of the shift; any without.")] = "",
) -> ReportAsked:
    return ReportAsked(kind=kind, unit=unit, day=day, shift=shift)


def _reports(services: Use) -> Reports:
    return services.reports


Desk = Annotated[Reports, Depends(_reports)]
Asked = Annotated[ReportAsked, Depends(_asked)]


@router.get(
    "/kpi-targets",
    response_model=TargetList,
    responses=answers({"items": [_TARGET]}),
    dependencies=[_READ],
)
async def list_targets(desk: Desk) -> Response:
    """List every KPI with owner, target and action, those off target first."""
    return JsonResponse({"items": document(await desk.targets())})


@router.get(
    "/reports",
    response_model=ReportDocument,
    responses=answers(_REPORT, 404),
    dependencies=[_READ],
)
async def get_period_report(desk: Desk, asked: Asked) -> Response:
    """Give the report of a shift or a day."""
    return JsonResponse(document(await desk.report(asked)))


@router.get(
    "/reports/file.{form}",
    response_class=Response,
    responses={
        200: {
            "description": "The file.",
            "content": {
                "application/pdf": {"example": "%PDF-1.4"},
                "text/csv": {"example": "kpi,value,unit\noee,0.71,1"},
            },
        },
        **{code: each for code, each in answers(None, 403, 404).items() if code != 200},
    },
    dependencies=[_EXPORT],
)
async def get_report_file(
    desk: Desk, asked: Asked, form: Annotated[ReportFormat, Path(description="pdf or csv.")]
) -> Response:
    """Give the same report as a file."""
    content = await desk.file(asked, form)
    name = f"{asked.kind.value}-report.{form.value}"
    headers = {"content-disposition": f'attachment; filename="{name}"'}
    return Response(content, media_type=_TYPES[form], headers=headers)
