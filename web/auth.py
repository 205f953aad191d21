"""The one place that says who asks."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import Depends
from starlette.requests import HTTPConnection

from gateway.model import Principal
from web.options import WebOptions, is_loopback
from web.problems import ProblemError

_LOCAL: Final = Principal(name="local", kind="person", roles=frozenset({"administrator"}))


def principal(connection: HTTPConnection) -> Principal:
    """Return who sends this request or opens this websocket; raises `ProblemError` where that is nobody."""
    options: WebOptions = connection.app.state.options
    if options.open_access or is_loopback(options.host):
        return _LOCAL
    raise ProblemError(status=401, title="Sign in first", detail="This gateway is not open to all.")


Who = Annotated[Principal, Depends(principal)]
"""What a route declares to know who asks."""
