"""What is missing and why: gaps, and payloads that could not be used."""

from __future__ import annotations

import base64
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from gateway.access.rights import Right
from web.api.access import Limit, Limits, Use
from web.api.docs import RULES_PATH, answers
from web.api.issue_models import DeadLetterPage, GapList
from web.api.times import Range
from web.auth import needs
from web.jsontext import JsonResponse, ms, printable

router = APIRouter(tags=["ledger"], dependencies=[needs(Right.READ)])

_LETTER = {
    "id": 9,
    "time_ms": 1767247200000.0,
    "connector": "sensors",
    "source": "plant/room/3/temperature",
    "reason": "value is not a number",
    "payload": "eyJ2IjogIngifQ==",
    "excerpt": '{"v": "x"}',
    "payload_size": 10,
}
_GAP = {
    "id": 4,
    "signal": RULES_PATH,
    "start_ms": 1767243700000.0,
    "end_ms": 1767243712000.0,
    "state": "lost",
    "cause": "connection lost",
}


@router.get(
    "/dead-letters",
    response_model=DeadLetterPage,
    responses=answers({"items": [_LETTER], "total": 1, "next_before": None}),
)
async def list_dead_letters(
    services: Use,
    options: Limits,
    before: Annotated[
        int | None, Query(ge=1, le=2**53, description="Keeps smaller ids: the next page.")
    ] = None,
    limit: Limit = 100,
) -> Response:
    """List payloads that could not be used, newest first."""
    most = min(limit, options.max_page_rows)
    found = services.ledger.dead_letters(before_id=before, limit=most + 1)
    page = found[:most]
    return JsonResponse(
        {
            "items": [
                {
                    "id": each.id,
                    "time_ms": ms(each.time_ns),
                    "connector": each.connector,
                    "source": each.source,
                    "reason": each.reason,
                    "payload": base64.b64encode(each.payload).decode("ascii"),
                    "excerpt": printable(each.payload),
                    "payload_size": each.payload_size,
                }
                for each in page
            ],
            "total": services.ledger.dead_letter_count(),
            "next_before": page[-1].id if len(found) > most else None,
        }
    )


@router.get(
    "/gaps", response_model=GapList, responses=answers({"items": [_GAP], "truncated": False}, 404)
)
async def list_gaps(
    services: Use,
    options: Limits,
    span: Range,
    signal: Annotated[
        list[str], Query(max_length=64, description="Path of a signal; all unless given.")
    ] = [],  # noqa: B006 - FastAPI copies the default
    limit: Limit = 200,
) -> Response:
    """List intervals without data that touch the range, newest first."""
    most = min(limit, options.max_page_rows)
    asked = [services.catalogue.index(path) for path in signal] or None
    found = services.ledger.gaps(asked, start_ns=span.start_ns, end_ns=span.end_ns, limit=most + 1)
    return JsonResponse(
        {
            "items": [
                {
                    "id": gap.id,
                    "signal": services.catalogue.signal(gap.signal).path,
                    "start_ms": ms(gap.start_ns),
                    "end_ms": ms(gap.end_ns),
                    "state": gap.state.value,
                    "cause": gap.cause,
                }
                for gap in found[:most]
            ],
            "truncated": len(found) > most,
        }
    )
