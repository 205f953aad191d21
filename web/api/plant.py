"""Which plant this is."""

from __future__ import annotations

from fastapi import Request
from starlette.responses import Response

from gateway.access.rights import Right
from web.api.access import Use
from web.api.docs import answers
from web.api.models import Plant
from web.api.resource import Resource
from web.auth import needs
from web.jsontext import JsonResponse, ms

router = Resource(tags=["plant"], dependencies=[needs(Right.DISPLAY)])

_EXAMPLE = {
    "site": "plant",
    "time_zone": "Europe/Berlin",
    "units": "as_measured",
    "version": "0.1.0",
    "build": "3f2a91c07b4d",
    "server_time_ms": 1767247200000.0,
}


@router.get("/plant", response_model=Plant, responses=answers(_EXAMPLE))
async def plant(request: Request, services: Use) -> Response:
    """Name the plant, its time zone and units, and the gateway's version and time."""
    return JsonResponse(
        {
            "site": services.site,
            "time_zone": services.time_zone,
            "units": services.units,
            "version": services.version,
            "build": request.app.state.build,
            "server_time_ms": ms(services.clock.now_ns()),
        }
    )
