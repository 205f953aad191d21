"""Why an issue was opened: the samples, the settings and every step of the arithmetic."""

from __future__ import annotations

from typing import Any, Final

from starlette.responses import Response

from gateway.access.rights import Right
from web.api.access import Number, Use
from web.api.docs import RULES_PATH, answers
from web.api.issue_models import Evidence
from web.api.models import Document
from web.api.models import Number as Value
from web.api.resource import Resource
from web.auth import needs
from web.jsontext import JsonResponse, document

router = Resource(prefix="/issues", tags=["issues"], dependencies=[needs(Right.ISSUE_READ)])

_EXAMPLE: Final[dict[str, Any]] = {
    "issue": 17,
    "rule": "fill_weight_high",
    "rule_version": "a1b2c3",
    "settings": {"type": "limit", "high": 510.0, "on_delay_s": 3.0},
    "limits": {"high": 510.0},
    "text": "512.7 g has been above 510 g for 3 s.",
    "samples": [
        {
            "path": RULES_PATH,
            "unit": "g",
            "time_ms": [1767247199000.0, 1767247200000.0],
            "value": [509.8, 512.7],
            "quality": [0, 0],
        }
    ],
    "steps": [
        {"time_ms": 1767247200000.0, "text": "512.7 g ≥ limit 510; on-delay 0 of 3 s"},
        {"time_ms": 1767247203000.0, "text": "the on-delay of 3 s is over: raised"},
    ],
    "reproduced": True,
    "difference": "",
}


class StepDocument(Document):
    """One step of the arithmetic, at the machine's own time."""

    time_ms: float
    text: str


class ExplanationDocument(Document):
    """Why an issue was opened; `difference` says why the replay did not raise it again, where it did not."""

    issue: int
    rule: str
    rule_version: str
    settings: dict[str, Any] | None
    limits: dict[str, Value]
    text: str
    samples: list[Evidence]
    steps: list[StepDocument]
    reproduced: bool
    difference: str


class OfflineChangeDocument(Document):
    """A change of the mean: at the first sample of the new level."""

    time_ms: float
    before: Value
    after: Value


class ChangePointsDocument(Document):
    """Where the mean of an issue's signal changed; `onset_ms` is what was estimated live."""

    issue: int
    signal: str
    samples: int
    onset_ms: float
    found: list[OfflineChangeDocument]


_CHANGES: Final[dict[str, Any]] = {
    "issue": 17,
    "signal": RULES_PATH,
    "samples": 150,
    "onset_ms": 1767247200000.0,
    "found": [{"time_ms": 1767247198000.0, "before": 500.1, "after": 503.2}],
}


@router.get(
    "/{number}/change-points",
    response_model=ChangePointsDocument,
    responses=answers(_CHANGES, 404),
)
async def find_change_points(services: Use, number: Number) -> Response:
    """Search an issue's evidence for changes of its mean; wants the extra `analysis`."""
    issue = await services.issues.get(number)
    return JsonResponse(document(await services.rulebook.change_points(issue)))


@router.get(
    "/{number}/explanation", response_model=ExplanationDocument, responses=answers(_EXAMPLE, 404)
)
async def explain_issue(services: Use, number: Number) -> Response:
    """Replay an issue's evidence with the settings its rule had, step by step."""
    issue = await services.issues.get(number)
    return JsonResponse(document(await services.rulebook.explain(issue)))
