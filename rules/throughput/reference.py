"""Cycle times and short stops again, one sample at a time: the oracle their families are tested against."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field

from rules.events import Event
from rules.reference_parts import Delayed, Note, Sample, Watch, silent
from rules.spec import NS_PER_S, CycleSpec, SignalInfo, StopsSpec


@dataclass
class CycleWatch:
    """One counter whose pieces take too long."""

    spec: CycleSpec
    counter: int
    modulus: int | None
    delayed: Delayed
    reference: float | None
    last: float | None = None
    last_ns: int = 0
    learned: list[float] = field(default_factory=list)
    each_s: list[float] = field(default_factory=list)
    note: Note = silent

    def pass_to(self, t: int) -> None:
        """Let time pass to `t`."""
        self.delayed.pass_to(t)

    def see(self, sample: Sample) -> None:
        """Take a sample of the counter or of its target speed."""
        self.pass_to(sample.time_ns)
        if sample.signal != self.counter:
            good = sample.usable and sample.value > 0
            self.reference = 60.0 / sample.value if good else None
        elif not sample.usable:
            self.last = None
        else:
            self._count(sample.time_ns, sample.value)

    def _count(self, t: int, value: float) -> None:
        before, self.last = self.last, value
        if before is None:
            self.last_ns = t
            return
        made = value - before
        if made < 0 and self.modulus and made + self.modulus <= self.modulus / 4:
            made += self.modulus
        if made == 0:
            return
        took_s = (t - self.last_ns) / NS_PER_S
        self.last_ns = t
        if made > 0 and 0 < took_s / made <= self.spec.longest_s:
            self._complete(t, took_s / made)

    def _complete(self, t: int, each_s: float) -> None:
        learn = self.spec.learn_pieces
        if len(self.learned) < learn:
            self.learned.append(each_s)
            if len(self.learned) == learn:
                self.reference = statistics.median(self.learned)
        self.each_s.append(each_s)
        fresh = len(self.each_s) - learn
        if fresh < self.spec.pieces or self.reference is None:
            return
        median = statistics.median(self.each_s[-self.spec.pieces :])
        bound = (1.0 + self.spec.over_fraction) * self.reference
        self.delayed.value, self.delayed.limit = median, bound
        self.delayed.judge(t, breach=median > bound, back=median <= bound)
        told = f"the last {self.spec.pieces} took {median:g} s a piece in the median"
        word = "longer than" if median > bound else "no longer than"
        self.note(t, f"{told}, {word} {bound:g} s; {self.delayed.standing}")


@dataclass
class StopsWatch:
    """One state signal whose short stops are counted."""

    spec: StopsSpec
    delayed: Delayed
    edge: int
    runs: bool | None = None
    stood_ns: int | None = None
    stops: list[tuple[int, float]] = field(default_factory=list)
    note: Note = silent

    @property
    def slot(self) -> int:
        """Width of a sixtieth of the window, nanoseconds."""
        return round(self.spec.window_s * NS_PER_S) // 60

    def pass_to(self, t: int) -> None:
        """Visit every edge up to `t`."""
        while self.edge <= t:
            self._judge(self.edge)
            self.edge += self.slot
        self.delayed.pass_to(t)

    def _judge(self, edge: int) -> None:
        self.delayed.pass_to(edge)
        held = [s for t, s in self.stops if edge - 60 * self.slot <= t < edge]
        if self.spec.most_stops is None:
            total, most = math.fsum(held), float(self.spec.most_s or 0)
        else:
            total, most = float(len(held)), float(self.spec.most_stops)
        self.delayed.value, self.delayed.limit = total, most
        self.delayed.judge(edge, breach=total >= most, back=total < most)
        unit = " s" if self.spec.most_stops is None else ""
        told = f"{len(held)} short stops within {self.spec.window_s:g} s"
        self.note(edge, f"{told}: {total:g}{unit} of {most:g}{unit}; {self.delayed.standing}")

    def see(self, sample: Sample) -> None:
        """Take a state."""
        self.pass_to(sample.time_ns)
        runs = sample.value in self.spec.running if sample.usable else None
        if self.runs is True and runs is False:
            self.stood_ns = sample.time_ns
        elif runs is True and self.stood_ns is not None:
            lasted = sample.time_ns - self.stood_ns
            if self.spec.shortest_s * NS_PER_S <= lasted < self.spec.minor_stop_s * NS_PER_S:
                self.stops.append((sample.time_ns, lasted / NS_PER_S))
        if runs is not False:
            self.stood_ns = None
        self.runs = runs


def paced(
    spec: CycleSpec | StopsSpec,
    index: int,
    signals: Sequence[SignalInfo],
    start_ns: int,
    out: list[Event],
) -> tuple[Watch, Sequence[int]]:
    """Return what watches a signal for such a rule, with the signals that feed it."""
    event = (spec.id, spec.version, index, "high")
    on_ns, off_ns = (round(each * NS_PER_S) for each in (spec.on_delay_s, spec.off_delay_s))
    delayed = Delayed(event, on_ns, off_ns, out)
    if isinstance(spec, StopsSpec):
        slot = round(spec.window_s * NS_PER_S) // 60
        return StopsWatch(spec, delayed, (start_ns // slot + 1) * slot), [index]
    info, named = signals[index], spec.target_signal
    paths = {other.path: i for i, other in enumerate(signals)}
    machine = info.path.rpartition("/")[0]
    target = paths.get(named if "/" in named else f"{machine}/{named}") if named else None
    bits = info.counter_bits
    watch = CycleWatch(spec, index, 2**bits if bits else None, delayed, spec.planned_s)
    return watch, [index] if target is None else [index, target]
