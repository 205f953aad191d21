"""Charts of counted faults again, one sample at a time: the oracle of `rules.families.attributes`."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from rules.events import Event
from rules.reference_parts import Note, Sample, silent
from rules.spc.attribute_spec import BINOMIAL, SHARES, AttributeSpec
from rules.spc.reference_words import WORDED, Settling
from rules.spc.runrules import RunRule
from rules.spc.trace import Judged
from rules.spec import NS_PER_S


@dataclass
class AttributeWatch:
    """One chart of faults; `roles` says which signal counts faults (0) and which the inspected (1)."""

    spec: AttributeSpec
    event: tuple[str, str, int, str]
    out: list[Event]
    roles: Mapping[int, int]
    bits: Mapping[int, int | None]
    start: int
    before: dict[int, float] = field(default_factory=dict)
    gathered: dict[int, float] = field(default_factory=dict)
    spoiled: bool = False
    heard: bool = False
    edge: int = 0
    learned: list[tuple[float, float]] = field(default_factory=list)
    rate: float | None = None
    run: list[float] = field(default_factory=list)
    trace: list[Judged] = field(default_factory=list)
    note: Note = silent

    def __post_init__(self) -> None:
        """Begin with the mean where it is given."""
        self.rate = self.spec.centre
        self.settling = Settling(self.event, self.out, self.spec.clear_after)
        if self.slot is not None:
            self.edge = (self.start // self.slot + 1) * self.slot

    @property
    def slot(self) -> int | None:
        """Length of a subgroup by time, nanoseconds."""
        seconds = self.spec.subgroup_s
        return None if seconds is None else round(seconds * NS_PER_S)

    def pass_to(self, t: int) -> None:
        """Finish every subgroup whose time is over."""
        while self.slot is not None and self.edge <= t:
            size = self.gathered.get(1, 0.0) if self.spec.size is None else float(self.heard)
            if self.spoiled or not size:
                self.run = []
            else:
                self._finish(self.edge - self.slot, self.edge)
            self.gathered, self.spoiled, self.heard = {}, False, False
            self.edge += self.slot

    def see(self, sample: Sample) -> None:
        """Take a sample of either signal."""
        role = self.roles[sample.signal]
        if not sample.usable:
            self.before.pop(role, None)
            self.gathered, self.spoiled, self.run = {}, True, []
            self.start = sample.time_ns
            return
        self.heard = self.heard or role == 0
        if self.spec.counters:
            self._count(role, sample)
            units = self.spec.subgroup_units
            full = units is not None and self.gathered.get(1, 0.0) >= units
        else:
            self.before[role] = sample.value
            full = role == 0
            self.gathered = {0: self.before.get(0, math.nan), 1: self.before.get(1, math.nan)}
        if full:
            self._finish(self.start, sample.time_ns)
            self.start = sample.time_ns

    def _count(self, role: int, sample: Sample) -> None:
        before = self.before.get(role)
        self.before[role] = sample.value
        if before is None:
            self.gathered, self.spoiled = {}, True
            return
        added = sample.value - before
        if added < 0:
            width = self.bits.get(sample.signal)
            rolled = added + (math.inf if not width else 2.0**width)
            half = math.inf if not width else 2.0**width / 2
            added = rolled if width and rolled <= half else max(sample.value, 0.0)
        self.gathered[role] = self.gathered.get(role, 0.0) + added

    def _finish(self, start: int, end: int) -> None:
        size = self.gathered.get(1, 0.0) if self.spec.size is None else self.spec.size
        found = self.gathered.get(0, 0.0)
        self.gathered, self.spoiled = {}, False
        if not (size > 0 and found >= 0 and math.isfinite(found) and math.isfinite(size)):
            return
        value = found / size if self.spec.chart in SHARES else found
        self.trace.append(Judged(start, end, value, 1, math.nan, math.nan))
        if self.rate is not None:
            self._judge(self.rate, value, size, start, end)
            return
        self.learned.append((found, size))
        total = math.fsum(f for f, _ in self.learned) / math.fsum(s for _, s in self.learned)
        told = f"{found:g} found of {size:g}: {len(self.learned)} of {self.spec.phase_one_points}"
        self.note(end, told)
        fit = total > 0 and (self.spec.chart not in BINOMIAL or total < 1)
        if fit and len(self.learned) >= self.spec.phase_one_points:
            self.rate, self.run = total, []

    def _judge(self, rate: float, value: float, size: float, start: int, end: int) -> None:
        variance = rate * (1.0 - rate) if self.spec.chart in BINOMIAL else rate
        shares = self.spec.chart in SHARES
        foreseen = rate if shares else rate * size
        error = math.sqrt(variance / size if shares else variance * size)
        z = max(-1e6, min(1e6, (value - foreseen) / error))
        self.run.append(z)
        fired = [
            rule.name for rule in RunRule if rule in self.spec.run_rules and WORDED[rule](self.run)
        ]
        self.trace[-1] = self.trace[-1]._replace(foreseen=foreseen, error=error, hits=tuple(fired))
        told = f"{value:g} of size {size:g}: z = ({value:g} - {foreseen:g}) / {error:g} = {z:.3f}"
        self.note(end, f"{told}; {', '.join(fired) or 'nothing'} fires")
        edge = foreseen + (3.0 if z > 0 else -3.0) * error if "N1" in fired else foreseen
        onset = self._onset(z, fired, start, end)
        self.settling.settle(fired, end, onset, (value, edge))

    sums: tuple[float, float] = (0.0, 0.0)
    since: tuple[int, int] = (0, 0)

    def _onset(self, z: float, fired: list[str], start: int, end: int) -> int:
        """Return when it began: where the CUSUM with k = 0.5 last left 0 for rules that see late."""
        del end
        high, low = self.sums
        since = (start if high == 0 else self.since[0], start if low == 0 else self.since[1])
        high, low = min(max(0.0, high + z - 0.5), 20.0), min(max(0.0, low - z - 0.5), 20.0)
        self.sums, self.since = (high, low), since
        side = 0 if z > 0 else 1
        late = {"N2", "WE4"} & {*fired} and self.sums[side] > 0
        return since[side] if late else start
