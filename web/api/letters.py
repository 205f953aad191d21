"""Dead letters: payloads that could not be used, with their bytes, and what people do about them."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Annotated, Any, Final

from fastapi import Path, Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response, StreamingResponse

from gateway.access.rights import Right
from gateway.model import DeadLetter
from gateway.upkeep import Remark, Subject
from web.api.access import Limit, Limits, Use, remark_document
from web.api.docs import answers
from web.api.issue_models import DeadLetterPage
from web.api.models import Document
from web.api.resource import Resource
from web.api.text import required
from web.auth import Who, needs
from web.jsontext import JsonResponse, document, dumps, ms, printable
from web.services import Services

router = Resource(prefix="/dead-letters", tags=["ledger"], dependencies=[needs(Right.READ)])

_LETTER: Final[dict[str, Any]] = {
    "id": 9,
    "time_ms": 1767247200000.0,
    "connector": "sensors",
    "source": "plant/room/3/temperature",
    "reason": "value is not a number",
    "payload": "eyJ2IjogIngifQ==",
    "excerpt": '{"v": "x"}',
    "payload_size": 10,
    "remark": None,
}
_RETRIED: Final = {"letter": 9, "rows": 1, "reason": ""}
_AT_ONCE: Final = 500


class Shown(StrEnum):
    """Which letters are listed: those nobody has decided on, or all."""

    WAITING = "waiting"
    ALL = "all"


class Numbers(BaseModel):
    """Which letters."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"ids": [9, 8]}})
    ids: list[Annotated[int, Field(ge=1, le=2**53)]] = Field(min_length=1, max_length=200)


class Dismissing(Numbers):
    """Which letters are of no use, and why."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"example": {"ids": [9], "reason": "A test of the electrician."}},
    )
    reason: str = Field(min_length=1, max_length=1000)


class RetriedDocument(Document):
    """What became of one letter: the samples it gave, or why it is still unusable."""

    letter: int
    rows: int
    reason: str


class RetriedList(Document):
    """What became of each letter, in the order asked."""

    items: list[RetriedDocument]


@router.get(
    "",
    response_model=DeadLetterPage,
    responses=answers({"items": [_LETTER], "total": 1, "waiting": 1, "next_before": None}),
)
async def list_dead_letters(
    services: Use,
    options: Limits,
    before: Annotated[
        int | None, Query(ge=1, le=2**53, description="Keeps smaller ids: the next page.")
    ] = None,
    show: Annotated[Shown, Query(description="`waiting` leaves out what was decided.")] = Shown.ALL,
    limit: Limit = 100,
) -> Response:
    """List payloads that could not be used, newest first."""
    most = min(limit, options.max_page_rows)
    remarks = await services.remarks.of(Subject.DEAD_LETTER)
    found: list[DeadLetter] = []
    for letter in _newest_first(services, before):
        if show is Shown.ALL or str(letter.id) not in remarks:
            found.append(letter)
        if len(found) > most:
            break
    page = found[:most]
    total = services.ledger.dead_letter_count()
    return JsonResponse(
        {
            "items": [_document(each, remarks) for each in page],
            "total": total,
            "waiting": total - _decided(services, remarks),
            "next_before": page[-1].id if len(found) > most else None,
        }
    )


@router.get(
    "/export",
    response_class=StreamingResponse,
    responses=answers(None, 403)
    | {200: {"content": {"application/x-ndjson": {"example": '{"id": 9}\n'}}}},
    dependencies=[needs(Right.EXPORT)],
)
async def export_dead_letters(services: Use) -> Response:
    """Give every letter that is kept, newest first, one JSON document a line, bytes as base64."""
    remarks = await services.remarks.of(Subject.DEAD_LETTER)

    def lines() -> Iterator[bytes]:
        for letter in _newest_first(services, None):
            yield dumps(_document(letter, remarks)) + b"\n"

    named = {"content-disposition": 'attachment; filename="dead-letters.ndjson"'}
    return StreamingResponse(lines(), media_type="application/x-ndjson", headers=named)


@router.get(
    "/{number}/payload",
    response_class=StreamingResponse,
    responses=answers(None, 404)
    | {200: {"content": {"application/octet-stream": {"example": "bytes"}}}},
)
async def get_payload(
    services: Use,
    number: Annotated[int, Path(ge=1, le=2**53, description="Id of the letter.", examples=[9])],
) -> Response:
    """Give the kept bytes of a letter, as they came."""
    letter = services.ledger.dead_letter(number)
    # A file to save and never a page to open: the bytes are a stranger's.
    named = {"content-disposition": f'attachment; filename="dead-letter-{number}.bin"'}
    return Response(letter.payload, media_type="application/octet-stream", headers=named)


@router.post(
    "/retry",
    response_model=RetriedList,
    responses=answers({"items": [_RETRIED]}, 403, 404),
    dependencies=[needs(Right.CONFIGURATION_APPROVE)],
)
async def retry_dead_letters(services: Use, who: Who, body: Numbers) -> Response:
    """Read letters once more by today's mappings; what they hold is stored under the time of their arrival."""
    found = await services.letters.retry(body.ids, by=who)
    return JsonResponse({"items": [document(each) for each in found]})


@router.post(
    "/dismiss",
    status_code=204,
    responses=answers(None, 403, 404),
    dependencies=[needs(Right.CONFIGURATION_APPROVE)],
)
async def dismiss_dead_letters(services: Use, who: Who, body: Dismissing) -> Response:
    """Note that letters are of no use, and why; their bytes are kept as long as those of others."""
    reason = required(body.reason, name="reason")
    await services.letters.dismiss(body.ids, reason=reason, by=who)
    return Response(status_code=204)


def _newest_first(services: Services, before: int | None) -> Iterator[DeadLetter]:
    while True:
        some = services.ledger.dead_letters(before_id=before, limit=_AT_ONCE)
        yield from some
        if len(some) < _AT_ONCE:
            return
        before = some[-1].id


def _decided(services: Services, remarks: Mapping[str, Remark]) -> int:
    """Return how many of the kept letters have a remark: older ones may have made room already."""
    if not remarks:
        return 0
    return sum(str(letter.id) in remarks for letter in _newest_first(services, None))


def _document(letter: DeadLetter, remarks: Mapping[str, Remark]) -> dict[str, Any]:
    return {
        "id": letter.id,
        "time_ms": ms(letter.time_ns),
        "connector": letter.connector,
        "source": letter.source,
        "reason": letter.reason,
        "payload": base64.b64encode(letter.payload).decode("ascii"),
        "excerpt": printable(letter.payload),
        "payload_size": letter.payload_size,
        "remark": remark_document(remarks.get(str(letter.id))),
    }
