"""Times as a person types them on the command line."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo

from gateway.clock import NS_PER_S
from gateway.errors import InvalidRequestError

_AGO: Final = re.compile(r"-(\d{1,9}(?:\.\d{1,3})?)(s|min|h|d)")
_SECONDS: Final = {"s": 1, "min": 60, "h": 3600, "d": 86_400}


def parse_when(text: str, *, zone: str, now_ns: int) -> int:
    """Return UTC nanoseconds of `now`, `-2h` (s, min, h, d before now), or ISO 8601; without a zone the plant's.

    Raises `InvalidRequestError` with what would be right, also for a time that the plant's clocks skip.
    """
    if text == "now":
        return now_ns
    ago = _AGO.fullmatch(text)
    if ago is not None:
        return now_ns - round(float(ago[1]) * _SECONDS[ago[2]] * NS_PER_S)
    try:
        parsed = datetime.fromisoformat(text)
    except ValueError as error:
        msg = f"{text!r} is no time: want now, -2h, 2026-01-31, 2026-01-31T06:00 or 2026-01-31T06:00+01:00"
        raise InvalidRequestError(msg) from error
    if parsed.tzinfo is None:
        local = parsed.replace(tzinfo=ZoneInfo(zone))
        if local.astimezone(UTC).astimezone(ZoneInfo(zone)).replace(tzinfo=None) != parsed:
            msg = f"{text!r} does not exist in {zone}, where clocks were put forward: add the offset, such as +02:00"
            raise InvalidRequestError(msg)
        parsed = local
    span = parsed - datetime(1970, 1, 1, tzinfo=UTC)
    return (span.days * 86_400 + span.seconds) * NS_PER_S + span.microseconds * 1000
