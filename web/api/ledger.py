"""What is missing and why: gaps, what people say about them, and the list as a file."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final

from fastapi import Depends, Path, Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response, StreamingResponse

from gateway.access.rights import Right
from gateway.model import Gap, GapState
from gateway.upkeep import Mark, Remark, Subject
from web.api.access import Limit, Limits, Prefix, Use, below, remark_document
from web.api.docs import RULES_PATH, answers
from web.api.issue_models import GapDocument, GapList
from web.api.resource import Resource
from web.api.text import required
from web.api.times import Range, Span
from web.api.zones import gap_zone
from web.auth import Who, needs
from web.jsontext import JsonResponse, ms
from web.services import Services

router = Resource(prefix="/gaps", tags=["ledger"], dependencies=[needs(Right.READ)])

_GAP: Final[dict[str, Any]] = {
    "id": 4,
    "signal": RULES_PATH,
    "start_ms": 1767243700000.0,
    "end_ms": 1767243712000.0,
    "state": "lost",
    "cause": "connection lost",
    "remark": None,
}
_NOTED: Final[dict[str, Any]] = {
    "mark": "noted",
    "reason": "Planned stop of the network.",
    "by": "anna",
    "time_ms": 1767247200000.0,
}
_SEARCHED: Final = 100_000
_HEADS: Final = ("id", "signal", "start", "end", "state", "cause", "note", "noted_by")


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Which gaps are wanted."""

    signals: list[str]
    machine: str
    states: list[GapState]
    cause: str


def _filter(
    *,
    signal: Annotated[
        list[str], Query(max_length=64, description="Path of a signal; all unless given.")
    ] = [],  # noqa: B006 - FastAPI copies the default
    machine: Prefix = "",
    state: Annotated[
        list[GapState], Query(max_length=4, description="Keeps these states; all unless given.")
    ] = [],  # noqa: B006 - as above
    cause: Annotated[
        str, Query(max_length=100, description="Words that the cause must hold.")
    ] = "",
) -> Filter:
    return Filter(signals=signal, machine=machine, states=state, cause=cause)


Wanted = Annotated[Filter, Depends(_filter)]


class Note(BaseModel):
    """What a person says about a gap."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"example": {"reason": "Planned stop of the network."}},
    )
    reason: str = Field(min_length=1, max_length=1000)


@router.get(
    "", response_model=GapList, responses=answers({"items": [_GAP], "truncated": False}, 404)
)
async def list_gaps(
    services: Use, options: Limits, span: Range, wanted: Wanted, limit: Limit = 200
) -> Response:
    """List intervals without data that touch the range, newest first."""
    most = min(limit, options.max_page_rows)
    found = _found(services, span, wanted, limit=most + 1)
    remarks = await services.remarks.of(Subject.GAP)
    return JsonResponse(
        {
            "items": [_document(services, gap, remarks) for gap in found[:most]],
            "truncated": len(found) > most,
        }
    )


@router.get(
    "/export",
    response_class=StreamingResponse,
    responses=answers(None, 403, 404)
    | {200: {"content": {"text/csv": {"example": "id,signal,start,end,state,cause\n"}}}},
    dependencies=[needs(Right.EXPORT)],
)
async def export_gaps(services: Use, span: Range, wanted: Wanted) -> Response:
    """Give the gaps that touch the range as CSV, times in epoch milliseconds."""
    found = _found(services, span, wanted, limit=_SEARCHED)
    remarks = await services.remarks.of(Subject.GAP)
    named = {"content-disposition": 'attachment; filename="gaps.csv"'}
    return StreamingResponse(
        _lines(services, found, remarks), media_type="text/csv; charset=utf-8", headers=named
    )


@router.post(
    "/{number}/note",
    response_model=GapDocument,
    responses=answers(_GAP | {"remark": _NOTED}, 403, 404),
    dependencies=[needs(Right.DOWNTIME_PROPOSE, gap_zone)],
)
async def note_gap(
    services: Use,
    who: Who,
    number: Annotated[int, Path(ge=1, le=2**53, description="Id of the gap.", examples=[4])],
    body: Note,
) -> Response:
    """Note why a gap is there, in the place of an earlier note."""
    gap = services.ledger.gap(number)
    reason = required(body.reason, name="reason")
    await services.remarks.put(Subject.GAP, [str(number)], mark=Mark.NOTED, reason=reason, by=who)
    return JsonResponse(_document(services, gap, await services.remarks.of(Subject.GAP)))


def _found(services: Services, span: Span, wanted: Filter, *, limit: int) -> list[Gap]:
    asked = [services.catalogue.index(path) for path in wanted.signals] or None
    narrowed = bool(wanted.machine or wanted.states or wanted.cause)
    gaps = services.ledger.gaps(
        asked,
        start_ns=span.start_ns,
        end_ns=span.end_ns,
        limit=_SEARCHED if narrowed else limit,
    )
    return [gap for gap in gaps if _fits(services, gap, wanted)][:limit]


def _fits(services: Services, gap: Gap, wanted: Filter) -> bool:
    words = wanted.cause.casefold().split()
    return (
        (not wanted.states or gap.state in wanted.states)
        and all(word in gap.cause.casefold() for word in words)
        and below(services.catalogue.signal(gap.signal).path, wanted.machine)
    )


def _document(services: Services, gap: Gap, remarks: Mapping[str, Remark]) -> dict[str, Any]:
    return {
        "id": gap.id,
        "signal": services.catalogue.signal(gap.signal).path,
        "start_ms": ms(gap.start_ns),
        "end_ms": ms(gap.end_ns),
        "state": gap.state.value,
        "cause": gap.cause,
        "remark": remark_document(remarks.get(str(gap.id))),
    }


def _lines(services: Services, found: list[Gap], remarks: Mapping[str, Remark]) -> Iterator[str]:
    yield ",".join(_HEADS) + "\n"
    for gap in found:
        held, line = remarks.get(str(gap.id)), io.StringIO()
        cells = [
            gap.id,
            services.catalogue.signal(gap.signal).path,
            ms(gap.start_ns),
            ms(gap.end_ns) if gap.end_ns is not None else "",
            gap.state.value,
            gap.cause,
            held.reason if held else "",
            held.by if held else "",
        ]
        csv.writer(line, lineterminator="\n").writerow(map(_plain, cells))
        yield line.getvalue()


def _plain(cell: object) -> object:
    """Keep a spreadsheet from taking a machine's words for a formula."""
    return f"'{cell}" if isinstance(cell, str) and cell[:1] in "=+-@\t\r" and cell else cell
