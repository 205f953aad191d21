"""The rules again, one sample at a time: slow, plain, and the oracle the vector engine is tested against.

Shares no arithmetic with the engine: windows are lists of increments, and every window edge is visited.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from rules.events import Event, EventKind
from rules.spc.reference import SpcWatch
from rules.spc.spec import SpcSpec
from rules.spec import NS_PER_S, LimitSpec, MissingSpec, RateSpec, SignalInfo, Spec, pattern


class Sample(NamedTuple):
    """One row as the oracle reads it."""

    signal: int
    time_ns: int
    value: float
    quality: int

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


@dataclass
class LimitWatch:
    """A limit, high or low."""

    delayed: Delayed
    limit: float
    deadband: float
    sign: float

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
        signed = self.sign * sample.value
        self.delayed.judge(
            sample.time_ns,
            breach=signed >= self.sign * self.limit,
            back=signed < self.sign * self.limit - self.deadband,
        )


@dataclass
class MissingWatch:
    """A good sample is awaited."""

    event: tuple[str, str, int, str]
    after_ns: int
    last: int
    out: list[Event]
    raised: bool = False
    serial: int = 0

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
        if self.raised:
            self._emit(sample.time_ns, EventKind.CLEARED)
        self.raised = False
        self.last = sample.time_ns

    def _emit(self, t: int, kind: EventKind) -> None:
        rule, version, signal, side = self.event
        silent_s, limit = (t - self.last) / NS_PER_S, self.after_ns / NS_PER_S
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
            return
        self.delayed.pass_to(edge)
        made = math.fsum(d for t, d in self.increments if edge - window <= t < edge)
        rate = made * (60.0 * NS_PER_S) / window
        bound = self.spec.fraction * self.target
        self.delayed.value, self.delayed.limit = rate, bound
        self.delayed.judge(edge, breach=rate < bound, back=rate >= bound)

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
) -> list[Event]:
    """Return every event of a stream from `start_ns` to `end_ns`, ordered by time."""
    out: list[Event] = []
    fed: dict[int, list[Watch]] = {}
    watches: list[Watch] = []
    for spec in specs:
        for index, info in enumerate(signals):
            if any(pattern(glob).fullmatch(info.path) for glob in spec.signals):
                for watch, inputs in _watch(spec, index, signals, start_ns, out):
                    watches.append(watch)
                    for signal in inputs:
                        fed.setdefault(signal, []).append(watch)
    now = start_ns
    for sample in samples:
        now = max(now, sample.time_ns)
        for watch in fed.get(sample.signal, []):
            watch.pass_to(now)
            watch.see(sample._replace(time_ns=now))
    for watch in watches:
        watch.pass_to(max(now, end_ns))
    return sorted(out)


def _watch(
    spec: Spec, index: int, signals: Sequence[SignalInfo], start_ns: int, out: list[Event]
) -> Iterable[tuple[Watch, Sequence[int]]]:
    info = signals[index]
    if isinstance(spec, MissingSpec):
        event = (spec.id, spec.version, index, "")
        yield MissingWatch(event, round(spec.after_s * NS_PER_S), start_ns, out), [index]
    elif isinstance(spec, SpcSpec) and info.numeric:
        yield SpcWatch(spec, (spec.id, spec.version, index, ""), out, start_ns), [index]
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


def _delayed(spec: LimitSpec | RateSpec, index: int, side: str, out: list[Event]) -> Delayed:
    return Delayed(
        (spec.id, spec.version, index, side),
        round(spec.on_delay_s * NS_PER_S),
        round(spec.off_delay_s * NS_PER_S),
        out,
    )
