"""How the alarm system itself is doing, held against ISA-18.2."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import Query
from starlette.responses import Response

from gateway.access.rights import Right
from web.api.access import Prefix, Use
from web.api.docs import RULES_PATH, answers
from web.api.models import Document
from web.api.resource import Resource
from web.api.times import Range
from web.auth import needs
from web.jsontext import JsonResponse, document

router = Resource(tags=["alarms"], dependencies=[needs(Right.ISSUE_READ)])

_EXAMPLE: Final = {
    "start_ms": 1767160800000.0,
    "end_ms": 1767247200000.0,
    "operators": 1,
    "raised": 160,
    "hidden": 3,
    "per_10_min": 1.11,
    "per_hour": 6.67,
    "per_day": 160.0,
    "most_in_10_min": 14,
    "hours_over_30": 0.0,
    "periods_over_10": 0.007,
    "in_flood": 0.009,
    "floods": [
        {"start_ms": 1767200000000.0, "end_ms": 1767200800000.0, "alarms": 17, "peak_10_min": 14}
    ],
    "top_10_share": 0.31,
    "worst": [
        {
            "alarm": 4,
            "rule": "fill_weight_high",
            "signal": RULES_PATH,
            "side": "high",
            "raised": 22,
            "share": 0.14,
            "chattering": True,
            "fleeting": 6,
            "stale_s": 0.0,
        }
    ],
    "chattering": 1,
    "fleeting": 6,
    "stale": 0,
    "most_stale_in_a_day": 0,
    "by_priority": {"low": 120, "medium": 30, "high": 10},
    "benchmarks": [
        {"name": "per_hour", "value": 6.67, "target": "about 6, at most 12", "met": True}
    ],
}


class FloodDocument(Document):
    """A time with more alarms than a person can answer."""

    start_ms: float
    end_ms: float
    alarms: int
    peak_10_min: int


class BadActorDocument(Document):
    """An alarm that is counted by itself."""

    alarm: int
    rule: str
    signal: str
    side: str
    raised: int
    share: float
    chattering: bool
    fleeting: int
    stale_s: float


class BenchmarkDocument(Document):
    """One figure against the standard."""

    name: str
    value: float
    target: str
    met: bool


class AlarmMetricsDocument(Document):
    """Every figure; rates are per operator position, shares 0 to 1."""

    start_ms: float
    end_ms: float
    operators: int
    raised: int
    hidden: int
    per_10_min: float
    per_hour: float
    per_day: float
    most_in_10_min: int
    hours_over_30: float
    periods_over_10: float
    in_flood: float
    floods: list[FloodDocument]
    top_10_share: float
    worst: list[BadActorDocument]
    chattering: int
    fleeting: int
    stale: int
    most_stale_in_a_day: int
    by_priority: dict[str, int]
    benchmarks: list[BenchmarkDocument]


@router.get("/alarm-metrics", response_model=AlarmMetricsDocument, responses=answers(_EXAMPLE))
async def alarm_metrics(
    services: Use,
    span: Range,
    asset: Prefix = "",
    operators: Annotated[
        int, Query(ge=1, le=1000, description="Operator positions that share these alarms.")
    ] = 1,
) -> Response:
    """Hold the alarms of a range against the standard's benchmarks."""
    found = await services.alarms.metrics(
        start_ns=span.start_ns, end_ns=span.end_ns, asset=asset, operators=operators
    )
    return JsonResponse(document(found))


class SettingDocument(Document):
    """A setting that would quiet an alarm; `left` is how many alarms there would have been."""

    name: str
    value: float
    before: float
    left: int


class NuisanceDocument(Document):
    """An alarm that comes too often, and what would quiet it."""

    alarm: int
    rule: str
    signal: str
    side: str
    asset: str
    title: str
    raised: int
    per_day: float
    share: float
    chattering: bool
    fleeting: int
    stale_s: float
    setting: SettingDocument | None
    reason: str


class NuisanceList(Document):
    """The worst first."""

    items: list[NuisanceDocument]


_NUISANCE: Final = {
    "alarm": 4,
    "rule": "fill_weight_high",
    "signal": RULES_PATH,
    "side": "high",
    "asset": "plant/bottling/line1/filler",
    "title": "Fill weight above its limit",
    "raised": 22,
    "per_day": 22.0,
    "share": 0.14,
    "chattering": True,
    "fleeting": 6,
    "stale_s": 0.0,
    "setting": {"name": "off_delay_s", "value": 15.0, "before": 0.0, "left": 4},
    "reason": "",
}


@router.get(
    "/alarm-nuisances",
    response_model=NuisanceList,
    responses=answers({"items": [_NUISANCE]}),
)
async def alarm_nuisances(services: Use, span: Range, asset: Prefix = "") -> Response:
    """Rank alarms by how often they came, each with the delay or deadband that its history suggests."""
    found = await services.alarms.nuisances(start_ns=span.start_ns, end_ns=span.end_ns, asset=asset)
    return JsonResponse({"items": [document(each) for each in found]})
