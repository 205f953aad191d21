"""The rules that watch the plant."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import Path
from starlette.responses import Response

from gateway.access.rights import Right
from web.api.access import Use
from web.api.docs import RULES_PATH, answers
from web.api.issue_models import RuleList
from web.api.models import Document
from web.api.resource import Resource
from web.auth import needs
from web.jsontext import JsonResponse, document

router = Resource(tags=["rules"], dependencies=[needs(Right.READ)])

_RULE = {
    "id": "fill_weight_high",
    "type": "limit",
    "version": "a1b2c3",
    "title": "Fill weight above its limit",
    "severity": "P2",
    "issue_type": "quality",
    "signals": [RULES_PATH],
    "active": 1,
    "enabled": True,
    "error": "",
    "settings": {"high": 510.0, "deadband": 1.0, "on_delay_s": 3.0},
}


@router.get("/rules", response_model=RuleList, responses=answers({"items": [_RULE]}))
async def list_rules(services: Use) -> Response:
    """List every configured rule, the disabled ones included."""
    return JsonResponse({"items": [document(rule) for rule in services.rulebook.rules()]})


class RuleVersionDocument(Document):
    """One change of a rule's settings; `settings` is null where the rule was removed."""

    rule: str
    revision: int
    version: str
    settings: dict[str, Any] | None
    by: str
    reason: str
    time_ms: float


class RuleVersionList(Document):
    """Every change of a rule's settings, newest first."""

    items: list[RuleVersionDocument]


_VERSION: Final[dict[str, Any]] = {
    "rule": "fill_weight_high",
    "revision": 2,
    "version": "a1b2c3",
    "settings": {"type": "limit", "high": 510.0},
    "by": "configuration",
    "reason": "the configuration was read again",
    "time_ms": 1767247200000.0,
}


@router.get(
    "/rules/{rule_id}/versions",
    response_model=RuleVersionList,
    responses=answers({"items": [_VERSION]}, 404),
)
async def list_rule_versions(
    services: Use,
    rule_id: Annotated[str, Path(max_length=64, description="Id of the rule.", examples=["r1"])],
) -> Response:
    """Tell who changed a rule's settings, when and why."""
    found = await services.rulebook.versions(rule_id)
    return JsonResponse({"items": [document(each) for each in found]})
