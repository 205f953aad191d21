"""The built page: its files, and one entry for every address that the page itself draws."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import orjson
from fastapi import APIRouter, Request
from starlette.exceptions import HTTPException
from starlette.responses import FileResponse, HTMLResponse, Response

from web.auth import OPEN
from web.services import Services

router = APIRouter(include_in_schema=False)

PAGES: Final = frozenset(
    {
        "account",
        "acknowledge",
        "admin",
        "alarms",
        "audit",
        "backtests",
        "boards",
        "control",
        "explore",
        "floor",
        "flow",
        "health",
        "improvement",
        "issues",
        "kiosk",
        "learning",
        "machine",
        "my-work",
        "performance",
        "maintenance",
        "notifications",
        "operator",
        "plan",
        "quality",
        "reports",
        "rules",
        "schedule",
        "setup",
    }
)
"""First words of the addresses that the page draws; anything else that is no file is not found."""

_NOT_BUILT: Final = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Taktline: page not built</title></head>
<body><h1>The page has not been built</h1>
<p>The gateway runs, and its data is at <a href="/api/v1/health">/api/v1/health</a>, but the files of the
page are missing. Build them with:</p>
<pre>python web/build_ui.py</pre>
<p>then load this page again. An installed package (pip install) holds them already.</p></body></html>
"""


def build_id(static: Path) -> str:
    """Return the name that the build wrote beside its page; "unbuilt" where there is none."""
    stamp = static / "build.json"
    if not stamp.is_file():
        return "unbuilt"
    return str(orjson.loads(stamp.read_bytes())["build"])


@router.api_route("/{path:path}", methods=["GET", "HEAD"], dependencies=[OPEN])
async def page(request: Request, path: str) -> Response:
    """Serve a file of the page, or the page itself where it draws that address."""
    services: Services = request.app.state.services
    first = path.partition("/")[0]
    if first in {"", *PAGES}:
        return _entry(services.static)
    found = _file(services.static, path)
    if found is None or first == "api":
        raise HTTPException(404)
    cache = "public, max-age=31536000, immutable" if first == "assets" else "no-cache"
    return FileResponse(found, headers={"cache-control": cache})


def _entry(static: Path) -> Response:
    index = static / "index.html"
    if not index.is_file():
        return HTMLResponse(_NOT_BUILT, status_code=503, headers={"cache-control": "no-store"})
    return FileResponse(index, headers={"cache-control": "no-cache"})


def _file(static: Path, path: str) -> Path | None:
    """Return a file inside the folder, never one outside, whatever the path holds."""
    if "\x00" in path or len(path) > 500:
        return None
    root = static.resolve()
    found = (root / path).resolve()
    return found if found.is_relative_to(root) and found.is_file() else None
