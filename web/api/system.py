"""What the gateway runs on: versions, and room on the disk that holds its data."""

from __future__ import annotations

import platform
import shutil
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final

from fastapi import Request
from starlette.responses import Response

from gateway.access.rights import Right
from web.api.access import Use
from web.api.docs import answers
from web.api.models import Document
from web.api.resource import Resource
from web.auth import needs
from web.jsontext import JsonResponse

router = Resource(tags=["health"])

_EXAMPLE: Final = {
    "version": "0.1.0",
    "build": "3f2a91c07b4d",
    "python": "3.11.7",
    "platform": "Linux-6.1-x86_64",
    "libraries": {"numpy": "2.4.6", "duckdb": "2.0.0"},
    "disk_free_bytes": 21474836480,
    "disk_total_bytes": 107374182400,
}
_LIBRARIES: Final = (
    "apsw",
    "asyncua",
    "duckdb",
    "fastapi",
    "influxdb-client",
    "numpy",
    "paho-mqtt",
    "psycopg",
    "sqlalchemy",
    "uvicorn",
)


class SystemDocument(Document):
    """Versions of the gateway and what it stands on; `libraries` holds those that are installed."""

    version: str
    build: str
    python: str
    platform: str
    libraries: dict[str, str]
    disk_free_bytes: int
    disk_total_bytes: int


@router.get(
    "/system",
    response_model=SystemDocument,
    responses=answers(_EXAMPLE, 401, 403),
    dependencies=[needs(Right.READ)],
)
async def system(request: Request, services: Use) -> Response:
    """Tell the versions in use, and the room on the disk of the data directory."""
    usage = shutil.disk_usage(_existing(services.exports))
    return JsonResponse(
        {
            "version": services.version,
            "build": request.app.state.build,
            "python": platform.python_version(),
            "platform": platform.platform(terse=True),
            "libraries": _libraries(),
            "disk_free_bytes": usage.free,
            "disk_total_bytes": usage.total,
        }
    )


@cache
def _libraries() -> dict[str, str]:
    found: dict[str, str] = {}
    for name in _LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            # An extra that is not installed has no version to tell.
            continue
    return found


def _existing(folder: Path) -> Path:
    """Return the folder, or the nearest one above it that is there."""
    return next((each for each in (folder, *folder.parents) if each.exists()), Path("/"))
