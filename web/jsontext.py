"""JSON as the browser may read it: no NaN, no infinity, times in milliseconds."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Any, Final

import numpy as np
import orjson
from numpy.typing import NDArray
from starlette.responses import Response

from gateway.clock import NS_PER_MS
from gateway.model import SideValue

EXACT_INTEGER: Final = 2**53
"""Integers beyond it are not exact in a browser: they travel as text."""

_OPTIONS: Final = orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_NON_STR_KEYS


def dumps(document: object) -> bytes:
    """Return a document as JSON; NaN and infinity become null."""
    return orjson.dumps(document, option=_OPTIONS)


class JsonResponse(Response):
    """A JSON answer in which NaN and infinity are null and numpy columns are arrays."""

    media_type = "application/json"

    def render(self, content: Any) -> bytes:
        """Return the body."""
        return dumps(content)


def ms(time_ns: int | None) -> float | None:
    """Return nanoseconds since 1970 as milliseconds."""
    return None if time_ns is None else time_ns / NS_PER_MS


def ms_column(time_ns: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return a column of nanoseconds as milliseconds."""
    column: NDArray[np.float64] = time_ns / NS_PER_MS
    return column


def side_json(value: SideValue) -> str | int | list[float | None]:
    """Return a value a float64 cannot hold as JSON can carry it exactly."""
    if isinstance(value, str):
        return value
    if isinstance(value, int):
        return value if abs(value) <= EXACT_INTEGER else str(value)
    return [each if np.isfinite(each) else None for each in value]


def document(thing: Any) -> Any:
    """Return a dataclass as a JSON document: `*_ns` fields become `*_ms`, bytes become base64."""
    if is_dataclass(thing) and not isinstance(thing, type):
        return dict(_field(each.name, getattr(thing, each.name)) for each in fields(thing))
    if isinstance(thing, Enum):
        return thing.value
    if isinstance(thing, Mapping):
        return {str(key): document(value) for key, value in thing.items()}
    if isinstance(thing, bytes):
        return base64.b64encode(thing).decode("ascii")
    if isinstance(thing, int) and not isinstance(thing, bool) and abs(thing) > EXACT_INTEGER:
        return str(thing)
    if isinstance(thing, Sequence) and not isinstance(thing, str):
        return [document(each) for each in thing]
    return thing


def _field(name: str, value: Any) -> tuple[str, Any]:
    if not name.endswith("_ns"):
        return name, document(value)
    renamed = f"{name[:-3]}_ms"
    if value is None or isinstance(value, int):
        return renamed, ms(value)
    return renamed, [ms(each) for each in value]


def printable(payload: bytes, *, limit: int = 200) -> str:
    """Return the start of a payload with everything that is not plain printable text replaced."""
    text = payload[: limit * 4].decode("utf-8", "replace")[:limit]
    return "".join(c if c.isprintable() else "·" for c in text)
