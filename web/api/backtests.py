"""Backtests: rules tried over history before they are enabled."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import Path
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from gateway.access.rights import Right
from gateway.backtest import Backtest, BacktestRequest, Sweep
from web.api.access import Use
from web.api.docs import RULES_PATH, answers
from web.api.models import Document, Number
from web.api.resource import Resource
from web.api.times import checked, parse_time
from web.auth import Who, needs
from web.jsontext import JsonResponse, document

router = Resource(
    prefix="/backtests", tags=["backtests"], dependencies=[needs(Right.CONFIGURATION_READ)]
)

Key = Annotated[
    str, Path(max_length=40, description="Id of the backtest.", examples=["4f1c2a9e0b7d6c35"])
]

_OUTCOME: Final = {
    "changes": {"high": 505.0},
    "alarms": 14,
    "alarms_per_day": 2.0,
    "real_issues": 6,
    "hits": 5,
    "misses": 1,
    "false_alarms": 8,
    "false_alarms_per_day": 1.14,
    "median_lead_s": 42.0,
    "truncated": False,
}
_REQUEST: Final[dict[str, Any]] = {
    "rule": "fill_weight_high",
    "changes": {"high": 506.0},
    "from": "2026-01-01T06:00:00Z",
    "to": 1767247200000,
    "sweep": "parameter",
    "parameter": "high",
    "values": [504.0, 505.0, 507.0],
}
_JOB: Final[dict[str, Any]] = {
    "id": "4f1c2a9e0b7d6c35",
    "state": "done",
    "rule": "fill_weight_high",
    "changes": {"high": 506.0},
    "from_ms": 1767247200000.0,
    "to_ms": 1767852000000.0,
    "sweep": "parameter",
    "parameter": "high",
    "values": [504.0, 505.0, 507.0],
    "by": "local",
    "created_ms": 1767852001000.0,
    "rows_done": 604800,
    "rows_total": 604800,
    "error": "",
    "report": None,
}
_REPORT: Final[dict[str, Any]] = {
    "version": "a1b2c3",
    "settings": {"type": "limit", "high": 506.0},
    "rows": 604800,
    "signals": 1,
    "outcome": _OUTCOME | {"changes": {}},
    "alarms": [
        {
            "signal": RULES_PATH,
            "side": "high",
            "onset_ms": 1767250000000.0,
            "raised_ms": 1767250003000.0,
            "cleared_ms": 1767250060000.0,
            "value": 507.2,
            "issue": 17,
            "lead_s": 42.0,
        }
    ],
    "missed_issues": [21],
    "per_shift": [{"start_ms": 1767247200000.0, "end_ms": 1767276000000.0, "alarms": 3}],
    "per_day": [{"start_ms": 1767247200000.0, "end_ms": 1767308400000.0, "alarms": 5}],
    "curve": [_OUTCOME],
    "suggestion": _OUTCOME | {"changes": {"off_delay_s": 15.0}, "alarms": 3},
}


class OutcomeDocument(Document):
    """What settings would have done; `changes` is what differs from the rule that was asked for."""

    changes: dict[str, Any]
    alarms: int
    alarms_per_day: float
    real_issues: int
    hits: int
    misses: int
    false_alarms: int
    false_alarms_per_day: float
    median_lead_s: Number
    truncated: bool


class TriedAlarm(Document):
    """One alarm that would have been raised, and the real issue it belongs to."""

    signal: str
    side: str
    onset_ms: float
    raised_ms: float
    cleared_ms: float | None
    value: Number
    issue: int | None
    lead_s: Number


class PeriodDocument(Document):
    """Alarms of one shift or day."""

    start_ms: float
    end_ms: float
    alarms: int


class ReportDocument(Document):
    """What came of a backtest."""

    version: str
    settings: dict[str, Any]
    rows: int
    signals: int
    outcome: OutcomeDocument
    alarms: list[TriedAlarm]
    missed_issues: list[int]
    per_shift: list[PeriodDocument]
    per_day: list[PeriodDocument]
    curve: list[OutcomeDocument]
    suggestion: OutcomeDocument | None


class BacktestDocument(Document):
    """One backtest and how far it is; `report` is filled when one is asked for that is done."""

    id: str
    state: str
    rule: str
    changes: dict[str, Any]
    from_ms: float
    to_ms: float
    sweep: str
    parameter: str
    values: list[float]
    by: str
    created_ms: float
    rows_done: int
    rows_total: int | None
    error: str
    report: ReportDocument | None


class BacktestList(Document):
    """The newest backtests."""

    items: list[BacktestDocument]


class Shift(BaseModel):
    """When a shift begins, plant time."""

    model_config = ConfigDict(extra="forbid")
    hour: int = Field(ge=0, le=23)
    minute: int = Field(0, ge=0, le=59)


class BacktestBody(BaseModel):
    """What to try over which range of history."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": _REQUEST})
    rule: str = Field(
        "", max_length=64, description="Id of a configured rule; empty for a new one."
    )
    changes: dict[str, Any] = Field(
        default_factory=dict,
        max_length=50,
        description="Settings that differ from that rule; all settings and `type` for a new one.",
    )
    from_: float | str = Field(alias="from", description="Start, epoch ms or ISO 8601.")
    to: float | str = Field(description="End (not included), epoch ms or ISO 8601.")
    sweep: Sweep = Sweep.NONE
    parameter: str = Field("", max_length=64, description="Setting to vary for the curve.")
    values: list[float] = Field(default_factory=list, max_length=25)
    tolerance_s: float = Field(600, ge=0, le=86_400)
    shift_starts: list[Shift] = Field(
        default=[Shift(hour=6), Shift(hour=14), Shift(hour=22)], min_length=1, max_length=6
    )


@router.post(
    "",
    status_code=202,
    response_model=BacktestDocument,
    responses=answers(_JOB | {"state": "waiting", "rows_done": 0}, 403, 409, 413, status=202),
)
async def start_backtest(services: Use, who: Who, body: BacktestBody) -> Response:
    """Run a rule, or a changed one, over history, and its variations with it."""
    span = checked(parse_time(str(body.from_), name="from"), parse_time(str(body.to), name="to"))
    request = BacktestRequest(
        rule=body.rule,
        changes=body.changes,
        start_ns=span.start_ns,
        end_ns=span.end_ns,
        sweep=body.sweep,
        parameter=body.parameter,
        values=tuple(body.values),
        tolerance_s=body.tolerance_s,
        shift_starts=tuple((shift.hour, shift.minute) for shift in body.shift_starts),
    )
    job = services.backtests.start(request, by=who)
    place = {"location": f"/api/v1/backtests/{job.id}"}
    return JsonResponse(_document(job), status_code=202, headers=place)


@router.get("", response_model=BacktestList, responses=answers({"items": [_JOB]}))
async def list_backtests(services: Use) -> Response:
    """List the newest backtests, without their reports."""
    return JsonResponse({"items": [_document(job) for job in services.backtests.list()]})


@router.get(
    "/{backtest_id}",
    response_model=BacktestDocument,
    responses=answers(_JOB | {"report": _REPORT}, 404),
)
async def get_backtest(services: Use, backtest_id: Key) -> Response:
    """Tell how far a backtest is, and what came of it."""
    return JsonResponse(_document(services.backtests.get(backtest_id)))


@router.delete(
    "/{backtest_id}",
    response_model=BacktestDocument,
    responses=answers(_JOB | {"state": "cancelled"}, 403, 404),
)
async def cancel_backtest(services: Use, _who: Who, backtest_id: Key) -> Response:
    """End a backtest that waits or runs."""
    return JsonResponse(_document(await services.backtests.cancel(backtest_id)))


def _document(job: Backtest) -> dict[str, Any]:
    told: dict[str, Any] = document(job)
    request = job.request
    del told["request"]
    return told | {
        "rule": request.rule,
        "changes": dict(request.changes),
        "from_ms": request.start_ns / 1e6,
        "to_ms": request.end_ns / 1e6,
        "sweep": request.sweep.value,
        "parameter": request.parameter,
        "values": list(request.values),
    }
