"""What the oracles of all rules share: samples, and a condition whose delays can stand still."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple, Protocol, TypeAlias

from rules.events import Event, EventKind
from rules.spec import NS_PER_S

Note: TypeAlias = "Callable[[int, str], None]"
"""Takes a step of the arithmetic: when, and in words."""


def silent(t: int, text: str) -> None:
    """Take no note."""


class Sample(NamedTuple):
    """One row as the oracle reads it."""

    signal: int
    time_ns: int
    value: float
    quality: int
    source_ns: int | None = None

    @property
    def usable(self) -> bool:
        """Not bad, and a finite number."""
        return self.quality < 0x8000_0000 and math.isfinite(self.value)


class Watch(Protocol):
    """One rule on one signal and side."""

    def pass_to(self, t: int) -> None:
        """Let time pass to `t`."""
        ...

    def see(self, sample: Sample) -> None:
        """Take a sample at a time that was passed to."""
        ...


@dataclass
class Delayed:
    """A condition with on-delay and off-delay whose timers can stand still."""

    event: tuple[str, str, int, str]
    on_ns: int
    off_ns: int
    out: list[Event]
    raised: bool = False
    pending: bool = False
    elapsed: int = 0
    checked: int = 0
    running: bool = True
    onset: int = 0
    serial: int = 0
    value: float = 0.0
    limit: float = 0.0
    note: Note = silent

    @property
    def standing(self) -> str:
        """How the condition and its delays stand, in words."""
        if not self.pending:
            return "raised" if self.raised else "normal"
        need_ns = self.off_ns if self.raised else self.on_ns
        word = "off-delay" if self.raised else "on-delay"
        stands = "" if self.running else ", standing still"
        return f"{word} {self.elapsed / NS_PER_S:g} of {need_ns / NS_PER_S:g} s{stands}"

    def pass_to(self, t: int) -> None:
        """Add the time since the last look to the pending delay, and complete it at its instant."""
        if self.pending and self.running:
            need = (self.off_ns if self.raised else self.on_ns) - self.elapsed
            if need <= t - self.checked:
                self.pending = False
                self._emit(self.checked + need)
            else:
                self.elapsed += t - self.checked
        self.checked = max(t, self.checked)

    def _emit(self, t: int) -> None:
        kind = EventKind.CLEARED if self.raised else EventKind.RAISED
        need_s = (self.off_ns if self.raised else self.on_ns) / NS_PER_S
        word = "off-delay" if self.raised else "on-delay"
        self.note(t, f"the {word} of {need_s:g} s is over: {kind.name.lower()}")
        self.serial += kind is EventKind.RAISED
        rule, version, signal, side = self.event
        self.out.append(
            Event(
                t,
                rule,
                version,
                signal,
                side,
                kind,
                self.onset,
                self.value,
                self.limit,
                self.serial,
            )
        )
        self.raised = not self.raised

    def judge(self, t: int, *, breach: bool, back: bool) -> None:
        """See a usable value at `t`."""
        self.pass_to(t)
        self.running = True
        wanted = back if self.raised else breach
        if wanted and not self.pending:
            self.pending, self.elapsed = True, 0
            if not self.raised:
                self.onset = t
        elif not wanted:
            self.pending = False
        self.pass_to(t)

    def stop(self, t: int) -> None:
        """See that nothing is known at `t`."""
        self.pass_to(t)
        self.running = False
