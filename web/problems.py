"""Every error as a problem document (RFC 9457), also those of the framework."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from gateway.errors import (
    BackOffError,
    ConfigError,
    ConflictError,
    ForbiddenError,
    InvalidRequestError,
    JournalFullError,
    MistakesError,
    NotConnectedError,
    NotFoundError,
    StorageError,
    TaktlineError,
)
from web.jsontext import dumps
from web.security import SECURITY_HEADERS

PROBLEM_JSON: Final = "application/problem+json"
_LOG = logging.getLogger("taktline.web")

_STATUS: Final[Mapping[type[TaktlineError], tuple[int, str]]] = {
    ForbiddenError: (403, "Not allowed"),
    NotFoundError: (404, "Not found"),
    ConflictError: (409, "Changed meanwhile"),
    InvalidRequestError: (422, "The request cannot be carried out"),
    ConfigError: (422, "The request cannot be carried out"),
    StorageError: (503, "Storage is not available"),
    JournalFullError: (503, "Storage is full"),
    NotConnectedError: (503, "A part of the gateway is not connected"),
    BackOffError: (503, "A part of the gateway asked to wait"),
}


class ProblemError(Exception):
    """A refusal that a route or a guard words itself."""

    def __init__(self, *, status: int, title: str, detail: str) -> None:
        super().__init__(title)
        self.status = status
        self.title = title
        self.detail = detail


def problem(
    *,
    status: int,
    title: str,
    detail: str,
    errors: Sequence[Mapping[str, str]] = (),
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Return a problem document; `errors` hold what is wrong where, and what would be right."""
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": title,
        "status": status,
        "detail": detail,
    }
    if errors:
        body["errors"] = list(errors)
    return Response(
        dumps(body),
        status_code=status,
        media_type=PROBLEM_JSON,
        headers={**SECURITY_HEADERS, "cache-control": "no-store", **(headers or {})},
    )


def install(app: FastAPI) -> None:
    """Make every error of an app a problem document."""
    app.add_exception_handler(ProblemError, _refused)
    app.add_exception_handler(TaktlineError, _ours)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _unexpected)


async def _refused(_: Request, error: Exception) -> Response:
    assert isinstance(error, ProblemError)
    return problem(status=error.status, title=error.title, detail=error.detail)


async def _ours(_: Request, error: Exception) -> Response:
    for kind, (status, title) in _STATUS.items():
        if isinstance(error, kind):
            headers = (
                {"retry-after": str(max(1, round(error.wait_s)))}
                if isinstance(error, BackOffError)
                else None
            )
            mistakes = error.mistakes if isinstance(error, MistakesError) else ()
            return problem(
                status=status,
                title=title,
                detail=str(error),
                errors=[mistake._asdict() for mistake in mistakes],
                headers=headers,
            )
    return problem(status=503, title="The gateway could not answer", detail=str(error))


async def _invalid(_: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    errors = [
        {
            "where": ".".join(str(part) for part in found["loc"]),
            "what": str(found.get("input", ""))[:200],
            "wanted": str(found["msg"]),
        }
        for found in error.errors()[:50]
    ]
    return problem(
        status=422,
        title="The request is not valid",
        detail="; ".join(f"{each['where']}: {each['wanted']}" for each in errors),
        errors=errors,
    )


async def _http(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    phrase = HTTPStatus(error.status_code).phrase
    detail = error.detail if error.detail != phrase else _HINTS.get(error.status_code, phrase)
    return problem(
        status=error.status_code, title=phrase, detail=detail, headers=dict(error.headers or {})
    )


_HINTS: Final = {
    404: "There is nothing at this address; /api/v1/openapi.json lists what there is.",
    405: "This address does not take this method; the Allow header lists those it takes.",
}


async def _unexpected(request: Request, error: Exception) -> Response:
    """Answer a defect of ours with a number that the log holds too; nothing of it is told outside."""
    reference = secrets.token_hex(4)
    _LOG.error("defect %s in %s %s", reference, request.method, request.url.path, exc_info=error)
    return problem(
        status=500,
        title="A defect of the gateway",
        detail=f"The log of the gateway describes it under the number {reference}.",
    )
