"""Which connectors a machine is read by, and how they are doing."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path
from starlette.responses import Response

from gateway.access.rights import Right
from gateway.errors import NotFoundError
from gateway.model import MAX_PATH_LENGTH
from web.api.access import Use
from web.api.connectors import CONNECTOR_EXAMPLE
from web.api.docs import answers
from web.api.issue_models import ConnectorList
from web.api.resource import Resource
from web.auth import needs
from web.jsontext import JsonResponse, document

router = Resource(tags=["connectors"], dependencies=[needs(Right.READ)])


@router.get(
    "/machines/{path:path}/connectors",
    response_model=ConnectorList,
    responses=answers({"items": [CONNECTOR_EXAMPLE]}, 404),
)
async def list_machine_connectors(
    services: Use,
    path: Annotated[
        str,
        Path(
            max_length=MAX_PATH_LENGTH,
            description="The machine's path.",
            examples=["plant/bottling/line1/filler"],
        ),
    ],
) -> Response:
    """List the running connectors that read a signal of this machine."""
    if not any(each.machine == path for each in services.catalogue.all()):
        raise NotFoundError(f"no machine {path[:100]!r}")
    names = set(services.presence.readers(path))
    found = [each for each in services.health.health().connectors if each.name in names]
    return JsonResponse({"items": [document(each) for each in found]})
