"""The rules over the motion of one signal again, one sample at a time: the oracle of `rules.families.motion`."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field

from rules.events import Event, EventKind
from rules.families.motion.spec import (
    RangeSpec,
    RateOfChangeSpec,
    SpikeSpec,
    StaleSpec,
    StateDurationSpec,
    StuckSpec,
)
from rules.reference_parts import Delayed, Note, Sample, silent
from rules.spec import NS_PER_S


@dataclass
class ChangeWatch:
    """A rate of change, up or down."""

    spec: RateOfChangeSpec
    delayed: Delayed
    sign: float
    before: Sample | None = None
    note: Note = silent

    def pass_to(self, t: int) -> None:
        """Let time pass to `t`."""
        self.delayed.pass_to(t)

    def see(self, sample: Sample) -> None:
        """Take a sample."""
        if not sample.usable:
            self.before = None
            self.delayed.stop(sample.time_ns)
            self.note(sample.time_ns, "no usable value: the rate is unknown, delays stand still")
            return
        span = None if self.before is None else sample.time_ns - self.before.time_ns
        if self.before is None or span is None or span > round(self.spec.max_span_s * NS_PER_S):
            self.before = sample
            self.delayed.stop(sample.time_ns)
            self.note(sample.time_ns, f"{sample.value:g} is the first to take a rate from")
        elif span >= round(self.spec.min_span_s * NS_PER_S):
            rate = (sample.value - self.before.value) / span * (self.spec.per_s * NS_PER_S)
            limit = abs(self.delayed.limit)
            moved = f"from {self.before.value:g} to {sample.value:g} in {span / NS_PER_S:g} s"
            self.before = sample
            self.delayed.pass_to(sample.time_ns)
            self.delayed.value = rate
            self.delayed.judge(
                sample.time_ns,
                breach=self.sign * rate >= limit,
                back=self.sign * rate < limit - self.spec.deadband,
            )
            compared = against(self.sign * rate, limit, self.spec.deadband)
            told = f"{moved} is {rate:g} in {self.spec.per_s:g} s; {self.sign * rate:g} {compared}"
            self.note(sample.time_ns, f"{told}; {self.delayed.standing}")


@dataclass
class RangeWatch:
    """The range over a window: every edge is visited, with every sample since."""

    spec: RangeSpec
    delayed: Delayed
    sign: float
    edge: int
    known: int | None = None
    held: list[tuple[int, float]] = field(default_factory=list)
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
        start = edge - 60 * self.slot
        if self.known is None or self.known > start:
            return
        earlier = [x for t, x in self.held if t < start][-1:]
        window = earlier + [x for t, x in self.held if start <= t < edge]
        extent = max(window) - min(window)
        self.held = [
            (t, x) for t, x in self.held if t >= start - self.slot or t == self.held[-1][0]
        ]
        self._keep(start, earlier)
        limit = self.sign * abs(self.delayed.limit)
        self.delayed.pass_to(edge)
        self.delayed.value = extent
        self.delayed.judge(
            edge,
            breach=self.sign * extent >= limit,
            back=self.sign * extent < limit - self.spec.deadband,
        )
        told = f"{max(window):g} less {min(window):g} over {self.spec.window_s:g} s is {extent:g}"
        compared = against(self.sign * extent, limit, self.spec.deadband)
        self.note(edge, f"{told}; {self.sign * extent:g} {compared}; {self.delayed.standing}")

    def _keep(self, start: int, earlier: list[float]) -> None:
        """Put back the value that held at the start, where forgetting took it."""
        if earlier and not any(t < start for t, _ in self.held):
            self.held.insert(0, (start - 1, earlier[0]))

    def see(self, sample: Sample) -> None:
        """Take a sample."""
        if not sample.usable:
            self.known, self.held = None, []
            self.delayed.stop(sample.time_ns)
            self.note(sample.time_ns, "no usable value: the window begins anew")
            return
        if self.known is None:
            self.known = sample.time_ns
        self.held.append((sample.time_ns, sample.value))


@dataclass
class StuckWatch:
    """A value that should move while its machine runs."""

    spec: StuckSpec
    delayed: Delayed
    signal: int
    run_signal: int | None
    runs: bool
    since: list[float] = field(default_factory=list)
    value_good: bool = True
    run_good: bool = True
    moved: bool = False
    note: Note = silent

    def pass_to(self, t: int) -> None:
        """Let time pass to `t`."""
        self.delayed.pass_to(t)

    def see(self, sample: Sample) -> None:
        """Take a sample of the value, or of what tells whether the machine runs."""
        if sample.signal == self.signal:
            self.value_good = sample.usable
            if sample.usable:
                self._value(sample.value)
        else:
            self.run_good = sample.usable
            if sample.usable:
                self._run(sample.value in self.spec.while_values)
        if not (self.value_good and self.run_good):
            self.delayed.stop(sample.time_ns)
        elif self.since:
            self._judge(sample.time_ns)

    def _value(self, x: float) -> None:
        self.since.append(x)
        if len(self.since) == 1 or max(self.since) - min(self.since) > self.spec.band:
            self.since, self.moved = [x], True

    def _run(self, runs: bool) -> None:  # noqa: FBT001 - the state itself
        if runs and not self.runs:
            self.since, self.moved = self.since[-1:], True
        self.runs = runs

    def _judge(self, t: int) -> None:
        self.delayed.pass_to(t)
        self.delayed.value = self.since[-1]
        if self.moved or not self.runs:
            self.delayed.judge(t, breach=False, back=True)
        if self.runs:
            self.delayed.judge(t, breach=True, back=False)
        wandered = max(self.since) - min(self.since)
        still = f"wandered {wandered:g}, band {self.spec.band:g}"
        told = "moved" if self.moved else still if self.runs else "the machine does not run"
        self.note(t, f"{self.since[-1]:g}: {told}; {self.delayed.standing}")
        self.moved = False


@dataclass
class SpikeWatch:
    """An excursion that comes back."""

    spec: SpikeSpec
    event: tuple[str, str, int, str]
    out: list[Event]
    usual: list[float] = field(default_factory=list)
    away: list[tuple[int, float]] = field(default_factory=list)
    raised: bool = False
    quiet: int = 0
    onset: int = 0
    serial: int = 0
    note: Note = silent

    def pass_to(self, t: int) -> None:
        """Time alone changes nothing."""

    def see(self, sample: Sample) -> None:
        """Take a sample."""
        if not sample.usable:
            self.away = []
            return
        if len(self.usual) < self.spec.window:
            self.usual.append(sample.value)
            return
        median = statistics.median(self.usual)
        mad = statistics.median(abs(x - median) for x in self.usual)
        scale = max(1.482602218505602 * mad, self.spec.min_scale)
        apart = self.spec.threshold * scale
        off = abs(sample.value - median)
        told = f"{sample.value:g} is {off:g} from the median {median:g}"
        self.note(sample.time_ns, f"{told}; {self.spec.threshold:g} times {scale:g} is {apart:g}")
        if scale > 0.0 and abs(sample.value - median) > apart:
            self.away.append((sample.time_ns, sample.value))
            self.note(sample.time_ns, f"away for {len(self.away)} of {self.spec.returns_within}")
            if len(self.away) > self.spec.returns_within:
                self.usual, self.away = [sample.value], []
                self.note(sample.time_ns, "a step, no spike: what is usual is learned anew")
            return
        self._back(sample, median, apart)
        self.usual = [*self.usual[1:], sample.value]

    def _back(self, sample: Sample, median: float, apart: float) -> None:
        spiked, self.away = self.away, []
        if not spiked:
            self.quiet += 1
            if self.raised and self.quiet >= self.spec.clear_after:
                self.raised = False
                edge = self._edge(self.peak, median, apart)
                self._emit(EventKind.CLEARED, sample.time_ns, sample.value, edge)
            return
        self.quiet = 0
        self.peak = max((x for _, x in spiked), key=lambda x: abs(x - median))
        if not self.raised:
            self.raised, self.serial, self.onset = True, self.serial + 1, spiked[0][0]
            edge = self._edge(self.peak, median, apart)
            self._emit(EventKind.RAISED, sample.time_ns, self.peak, edge)

    peak: float = 0.0

    @staticmethod
    def _edge(peak: float, median: float, apart: float) -> float:
        return median + apart if peak > median else median - apart

    def _emit(self, kind: EventKind, t: int, value: float, limit: float) -> None:
        rule, version, signal, side = self.event
        self.note(t, f"{kind.name.lower()}: {value:g} against {limit:g}")
        self.out.append(
            Event(t, rule, version, signal, side, kind, self.onset, value, limit, self.serial)
        )


@dataclass
class DurationWatch:
    """A state that lasts."""

    spec: StateDurationSpec
    delayed: Delayed
    note: Note = silent

    def pass_to(self, t: int) -> None:
        """Let time pass to `t`."""
        self.delayed.pass_to(t)

    def see(self, sample: Sample) -> None:
        """Take a sample."""
        if not sample.usable:
            self.delayed.stop(sample.time_ns)
            return
        self.delayed.pass_to(sample.time_ns)
        self.delayed.value = sample.value
        stays = sample.value in self.spec.states
        self.delayed.judge(sample.time_ns, breach=stays, back=not stays)
        listed = ", ".join(f"{state:g}" for state in self.spec.states)
        word = "is" if stays else "is not"
        told = f"state {sample.value:g} {word} one of {listed}"
        self.note(sample.time_ns, f"{told}; {self.delayed.standing}")


@dataclass
class StaleWatch:
    """The age of the newest good value by its own source time."""

    spec: StaleSpec
    event: tuple[str, str, int, str]
    out: list[Event]
    base: int
    newest: int | None = None
    raised: bool = False
    serial: int = 0
    seen: int = 0
    note: Note = silent

    @property
    def after(self) -> int:
        """The age that raises, nanoseconds."""
        return round(self.spec.after_s * NS_PER_S)

    def pass_to(self, t: int) -> None:
        """Let time pass to `t`."""
        due = max(self.base + self.after, self.seen)
        if not self.raised and due <= t:
            self.raised, self.serial = True, self.serial + 1
            self._emit(EventKind.RAISED, due, due - self.base)

    def see(self, sample: Sample) -> None:
        """Take a sample."""
        source = sample.time_ns if sample.source_ns is None else sample.source_ns
        if sample.quality >= 0x4000_0000 or (self.newest is not None and source <= self.newest):
            return
        self.newest = source
        age = sample.time_ns - source
        told = f"a good value, {age / NS_PER_S:g} s old, limit {self.spec.after_s:g} s"
        self.note(sample.time_ns, told)
        if self.raised and age >= self.after:
            return
        if self.raised:
            self.raised = False
            self._emit(EventKind.CLEARED, sample.time_ns, age)
        self.base, self.seen = source, sample.time_ns
        self.pass_to(sample.time_ns)

    def _emit(self, kind: EventKind, t: int, age: int) -> None:
        rule, version, signal, side = self.event
        if kind is EventKind.RAISED:
            self.onset = min(self.base, self.seen) if self.seen else self.base
        limit = self.after / NS_PER_S
        self.note(t, f"{kind.name.lower()}: {age / NS_PER_S:g} s old, limit {limit:g} s")
        told = (self.onset, age / NS_PER_S, limit, self.serial)
        self.out.append(Event(t, rule, version, signal, side, kind, *told))

    onset: int = 0


def watches_of(values: Sequence[float | None]) -> Sequence[tuple[str, float, float]]:
    """Return (side, limit, sign) of what is given of high and low."""
    both = zip(("high", "low"), values, (1.0, -1.0), strict=True)
    return [(side, limit, sign) for side, limit, sign in both if limit is not None]


def against(value: float, limit: float, deadband: float) -> str:
    """Say how a value lies to a limit and its deadband."""
    if value >= limit:
        return f"≥ limit {limit:g}"
    if value < limit - deadband:
        return f"< limit {limit:g} less deadband {deadband:g}"
    return f"lies within the deadband {deadband:g} below limit {limit:g}"
