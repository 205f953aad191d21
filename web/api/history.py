"""What was measured: buckets for charts, raw rows, and the newest row of every signal."""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np
from fastapi import Query
from numpy.typing import NDArray
from starlette.responses import Response

from gateway.access.rights import Right
from gateway.model import SampleBatch
from gateway.ports import Buckets
from gateway.quality import severity
from web.api.access import Limit, Limits, Prefix, SignalPaths, Use, below, indices
from web.api.docs import RULES_PATH, answers
from web.api.models import BucketHistory, LatestRows, RowHistory
from web.api.resource import Resource
from web.api.times import Range, Span
from web.auth import needs
from web.jsontext import JsonResponse, ms, ms_column, side_json
from web.services import Services

router = Resource(tags=["history"], dependencies=[needs(Right.DISPLAY)])

_MAX_GAPS = 1000
_ROWS = {
    "source_ms": [1767247199900.0],
    "received_ms": [1767247199912.5],
    "value": [501.25],
    "status": [0],
    "quality": [0],
    "side": {},
}
_BUCKETS = {
    "from_ms": 1767243600000.0,
    "to_ms": 1767247200000.0,
    "series": [
        {
            "signal": RULES_PATH,
            "width_ms": 4500.0,
            "start_ms": [1767243600000.0],
            "first": [500.1],
            "last": [500.4],
            "low": [499.2],
            "high": [501.0],
            "mean": [500.2],
            "count": [45],
            "worst": [0],
            "gaps": [
                {
                    "start_ms": 1767243700000.0,
                    "end_ms": 1767243712000.0,
                    "state": "lost",
                    "cause": "connection lost",
                }
            ],
        }
    ],
}


@router.get("/history/buckets", response_model=BucketHistory, responses=answers(_BUCKETS, 404))
async def history_buckets(
    services: Use,
    span: Range,
    signal: SignalPaths,
    px: Annotated[
        int, Query(ge=1, le=10_000, description="Width of the chart: at most as many buckets.")
    ] = 800,
) -> Response:
    """Give each signal's range in equal buckets that keep every spike, and its gaps."""
    asked = indices(services.catalogue, signal)
    series = await services.history.buckets(
        asked, start_ns=span.start_ns, end_ns=span.end_ns, max_points=px
    )
    gaps = _gaps(services, asked, span)
    return JsonResponse(
        {
            "from_ms": ms(span.start_ns),
            "to_ms": ms(span.end_ns),
            "series": [_series(services, each, gaps.get(each.signal, [])) for each in series],
        }
    )


@router.get(
    "/history/rows",
    response_model=RowHistory,
    responses=answers(
        {"from_ms": 1767243600000.0, "to_ms": 1767247200000.0, "truncated": False}
        | {"signals": [RULES_PATH], "signal": [0]}
        | _ROWS,
        404,
    ),
)
async def history_rows(
    services: Use, options: Limits, span: Range, signal: SignalPaths, limit: Limit = 10_000
) -> Response:
    """Give raw rows by source time, oldest first; ask again from the last time where `truncated`."""
    asked = indices(services.catalogue, signal)
    most = min(limit, options.max_history_rows)
    rows = await services.history.rows(
        asked, start_ns=span.start_ns, end_ns=span.end_ns, limit=most + 1
    )
    truncated = len(rows) > most
    if truncated:
        rows = rows.take(np.arange(most))
    order = {index: place for place, index in enumerate(asked)}
    return JsonResponse(
        {
            "from_ms": ms(span.start_ns),
            "to_ms": ms(span.end_ns),
            "truncated": truncated,
            "signals": [services.catalogue.signal(index).path for index in asked],
            "signal": [order[index] for index in rows.signal.tolist()],
        }
        | _columns(rows)
    )


@router.get(
    "/latest",
    response_model=LatestRows,
    responses=answers({"server_time_ms": 1767247200000.0, "signal": [RULES_PATH]} | _ROWS),
)
async def latest(services: Use, machine: Prefix = "") -> Response:
    """Give the newest row of every signal that has one."""
    signals = services.catalogue.all()
    rows = services.latest.latest().rows
    known: NDArray[np.bool_] = (rows.source_ns != 0) & (rows.signal < len(signals))
    if machine:
        inside = np.fromiter((below(each.path, machine) for each in signals), np.bool_)
        known[known] = inside[rows.signal[known]]
    rows = rows.take(known)
    return JsonResponse(
        {
            "server_time_ms": ms(services.clock.now_ns()),
            "signal": [signals[index].path for index in rows.signal.tolist()],
        }
        | _columns(rows)
    )


def _columns(rows: SampleBatch) -> dict[str, Any]:
    return {
        "source_ms": ms_column(rows.source_ns),
        "received_ms": ms_column(rows.received_ns),
        "value": rows.value,
        "status": rows.quality,
        "quality": severity(rows.quality),
        "side": {str(row): side_json(value) for row, value in rows.side.items()},
    }


def _series(services: Services, buckets: Buckets, gaps: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "signal": services.catalogue.signal(buckets.signal).path,
        "width_ms": ms(buckets.width_ns),
        "start_ms": ms_column(buckets.start_ns),
        "first": buckets.first,
        "last": buckets.last,
        "low": buckets.low,
        "high": buckets.high,
        "mean": buckets.mean,
        "count": buckets.count,
        "worst": buckets.worst,
        "gaps": gaps,
    }


def _gaps(services: Services, asked: list[int], span: Span) -> dict[int, list[dict[str, Any]]]:
    """Return each signal's gaps in the range, oldest first."""
    found = services.ledger.gaps(
        asked, start_ns=span.start_ns, end_ns=span.end_ns, limit=_MAX_GAPS * len(asked)
    )
    gaps: dict[int, list[dict[str, Any]]] = {}
    for gap in sorted(found, key=lambda each: each.start_ns):
        gaps.setdefault(gap.signal, []).append(
            {
                "start_ms": ms(gap.start_ns),
                "end_ms": ms(gap.end_ns),
                "state": gap.state.value,
                "cause": gap.cause,
            }
        )
    return gaps
