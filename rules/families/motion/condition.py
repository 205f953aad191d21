"""What families with one condition, an on-delay and an off-delay have in common."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from rules.columns import Rows
from rules.families import timers
from rules.families.base import Arrays, Block, Hits, Signals
from rules.families.bulk import Groups, Sorted, left
from rules.routing import Index, expand, rounds
from rules.spec import Spec, SpecError, delay_ns

Floats = NDArray[np.float64]
Times = NDArray[np.int64]
Flags = NDArray[np.bool_]


class Turn(NamedTuple):
    """One row for each of some distinct instances: when it came and was made, which part it plays, and what it says."""

    i: Index
    t: Times
    source: Times
    role: NDArray[np.int8]
    value: Floats
    usable: Flags
    good: Flags

    def only(self, chosen: Flags) -> Turn:
        """Return the chosen rows."""
        return Turn._make(column[chosen] for column in self)


Calm: TypeAlias = "Callable[[Block, Arrays, Groups, Sorted], Flags]"
"""Takes every row of instances to which nothing can happen, and tells which (by `Groups.who`) those were."""

See: TypeAlias = "Callable[[Block, Arrays, Turn, list[Hits]], None]"


class Delays(Protocol):
    """A specification with both delays."""

    @property
    def on_delay_s(self) -> float:
        """How long the condition must hold."""
        ...

    @property
    def off_delay_s(self) -> float:
        """How long it must be over."""
        ...


def delays(spec: Delays) -> dict[str, float]:
    """Return the timers' parameters; raises `SpecError`."""
    return {
        "on_ns": delay_ns("on_delay_s", spec.on_delay_s),
        "off_ns": delay_ns("off_delay_s", spec.off_delay_s),
    }


def numeric(spec: Spec, signals: Signals, *, what: str) -> Sequence[int]:
    """Return the signals of a rule that are numbers; raises `SpecError` where there are some and none is."""
    matched = signals.match(spec)
    found = [index for index in matched if signals.numeric[index]]
    if matched and not found:
        raise SpecError(f"{signals.paths[matched[0]]} is not a number: {what} needs numbers")
    return found


def turns(  # noqa: PLR0917 - what every family of one condition hands on
    block: Block, s: Arrays, rows: Rows, now_ns: int, see: See, calm: Calm | None = None
) -> tuple[Arrays, list[Hits]]:
    """Show every row to its instances in order, delays that end before it first; then let time run to `now_ns`.

    What `calm` takes at once is not shown one by one.
    """
    hits: list[Hits] = []
    row, instance, role = expand(block.routes, rows.signal)
    if calm is not None and len(row):
        groups = Groups.of(instance)
        taken = calm(block, s, groups, Sorted.of(groups, rows, row, role))
        kept = left(groups, taken)
        row, instance, role = row[kept], instance[kept], role[kept]
    for turn in rounds(instance):
        at = row[turn]
        now = Turn(
            instance[turn],
            rows.time_ns[at],
            rows.source_ns[at],
            role[turn],
            rows.value[at],
            rows.usable[at],
            rows.good[at],
        )
        timers.fire(block, s, now.i, now.t, hits)
        see(block, s, now, hits)
    waiting = np.flatnonzero(s["phase"] & 1)
    timers.fire(block, s, waiting, np.int64(now_ns), hits)
    return s, hits


def normal(s: Arrays, who: Index) -> Flags:
    """Tell which instances are in the normal state with nothing frozen: only a breach changes anything there."""
    quiet: Flags = (s["phase"][who] == timers.NORMAL) & (s["frozen"][who] == timers.RUNNING)
    return quiet


def judge(  # noqa: PLR0917 - columns of one length, as `timers.observe` takes them
    block: Block, s: Arrays, i: Index, t: Times, breach: Flags, back: Flags, hits: list[Hits]
) -> None:
    """Let distinct instances see what they are to judge, and complete delays of no length."""
    timers.observe(s, i, t, breach, back)
    timers.fire(block, s, i, t, hits)
