"""What one cell may hold: text as written becomes a value, or a sentence that says what would be right."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from enum import StrEnum
from typing import Final

Value = str | int | float | date | None
MAX_TEXT: Final = 200
_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
_WHOLE: Final = re.compile(r"[+-]?\d{1,15}(\.0+)?")
_NUMBER: Final = re.compile(r"[+-]?(\d{1,15}(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?")
_CLOCK: Final = re.compile(r"(\d{1,2}):(\d{2})")


class CellError(ValueError):
    """The cell is not what the column wants; the message is the rest of the sentence."""


class Need(StrEnum):
    """Whether a cell may be empty."""

    REQUIRED = "required"
    OPTIONAL = "optional"


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column: how it reads, whether it may be empty, what it means; `refers` names the table its ids stand in."""

    name: str
    read: Callable[[str], Value]
    need: Need = Need.REQUIRED
    default: Value = None
    meaning: str = ""
    refers: str = ""
    example: str = ""


def text(cell: str) -> str:
    """Read a text without control characters."""
    if len(cell) > MAX_TEXT:
        raise CellError(f"{quoted(cell)} is longer than {MAX_TEXT} characters")
    if any(ord(each) < 32 or ord(each) == 127 for each in cell):
        raise CellError(f"{quoted(cell)} holds control characters")
    return cell


def day(cell: str) -> date:
    """Read an ISO date."""
    if _DATE.fullmatch(cell):
        try:
            return date.fromisoformat(cell)
        except ValueError:
            pass  # the 31st of February: told below like any other text
    raise CellError(f"{quoted(cell)} is not a date (want YYYY-MM-DD)")


def whole(low: int, high: int = 1_000_000_000) -> Callable[[str], int]:
    """Return a reader of whole numbers within limits."""

    def read(cell: str) -> int:
        if not _WHOLE.fullmatch(cell):
            raise CellError(f"{quoted(cell)} is not a whole number (want {low} to {high})")
        value = int(cell.partition(".")[0])
        if not low <= value <= high:
            raise CellError(f"{quoted(cell)} is out of range (want {low} to {high})")
        return value

    return read


def number(low: float, high: float = 1e12) -> Callable[[str], float]:
    """Return a reader of numbers with a decimal point within limits."""

    def read(cell: str) -> float:
        if not _NUMBER.fullmatch(cell):
            hint = "; write the decimal point as ." if "," in cell else ""
            raise CellError(f"{quoted(cell)} is not a number (want {low:g} to {high:g}){hint}")
        value = float(cell)
        if not low <= value <= high:
            raise CellError(f"{quoted(cell)} is out of range (want {low:g} to {high:g})")
        return value

    return read


def one_of(words: Collection[str]) -> Callable[[str], str]:
    """Return a reader of a word out of a few."""

    def read(cell: str) -> str:
        if cell not in words:
            raise CellError(f"{quoted(cell)} is not known (want {', '.join(sorted(words))})")
        return cell

    return read


def clock(cell: str) -> int:
    """Read a wall time HH:MM as minutes; up to 48:00, for shifts that end on the next day."""
    found = _CLOCK.fullmatch(cell)
    if found and int(found[2]) < 60 and int(found[1]) * 60 + int(found[2]) <= 48 * 60:
        return int(found[1]) * 60 + int(found[2])
    raise CellError(f"{quoted(cell)} is not a time (want HH:MM)")


def weekday(cell: str) -> int:
    """Read a weekday by its three letters."""
    days = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
    if cell.lower()[:3] in days and len(cell) >= 3:
        return days.index(cell.lower()[:3])
    raise CellError(f"{quoted(cell)} is not a weekday (want {', '.join(days)})")


def breaks(cell: str) -> str:
    """Read breaks such as `09:00-09:15 12:00-12:30`; the text is kept, see `break_pairs`."""
    break_pairs(cell)
    return cell


def break_pairs(cell: str) -> tuple[tuple[int, int], ...]:
    """Return the breaks of such a text as pairs of minutes."""
    pairs = []
    for part in cell.split():
        begins, dash, ends = part.partition("-")
        if not dash:
            raise CellError(f"{quoted(part)} is not a break (want HH:MM-HH:MM)")
        pairs.append((clock(begins), clock(ends)))
    return tuple(pairs)


def quoted(cell: str) -> str:
    """Return a cell for a sentence: cut, and without what could break a line."""
    shown = cell if len(cell) <= 60 else f"{cell[:57]}..."
    return '"' + "".join(each if each.isprintable() else "?" for each in shown) + '"'


def unknown(cell: str, known: Collection[str]) -> str:
    """Return the sentence for a name that is not there, with the nearest that is."""
    near = get_close_matches(cell, known, n=1, cutoff=0.4) if len(known) <= 20_000 else []
    hint = f"; nearest {quoted(near[0])}" if near else ""
    return f"{quoted(cell)} unknown{hint}"


Known = Mapping[str, Collection[str]]
"""Ids that exist, by table."""
