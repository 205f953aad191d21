"""Corrective action: the 8D form, its gates, actions, files and proof."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import Path, Query, Request
from pydantic import Field
from starlette.responses import Response

from gateway.access.rights import Right
from gateway.clock import NS_PER_MS
from gateway.corrective import Template
from gateway.deviation import IssueState
from gateway.errors import ConflictError
from web.api.access import Number, Use
from web.api.case_examples import CASE
from web.api.case_models import ActionDocument, BaselineDocument, CaseDocument
from web.api.docs import answers
from web.api.models import Body
from web.api.resource import Resource
from web.api.zones import issue_zone
from web.auth import Who, needs
from web.jsontext import JsonResponse, document

router = Resource(prefix="/issues", tags=["issues"], dependencies=[needs(Right.ISSUE_READ)])
_PROPOSE: Final = [needs(Right.ISSUE_PROPOSE, issue_zone)]
_APPROVE: Final = [needs(Right.ISSUE_APPROVE, issue_zone)]
_VERIFY: Final = [needs(Right.VERIFY_APPROVE, issue_zone)]

Which = Annotated[int, Path(ge=1, le=1_000_000, description="Its number within the issue.")]
Version = Annotated[int, Field(ge=0, le=2**31 - 1, description="The version that was seen.")]
Millis = Annotated[float, Field(gt=0, lt=2**53, description="Time, epoch ms.")]


class Edit(Body):
    """Fields of the form by name; null empties one."""

    version: Version
    fields: dict[str, Any] = Field(
        max_length=60, examples=[{"problem.what": "Fill weight 12 g above its limit"}]
    )


class Moving(Body):
    """What is to be done with an issue, and why."""

    action: str = Field(max_length=32, examples=["advance"])
    version: Version | None = None
    reason: str = Field("", max_length=4000)
    duplicate_of: int | None = Field(None, ge=1, le=2**31 - 1)


class Closing(Body):
    """The version of the proof that is approved, and a word on it."""

    version: Version | None = None
    reason: str = Field("", max_length=4000)


class Suspect(Body):
    """From when to when product is suspect; the last good sample and now unless given."""

    version: Version
    from_ms: Millis | None = None
    to_ms: Millis | None = None


class NewStep(Body):
    """One step of an action."""

    text: str = Field(min_length=1, max_length=1000)
    done: bool = False


class NewAction(Body):
    """What is to be done, by whom, until when."""

    kind: str = Field("corrective", max_length=16)
    title: str = Field(min_length=1, max_length=1000, examples=["Replace the nozzle"])
    owner: str = Field(min_length=1, max_length=64, examples=["anna"])
    due_ms: Millis
    checklist: list[NewStep] = Field(default_factory=list, max_length=40)


class ChangedAction(Body):
    """What changes of an action."""

    version: Version
    title: str | None = Field(None, min_length=1, max_length=1000)
    owner: str | None = Field(None, min_length=1, max_length=64)
    due_ms: Millis | None = None
    checklist: list[NewStep] | None = Field(None, max_length=40)
    done: bool | None = None


class Proof(Body):
    """The template of proof and its numbers."""

    template: Template
    settings: dict[str, float | None] = Field(max_length=10, examples=[{"events": 3, "days": 12.5}])


class Finding(Body):
    """What a look at a similar machine found."""

    asset: str = Field(min_length=1, max_length=255)
    finding: str = Field(min_length=1, max_length=1000)


_CASE: Final = answers(CASE, 403, 404, 409)


@router.get("/{number}/case", response_model=CaseDocument, responses=answers(CASE, 404))
async def get_case(services: Use, number: Number) -> Response:
    """Describe an issue with its form, gates, actions, files, proof and context."""
    return JsonResponse(document(await services.cases.case(number)))


@router.patch("/{number}/case", response_model=CaseDocument, responses=_CASE, dependencies=_PROPOSE)
async def edit_case(services: Use, who: Who, number: Number, body: Edit) -> Response:
    """Change fields of the form; 409 says what others changed since the version that was seen."""
    case = await services.cases.edit(number, version=body.version, changes=body.fields, by=who)
    return JsonResponse(document(case))


@router.post("/{number}/moves", response_model=CaseDocument, responses=_CASE, dependencies=_APPROVE)
async def move_issue(services: Use, who: Who, number: Number, body: Moving) -> Response:
    """Move an issue on: advance, send_back, reject, duplicate, reopen, acknowledge; closing has a route of its own."""
    found = await services.issues.get(number)
    if found.state is IssueState.VERIFYING and body.action == "advance":
        raise ConflictError(f"issue {number} is verifying: whoever may verify closes it")
    case = await services.cases.act(
        number,
        body.action,
        by=who,
        version=body.version,
        reason=body.reason,
        other=body.duplicate_of,
    )
    return JsonResponse(document(case))


@router.post("/{number}/close", response_model=CaseDocument, responses=_CASE, dependencies=_VERIFY)
async def close_issue(services: Use, who: Who, number: Number, body: Closing) -> Response:
    """Close an issue that data has proven; its owner and whoever chose the proof may not."""
    found = await services.issues.get(number)
    if found.state is not IssueState.VERIFYING:
        raise ConflictError(
            f"issue {number} is {found.state}: only what is being verified can be closed"
        )
    case = await services.cases.act(
        number, "advance", by=who, version=body.version, reason=body.reason
    )
    return JsonResponse(document(case))


@router.post(
    "/{number}/suspect", response_model=CaseDocument, responses=_CASE, dependencies=_PROPOSE
)
async def compute_suspect(services: Use, who: Who, number: Number, body: Suspect) -> Response:
    """Compute the suspect quantity from the machine's counters."""
    case = await services.cases.suspect(
        number,
        version=body.version,
        from_ns=_ns(body.from_ms),
        to_ns=_ns(body.to_ms),
        by=who,
    )
    return JsonResponse(document(case))


@router.post(
    "/{number}/actions",
    status_code=201,
    response_model=CaseDocument,
    responses=answers(CASE, 403, 404, 409, status=201),
    dependencies=_APPROVE,
)
async def add_action(services: Use, who: Who, number: Number, body: NewAction) -> Response:
    """Plan an action."""
    fields = body.model_dump(exclude={"kind", "due_ms"})
    fields["due_ns"] = _ns(body.due_ms)
    case = await services.cases.add_action(number, kind=body.kind, fields=fields, by=who)
    return JsonResponse(document(case), status_code=201)


@router.patch(
    "/{number}/actions/{which}",
    response_model=ActionDocument,
    responses=answers(CASE["actions"][0], 403, 404, 409),
    dependencies=_PROPOSE,
)
async def change_action(
    services: Use, who: Who, number: Number, which: Which, body: ChangedAction
) -> Response:
    """Change an action, tick its steps, or say that it is done."""
    fields = body.model_dump(exclude={"version", "due_ms"}, exclude_none=True)
    if body.due_ms is not None:
        fields["due_ns"] = _ns(body.due_ms)
    action = await services.cases.change_action(
        number, which, version=body.version, fields=fields, by=who
    )
    return JsonResponse(document(action))


@router.post(
    "/{number}/attachments",
    status_code=201,
    response_model=CaseDocument,
    responses=answers(CASE, 403, 404, 409, 413, status=201),
    dependencies=_PROPOSE,
)
async def attach_file(
    services: Use,
    who: Who,
    request: Request,
    number: Number,
    name: Annotated[str, Query(min_length=1, max_length=200, examples=["nozzle.jpg"])],
) -> Response:
    """Attach the body as a file: a picture, PDF, text, CSV, XLSX or DOCX that is what its name says."""
    case = await services.cases.attach(number, name=name, data=await request.body(), by=who)
    return JsonResponse(document(case), status_code=201)


@router.get(
    "/{number}/attachments/{which}",
    response_class=Response,
    responses={
        200: {
            "description": "The file, never shown inside a page.",
            "content": {"application/octet-stream": {"example": "…"}},
        },
        **{code: each for code, each in answers(None, 404).items() if code != 200},
    },
)
async def get_attachment(services: Use, number: Number, which: Which) -> Response:
    """Return a file, for saving only."""
    found, data = await services.cases.attachment(number, which)
    return saved(data, found.media, found.name)


@router.delete(
    "/{number}/attachments/{which}",
    response_model=CaseDocument,
    responses=_CASE,
    dependencies=_APPROVE,
)
async def remove_attachment(services: Use, who: Who, number: Number, which: Which) -> Response:
    """Take a file away; its hash stays in the history."""
    return JsonResponse(document(await services.cases.remove_attachment(number, which, by=who)))


@router.get(
    "/{number}/proof/baseline",
    response_model=BaselineDocument,
    responses=answers({"template": "no_recurrence", "settings": {"events": 3, "days": 12.5}}, 404),
)
async def get_baseline(services: Use, number: Number, template: Template) -> Response:
    """Suggest settings of a proof from the data before the fix."""
    settings = await services.cases.baseline(number, template)
    return JsonResponse({"template": template, "settings": dict(settings)})


@router.post("/{number}/proof", response_model=CaseDocument, responses=_CASE, dependencies=_APPROVE)
async def choose_proof(services: Use, who: Who, number: Number, body: Proof) -> Response:
    """Choose how the data will prove the fix."""
    settings = {name: value for name, value in body.settings.items() if value is not None}
    case = await services.cases.prove(number, template=body.template, settings=settings, by=who)
    return JsonResponse(document(case))


@router.post(
    "/{number}/similar", response_model=CaseDocument, responses=_CASE, dependencies=_PROPOSE
)
async def propose_similar(services: Use, who: Who, number: Number) -> Response:
    """Look for similar machines and how often the pattern showed there."""
    return JsonResponse(document(await services.cases.propose_similar(number, by=who)))


@router.post(
    "/{number}/similar/check", response_model=CaseDocument, responses=_CASE, dependencies=_PROPOSE
)
async def check_similar(services: Use, who: Who, number: Number, body: Finding) -> Response:
    """Note what a look at a similar machine found."""
    case = await services.cases.check_similar(
        number, asset=body.asset, finding=body.finding, by=who
    )
    return JsonResponse(document(case))


@router.get(
    "/{number}/report.pdf",
    response_class=Response,
    responses={
        200: {
            "description": "The case on paper.",
            "content": {"application/pdf": {"example": "%PDF-1.4"}},
        },
        **{code: each for code, each in answers(None, 404).items() if code != 200},
    },
)
async def get_report(services: Use, number: Number) -> Response:
    """Return the whole case as a PDF document."""
    data = await services.cases.report_pdf(number)
    return saved(data, "application/pdf", f"issue-{number}.pdf")


@router.get(
    "/{number}/report.json",
    responses=answers({"case": CASE, "events": []}, 404),
)
async def get_report_json(services: Use, number: Number) -> Response:
    """Return the whole case with its history, for other systems and for the record."""
    case = await services.cases.case(number)
    events: list[Any] = []
    after = 0
    while True:
        page = await services.issues.events(after=after, limit=1000, issue=number)
        events += page
        if len(page) < 1000:
            break
        after = page[-1].seq
    answer = JsonResponse({"case": document(case), "events": [document(each) for each in events]})
    answer.headers["content-disposition"] = f'attachment; filename="issue-{number}.json"'
    return answer


def saved(data: bytes, media: str, name: str) -> Response:
    """Return bytes that a browser saves and never shows or runs."""
    plain = "".join(c if c.isascii() and (c.isalnum() or c in " .-_()") else "_" for c in name)
    return Response(
        data,
        media_type=media,
        headers={
            "content-disposition": f'attachment; filename="{plain}"',
            "content-security-policy": "default-src 'none'; sandbox",
            "x-content-type-options": "nosniff",
        },
    )


def _ns(millis: float | None) -> int | None:
    return None if millis is None else round(millis) * NS_PER_MS
