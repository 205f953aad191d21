"""Issues: what deviates, why, and what people do about it."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from gateway.access.rights import Right
from gateway.deviation import IssueState, Severity
from web.api.access import Limit, Limits, Number, Prefix, Use
from web.api.docs import RULES_PATH, answers
from web.api.issue_models import IssueDocument, IssueEventDocument, IssueEventPage, IssuePage
from web.api.resource import Resource
from web.api.text import clean, required
from web.api.zones import issue_zone
from web.auth import Who, needs
from web.jsontext import JsonResponse, document

router = Resource(prefix="/issues", tags=["issues"], dependencies=[needs(Right.ISSUE_READ)])

ISSUE_EXAMPLE = {
    "number": 17,
    "state": "open",
    "title": "Fill weight above its limit",
    "severity": "P2",
    "type": "quality",
    "cause": "fill_weight_high:plant/bottling/line1/filler",
    "rule": "fill_weight_high",
    "rule_version": "a1b2c3",
    "asset": "plant/bottling/line1/filler",
    "signal": RULES_PATH,
    "onset_ms": 1767247200000.0,
    "opened_ms": 1767247203000.0,
    "active": True,
    "cleared_ms": None,
    "closed_ms": None,
    "occurrences": 1,
    "value": 512.7,
    "limits": {"high": 510.0},
    "explanation": "512.7 g has been above 510 g for 3 s.",
    "evidence": [
        {
            "path": RULES_PATH,
            "unit": "g",
            "time_ms": [1767247199000.0, 1767247200000.0],
            "value": [509.8, 512.7],
            "quality": [0, 0],
        }
    ],
    "revision": 41,
    "stage_ms": 1767247203000.0,
    "acknowledged_ms": None,
    "team": "Line 1",
    "owner": "",
    "recurrence": "limit plant/bottling/line1/filler/fill_weight#high",
    "repeat": 1,
    "previous": None,
    "duplicate_of": None,
    "version": 0,
    "verified": False,
    "children": [
        {
            "cause": "line_slow:plant/bottling/line1/packer",
            "rule": "line_slow",
            "rule_version": "d4e5f6",
            "asset": "plant/bottling/line1/packer",
            "signal": "plant/bottling/line1/packer/good_count",
            "severity": "P3",
            "type": "throughput",
            "title": "Good count 40.0/min below 64.0/min at packer",
            "explanation": "Good count 40.0/min below 64.0/min over 60 s at packer.",
            "onset_ms": 1767247210000.0,
            "value": 40.0,
            "limits": {"low": 64.0, "target": 80.0},
            "relation": "downstream",
            "consequence": "starved",
            "active": True,
            "cleared_ms": None,
        }
    ],
}
_EVENT = {
    "seq": 41,
    "issue": 17,
    "time_ms": 1767247203000.0,
    "action": "opened",
    "by": "rule fill_weight_high",
    "detail": {},
}
_LISTED = ISSUE_EXAMPLE | {"evidence": []}


class Note(BaseModel):
    """What a person says when taking note of an issue."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"note": "On my way."}})
    note: str = Field("", max_length=4000, description="May be empty.")


class Comment(BaseModel):
    """What a person says about an issue."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"example": {"text": "Valve 3 was sticking."}}
    )
    text: str = Field(min_length=1, max_length=4000)


class Reason(BaseModel):
    """Why an issue needs no corrective action."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"example": {"reason": "The gauge was being calibrated."}}
    )
    reason: str = Field(min_length=1, max_length=4000)


@router.get(
    "",
    response_model=IssuePage,
    responses=answers({"items": [_LISTED], "next_before": None, "revision": 41}),
)
async def list_issues(
    *,
    services: Use,
    options: Limits,
    state: Annotated[
        list[IssueState], Query(max_length=11, description="Keeps these states; all unless given.")
    ] = [],  # noqa: B006 - FastAPI copies the default
    severity: Annotated[
        list[Severity], Query(max_length=4, description="Keeps these severities; all unless given.")
    ] = [],  # noqa: B006 - as above
    asset: Prefix = "",
    team: Annotated[str, Query(max_length=64, description="Keeps this team's.")] = "",
    owner: Annotated[str, Query(max_length=64, description="Keeps this person's.")] = "",
    text: Annotated[
        str,
        Query(max_length=200, description="Keeps those whose title, asset or explanation has it."),
    ] = "",
    before: Annotated[
        int | None, Query(ge=1, le=2**53, description="Keeps smaller numbers: the next page.")
    ] = None,
    limit: Limit = 100,
) -> Response:
    """List issues, newest first, without their evidence."""
    most = min(limit, options.max_page_rows)
    revision = services.issues.revision
    found = await services.issues.list(
        states=state,
        limit=most + 1,
        before=before,
        asset=asset,
        severities=severity,
        team=team,
        owner=owner,
        text=text,
    )
    page = found[:most]
    return JsonResponse(
        {
            "items": [document(issue) for issue in page],
            "next_before": page[-1].number if len(found) > most else None,
            "revision": revision,
        }
    )


@router.get("/{number}", response_model=IssueDocument, responses=answers(ISSUE_EXAMPLE, 404))
async def get_issue(services: Use, number: Number) -> Response:
    """Describe one issue, with its evidence."""
    return JsonResponse(document(await services.issues.get(number)))


@router.get(
    "/{number}/events",
    response_model=IssueEventPage,
    responses=answers({"items": [_EVENT], "next_after": None}, 404),
)
async def list_issue_events(
    services: Use,
    options: Limits,
    number: Number,
    after: Annotated[int, Query(ge=0, le=2**53, description="Keeps later changes.")] = 0,
    limit: Limit = 200,
) -> Response:
    """Tell one issue's history, oldest first."""
    await services.issues.get(number)
    most = min(limit, options.max_page_rows)
    found = await services.issues.events(after=after, limit=most + 1, issue=number)
    page = found[:most]
    return JsonResponse(
        {
            "items": [document(event) for event in page],
            "next_after": page[-1].seq if len(found) > most else None,
        }
    )


@router.post(
    "/{number}/acknowledge",
    response_model=IssueDocument,
    responses=answers(ISSUE_EXAMPLE, 403, 404, 409),
    dependencies=[needs(Right.ISSUE_PROPOSE, issue_zone)],
)
async def acknowledge_issue(
    services: Use, who: Who, number: Number, body: Note | None = None
) -> Response:
    """Take note of an open issue."""
    note = clean(body.note) if body else ""
    return JsonResponse(document(await services.issues.acknowledge(number, by=who, note=note)))


@router.post(
    "/{number}/comments",
    status_code=201,
    response_model=IssueEventDocument,
    responses=answers(_EVENT | {"action": "commented"}, 403, 404, status=201),
    dependencies=[needs(Right.ISSUE_PROPOSE, issue_zone)],
)
async def comment_on_issue(services: Use, who: Who, number: Number, body: Comment) -> Response:
    """Add a comment."""
    text = required(body.text, name="text")
    event = await services.issues.comment(number, by=who, text=text)
    return JsonResponse(document(event), status_code=201)


@router.post(
    "/{number}/reject",
    response_model=IssueDocument,
    responses=answers(ISSUE_EXAMPLE | {"state": "rejected"}, 403, 404, 409),
    dependencies=[needs(Right.ISSUE_APPROVE, issue_zone)],
)
async def reject_issue(services: Use, who: Who, number: Number, body: Reason) -> Response:
    """End an issue that needs no corrective action, with a reason."""
    reason = required(body.reason, name="reason")
    return JsonResponse(document(await services.issues.reject(number, by=who, reason=reason)))
