"""Control charts: points against limits, what fired, autocorrelation, the change and the capability."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import Path, Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from gateway.access.rights import Right
from gateway.model import MAX_PATH_LENGTH
from web.api.access import Limit, Limits, Prefix, Use
from web.api.chart_models import BaselineDocument, BaselineList, ChartDocument, ChartList
from web.api.docs import RULES_PATH, answers
from web.api.resource import Resource
from web.api.text import required
from web.api.times import Range, checked, parse_time
from web.api.zones import baseline_zone, signal_zone
from web.auth import Who, needs
from web.jsontext import JsonResponse, document

router = Resource(prefix="/charts", tags=["charts"], dependencies=[needs(Right.READ)])

decisions = Resource(
    prefix="/chart-baselines", tags=["charts"], dependencies=[needs(Right.CHART_READ)]
)
BaselineNumber = Annotated[
    int, Path(ge=1, le=2**31 - 1, description="Number of the limits.", examples=[4])
]
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
_BASELINE: Final[dict[str, Any]] = {
    "number": 4,
    "rule": "drift",
    "signal": RULES_PATH,
    "side": "",
    "version": "7d793037a076",
    "replaces": "5d41402abc4b",
    "centre": 500.4,
    "sigma": 1.0,
    "phi": 0.0,
    "points": 240,
    "left_out": 1,
    "said": "Neighbouring points are independent.",
    "state": "proposed",
    "start_ms": 1767243600000.0,
    "end_ms": 1767247200000.0,
    "proposed_by": "anna",
    "reason": "New nozzle fitted.",
    "proposed_ms": 1767247300000.0,
    "decided_by": None,
    "decision": None,
    "decided_ms": None,
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


class Window(BaseModel):
    """The history that limits are estimated from, and why they are proposed."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {"from": 1767243600000, "to": 1767247200000, "reason": "New nozzle fitted."}
        },
    )
    start: str | float = Field(alias="from", description="Start, epoch ms or ISO 8601.")
    to: str | float = Field(description="End (not included), epoch ms or ISO 8601.")
    reason: str = Field(min_length=1, max_length=2000)


class Decision(BaseModel):
    """Why proposed limits are put in force, or not."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"example": {"reason": "In control since the repair."}}
    )
    reason: str = Field(min_length=1, max_length=2000)


@router.get(
    "/{rule_id}/baselines",
    response_model=BaselineList,
    responses=answers({"items": [_BASELINE]}),
)
async def list_baselines(
    services: Use, options: Limits, rule_id: RuleId, limit: Limit = 200
) -> Response:
    """List the limits a rule's charts had and might get, newest first."""
    most = min(limit, options.max_page_rows)
    found = await services.charts.baselines(rule_id, limit=most)
    return JsonResponse({"items": [document(each) for each in found]})


@router.post(
    "/{rule_id}/baselines",
    status_code=201,
    response_model=BaselineDocument,
    responses=answers(_BASELINE, 403, 404, status=201),
    dependencies=[needs(Right.CHART_PROPOSE, signal_zone)],
)
async def propose_baseline(  # noqa: PLR0917 - FastAPI names what a route reads
    services: Use, who: Who, rule_id: RuleId, signal: Charted, body: Window, side: Side = ""
) -> Response:
    """Estimate limits from a window and propose them; somebody else puts them in force."""
    span = checked(parse_time(str(body.start), name="from"), parse_time(str(body.to), name="to"))
    made = await services.charts.propose(
        rule_id,
        signal,
        side=side,
        start_ns=span.start_ns,
        end_ns=span.end_ns,
        by=who.name,
        reason=required(body.reason, name="reason"),
    )
    return JsonResponse(document(made), status_code=201)


@decisions.post(
    "/{number}/approve",
    response_model=BaselineDocument,
    responses=answers(_BASELINE | {"state": "approved"}, 403, 404, 409),
    dependencies=[needs(Right.CHART_APPROVE, baseline_zone)],
)
async def approve_baseline(
    services: Use, who: Who, number: BaselineNumber, body: Decision
) -> Response:
    """Put proposed limits in force at once; who proposed them may not."""
    reason = required(body.reason, name="reason")
    return JsonResponse(document(await services.charts.approve(number, by=who.name, reason=reason)))


@decisions.post(
    "/{number}/reject",
    response_model=BaselineDocument,
    responses=answers(_BASELINE | {"state": "rejected"}, 403, 404, 409),
    dependencies=[needs(Right.CHART_APPROVE, baseline_zone)],
)
async def reject_baseline(
    services: Use, who: Who, number: BaselineNumber, body: Decision
) -> Response:
    """Refuse proposed limits."""
    reason = required(body.reason, name="reason")
    return JsonResponse(document(await services.charts.reject(number, by=who.name, reason=reason)))


@router.get("/{rule_id}", response_model=ChartDocument, responses=answers(_CHART, 404))
async def get_chart(
    services: Use, rule_id: RuleId, signal: Charted, span: Range, side: Side = ""
) -> Response:
    """Draw one chart over a window: its points judged anew against the limits in force."""
    found = await services.charts.chart(
        rule_id, signal, start_ns=span.start_ns, end_ns=span.end_ns, side=side
    )
    return JsonResponse(document(found))
