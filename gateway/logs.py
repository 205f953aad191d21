"""Log lines that machines can read and nobody can forge: one line an event, control characters escaped."""

from __future__ import annotations

import logging
import sys
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final

import orjson
from pydantic import Field

from gateway.options import Options

_STANDARD: Final = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


class LogLevel(StrEnum):
    """How much is logged."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class LogFormat(StrEnum):
    """How a line looks."""

    TEXT = "text"
    JSON = "json"


class LogOptions(Options):
    """What the gateway writes to standard error."""

    level: LogLevel = Field(LogLevel.INFO, description="The least important lines to write.")
    format: LogFormat = Field(
        LogFormat.TEXT, description="`text` for people, `json` for log collectors."
    )


def set_up_logging(options: LogOptions) -> None:
    """Send every logger's lines to standard error in the chosen format."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Json() if options.format is LogFormat.JSON else _Text())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(options.level.value.upper())
    quiet_libraries()


def quiet_libraries() -> None:
    """Let libraries tell errors alone: they narrate every retry, and what the supervisor says once, on change.

    Below that, some of them name whole addresses, keys included.
    """
    for noisy in (
        *("asyncua", "amqtt", "transitions", "uvicorn", "influxdb_client", "urllib3"),
        *("apprise", "requests", "requests_oauthlib"),
    ):
        logging.getLogger(noisy).setLevel(logging.ERROR)


def clean(text: str) -> str:
    """Return text with everything escaped that could start a new line or move a terminal's cursor."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def _fields(record: logging.LogRecord) -> dict[str, Any]:
    return {key: value for key, value in vars(record).items() if key not in _STANDARD}


def _time(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")


class _Text(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        """Return `time LEVEL logger: message key=value …`, a traceback on lines of its own."""
        fields = " ".join(f"{key}={clean(str(value))}" for key, value in _fields(record).items())
        message = clean(record.getMessage())
        line = f"{_time(record)} {record.levelname:<7} {record.name}: {message} {fields}".rstrip()
        return line + ("\n" + self.formatException(record.exc_info) if record.exc_info else "")


class _Json(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        """Return one JSON object."""
        entry = {
            "time": _time(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **{key: str(value) for key, value in _fields(record).items()},
        }
        if record.exc_info:
            entry["traceback"] = self.formatException(record.exc_info)
        return orjson.dumps(entry).decode()
