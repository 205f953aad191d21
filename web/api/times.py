"""Times as a query gives them: epoch milliseconds or ISO 8601."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Final

from fastapi import Depends, Query, Request

from gateway.clock import NS_PER_MS, NS_PER_S
from gateway.errors import InvalidRequestError

_MAX_NS: Final = 2**62
_HOUR_NS: Final = 3600 * NS_PER_S


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A range [start, end) in UTC nanoseconds."""

    start_ns: int
    end_ns: int


def parse_time(text: str, *, name: str) -> int:
    """Return a time in UTC nanoseconds; raises `InvalidRequestError`."""
    wanted = (
        f"{name} {text[:40]!r}: want epoch milliseconds, or ISO 8601 with its zone (…Z or …+01:00)"
    )
    try:
        millis = float(text)
    except ValueError:
        return _from_iso(text, wanted)
    if not math.isfinite(millis) or abs(millis) * NS_PER_MS >= _MAX_NS:
        raise InvalidRequestError(wanted)
    return int(millis) * NS_PER_MS + round((millis - int(millis)) * NS_PER_MS)


def _from_iso(text: str, wanted: str) -> int:
    try:
        # A plus sign in a query that was not escaped arrives as a blank.
        moment = datetime.fromisoformat(text.strip().replace(" ", "+") if "T" in text else text)
    except ValueError as error:
        raise InvalidRequestError(wanted) from error
    if moment.tzinfo is None:
        raise InvalidRequestError(wanted)
    since = moment - datetime(1970, 1, 1, tzinfo=UTC)
    found_ns = ((since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds) * 1000
    if abs(found_ns) >= _MAX_NS:
        raise InvalidRequestError(wanted)
    return found_ns


def span(
    request: Request,
    from_: Annotated[
        str | None,
        Query(
            alias="from",
            max_length=40,
            description="Start, epoch ms or ISO 8601; one hour before `to` unless given.",
            examples=["2026-01-01T06:00:00Z"],
        ),
    ] = None,
    to: Annotated[
        str | None,
        Query(
            max_length=40,
            description="End (not included), epoch ms or ISO 8601; now unless given.",
            examples=["1767247200000"],
        ),
    ] = None,
) -> Span:
    """Return the range a query asks for; raises `InvalidRequestError`."""
    now_ns: int = request.app.state.services.clock.now_ns()
    end_ns = now_ns if to is None else parse_time(to, name="to")
    start_ns = end_ns - _HOUR_NS if from_ is None else parse_time(from_, name="from")
    return checked(start_ns, end_ns)


def checked(start_ns: int, end_ns: int) -> Span:
    """Return a range whose start lies before its end; raises `InvalidRequestError`."""
    if start_ns >= end_ns:
        raise InvalidRequestError("from must be earlier than to")
    return Span(start_ns=start_ns, end_ns=end_ns)


Range = Annotated[Span, Depends(span)]
"""What a route declares to be asked for a range."""
