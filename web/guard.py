"""The gate before every route: host, origin, body size, and the headers of every answer."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

from fastapi import HTTPException
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from web.options import WebOptions, is_loopback
from web.problems import problem
from web.security import HSTS, SECURITY_HEADERS

_SAFE: Final = {"GET", "HEAD", "OPTIONS"}
_PORTS: Final = {"http": 80, "https": 443}
_UPLOADS: Final = re.compile(r"/api/v1/(?:tables/[a-z]+/imports|issues/[0-9]{1,16}/attachments)")
"""Where a whole file may be sent."""


class Guard:
    """Refuse what a foreign page or a rebound name sends, before any route sees it."""

    def __init__(self, app: ASGIApp, *, options: WebOptions) -> None:
        self._app = app
        self._loopback_only = is_loopback(options.host)
        given = (options.public_url, *options.allowed_origins)
        parsed = (_origin(url) for url in given if url)
        self._origins = {each for each in parsed if each is not None}
        self._hosts = {host for _, host, _ in self._origins}
        self._max_body, self._max_upload = options.max_body_bytes, options.max_upload_bytes
        self._headers = {**SECURITY_HEADERS, **(HSTS if options.is_tls else {})}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer it with a problem."""
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        refusal = self._refusal(scope, headers)
        if refusal is not None:
            await refusal(scope, receive, send)
            return
        body = _BoundedBody(receive, limit=self._limit(scope))
        inner = body if scope["type"] == "http" else receive
        await self._app(scope, inner, _with_headers(send, self._headers))

    def _refusal(self, scope: Scope, headers: Headers) -> Response | None:
        host = headers.get("host", "")
        if self._loopback_only and not self._knows(host):
            return problem(
                status=421,
                title="Wrong host name",
                detail="This gateway answers on this machine only, as localhost or 127.0.0.1.",
            )
        asks = scope["type"] == "websocket" or scope["method"] not in _SAFE
        if asks and not self._same_origin(headers, host):
            return problem(
                status=403,
                title="Foreign origin",
                detail="Another page's script asked; allowed_origins lists further pages.",
            )
        length = headers.get("content-length", "0")
        limit = self._limit(scope)
        if not length.isdigit() or int(length) > limit:
            return problem(status=413, title="Body too large", detail=f"At most {limit} bytes.")
        return None

    def _limit(self, scope: Scope) -> int:
        upload = _UPLOADS.fullmatch(scope["path"]) is not None
        return self._max_upload if upload else self._max_body

    def _knows(self, host: str) -> bool:
        name = _hostname(host)
        return name is not None and (is_loopback(name) or name in self._hosts)

    def _same_origin(self, headers: Headers, host: str) -> bool:
        """A caller that names no origin is no browser's script, unless it says that it is cross-site."""
        origin = headers.get("origin")
        if origin is None:
            return headers.get("sec-fetch-site", "none") in {"none", "same-origin"}
        asked = _origin(origin)
        if asked is None:
            return False
        # A proxy in front may have ended TLS, so the page's own scheme says the default port.
        return asked in self._origins or asked == _origin(f"{asked[0]}://{host}")


class _BoundedBody:
    """The body of a request, cut off where it grows beyond what its length promised."""

    def __init__(self, receive: Receive, *, limit: int) -> None:
        self._receive = receive
        self._limit = limit
        self._seen = 0

    async def __call__(self) -> Message:
        message = await self._receive()
        self._seen += len(message.get("body", b""))
        if self._seen > self._limit:
            # The framework lets its own exception alone pass while it reads a body.
            raise HTTPException(413, f"At most {self._limit} bytes.")
        return message


def _with_headers(send: Send, added: Mapping[str, str]) -> Send:
    async def sender(message: Message) -> None:
        if message["type"] in {"http.response.start", "websocket.http.response.start"}:
            headers = MutableHeaders(scope=message)
            for name, value in added.items():
                headers.setdefault(name, value)
            # What is measured stays out of every cache; files of the page say otherwise themselves.
            headers.setdefault("cache-control", "no-store")
        await send(message)

    return sender


def _hostname(host: str) -> str | None:
    try:
        return urlsplit(f"//{host}").hostname
    except ValueError:
        return None


def _origin(url: str) -> tuple[str, str, int] | None:
    """Return scheme, host and port of a page address, or None where it is none."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        return None
    if not host or parts.scheme not in _PORTS:
        return None
    return parts.scheme, host, port or _PORTS[parts.scheme]
