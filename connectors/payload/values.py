"""One decoded value to its declared data type: exact, or refused with the reason."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from math import isfinite
from typing import Any, Final, TypeAlias

from connectors.payload.errors import PayloadError, shown
from gateway.model import SideValue

MAX_TEXT: Final = 4_096
MAX_ARRAY: Final = 4_096
_EXACT: Final = 2**53
_NUMBER = re.compile(r"[+-]?(\d{1,400})(\.\d{1,400})?([eE][+-]?\d{1,4})?", re.ASCII)
_WHOLE = re.compile(r"[+-]?\d{1,20}", re.ASCII)

Converted: TypeAlias = "float | SideValue"
Convert = Callable[[Any], Converted]


def to_number(raw: Any) -> float:
    """Return a finite float of a JSON number or of a text that is exactly one; raises `PayloadError`."""
    if type(raw) is str and _NUMBER.fullmatch(raw.strip()):
        raw = float(raw)
    if type(raw) is int:
        raw = float(raw)
    if type(raw) is not float:
        raise PayloadError(f"{shown(raw)} is not a number")
    if not isfinite(raw):
        raise PayloadError(f"{shown(raw)} is not a finite number")
    return raw


def float_converter(*, scale: float, offset: float) -> Convert:
    """Return the conversion to float64: `raw * scale + offset`."""
    plain = scale == 1.0 and offset == 0.0

    def convert(raw: Any) -> float:
        number = raw if type(raw) is float else to_number(raw)
        if plain:
            return number
        number = number * scale + offset
        if not isfinite(number):
            raise PayloadError(
                f"{shown(raw)} is not finite after scale {scale} and offset {offset}"
            )
        return number

    return convert


def integer_converter(*, scale: int, offset: int) -> Convert:
    """Return the conversion to a whole number of 64 bits, exact: float below 2**53, int beyond."""

    def convert(raw: Any) -> float | int:
        if type(raw) is str and _WHOLE.fullmatch(raw.strip()):
            raw = int(raw)
        if type(raw) is float and raw.is_integer() and abs(raw) < _EXACT:
            raw = int(raw)
        if type(raw) is not int:
            to_number(raw)
            raise PayloadError(f"{shown(raw)} is not a whole number of 64 bits")
        number = raw * scale + offset
        if not -(2**63) <= number < 2**64:
            raise PayloadError(f"{shown(raw)} does not fit in 64 bits")
        return float(number) if -_EXACT <= number <= _EXACT else number

    return convert


def boolean_converter(*, true_words: Sequence[str], false_words: Sequence[str]) -> Convert:
    """Return the conversion to 1.0 or 0.0 of true, false, 1, 0 and the given words, whatever their case."""
    words = {word.casefold(): 1.0 for word in true_words}
    words |= {word.casefold(): 0.0 for word in false_words}

    def convert(raw: Any) -> float:
        if type(raw) is bool:
            return 1.0 if raw else 0.0
        if type(raw) in {int, float} and raw in {0, 1}:
            return float(raw)
        value = words.get(raw.strip().casefold()) if type(raw) is str else None
        if value is None:
            known = ", ".join([*true_words, *false_words])
            raise PayloadError(f"{shown(raw)} is not a boolean (true, false, 1, 0, {known})")
        return value

    return convert


def enum_converter(labels: Mapping[int, str]) -> Convert:
    """Return the conversion to the number of an enumeration, given by number or by its word in any case."""
    numbers = {word.casefold(): float(number) for number, word in labels.items()}
    whole = integer_converter(scale=1, offset=0)

    def convert(raw: Any) -> float:
        if type(raw) is str:
            known = numbers.get(raw.strip().casefold())
            if known is not None:
                return known
            if not _WHOLE.fullmatch(raw.strip()):
                raise PayloadError(
                    f"{shown(raw)} is none of the words {', '.join(list(labels.values())[:8])}"
                )
        number = whole(raw)
        if type(number) is not float:
            raise PayloadError(f"{shown(raw)} is too large for an enumeration")
        return number

    return convert


def to_text(raw: Any) -> str:
    """Return a text of at most `MAX_TEXT` characters; numbers and booleans become their JSON text."""
    if type(raw) in {int, float, bool}:
        return shown(raw)
    if type(raw) is not str:
        raise PayloadError(f"{shown(raw)} is not a text")
    if len(raw) > MAX_TEXT:
        raise PayloadError(f"a text of {len(raw)} characters, at most {MAX_TEXT} are allowed")
    return raw


def array_converter(*, scale: float, offset: float) -> Convert:
    """Return the conversion to a tuple of finite floats, each scaled; at most `MAX_ARRAY` of them."""
    convert_one = float_converter(scale=scale, offset=offset)

    def convert(raw: Any) -> tuple[float, ...]:
        if type(raw) is not list:
            raise PayloadError(f"{shown(raw)} is not an array")
        if len(raw) > MAX_ARRAY:
            raise PayloadError(f"an array of {len(raw)}, at most {MAX_ARRAY} are allowed")
        numbers = [convert_one(each) for each in raw]
        return tuple(number for number in numbers if type(number) is float)

    return convert
