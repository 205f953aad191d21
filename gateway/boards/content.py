"""What a board and a view may hold, tile by tile, and every mistake in one with its place and remedy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Annotated, Any, Final, Literal

from pydantic import Field, field_validator, model_validator

from gateway.board import PageKind
from gateway.config.check import check
from gateway.config.problems import Problem
from gateway.config.tree import Tree
from gateway.errors import InvalidRequestError
from gateway.model import MAX_PATH_LENGTH, path_problem
from gateway.options import Options

COLUMNS: Final = 12
MAX_ROWS: Final = 200
MAX_TILES: Final = 60
_TOLD: Final = 20
"""Mistakes that one answer lists at most."""

SignalPath = Annotated[str, Field(max_length=MAX_PATH_LENGTH, description="Path of a signal.")]
Unit = Annotated[
    str,
    Field(
        max_length=MAX_PATH_LENGTH,
        description="site, site/area, site/area/line or site/area/line/machine.",
    ),
]


class _Tile(Options):
    """What every tile has: a name, a place on the grid of 12 columns, and a heading."""

    id: str = Field(
        pattern=r"^[a-z0-9-]{1,40}$", description="Name of the tile, once on its board."
    )
    x: int = Field(ge=0, lt=COLUMNS, description="Column of its left edge, from 0.")
    y: int = Field(ge=0, lt=MAX_ROWS, description="Row of its upper edge, from 0.")
    w: int = Field(ge=1, le=COLUMNS, description="Width in columns.")
    h: int = Field(ge=1, le=24, description="Height in rows.")
    title: str = Field("", max_length=120, description="Heading; empty for the tile's own.")

    @model_validator(mode="after")
    def _inside(self) -> _Tile:
        if self.x + self.w > COLUMNS:
            msg = f"x {self.x} and w {self.w} reach beyond the {COLUMNS} columns: want x + w of at most {COLUMNS}"
            raise ValueError(msg)
        return self


def _signal(path: str) -> str:
    problem = path_problem(path)
    if problem is not None:
        msg = f"{path[:80]!r}: {problem}"
        raise ValueError(msg)
    return path


def _unit(path: str) -> str:
    levels = path.split("/") if path else []
    filled = "/".join([*levels, *("x" for _ in range(5 - len(levels)))])
    if len(levels) > 4 or (levels and path_problem(filled)):
        msg = f"{path[:80]!r} is no place: want site, site/area, site/area/line or site/area/line/machine"
        raise ValueError(msg)
    return path


class ValueTile(_Tile):
    """The newest value of a signal."""

    type: Literal["value"]
    signal: SignalPath
    _path = field_validator("signal")(_signal)


class TrendTile(_Tile):
    """Signals over time."""

    type: Literal["trend"]
    signals: tuple[SignalPath, ...] = Field(
        min_length=1, max_length=4, description="Paths of one to four signals."
    )
    window_s: int = Field(3600, ge=60, le=2_592_000, description="Length of the window in seconds.")

    @field_validator("signals")
    @classmethod
    def _paths(cls, signals: tuple[str, ...]) -> tuple[str, ...]:
        if len(set(signals)) < len(signals):
            msg = "a signal stands here twice: want each once"
            raise ValueError(msg)
        return tuple(_signal(each) for each in signals)


class PlaceTile(_Tile):
    """What concerns one place of the plant; "" is the whole plant."""

    type: Literal["alarms", "issues", "oee", "pareto"]
    unit: Unit = ""
    _place = field_validator("unit")(_unit)


class MachineTile(_Tile):
    """One machine: all of it, its state, or its count against plan."""

    type: Literal["machine", "state", "count"]
    machine: Annotated[str, Field(max_length=MAX_PATH_LENGTH, description="Path of the machine.")]

    @field_validator("machine")
    @classmethod
    def _machine(cls, path: str) -> str:
        if len(path.split("/")) != 4 or path_problem(f"{path}/x"):
            msg = f"{path[:80]!r} is no machine: want site/area/line/machine"
            raise ValueError(msg)
        return path


class TextTile(_Tile):
    """Words of people."""

    type: Literal["text"]
    text: str = Field(max_length=4000, description="Plain text; line ends are kept.")


Tile = Annotated[
    ValueTile | TrendTile | PlaceTile | MachineTile | TextTile, Field(discriminator="type")
]


class BoardContent(Options):
    """The tiles of a board; none covers another."""

    tiles: tuple[Tile, ...] = Field((), max_length=MAX_TILES, description="The tiles.")

    @model_validator(mode="after")
    def _apart(self) -> BoardContent:
        names = [tile.id for tile in self.tiles]
        twice = next((each for each in names if names.count(each) > 1), None)
        if twice is not None:
            msg = f"two tiles have the id {twice!r}: want each id once"
            raise ValueError(msg)
        for first, second in combinations(self.tiles, 2):
            if _cover(first, second):
                msg = f"tile {second.id!r} covers tile {first.id!r}: want y of at least {first.y + first.h} for {second.id!r}"
                raise ValueError(msg)
        return self


class ViewContent(Options):
    """What explore shows: signals, a window, and what it is compared with."""

    signals: tuple[SignalPath, ...] = Field(
        min_length=1, max_length=8, description="Paths of one to eight signals."
    )
    window_s: float = Field(gt=0, le=366 * 86_400, description="Length of the window in seconds.")
    to_ms: float | None = Field(
        None,
        gt=0,
        lt=8.64e15,
        description="End in epoch milliseconds; without it the view follows the clock.",
    )
    compare: Literal["none", "window", "day", "week"] = Field(
        "none", description="The earlier period that is laid under it."
    )
    select_ms: tuple[float, float] | None = Field(
        None, description="The selected part, from and to in epoch milliseconds."
    )

    @field_validator("signals")
    @classmethod
    def _paths(cls, signals: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(_signal(each) for each in dict.fromkeys(signals))

    @field_validator("select_ms")
    @classmethod
    def _ordered(cls, select: tuple[float, float] | None) -> tuple[float, float] | None:
        if select is not None and not 0 < select[0] < select[1]:
            msg = "want a start before the end, both later than 0"
            raise ValueError(msg)
        return select


_MODELS: Final[Mapping[PageKind, type[BoardContent | ViewContent]]] = {
    PageKind.BOARD: BoardContent,
    PageKind.VIEW: ViewContent,
}


def checked(kind: PageKind, body: Mapping[str, Any]) -> dict[str, Any]:
    """Return a body with its defaults filled in; raises `InvalidRequestError` with every mistake, place and remedy."""
    tree = Tree()
    found: BoardContent | ViewContent | None = check(_MODELS[kind], dict(body), tree=tree)
    if found is None:
        raise InvalidRequestError(listed(tree.problems))
    content: dict[str, Any] = found.model_dump(mode="json")
    return content


def listed(problems: list[Problem]) -> str:
    """Return mistakes as one text, a line each."""
    lines = [
        f"{each.path or 'board'}: {each.what}" + (f" (want {each.wanted})" if each.wanted else "")
        for each in problems[:_TOLD]
    ]
    more = len(problems) - _TOLD
    return "\n".join([*lines, f"and {more} more"] if more > 0 else lines)


@dataclass(frozen=True, slots=True)
class Shown:
    """What a board shows: names of signals, places and lists as they stand, and machines with all of their signals."""

    names: frozenset[str] = frozenset()
    machines: frozenset[str] = frozenset()

    def has(self, what: str) -> bool:
        """Say whether it shows a signal, a place of the plant ("" is the whole), or a list by its name."""
        return what in self.names or ("/" in what and what.rpartition("/")[0] in self.machines)


def shown_by(body: Mapping[str, Any]) -> Shown:
    """Return what a board shows, and nothing that it does not."""
    tiles = body.get("tiles", ())
    machines = {t["machine"] for t in tiles if "machine" in t}
    names = set(machines)
    names |= {t["signal"] for t in tiles if "signal" in t}
    names |= {each for t in tiles for each in t.get("signals", ())}
    names |= {str(t["type"]) for t in tiles if t["type"] in {"alarms", "issues"}}
    names |= {t["unit"] for t in tiles if t["type"] in {"oee", "pareto"}}
    return Shown(frozenset(names), frozenset(machines))


def _cover(one: _Tile, other: _Tile) -> bool:
    return (
        one.x < other.x + other.w
        and other.x < one.x + one.w
        and one.y < other.y + other.h
        and other.y < one.y + one.h
    )
