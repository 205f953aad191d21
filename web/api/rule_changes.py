"""Rules changed while they run: read with what each setting may be, changed with a reason, taken back."""

from __future__ import annotations

from typing import Annotated, Any, Final

import orjson
from fastapi import Header, Path, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from gateway.access.rights import Right
from gateway.errors import ConflictError, InvalidRequestError
from gateway.rulesheet import RuleChange, RuleSheet
from web.api.access import Use
from web.api.docs import RULES_PATH, answers
from web.api.models import Document
from web.api.resource import Resource
from web.api.text import required
from web.auth import Who, needs
from web.jsontext import JsonResponse, document
from web.problems import ProblemError
from web.services import Services

router = Resource(prefix="/rules", tags=["rules"])

_SETTINGS: Final[dict[str, Any]] = {
    "type": "limit",
    "title": "Fill weight above its limit",
    "signals": [RULES_PATH],
    "high": 510.0,
    "deadband": 1.0,
    "on_delay_s": 3.0,
}
_SHEET: Final[dict[str, Any]] = {
    "id": "fill_weight_high",
    "revision": 3,
    "origin": "people",
    "settings": _SETTINGS,
    "in_files": _SETTINGS | {"high": 505.0},
    "fields": [
        {
            "name": "high",
            "wanted": "a number",
            "description": "Raised at or above this value, in the signal's unit.",
            "default": "none",
        }
    ],
    "cases": ["a heavy bottle is seen after three seconds"],
    "error": "",
}
RuleId = Annotated[
    str, Path(max_length=64, description="Id of the rule.", examples=["fill_weight_high"])
]
IfMatch = Annotated[
    str,
    Header(
        alias="If-Match",
        max_length=40,
        description="The ETag that the settings were read with: who changes what others changed is told.",
        examples=['"3"'],
    ),
]


class RuleFieldDocument(Document):
    """One setting: what it may be, and what it is where nothing is given (null where it must be)."""

    name: str
    wanted: str
    description: str
    default: str | None


class RuleSheetDocument(Document):
    """A rule as it can be changed; `origin` is files or people, `in_files` what the configuration says."""

    id: str
    revision: int
    origin: str
    settings: dict[str, Any]
    in_files: dict[str, Any]
    fields: list[RuleFieldDocument]
    cases: list[str]
    error: str


class RuleWish(BaseModel):
    """Settings as they are to be, all of them; `despite` names test cases that fail with them and are known to."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {"settings": _SETTINGS, "reason": "Fewer false alarms, by backtest."}
        },
    )
    settings: dict[str, Any] = Field(max_length=100)
    reason: str = Field(min_length=1, max_length=2000)
    despite: list[Annotated[str, Field(max_length=200)]] = Field(default=[], max_length=100)


class Return(BaseModel):
    """Which revision is to run again; the files where none is named."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"example": {"to": 2, "reason": "It missed two issues."}}
    )
    to: int | None = Field(None, ge=1, le=2**31 - 1)
    reason: str = Field(min_length=1, max_length=2000)


async def rule_zone(request: Request) -> str:
    """Return the part of the plant that a rule watches, and would watch with the settings of the body."""
    services: Services = request.app.state.services
    sheet = await services.rule_desk.sheet(str(request.path_params["rule_id"]))
    globs = [*_globs(sheet.settings), *_globs(sheet.in_files)]
    try:
        body = orjson.loads(await request.body())
    except orjson.JSONDecodeError:
        return ""
    said = body if isinstance(body, dict) else {}
    wanted = [said.get("settings")]
    if "to" in said:
        kept = await services.rulebook.versions(sheet.id)
        wanted += [one.settings for one in kept if one.revision == said["to"]]
    return _common([*globs, *(g for one in wanted if isinstance(one, dict) for g in _globs(one))])


def _globs(settings: Any) -> list[str]:
    held = settings.get("signals")
    return [each for each in held if isinstance(each, str)] if isinstance(held, list) else [""]


def _common(globs: list[str]) -> str:
    """Return the deepest place below which all of these globs lie: machine, line, area, site, or "" for the plant."""
    shared: list[str] | None = None
    for glob in globs:
        levels = glob.split("/")[:-1]
        fixed = next((n for n, level in enumerate(levels) if set(level) & {*"*?"}), len(levels))
        plain = levels[:fixed]
        if shared is None:
            shared = plain
        same = [a == b for a, b in zip(shared, plain, strict=False)]
        shared = shared[: same.index(False) if False in same else len(same)]
    return "/".join(shared or [])


_CHANGE: Final[list[Any]] = [needs(Right.RULE_APPROVE, rule_zone)]
_ANSWERS: Final[Any] = answers(_SHEET, 403, 404, 412, 428)


@router.get(
    "/{rule_id}",
    response_model=RuleSheetDocument,
    responses=answers(_SHEET, 404),
    dependencies=[needs(Right.READ)],
)
async def get_rule(services: Use, rule_id: RuleId) -> Response:
    """Describe one rule as it can be changed; the ETag is what a change repeats as If-Match."""
    return _answer(await services.rule_desk.sheet(rule_id))


@router.put(
    "/{rule_id}", response_model=RuleSheetDocument, responses=_ANSWERS, dependencies=_CHANGE
)
async def change_rule(
    services: Use, who: Who, rule_id: RuleId, body: RuleWish, if_match: IfMatch = ""
) -> Response:
    """Run a rule with other settings from now on, once its own test cases pass; 422 lists every mistake with its place."""
    change = RuleChange(
        settings=body.settings,
        reason=required(body.reason, name="reason"),
        despite=tuple(dict.fromkeys(body.despite)),
    )
    revision = _revision(if_match)
    try:
        made = await services.rule_desk.change(rule_id, change, revision=revision, by=who.name)
    except ConflictError as error:
        raise _overtaken(error) from error
    return _answer(made)


@router.post(
    "/{rule_id}/take-back",
    response_model=RuleSheetDocument,
    responses=_ANSWERS,
    dependencies=_CHANGE,
)
async def take_rule_back(
    services: Use, who: Who, rule_id: RuleId, body: Return, if_match: IfMatch = ""
) -> Response:
    """Run a rule with the settings of an earlier revision, or of the files, again."""
    reason, revision = required(body.reason, name="reason"), _revision(if_match)
    try:
        made = await services.rule_desk.take_back(
            rule_id, to=body.to, revision=revision, by=who.name, reason=reason
        )
    except ConflictError as error:
        raise _overtaken(error) from error
    return _answer(made)


def _answer(sheet: RuleSheet) -> Response:
    return JsonResponse(document(sheet), headers={"etag": f'"{sheet.revision}"'})


def _revision(if_match: str) -> int:
    """Return the revision an ETag names; raises `ProblemError` (428), `InvalidRequestError`."""
    if not if_match:
        raise ProblemError(
            status=428,
            title="Which revision?",
            detail="Send the ETag that the rule was read with as If-Match.",
        )
    inner = if_match.removeprefix("W/").strip('"')
    if not (inner.isascii() and inner.isdigit() and len(inner) < 10):
        raise InvalidRequestError(f'If-Match is {if_match!r}, want the ETag of the rule, as in "3"')
    return int(inner)


def _overtaken(error: ConflictError) -> ProblemError:
    return ProblemError(status=412, title="Changed meanwhile", detail=str(error))
