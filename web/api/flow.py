"""How lines flow: their bottleneck, who waits for whom, and how shift and order will end."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import Path, Query
from starlette.responses import Response

from gateway.access.rights import Right
from gateway.model import MAX_PATH_LENGTH
from web.api.access import Use
from web.api.docs import answers
from web.api.models import Document, Number
from web.api.resource import Resource
from web.api.times import checked, parse_time
from web.auth import needs
from web.jsontext import JsonResponse, document, ms

router = Resource(prefix="/lines", tags=["flow"], dependencies=[needs(Right.DISPLAY)])

_FILLER: Final = "plant/bottling/line1/filler"
_PACKER: Final = "plant/bottling/line1/packer"
_FORECAST: Final[dict[str, Any]] = {
    "what": "shift",
    "machine": _PACKER,
    "end_ms": 1767272400000.0,
    "done": 41200.0,
    "wanted": 52800.0,
    "expected": 51350.0,
    "low": 50720.0,
    "high": 51980.0,
    "shortfall": 1450.0,
    "shortfall_low": 820.0,
    "shortfall_high": 2080.0,
    "finish_ms": [1767272880000.0, 1767273240000.0, 1767273660000.0],
    "assumes": "the coming time is like the last 24 parts of 60 min",
}
_MACHINE: Final[dict[str, Any]] = {
    "machine": _PACKER,
    "doing": "waits",
    "since_ms": 1767247190000.0,
    "wait": "starved",
    "root": _FILLER,
    "active_s": 21000.0,
    "sole_s": 300.0,
    "starved_s": 1900.0,
    "blocked_s": 0.0,
    "unexplained_s": 12.0,
    "by_root": {_FILLER: 1900.0},
    "pieces": 41200.0,
    "rate_per_min": 104.2,
    "target_per_min": 110.0,
    "takt_s": 0.545,
    "cycle_s": 0.52,
    "planned_cycle_s": 0.4412,
    "drift": {"per_hour": 0.012, "low": -0.004, "high": 0.03, "significant": False},
    "minor_stops": 14,
    "minor_stop_s": 260.0,
}
_FLOW: Final[dict[str, Any]] = {
    "line": "line1",
    "path": "plant/bottling/line1",
    "ordered": True,
    "start_ms": 1767243600000.0,
    "end_ms": 1767247200000.0,
    "machines": [_MACHINE],
    "bottleneck": _FILLER,
    "main": _FILLER,
    "turns": [{"machine": _FILLER, "start_ms": 1767243600000.0, "end_ms": 1767247200000.0}],
    "shifting": [[1767244000000.0, 1767244200000.0]],
    "shifting_s": 200.0,
    "turning_point": _FILLER,
    "forecast": _FORECAST,
    "remarks": [],
}
_LINE: Final = {
    "line": "line1",
    "path": "plant/bottling/line1",
    "machines": [_FILLER, _PACKER],
    "ordered": True,
}

LinePath = Annotated[
    str,
    Path(
        max_length=MAX_PATH_LENGTH,
        description="Name of a configured line, or its path.",
        examples=["plant/bottling/line1"],
    ),
]


class DriftDocument(Document):
    """Change of the cycle time in parts an hour, with its 95 % interval."""

    per_hour: float
    low: float
    high: float
    significant: bool


class MachineFlowDocument(Document):
    """One machine of a line: what it does now, whom it waited for, how fast it is against takt and plan."""

    machine: str
    doing: str
    since_ms: float | None
    wait: str
    root: str
    active_s: float
    sole_s: float
    starved_s: float
    blocked_s: float
    unexplained_s: float
    by_root: dict[str, float]
    pieces: float
    rate_per_min: Number
    target_per_min: Number
    takt_s: Number
    cycle_s: Number
    planned_cycle_s: Number
    drift: DriftDocument | None
    minor_stops: int
    minor_stop_s: float


class TurnDocument(Document):
    """A machine is the bottleneck for a while."""

    machine: str
    start_ms: float
    end_ms: float


class ForecastDocument(Document):
    """How shift or order will end; `finish_ms` at best, as expected, at worst, null where never."""

    what: str
    machine: str
    end_ms: float | None
    done: float
    wanted: Number
    expected: Number
    low: Number
    high: Number
    shortfall: Number
    shortfall_low: Number
    shortfall_high: Number
    finish_ms: list[float | None]
    assumes: str


class FlowDocument(Document):
    """A line over a range; `ordered` tells whether the order of its machines is configured."""

    line: str
    path: str
    ordered: bool
    start_ms: float
    end_ms: float
    machines: list[MachineFlowDocument]
    bottleneck: str
    main: str
    turns: list[TurnDocument]
    shifting: list[list[float]]
    shifting_s: float
    turning_point: str
    forecast: ForecastDocument | None
    remarks: list[str]


class LineDocument(Document):
    """A line that can be asked for."""

    line: str
    path: str
    machines: list[str]
    ordered: bool


class LineList(Document):
    """Configured lines first, then paths with machines below them."""

    items: list[LineDocument]


@router.get("", response_model=LineList, responses=answers({"items": [_LINE]}))
async def list_lines(services: Use) -> Response:
    """List the lines there are."""
    return JsonResponse({"items": [document(each) for each in services.flow.lines()]})


@router.get("/{line:path}/flow", response_model=FlowDocument, responses=answers(_FLOW, 404))
async def line_flow(
    services: Use,
    line: LinePath,
    from_: Annotated[
        str | None,
        Query(
            alias="from",
            max_length=40,
            description="Start, epoch ms or ISO 8601; the start of the shift that is worked unless given.",
            examples=["2026-01-01T06:00:00Z"],
        ),
    ] = None,
    to: Annotated[
        str | None,
        Query(
            max_length=40,
            description="End (not included), epoch ms or ISO 8601; now unless given.",
            examples=["1767247200000"],
        ),
    ] = None,
) -> Response:
    """Tell a line's bottleneck and its turns, starved and blocked machines with whose fault it is, and the forecast."""
    end_ns = None if to is None else parse_time(to, name="to")
    start_ns = None if from_ is None else parse_time(from_, name="from")
    if start_ns is not None:
        checked(start_ns, services.clock.now_ns() if end_ns is None else end_ns)
    found = await services.flow.flow(line.strip("/"), start_ns=start_ns, end_ns=end_ns)
    told = document(found)
    told["shifting"] = [[ms(first), ms(last)] for first, last in found.shifting]
    return JsonResponse(told)


@router.get(
    "/{line:path}/forecast",
    response_model=ForecastDocument,
    responses=answers(_FORECAST | {"what": "order"}, 404),
)
async def order_forecast(
    services: Use,
    line: LinePath,
    quantity: Annotated[
        float, Query(gt=0, le=1e12, description="Good pieces wanted.", examples=[12000])
    ],
    done: Annotated[
        float, Query(ge=0, le=1e12, description="Of these made already.", examples=[3000])
    ] = 0.0,
) -> Response:
    """Tell when an order of so many pieces will have left the line, at best, as expected and at worst."""
    found = await services.flow.forecast(line.strip("/"), wanted=quantity, done=done)
    return JsonResponse(document(found))
