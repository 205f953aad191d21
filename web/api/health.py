"""How the gateway is doing, for people and for machines that watch it."""

from __future__ import annotations

from typing import Any, Final

from fastapi import Request
from starlette.responses import PlainTextResponse, Response

from gateway.access.rights import Right
from web.api.access import Use
from web.api.connectors import CONNECTOR_EXAMPLE
from web.api.docs import answers
from web.api.issue_models import HealthDocument
from web.api.resource import Resource
from web.auth import OPEN, needs, origin_of
from web.jsontext import JsonResponse, document
from web.options import is_loopback
from web.problems import problem

router = Resource(tags=["health"])
probes = Resource(tags=["health"], root="")

_EXAMPLE: Final[dict[str, Any]] = {
    "time_ms": 1767247200000.0,
    "ready": True,
    "problems": ["filler: 1 of 24 sources does not deliver (BadNodeIdUnknown)"],
    "connectors": [CONNECTOR_EXAMPLE],
    "stages": [
        {
            "name": "historian",
            "kind": "sink",
            "state": "working",
            "since_ms": 1767247000000.0,
            "last_error": "",
            "behind_rows": 40,
            "behind_s": 0.1,
            "rows": 120000,
            "rows_per_s": 99.8,
            "figures": {"bytes": 528000.0},
        }
    ],
    "event_loop_lag_s": 0.001,
    "memory_bytes": 104857600,
}
_TEXT: Final[dict[int | str, dict[str, Any]]] = {
    **answers(None, 503),
    200: {"description": "The answer.", "content": {"text/plain": {"example": "ok"}}},
}


@router.get(
    "/health",
    response_model=HealthDocument,
    responses=answers(_EXAMPLE),
    dependencies=[needs(Right.READ)],
)
async def health(services: Use) -> Response:
    """Describe the whole gateway: problems, connectors, stages."""
    return JsonResponse(document(services.health.health()))


@probes.get("/healthz", response_class=PlainTextResponse, responses=_TEXT, dependencies=[OPEN])
async def healthz() -> Response:
    """Answer while the process lives."""
    return PlainTextResponse("ok")


@probes.get("/readyz", response_class=PlainTextResponse, responses=_TEXT, dependencies=[OPEN])
async def readyz(request: Request, services: Use) -> Response:
    """Answer whether the gateway takes data and shows it."""
    now = services.health.health()
    failure = request.app.state.hub.failure
    if now.ready and not failure:
        return PlainTextResponse("ready")
    if not is_loopback(origin_of(request).address):
        return problem(status=503, title="Not ready", detail="/api/v1/health says why.")
    reasons = ([failure] if failure else []) + list(now.problems)
    return problem(
        status=503, title="Not ready", detail="; ".join(reasons) or "The gateway is starting."
    )


@probes.get(
    "/metrics",
    response_class=PlainTextResponse,
    responses=_TEXT,
    dependencies=[needs(Right.METRICS)],
)
async def metrics(services: Use) -> Response:
    """Give every metric as Prometheus reads it."""
    body, content_type = services.metrics()
    return Response(body, headers={"content-type": content_type})
