"""Times as machines write them, to UTC nanoseconds."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, tzinfo
from enum import StrEnum
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, field_validator, model_validator

from connectors.payload.errors import PayloadError, shown
from connectors.payload.paths import MISSING, compile_path, parse_path
from gateway.options import Options

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_LAST_NS: Final = 2**63 - 1
_INTEGER = re.compile(r"-?[0-9]{1,20}")
_DECIMAL = re.compile(r"-?[0-9]{1,20}(\.[0-9]{1,20})?")
_FRACTION = re.compile(r"[.,](\d{1,6})(\d*)")


class TimestampFormat(StrEnum):
    """How a payload writes its time; `received` takes the time of arrival."""

    RECEIVED = "received"
    EPOCH_S = "epoch_s"
    EPOCH_MS = "epoch_ms"
    EPOCH_US = "epoch_us"
    EPOCH_NS = "epoch_ns"
    ISO8601 = "iso8601"


_NS_PER_UNIT: Final = {
    TimestampFormat.EPOCH_S: 1_000_000_000,
    TimestampFormat.EPOCH_MS: 1_000_000,
    TimestampFormat.EPOCH_US: 1_000,
    TimestampFormat.EPOCH_NS: 1,
}


class TimestampOptions(Options):
    """Where a payload holds its own time, and how it is written."""

    format: TimestampFormat = Field(
        TimestampFormat.RECEIVED,
        description="How the time is written; `received` uses the time of arrival.",
    )
    path: str = Field("", description="Path of the time in the JSON document, such as data.ts.")
    zone: str = Field(
        "", description="IANA zone of ISO 8601 times that carry none, such as Europe/Berlin."
    )

    @field_validator("path")
    @classmethod
    def _readable(cls, path: str) -> str:
        parse_path(path)
        return path

    @field_validator("zone")
    @classmethod
    def _known(cls, zone: str) -> str:
        if zone:
            _zone(zone)
        return zone

    @model_validator(mode="after")
    def _complete(self) -> TimestampOptions:
        if (self.format is TimestampFormat.RECEIVED) != (self.path == ""):
            msg = "a timestamp needs both `path` and `format` (epoch_s, epoch_ms, epoch_us, epoch_ns, iso8601), or neither"
            raise ValueError(msg)
        if self.zone and self.format is not TimestampFormat.ISO8601:
            msg = "`zone` belongs to format iso8601 only; epoch times are UTC"
            raise ValueError(msg)
        return self


class TimestampReader:
    """Reads the time of a decoded document; `from_payload` is false where the time of arrival is used instead."""

    def __init__(self, options: TimestampOptions) -> None:
        self.from_payload = options.format is not TimestampFormat.RECEIVED
        self._path = options.path
        self._get = compile_path(options.path)
        self._parse = _parser(options)

    def read_ns(self, document: Any) -> int:
        """Return the document's time in UTC ns; raises `PayloadError` naming the field."""
        raw = self._get(document)
        if raw is MISSING:
            raise PayloadError(f"field {self._path}: the timestamp is missing")
        try:
            time_ns = self._parse(raw)
        except PayloadError as error:
            raise PayloadError(f"field {self._path}: {error}") from None
        if not 0 < time_ns <= _LAST_NS:
            raise PayloadError(f"field {self._path}: {shown(raw)} is no time from 1970 to 2262")
        return time_ns


def _parser(options: TimestampOptions) -> Callable[[Any], int]:
    if options.format is TimestampFormat.ISO8601:
        zone = _zone(options.zone) if options.zone else None
        return lambda raw: iso8601_ns(raw, zone=zone)
    unit_ns = _NS_PER_UNIT.get(options.format, 1)
    return lambda raw: epoch_ns(raw, unit_ns=unit_ns)


def epoch_ns(raw: Any, *, unit_ns: int) -> int:
    """Return UTC ns of a number (or its text) counted in units of `unit_ns` since 1970.

    A fraction in binary floating point is rounded to 1 µs (0.1 µs below milliseconds), so that the decimal that
    was sent comes back.
    """
    if type(raw) is str and _DECIMAL.fullmatch(raw):
        raw = int(raw) if _INTEGER.fullmatch(raw) else float(raw)
    if type(raw) is int:
        return raw * unit_ns
    if type(raw) is float and abs(raw) < 2**63:
        whole = int(raw)
        step_ns = 1_000 if unit_ns == 1_000_000_000 else 100
        return whole * unit_ns + round((raw - whole) * unit_ns / step_ns) * step_ns
    raise PayloadError(f"{shown(raw)} is not a time in seconds or parts of it since 1970")


def iso8601_ns(raw: Any, *, zone: tzinfo | None) -> int:
    """Return UTC ns of an ISO 8601 text; digits below 1 µs are kept; `zone` is used where the text names none."""
    if type(raw) is not str or len(raw) > 64 or ":" not in raw:
        raise PayloadError(f"{shown(raw)} is not an ISO 8601 date and time")
    rest_ns = 0
    fraction = _FRACTION.search(raw)
    if fraction is not None and fraction[2]:
        rest_ns = int((fraction[2] + "00")[:3])
        raw = raw[: fraction.end(1)] + raw[fraction.end() :]
    try:
        moment = datetime.fromisoformat(raw)
    except ValueError:
        raise PayloadError(f"{shown(raw)} is not an ISO 8601 date and time") from None
    if moment.tzinfo is None:
        if zone is None:
            raise PayloadError(f"{shown(raw)} names no zone, and the mapping sets no `zone`")
        moment = moment.replace(tzinfo=zone)
    since = moment - _EPOCH
    return (
        (since.days * 86_400 + since.seconds) * 1_000_000_000 + since.microseconds * 1_000 + rest_ns
    )


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        msg = f"zone {name!r} is not known; want an IANA name such as Europe/Berlin"
        raise ValueError(msg) from None
