"""The rules again, one sample at a time: slow, plain, and the oracle the vector engine is tested against.

Shares no arithmetic with the engine: windows are lists of increments, and every window edge is visited.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from rules.events import Event, EventKind
from rules.reference_parts import Delayed, Note, Sample, Watch, silent
from rules.reference_watches import further
from rules.spec import NS_PER_S, LimitSpec, MissingSpec, RateSpec, SignalInfo, Spec, pattern


@dataclass
class LimitWatch:
    """A limit, high or low."""

    delayed: Delayed
    limit: float
    deadband: float
    sign: float
    note: Note = silent

    def pass_to(self, t: int) -> None:
        """Let time pass to `t`."""
        self.delayed.pass_to(t)

    def see(self, sample: Sample) -> None:
        """Take a sample."""
        if not sample.usable:
            self.delayed.stop(sample.time_ns)
            self.note(sample.time_ns, "no usable value: the delays stand still")
            return
        self.delayed.pass_to(sample.time_ns)
        self.delayed.value = sample.value
        signed = self.sign * sample.value
        self.delayed.judge(
            sample.time_ns,
            breach=signed >= self.sign * self.limit,
            back=signed < self.sign * self.limit - self.deadband,
        )
        self.note(sample.time_ns, f"{self._compared(sample.value)}; {self.delayed.standing}")

    def _compared(self, value: float) -> str:
        back = self.limit - self.sign * self.deadband
        beyond, within = ("≥", "<") if self.sign > 0 else ("≤", ">")
        if self.sign * value >= self.sign * self.limit:
            return f"{value:g} {beyond} limit {self.limit:g}"
        if self.sign * value < self.sign * back:
            return f"{value:g} {within} limit {self.limit:g} less deadband {self.deadband:g} = {back:g}"
        return f"{value:g} lies between {back:g} and limit {self.limit:g}: inside the deadband"


@dataclass
class MissingWatch:
    """A good sample is awaited."""

    event: tuple[str, str, int, str]
    after_ns: int
    last: int
    out: list[Event]
    raised: bool = False
    serial: int = 0
    note: Note = silent

    def pass_to(self, t: int) -> None:
        """Let time pass to `t`."""
        if not self.raised and self.last + self.after_ns <= t:
            self.raised = True
            self.serial += 1
            self._emit(self.last + self.after_ns, EventKind.RAISED)

    def see(self, sample: Sample) -> None:
        """Take a sample."""
        if sample.quality >= 0x4000_0000:
            return
        silent_s = (sample.time_ns - self.last) / NS_PER_S
        self.note(sample.time_ns, f"a good sample after {silent_s:g} s")
        if self.raised:
            self._emit(sample.time_ns, EventKind.CLEARED)
        self.raised = False
        self.last = sample.time_ns

    def _emit(self, t: int, kind: EventKind) -> None:
        rule, version, signal, side = self.event
        silent_s, limit = (t - self.last) / NS_PER_S, self.after_ns / NS_PER_S
        self.note(
            t, f"{kind.name.lower()}: {silent_s:g} s without a good sample, limit {limit:g} s"
        )
        self.out.append(
            Event(t, rule, version, signal, side, kind, self.last, silent_s, limit, self.serial)
        )


@dataclass
class RateWatch:
    """A counter against its target."""

    spec: RateSpec
    counter: int
    target_signal: int | None
    modulus: int | None
    delayed: Delayed
    edge: int
    target: float
    known: int | None = None
    alive: int = -1
    last: Sample | None = None
    credit_s: float = 5.0
    increments: list[tuple[int, float]] = field(default_factory=list)
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
        window = 60 * self.slot
        full = self.known is not None and self.known <= edge - window
        if not (full and self.alive >= edge and math.isfinite(self.target)):
            self.delayed.stop(edge)
            self.note(edge, "no whole window was seen, or no target is known: the rate is unknown")
            return
        self.delayed.pass_to(edge)
        made = math.fsum(d for t, d in self.increments if edge - window <= t < edge)
        rate = made * (60.0 * NS_PER_S) / window
        bound = self.spec.fraction * self.target
        self.delayed.value, self.delayed.limit = rate, bound
        self.delayed.judge(edge, breach=rate < bound, back=rate >= bound)
        told = f"{made:g} counted in {window / NS_PER_S:g} s is {rate:g}/min"
        wanted = f"{self.spec.fraction:g} of the target {self.target:g}/min is {bound:g}/min"
        self.note(
            edge,
            f"{told}, {wanted}: {'below' if rate < bound else 'kept'}; {self.delayed.standing}",
        )

    def see(self, sample: Sample) -> None:
        """Take a sample of the counter, its target, or anything else of the machine."""
        other = sample.signal not in (self.counter, self.target_signal)
        if other and not sample.usable:
            return
        if self.alive < sample.time_ns:
            self.known = self.last = None
        if sample.usable:
            self.alive = sample.time_ns + round(self.spec.hold_s * NS_PER_S)
        if sample.signal == self.target_signal:
            self.target = sample.value if sample.usable else math.nan
        elif sample.signal == self.counter:
            self._count(sample)

    def _count(self, sample: Sample) -> None:
        if not sample.usable:
            self.known = self.last = None
            return
        if self.last is None:
            self.known, self.credit_s = sample.time_ns, 5.0
        else:
            added = self._added(self.last, sample)
            if added is None:
                self.known = sample.time_ns
            else:
                self.increments.append((sample.time_ns, added))
        self.last = sample

    def _added(self, last: Sample, sample: Sample) -> float | None:
        """Return what the counter advanced by, or None where nobody can tell."""
        most = self.spec.max_per_min
        most = (10.0 * self.target if most is None else most) * (1.5 / 60.0)
        elapsed_s = (sample.time_ns - last.time_ns) / NS_PER_S
        credit = min(self.credit_s + elapsed_s, elapsed_s + 5.0)
        self.credit_s = credit
        forward = sample.value - last.value
        if not most > 0:
            return forward if forward >= 0 else None
        tries = [forward]
        if forward < 0:
            tries = [forward + self.modulus] if self.modulus else []
            tries.append(sample.value)
        for added in tries:
            if 0 <= added <= credit * most:
                self.credit_s = credit - added / most
                return added
        return None


def run(
    specs: Sequence[Spec],
    signals: Sequence[SignalInfo],
    samples: Iterable[Sample],
    *,
    start_ns: int,
    end_ns: int,
    note: Note = silent,
) -> list[Event]:
    """Return every event of a stream from `start_ns` to `end_ns`, ordered by time; `note` takes each step."""
    out: list[Event] = []
    fed: dict[int, list[Watch]] = {}
    watches: list[Watch] = []
    for spec in specs:
        for index, info in enumerate(signals):
            if any(pattern(glob).fullmatch(info.path) for glob in spec.signals):
                for watch, inputs in watched(spec, index, signals, start_ns, out):
                    tell(watch, note)
                    watches.append(watch)
                    for signal in inputs:
                        fed.setdefault(signal, []).append(watch)
    now = start_ns
    for sample in samples:
        now = max(now, sample.time_ns)
        for watch in fed.get(sample.signal, []):
            watch.pass_to(now)
            source_ns = now if sample.source_ns is None else sample.source_ns
            watch.see(sample._replace(time_ns=now, source_ns=source_ns))
    for watch in watches:
        watch.pass_to(max(now, end_ns))
    return sorted(out)


def tell(watch: Any, note: Note) -> None:
    """Have a watch and its delays tell their steps."""
    watch.note = note
    delayed = getattr(watch, "delayed", None)
    if delayed is not None:
        delayed.note = note


def watched(
    spec: Spec, index: int, signals: Sequence[SignalInfo], start_ns: int, out: list[Event]
) -> Iterable[tuple[Watch, Sequence[int]]]:
    """Yield what watches a signal for a rule, a side at a time, with the signals that feed it."""
    info = signals[index]
    if isinstance(spec, MissingSpec):
        event = (spec.id, spec.version, index, "")
        yield MissingWatch(event, round(spec.after_s * NS_PER_S), start_ns, out), [index]
    elif isinstance(spec, LimitSpec) and info.numeric:
        for side, limit, sign in (("high", spec.high, 1.0), ("low", spec.low, -1.0)):
            if limit is not None:
                delayed = _delayed(spec, index, side, out)
                delayed.limit = limit
                yield LimitWatch(delayed, limit, spec.deadband, sign), [index]
    elif isinstance(spec, RateSpec) and info.numeric:
        machine = info.path.rpartition("/")[0]
        near = [i for i, other in enumerate(signals) if other.path.startswith(machine + "/")]
        paths = {other.path: i for i, other in enumerate(signals)}
        named = spec.target_signal
        target = None
        if named is not None:
            target = paths.get(named if "/" in named else f"{machine}/{named}")
        slot = round(spec.window_s * NS_PER_S) // 60
        watch = RateWatch(
            spec,
            index,
            target,
            2**info.counter_bits if info.counter_bits else None,
            _delayed(spec, index, "low", out),
            (start_ns // slot + 1) * slot,
            math.nan if spec.target_per_min is None else spec.target_per_min,
        )
        yield watch, sorted({*near, *([] if target is None else [target])})
    else:
        yield from further(spec, index, signals, start_ns, out)


def _delayed(spec: LimitSpec | RateSpec, index: int, side: str, out: list[Event]) -> Delayed:
    return Delayed(
        (spec.id, spec.version, index, side),
        round(spec.on_delay_s * NS_PER_S),
        round(spec.off_delay_s * NS_PER_S),
        out,
    )
