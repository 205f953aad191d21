"""The rules with who changed them last, and how often they raised an alarm lately."""

from __future__ import annotations

from typing import Any, Final

from starlette.responses import Response

from gateway.access.rights import Right
from gateway.clock import NS_PER_S
from web.api.access import Use
from web.api.docs import RULES_PATH, answers
from web.api.models import Document
from web.api.resource import Resource
from web.api.rules import RuleVersionDocument
from web.auth import needs
from web.jsontext import JsonResponse, document

router = Resource(tags=["rules"], dependencies=[needs(Right.READ)])

_DAY_NS: Final = 86_400 * NS_PER_S
_OVERVIEW: Final[dict[str, Any]] = {
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
    "newest": {
        "rule": "fill_weight_high",
        "revision": 2,
        "version": "a1b2c3",
        "settings": {"type": "limit", "high": 510.0},
        "by": "configuration",
        "reason": "the configuration was read again",
        "time_ms": 1767247200000.0,
    },
    "raised_last_day": 4,
}


class RuleOverviewDocument(Document):
    """A rule as it runs, its newest version, and how many alarms it raised in the last 24 hours."""

    id: str
    type: str
    version: str
    title: str
    severity: str
    issue_type: str
    signals: list[str]
    active: int
    enabled: bool
    error: str
    settings: dict[str, Any]
    newest: RuleVersionDocument | None
    raised_last_day: int


class RuleOverviewList(Document):
    """Every configured rule."""

    items: list[RuleOverviewDocument]


@router.get(
    "/rule-overview",
    response_model=RuleOverviewList,
    responses=answers({"items": [_OVERVIEW]}),
)
async def rule_overview(services: Use) -> Response:
    """List every configured rule with its newest version and its alarms of the last day."""
    newest = await services.rulebook.newest()
    since_ns = services.clock.now_ns() - _DAY_NS
    raised = await services.alarms.raised_since(since_ns)
    items = [
        document(rule)
        | {
            "newest": document(newest[rule.id]) if rule.id in newest else None,
            "raised_last_day": raised.get(rule.id, 0),
        }
        for rule in services.rulebook.rules()
    ]
    return JsonResponse({"items": items})
