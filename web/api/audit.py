"""The audit: search it, and take it away."""

from __future__ import annotations

import csv
import io
from enum import StrEnum
from typing import Annotated, Any, Final

from fastapi import Depends, Query, Request
from starlette.responses import Response

from gateway.access.rights import Right
from gateway.audit.port import Audit, Outcome, Recorded, Wanted
from gateway.errors import NotFoundError
from web.api.access import Limit, Limits
from web.api.access_models import AuditPage, AuditVerdict
from web.api.docs import answers
from web.api.resource import Resource
from web.api.times import parse_time
from web.auth import needs
from web.jsontext import JsonResponse, document, ms

router = Resource(prefix="/audit", tags=["audit"], dependencies=[needs(Right.AUDIT_READ)])
_ENTRY: Final[dict[str, Any]] = {
    "seq": 311,
    "time_ms": 1767247200000.0,
    "actor": "anna",
    "kind": "person",
    "action": "reject_issue",
    "target": "/api/v1/issues/17/reject",
    "address": "10.0.0.7",
    "outcome": "asked",
    "detail": '{"body":{"reason":"nozzle changed"}}',
    "mac": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
}


class Form(StrEnum):
    """What an export is."""

    CSV = "csv"
    JSON = "json"


_COLUMNS: Final = tuple(_ENTRY)
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


def _audit(request: Request) -> Audit:
    audit: Audit | None = request.app.state.audit
    if audit is None:
        msg = "this gateway keeps no audit"
        raise NotFoundError(msg)
    return audit


def _wanted(
    *,
    options: Limits,
    actor: Annotated[str, Query(max_length=200, description="Who did it.")] = "",
    action: Annotated[str, Query(max_length=64, description="What was done.")] = "",
    outcome: Annotated[
        Outcome | None, Query(description="What had become of it when the entry was written.")
    ] = None,
    text: Annotated[str, Query(max_length=200, description="Part of target or detail.")] = "",
    start: Annotated[str, Query(alias="from", max_length=40, description="Start.")] = "",
    end: Annotated[str, Query(alias="to", max_length=40, description="End, not included.")] = "",
    before: Annotated[
        int | None, Query(ge=1, le=2**53, description="Keeps smaller numbers: the next page.")
    ] = None,
    limit: Limit = 200,
) -> Wanted:
    return Wanted(
        actor=actor,
        action=action,
        text=text,
        outcome=outcome,
        start_ns=parse_time(start, name="from") if start else 0,
        end_ns=parse_time(end, name="to") if end else None,
        before_seq=before,
        limit=min(limit, options.max_page_rows),
    )


Wish = Annotated[Wanted, Depends(_wanted)]
Log = Annotated[Audit, Depends(_audit)]


@router.get(
    "",
    response_model=AuditPage,
    responses=answers({"items": [_ENTRY], "next_before": 311}, 401, 403, 404),
)
async def search_audit(audit: Log, wish: Wish) -> Response:
    """Search the audit, newest first; looking is in it as well."""
    found = await audit.search(wish)
    more = found[-1].seq if len(found) == wish.limit else None
    return JsonResponse({"items": [_document(each) for each in found], "next_before": more})


@router.get(
    "/verification",
    response_model=AuditVerdict,
    responses=answers(
        {"entries": 4711, "bad_seq": None, "fault": "", "anchored": True}, 401, 403, 404
    ),
)
async def verify_audit(audit: Log) -> Response:
    """Read the whole record again and name the first entry that is not as it was written."""
    return JsonResponse(document(await audit.verify()))


@router.get(
    "/file",
    response_class=Response,
    responses=answers(None, 401, 403, 404)
    | {200: {"description": "The file.", "content": {"text/csv": {"example": "seq,time_ms\n"}}}},
)
async def export_audit(
    audit: Log,
    wish: Wish,
    form: Annotated[Form, Query(alias="format", description="Kind of file.")] = Form.CSV,
) -> Response:
    """Give what a search finds as a file; in CSV, cells that a spreadsheet would run are made text."""
    if form is Form.JSON:
        found = [_document(each) for each in await audit.search(wish)]
        name = 'attachment; filename="taktline-audit.json"'
        return JsonResponse({"items": found}, headers={"content-disposition": name})
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(_COLUMNS)
    for each in await audit.search(wish):
        writer.writerow([_cell(value) for value in _document(each).values()])
    return Response(
        text.getvalue(),
        media_type="text/csv; charset=utf-8",
        headers={"content-disposition": 'attachment; filename="taktline-audit.csv"'},
    )


def _cell(value: object) -> object:
    if isinstance(value, str) and value.startswith(_FORMULA):
        return f"'{value}"
    return value


def _document(held: Recorded) -> dict[str, Any]:
    entry = held.entry
    return {
        "seq": held.seq,
        "time_ms": ms(held.time_ns),
        "actor": entry.actor,
        "kind": entry.kind,
        "action": entry.action,
        "target": entry.target,
        "address": entry.address,
        "outcome": entry.outcome.value,
        "detail": entry.detail,
        "mac": held.mac,
    }
