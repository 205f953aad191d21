"""The mapping that one message of an unknown MQTT topic suggests: its values, their types, and paths for them."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

import orjson

from gateway.errors import InvalidRequestError
from gateway.model import DataType, SignalKind
from gateway.upkeep import MappedValue, MappingWish

MAX_VALUES: Final = 40
_MAX_DEPTH: Final = 6
_TIME_KEYS: Final = ("ts", "time", "timestamp", "datetime", "t", "date")
_SUFFIXES: Final = frozenset({"telemetry", "state", "data", "status", "values", "json", "up"})
"""Last levels of a topic that name no machine."""
_UNITS: Final = {
    "ppm": "ppm",
    "pct": "%",
    "percent": "%",
    "celsius": "°C",
    "rpm": "1/min",
    "bar": "bar",
}
"""Only what a name says itself: any other unit is for a person to fill in."""
_EPOCHS: Final = (
    ("epoch_s", 1e9, 1e10),
    ("epoch_ms", 1e12, 1e13),
    ("epoch_us", 1e15, 1e16),
    ("epoch_ns", 1e18, 1e19),
)


def propose(source: str, sample: bytes, *, site: str) -> MappingWish:
    """Return a mapping for a topic by its newest sample; raises `InvalidRequestError`."""
    levels = [_level(each) for each in source.split("/") if each]
    document = _read(sample)
    if not isinstance(document, dict):
        place, name = _place(levels[:-1], site), levels[-1]
        value = MappedValue(path="", signal=f"{place}/{name}", **_typed(name, document))
        return MappingWish(source=source, values=(value,))
    if len(levels) > 1 and levels[-1].lower() in _SUFFIXES:
        levels = levels[:-1]
    place = _place(levels, site)
    found = list(_leaves(document, "", 0))
    time_path, time_format = _time(found)
    values = tuple(
        MappedValue(path=path, signal=f"{place}/{_name(path)}", **_typed(_name(path), raw))
        for path, raw in found
        if path != time_path and raw is not None
    )[:MAX_VALUES]
    if not values:
        raise InvalidRequestError("the newest message holds no value that could become a signal")
    return MappingWish(
        source=source,
        values=_apart(values),
        timestamp_path=time_path,
        timestamp_format=time_format,
    )


def _read(sample: bytes) -> Any:
    try:
        return orjson.loads(sample)
    except orjson.JSONDecodeError as error:
        text = sample.decode("utf-8", "replace").strip()
        if text[:1] in {"{", "["}:
            msg = "the kept sample is no whole JSON document, so nothing can be suggested: write the mapping by hand"
            raise InvalidRequestError(msg) from error
        return text


def _leaves(document: dict[str, Any], at: str, depth: int) -> Iterator[tuple[str, Any]]:
    for key, value in document.items():
        word = key if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_-]*", key) else f'"{key}"'
        path = f"{at}.{word}" if at else word
        if isinstance(value, dict) and depth < _MAX_DEPTH:
            yield from _leaves(value, path, depth + 1)
        elif not isinstance(value, dict):
            yield path, value


def _time(found: list[tuple[str, Any]]) -> tuple[str, str]:
    for path, raw in found:
        if _name(path).lower() not in _TIME_KEYS:
            continue
        if isinstance(raw, int | float) and not isinstance(raw, bool):
            for word, low, high in _EPOCHS:
                if low <= raw < high:
                    return path, word
        if isinstance(raw, str) and _is_iso(raw):
            return path, "iso8601"
    return "", "received"


def _is_iso(text: str) -> bool:
    try:
        return datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False


def _typed(name: str, raw: Any) -> dict[str, str]:
    words = re.split(r"[_.-]", name.lower())
    unit = next((_UNITS[word] for word in words if word in _UNITS), "")
    number = _number(raw)
    if isinstance(raw, bool) or (
        isinstance(raw, str) and raw.lower() in {"on", "off", "true", "false"}
    ):
        return {"kind": SignalKind.STATE.value, "data_type": DataType.BOOLEAN.value, "unit": ""}
    if number is not None:
        return {
            "kind": SignalKind.MEASUREMENT.value,
            "data_type": DataType.FLOAT.value,
            "unit": unit,
        }
    if isinstance(raw, list) and raw and all(_number(each) is not None for each in raw):
        return {
            "kind": SignalKind.MEASUREMENT.value,
            "data_type": DataType.ARRAY.value,
            "unit": unit,
        }
    return {"kind": SignalKind.STATE.value, "data_type": DataType.STRING.value, "unit": ""}


def _number(raw: Any) -> float | None:
    if isinstance(raw, bool) or not isinstance(raw, int | float | str):
        return None
    try:
        value = float(raw)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _place(levels: list[str], site: str) -> str:
    """Return a machine's path of four levels from what a topic offers; missing ones are named after the rest."""
    rest = levels[1:] if levels[:1] == [_level(site)] else list(levels)
    while len(rest) > 3:
        rest[2:4] = [f"{rest[2]}-{rest[3]}"]
    while len(rest) < 3:
        rest.append(rest[-1] if rest else "adopted")
    return "/".join([_level(site), *rest])


def _level(text: str) -> str:
    kept = "".join(c if c.isalnum() or c in "-_." else "-" for c in text).strip(".")
    return kept or "x"


def _name(path: str) -> str:
    return _level(path.rpartition(".")[2].strip('"'))


def _apart(values: tuple[MappedValue, ...]) -> tuple[MappedValue, ...]:
    """Give values of the same last name their whole path as name."""
    names = [value.signal for value in values]
    return tuple(
        value
        if names.count(value.signal) == 1
        else MappedValue(
            path=value.path,
            signal=f"{value.signal.rpartition('/')[0]}/{_level(value.path.replace('.', '_'))}",
            kind=value.kind,
            data_type=value.data_type,
            unit=value.unit,
        )
        for value in values
    )
