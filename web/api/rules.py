"""The rules that watch the plant."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from gateway.access.rights import Right
from web.api.access import Use
from web.api.docs import RULES_PATH, answers
from web.api.issue_models import RuleList
from web.auth import needs
from web.jsontext import JsonResponse, document

router = APIRouter(tags=["rules"], dependencies=[needs(Right.READ)])

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
