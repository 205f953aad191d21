"""Control charts: points against limits, what fired, autocorrelation, the change and the capability."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Query
from starlette.responses import Response

from gateway.access.rights import Right
from gateway.model import MAX_PATH_LENGTH
from web.api.access import Prefix, Use
from web.api.chart_models import ChartDocument, ChartList
from web.api.docs import RULES_PATH, answers
from web.api.times import Range
from web.auth import needs
from web.jsontext import JsonResponse, document

router = APIRouter(prefix="/charts", tags=["charts"], dependencies=[needs(Right.READ)])

RuleId = Annotated[str, Path(max_length=64, description="Id of the rule.", examples=["drift"])]
Charted = Annotated[
    str,
    Query(max_length=MAX_PATH_LENGTH, description="Path of the signal.", examples=[RULES_PATH]),
]
Side = Annotated[
    str, Query(max_length=32, description="Which of several streams of the signal; empty for one.")
]

_SUMMARY: Final[dict[str, Any]] = {
    "rule": "drift",
    "title": "Fill weight drifts",
    "signal": RULES_PATH,
    "side": "",
    "kind": "i_mr",
    "unit": "g",
    "phase": "monitoring",
    "have": 100,
    "want": 100,
    "active": False,
    "limits": {
        "version": "5d41402abc4b",
        "centre": 500.0,
        "sigma": 1.1,
        "phi": 0.0,
        "points": 100,
        "origin": "estimated",
    },
}
_CHART: Final[dict[str, Any]] = {
    "summary": _SUMMARY,
    "start_ms": 1767243600000.0,
    "end_ms": 1767247200000.0,
    "points": {
        "number": [1],
        "start_ms": [1767243601000.0],
        "end_ms": [1767243601000.0],
        "size": [1],
        "hits": [["N1"]],
    },
    "panels": [
        {
            "name": "individuals",
            "unit": "g",
            "value": [504.0],
            "lower": [496.7],
            "centre": [500.0],
            "upper": [503.3],
        }
    ],
    "legend": [{"name": "N1", "text": "a point beyond 3 sigma"}],
    "autocorrelation": {
        "r": 0.04,
        "low": -0.16,
        "high": 0.23,
        "pairs": 99,
        "dependent": False,
        "sentence": "Neighbouring points are independent as far as can be told.",
    },
    "change": {
        "start_ms": 1767243601000.0,
        "seen_ms": 1767243601000.0,
        "mean": 504.0,
        "before": 500.0,
        "points": 1,
    },
    "capability": {
        "lower": 495.0,
        "upper": 505.0,
        "target": 500.0,
        "confidence": 0.95,
        "values": 1,
        "mean": 504.0,
        "sigma_within": 1.1,
        "sigma_overall": 1.2,
        "indices": [{"name": "Ppk", "value": 0.9, "low": 0.7, "high": 1.1}],
        "refused": "Not in control (rules N1 fire): Ppk says what was made, Cpk would promise what will be.",
    },
}


@router.get("", response_model=ChartList, responses=answers({"items": [_SUMMARY]}))
async def list_charts(services: Use, asset: Prefix = "") -> Response:
    """List every control chart that is kept, with the limits in force."""
    return JsonResponse({"items": [document(each) for each in services.charts.list(asset=asset)]})


@router.get("/{rule_id}", response_model=ChartDocument, responses=answers(_CHART, 404))
async def get_chart(
    services: Use, rule_id: RuleId, signal: Charted, span: Range, side: Side = ""
) -> Response:
    """Draw one chart over a window: its points judged anew against the limits in force."""
    found = await services.charts.chart(
        rule_id, signal, start_ns=span.start_ns, end_ns=span.end_ns, side=side
    )
    return JsonResponse(document(found))
