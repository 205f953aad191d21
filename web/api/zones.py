"""Where in the plant a request's subject stands, so that a role in that zone is enough."""

from __future__ import annotations

import orjson
from fastapi import Request

from gateway.model import MAX_PATH_LENGTH
from web.services import Services


async def issue_zone(request: Request) -> str:
    """Return the path of the issue's asset; raises `NotFoundError`."""
    services: Services = request.app.state.services
    number = _number(request)
    return (await services.issues.get(number)).asset if number is not None else ""


async def alarm_zone(request: Request) -> str:
    """Return the path of the alarm's asset; raises `NotFoundError`."""
    services: Services = request.app.state.services
    number = _number(request)
    return (await services.alarms.get(number)).asset if number is not None else ""


async def gap_zone(request: Request) -> str:
    """Return the path of the machine that has the gap; raises `NotFoundError`."""
    services: Services = request.app.state.services
    number = _number(request)
    if number is None:
        return ""
    return services.catalogue.signal(services.ledger.gap(number).signal).machine


async def work_zone(request: Request) -> str:
    """Return the path of the work order's asset; raises `NotFoundError`."""
    services: Services = request.app.state.services
    number = _number(request)
    return (await services.maintenance.order(number)).asset if number is not None else ""


async def asset_zone(request: Request) -> str:
    """Return the asset that a body names; where it names none only the whole plant's right will do."""
    try:
        body = orjson.loads(await request.body())
    except orjson.JSONDecodeError:
        return ""
    asset = body.get("asset") if isinstance(body, dict) else None
    return asset if isinstance(asset, str) and len(asset) <= MAX_PATH_LENGTH else ""


async def signal_zone(request: Request) -> str:
    """Return the machine of the signal that the query names; the whole plant where it names none."""
    return str(request.query_params.get("signal", "")).rpartition("/")[0]


async def baseline_zone(request: Request) -> str:
    """Return the machine of the chart whose limits are decided; raises `NotFoundError`."""
    services: Services = request.app.state.services
    number = _number(request)
    if number is None or number > 2**31 - 1:
        return ""
    return (await services.charts.baseline(number)).signal.rpartition("/")[0]


def _number(request: Request) -> int | None:
    """Return the number in the path, or None where it is none: then only the whole plant's right will do."""
    text = str(request.path_params.get("number", ""))
    return int(text) if text.isascii() and text.isdigit() and 0 < len(text) < 16 else None
