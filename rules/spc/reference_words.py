"""Run rules as they are worded, over lists of points, and when what fires is raised and cleared."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from rules.events import Event, EventKind
from rules.spc.runrules import RunRule
from rules.spc.spec import Detector


def one_side(z: list[float], count: int) -> bool:
    """Tell whether the last `count` points lie on one side."""
    window = z[-count:]
    return len(window) == count and (all(v > 0 for v in window) or all(v < 0 for v in window))


def trend(z: list[float]) -> bool:
    """Tell whether the last six points rise or fall throughout."""
    window = z[-6:]
    steps = [b - a for a, b in pairwise(window)]
    return len(window) == 6 and (all(s > 0 for s in steps) or all(s < 0 for s in steps))


def alternating(z: list[float]) -> bool:
    """Tell whether the last fourteen points go up and down by turns."""
    window = z[-14:]
    steps = [b - a for a, b in pairwise(window)]
    return len(window) == 14 and all(a * b < 0 for a, b in pairwise(steps))


def some_beyond(z: list[float], need: int, of: int, sigma: float) -> bool:
    """Tell whether the last point and enough of those before it lie beyond a zone, on the same side."""
    return any(
        side * z[-1] > sigma and sum(side * v > sigma for v in z[-of:]) >= need for side in (1, -1)
    )


def mixture(z: list[float]) -> bool:
    """Tell whether the last eight points avoid the middle, on both sides."""
    window = z[-8:]
    beyond = len(window) == 8 and all(abs(v) > 1 for v in window)
    return beyond and min(window) < 0 < max(window)


WORDED: Final[Mapping[RunRule, Callable[[list[float]], bool]]] = {
    RunRule.N1: lambda z: abs(z[-1]) > 3,
    RunRule.N2: lambda z: one_side(z, 9),
    RunRule.N3: trend,
    RunRule.N4: alternating,
    RunRule.N5: lambda z: some_beyond(z, 2, 3, 2.0),
    RunRule.N6: lambda z: some_beyond(z, 4, 5, 1.0),
    RunRule.N7: lambda z: len(z) >= 15 and all(abs(v) < 1 for v in z[-15:]),
    RunRule.N8: mixture,
    RunRule.WE4: lambda z: one_side(z, 8),
}
"""Each rule as it is worded, over the points since the last gap."""


@dataclass
class Settling:
    """What is raised by the first point at which something fires, and cleared after enough at which nothing does."""

    event: tuple[str, str, int, str]
    out: list[Event]
    clear_after: int
    raised: bool = False
    quiet: int = 0
    onset: int = 0
    serial: int = 0

    def settle(self, fired: list[str], end: int, onset: int, compared: tuple[float, float]) -> None:
        """Take a point that ended at `end`, and since when what fires is held to have begun."""
        self.quiet = 0 if fired else self.quiet + 1
        if fired and not self.raised:
            self.raised, self.serial, self.onset = True, self.serial + 1, onset
            self._emit(EventKind.RAISED, end, fired, compared)
        elif self.raised and not fired and self.quiet >= self.clear_after:
            self.raised = False
            self._emit(EventKind.CLEARED, end, fired, compared)

    def _emit(
        self, kind: EventKind, end: int, fired: list[str], compared: tuple[float, float]
    ) -> None:
        bits = {each.name: 1 << each for each in (*RunRule, *Detector)}
        code = sum(bits[name] for name in fired)
        rule, version, signal, side = self.event
        told = (self.onset, *compared, self.serial, code)
        self.out.append(Event(end, rule, version, signal, side, kind, *told))
