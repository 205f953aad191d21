"""Connectors: what the gateway reads from, and how they are doing."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import APIRouter, Path
from starlette.responses import Response

from gateway.access.rights import Right
from web.api.access import Use
from web.api.docs import RULES_PATH, answers
from web.api.issue_models import ConnectorDocument, ConnectorList, UnknownList
from web.auth import needs
from web.jsontext import JsonResponse, document, ms, printable

router = APIRouter(prefix="/connectors", tags=["connectors"], dependencies=[needs(Right.READ)])

CONNECTOR_EXAMPLE: Final[dict[str, Any]] = {
    "name": "filler",
    "kind": "opcua",
    "target": "opc.tcp://10.0.0.5:4840",
    "state": "live",
    "since_ms": 1767247000000.0,
    "last_error": "",
    "last_error_ms": None,
    "next_try_ms": None,
    "attempts": 1,
    "samples": 120034,
    "samples_per_s": 99.8,
    "batches": 2400,
    "dead_letters": 0,
    "losses": 0,
    "lag_s": 0.012,
    "silent_s": 0.1,
    "signals": 24,
    "stale_signals": 0,
    "figures": {"queue_depth": 3, "queue_limit": 10000, "drops": 0, "unknown": 0, "extra": {}},
    "troubles": [
        {
            "source": "nsu=urn:filler;s=Torque",
            "signal_path": RULES_PATH,
            "reason": "BadNodeIdUnknown",
            "since_ms": 1767247000000.0,
        }
    ],
}
_UNKNOWN = {
    "source": "plant/room/7/co2",
    "count": 12,
    "first_ms": 1767247000000.0,
    "last_ms": 1767247199000.0,
    "sample": '{"ppm": 612}',
}
Name = Annotated[
    str, Path(max_length=200, description="The connector's name.", examples=["filler"])
]


@router.get("", response_model=ConnectorList, responses=answers({"items": [CONNECTOR_EXAMPLE]}))
async def list_connectors(services: Use) -> Response:
    """List every connector with its state and figures."""
    return JsonResponse({"items": [document(each) for each in services.health.health().connectors]})


@router.get("/{name}", response_model=ConnectorDocument, responses=answers(CONNECTOR_EXAMPLE, 404))
async def get_connector(services: Use, name: Name) -> Response:
    """Describe one connector."""
    return JsonResponse(document(services.health.connector(name)))


@router.get(
    "/{name}/unknown", response_model=UnknownList, responses=answers({"items": [_UNKNOWN]}, 404)
)
async def list_unknown_sources(services: Use, name: Name) -> Response:
    """List what sent this connector data without being configured, most frequent first."""
    return JsonResponse(
        {
            "items": [
                {
                    "source": each.source,
                    "count": each.count,
                    "first_ms": ms(each.first_ns),
                    "last_ms": ms(each.last_ns),
                    "sample": printable(each.sample),
                }
                for each in services.health.unknown_sources(name)
            ]
        }
    )
