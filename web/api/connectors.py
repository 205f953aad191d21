"""Connectors: what the gateway reads from, how they are doing, and switching them."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import Path
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from gateway.access.rights import Right
from gateway.upkeep import Subject
from web.api.access import Use, remark_document
from web.api.docs import RULES_PATH, answers
from web.api.issue_models import ConnectorDocument, ConnectorList, UnknownList
from web.api.resource import Resource
from web.api.text import required
from web.auth import Who, needs
from web.jsontext import JsonResponse, document, ms, printable

router = Resource(prefix="/connectors", tags=["connectors"], dependencies=[needs(Right.READ)])

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
    "off": "",
}
_UNKNOWN = {
    "source": "plant/room/7/co2",
    "count": 12,
    "first_ms": 1767247000000.0,
    "last_ms": 1767247199000.0,
    "sample": '{"ppm": 612}',
    "remark": None,
}
Name = Annotated[
    str, Path(max_length=200, description="The connector's name.", examples=["filler"])
]


class Reason(BaseModel):
    """Why something is done."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"example": {"reason": "The machine is being moved."}}
    )
    reason: str = Field(min_length=1, max_length=1000)


_ACT: Final[Any] = needs(Right.CONFIGURATION_APPROVE)


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
    ignored = await services.remarks.of(Subject.UNKNOWN)
    return JsonResponse(
        {
            "items": [
                {
                    "source": each.source,
                    "count": each.count,
                    "first_ms": ms(each.first_ns),
                    "last_ms": ms(each.last_ns),
                    "sample": printable(each.sample),
                    "remark": remark_document(ignored.get(f"{name} {each.source}")),
                }
                for each in services.health.unknown_sources(name)
            ]
        }
    )


@router.post(
    "/{name}/restart",
    response_model=ConnectorDocument,
    responses=answers(CONNECTOR_EXAMPLE, 403, 404, 409),
    dependencies=[_ACT],
)
async def restart_connector(services: Use, who: Who, name: Name) -> Response:
    """End a connector's connection and connect anew at once, without waiting for its back-off."""
    await services.switches.restart(name, by=who)
    return JsonResponse(document(services.health.connector(name)))


@router.post(
    "/{name}/disable",
    response_model=ConnectorDocument,
    responses=answers(
        CONNECTOR_EXAMPLE | {"state": "stopped", "off": "by anna: moved"}, 403, 404, 409
    ),
    dependencies=[_ACT],
)
async def disable_connector(services: Use, who: Who, name: Name, body: Reason) -> Response:
    """Switch a connector off, until somebody switches it on, or the gateway is restarted or reloaded."""
    await services.switches.disable(name, reason=required(body.reason, name="reason"), by=who)
    return JsonResponse(document(services.health.connector(name)))


@router.post(
    "/{name}/enable",
    response_model=ConnectorDocument,
    responses=answers(CONNECTOR_EXAMPLE, 403, 404, 409),
    dependencies=[_ACT],
)
async def enable_connector(services: Use, who: Who, name: Name) -> Response:
    """Switch a connector on again."""
    await services.switches.enable(name, by=who)
    return JsonResponse(document(services.health.connector(name)))
