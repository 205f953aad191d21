"""Which machines feed which, so that what one of them causes at the others is told as one thing (rules.md §4.4)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple


class Relation(StrEnum):
    """Where a machine lies as seen from the one that began."""

    SAME = "same_machine"
    UPSTREAM = "upstream"
    DOWNSTREAM = "downstream"


class Consequence(StrEnum):
    """What a throughput deviation at a neighbour is, where another machine began; nothing for other kinds."""

    NONE = ""
    STARVED = "starved"
    BLOCKED = "blocked"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """Machines in the order in which product passes them, and how far apart in time their alarms may begin.

    `window_ns` is allowed to every pair, `transport_ns` in addition for every step between two machines.
    """

    machines: tuple[str, ...]
    window_ns: int
    transport_ns: int = 0


class Link(NamedTuple):
    """How two machines of a line lie: `steps` is positive downstream, `window_ns` what may lie between onsets."""

    steps: int
    window_ns: int

    @property
    def relation(self) -> Relation:
        """Say it in a word."""
        if self.steps == 0:
            return Relation.SAME
        return Relation.DOWNSTREAM if self.steps > 0 else Relation.UPSTREAM


class Topology:
    """The lines of a plant; a machine may stand in several."""

    def __init__(self, lines: Iterable[Line] = ()) -> None:
        self._lines = tuple(lines)
        self._of: dict[str, list[tuple[Line, int]]] = {}
        for line in self._lines:
            for place, machine in enumerate(line.machines):
                self._of.setdefault(machine, []).append((line, place))

    def connected(self, machines: Iterable[str]) -> Sequence[str]:
        """Return every machine of every line that any of these stands in."""
        lines = [line for machine in machines for line, _ in self._of.get(machine, ())]
        return sorted({machine for line in lines for machine in line.machines})

    def link(self, root: str, other: str) -> Link | None:
        """Return how `other` lies as seen from `root`, the nearest way, or None where no line joins them."""
        found = [
            Link(there - here, line.window_ns + abs(there - here) * line.transport_ns)
            for line, here in self._of.get(root, ())
            for one, there in self._of.get(other, ())
            if one is line
        ]
        return min(found, key=lambda link: abs(link.steps), default=None)
