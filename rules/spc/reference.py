"""Control charts again, one sample at a time and looking back over lists: the oracle of `rules.families.spc`."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final, Protocol

from rules.events import Event
from rules.reference_parts import Note, silent
from rules.spc.autocorrelation import Treatment
from rules.spc.charts.ewma import Bounds
from rules.spc.constants import c4, d2, factors
from rules.spc.reference_words import WORDED, Settling
from rules.spc.runrules import RunRule
from rules.spc.spec import SpcSpec, Spread
from rules.spc.trace import Judged
from rules.spec import NS_PER_S


class Sample(Protocol):
    """What is read of a sample."""

    @property
    def time_ns(self) -> int:
        """When it came."""
        ...

    @property
    def signal(self) -> int:
        """Which signal it is of."""
        ...

    @property
    def value(self) -> float:
        """What it says."""
        ...

    @property
    def usable(self) -> bool:
        """Whether it is a number of good or doubtful quality."""
        ...


GRADUAL: Final = {"N2", "N5", "N6", "WE4", "EWMA", "CUSUM"}


@dataclass
class SpcWatch:
    """One control chart; `event` is rule, version, signal and side; `roles` what its key signals are for."""

    spec: SpcSpec
    event: tuple[str, str, int, str]
    out: list[Event]
    edge: int
    held: list[tuple[int, float]] = field(default_factory=list)
    skip: int = 0
    learned: list[float | None] = field(default_factory=list)
    spreads: list[float] = field(default_factory=list)
    limits: tuple[float, float, float] | None = None
    last: float | None = None
    run: list[float] = field(default_factory=list)
    average: float = 0.0
    judged: int = 0
    sums: list[float] = field(default_factory=lambda: [0.0, 0.0])
    since: list[int | None] = field(default_factory=lambda: [None, None])
    roles: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    stream: float | None = None
    listens: bool = True
    group: float | None = None
    part: tuple[float, float, float] | None = None
    trace: list[Judged] = field(default_factory=list)
    note: Note = silent

    @property
    def slot(self) -> int | None:
        """Length of a subgroup by time, nanoseconds."""
        seconds = self.spec.subgroup_s
        return None if seconds is None else round(seconds * NS_PER_S)

    def __post_init__(self) -> None:
        """Begin with limits where they are given."""
        given = self.spec.limits
        self.listens = self.stream is None
        self.settling = Settling(self.event, self.out, self.spec.clear_after)
        if self.slot is not None:
            self.edge = (self.edge // self.slot + 1) * self.slot
        if given is not None:
            self._monitor((given.centre, given.sigma, given.phi))

    def pass_to(self, t: int) -> None:
        """Finish every subgroup whose time is over."""
        while self.slot is not None and self.edge <= t:
            if self.held:
                self._finish(self.edge)
            else:
                self._gap()
            self.edge += self.slot

    def see(self, sample: Sample) -> None:
        """Take a sample of the signal, or of what tells its streams, subgroups and parts apart."""
        if sample.signal in self.roles:
            for role in self.roles[sample.signal]:
                self._key(role, sample)
            return
        if not self.listens or (self.spec.parts and self.part is None):
            return
        if not sample.usable:
            if self.slot is None:
                self._gap()
            return
        if self.skip:
            self.skip -= 1
            return
        given = self.spec.limits
        self.skip = max(self.spec.every, 1 if given is None else given.every) - 1
        _, target, sigma = self.part or (0.0, 0.0, 1.0)
        value = (sample.value - target) / sigma if self.part else sample.value
        self.held.append((sample.time_ns, value))
        counted = self.slot is None and not self.spec.until_key
        if counted and len(self.held) == self.spec.subgroup_count:
            self._finish(sample.time_ns)

    def _key(self, role: str, sample: Sample) -> None:
        if role == "stream":
            self.listens = sample.usable and sample.value == self.stream
        elif role == "group" and sample.usable and sample.value != self.group:
            self.group = sample.value
            if self.held and (self.slot is not None or self.spec.until_key):
                self._finish(sample.time_ns)
            elif self.held:
                self.held, self.skip = [], 0
        elif role == "part":
            found = next((p for p in self.spec.parts if p[0] == sample.value), None)
            found = found if sample.usable else None
            if found != self.part:
                self.part, self.held, self.last = found, [], None
                if found is None:
                    self._gap()
                elif self.limits is None:
                    self.learned.append(None)

    def _gap(self) -> None:
        self.held, self.skip, self.last, self.run = [], 0, None, []
        if self.limits is None:
            self.learned.append(None)

    def _finish(self, end: int) -> None:
        values = [value for _, value in self.held]
        start = self.held[0][0]
        self.held = []
        point = statistics.fmean(values)
        self.trace.append(Judged(start, end, point, len(values), *self._spreads(point, values)))
        if self.limits is None:
            self._learn(point)
        else:
            self._judge(point, len(values), start, end, self.limits)
        self._tell(end)
        self.last = point

    def _tell(self, end: int) -> None:
        one = self.trace[-1]
        what = "point" if one.size == 1 else f"mean of {one.size}"
        if math.isnan(one.error):
            have = sum(x is not None for x in self.learned)
            self.note(
                end, f"{what} {one.value:g}: {have} of {self.spec.phase_one_points} for limits"
            )
            return
        z = (one.value - one.foreseen) / one.error
        told = f"{what} {one.value:g}: z = ({one.value:g} - {one.foreseen:g}) / {one.error:g} = {z:.3f}"
        if self.spec.ewma_width is not None:
            told += f"; EWMA {one.average:.3f}, limit {one.bound:.3f}"
        if self.spec.cusum_limit is not None:
            told += f"; CUSUM {one.high:.3f} and {one.low:.3f}, h {self.spec.cusum_limit:g}"
        self.note(end, f"{told}; {', '.join(one.hits) or 'nothing'} fires")

    def _spreads(self, point: float, values: list[float]) -> tuple[float, float]:
        """Return what the chart of spread plots, and the standard deviation of single values it tells of."""
        spread = self.spec.spread
        if spread is Spread.MOVING_RANGE and self.last is not None:
            moved = abs(point - self.last)
            return moved, moved / d2(2)
        if spread is Spread.RANGE:
            extent = max(values) - min(values)
            return extent, extent / d2(len(values))
        if spread is Spread.SD and len(values) > 1:
            sd = statistics.stdev(values)
            return sd, sd / float(c4(len(values)))
        return math.nan, math.nan

    def _learn(self, point: float) -> None:
        self.learned.append(point)
        if not math.isnan(self.trace[-1].within):
            self.spreads.append(self.trace[-1].within)
        known = [x for x in self.learned if x is not None]
        if len(known) < self.spec.phase_one_points:
            return
        centre = statistics.fmean(known)
        sigma = statistics.fmean(self.spreads) if self.spreads else 0.0
        phi = self._phi(known, centre)
        if phi:
            sigma = statistics.stdev(known) * math.sqrt(1.0 - phi**2)
        if sigma > 0.0:
            self._monitor((centre, sigma, phi))
        else:
            self.learned, self.spreads = [], []

    def _phi(self, known: list[float], centre: float) -> float:
        """Return the lag-1 correlation if it is to be modelled and its 95 % interval leaves out 0."""
        spec = self.spec
        if spec.treatment is not Treatment.RESIDUALS or spec.spread is not Spread.MOVING_RANGE:
            return 0.0
        pairs = [(a, b) for a, b in pairwise(self.learned) if a is not None and b is not None]
        total = math.fsum((x - centre) ** 2 for x in known)
        r = math.fsum((a - centre) * (b - centre) for a, b in pairs) / total if total else 0.0
        far = math.sqrt(max(len(pairs) - 3, 1)) * abs(math.atanh(r)) if abs(r) < 1.0 else 0.0
        return r if far > 1.959963984540054 else 0.0

    def _monitor(self, limits: tuple[float, float, float]) -> None:
        h = self.spec.cusum_limit
        self.limits, self.run, self.average, self.judged = limits, [], 0.0, 0
        self.sums = [0.0 if h is None else self.spec.cusum_head_start * h] * 2
        self.since = [None, None]

    def _judge(
        self, point: float, size: int, start: int, end: int, limits: tuple[float, float, float]
    ) -> None:
        centre, sigma, phi = limits
        if phi and self.last is None:
            return
        foreseen = centre + (phi * (self.last - centre) if phi and self.last is not None else 0.0)
        error = sigma if self.spec.spread is Spread.MOVING_RANGE else sigma / math.sqrt(size)
        z = max(-1e6, min(1e6, (point - foreseen) / error))
        self.run.append(z)
        fired = [
            rule.name for rule in RunRule if rule in self.spec.run_rules and WORDED[rule](self.run)
        ]
        bound = self._bound()
        self._accumulate(z, start)
        if self.spec.ewma_width is not None and abs(self.average) > bound:
            fired.append("EWMA")
        h = math.inf if self.spec.cusum_limit is None else self.spec.cusum_limit
        if max(self.sums) > h:
            fired.append("CUSUM")
        low, high = self._spread_limits(size, sigma, phi)
        spread = self.trace[-1].spread
        if self.spec.watch_spread and not low <= spread <= high and not math.isnan(spread):
            fired.append("SPREAD")
        up = z > 0
        if fired and fired[0] == "EWMA":
            up = self.average > 0
        elif fired and fired[0] == "CUSUM":
            up = self.sums[0] > h
        self.trace[-1] = self.trace[-1]._replace(
            foreseen=foreseen,
            error=error,
            hits=tuple(fired),
            average=self.average,
            bound=bound,
            high=self.sums[0],
            low=self.sums[1],
        )
        compared = self._compared(fired, point, foreseen, error, bound * (1 if up else -1), up=up)
        if fired == ["SPREAD"]:
            up = spread > high
            compared = spread, high if up else low
        self._settle(fired, start, end, compared, up=up)

    def _bound(self) -> float:
        weight, width = self.spec.ewma_weight, self.spec.ewma_width
        self.judged += 1
        if weight is None or width is None:
            return math.inf
        part = 1.0 - (1.0 - weight) ** (2 * self.judged)
        widened = part if self.spec.ewma_bounds is Bounds.EXACT else 1.0
        return width * math.sqrt(weight / (2.0 - weight) * widened)

    def _accumulate(self, z: float, start: int) -> None:
        weight = 1.0 if self.spec.ewma_weight is None else self.spec.ewma_weight
        self.average = weight * z + (1.0 - weight) * self.average
        cap = 2.0 * (10.0 if self.spec.cusum_limit is None else self.spec.cusum_limit)
        for side, sign in ((0, 1.0), (1, -1.0)):
            if self.sums[side] == 0.0 or self.since[side] is None:
                self.since[side] = start
            total = self.sums[side] + sign * z - self.spec.cusum_reference
            self.sums[side] = min(max(0.0, total), cap)

    def _compared(
        self,
        fired: list[str],
        point: float,
        foreseen: float,
        error: float,
        bound: float,
        *,
        up: bool,
    ) -> tuple[float, float]:
        """Return value and limit of an event, by the first of what fired."""
        for name, zone in (("N1", 3.0), ("N5", 2.0), ("N6", 1.0)):
            if name in fired:
                return point, foreseen + (zone if up else -zone) * error
        if fired and fired[0] == "EWMA" and self.limits is not None:
            centre = self.limits[0]
            return centre + error * self.average, centre + error * bound
        return point, foreseen

    def _settle(
        self, fired: list[str], start: int, end: int, compared: tuple[float, float], *, up: bool
    ) -> None:
        since = self.since[0 if up else 1]
        seen_late = GRADUAL & {*fired} and self.sums[0 if up else 1] > 0.0
        onset = since if seen_late and since is not None else start
        self.settling.settle(fired, end, onset, compared)

    def _spread_limits(self, size: int, sigma: float, phi: float) -> tuple[float, float]:
        """Return the limits of the spread of a point of `size` values, none for residuals (rules.md §1.2)."""
        moving = self.spec.spread is Spread.MOVING_RANGE
        if (moving and phi) or (not moving and size < 2):
            return -math.inf, math.inf
        by = factors(2 if moving else size)
        if self.spec.spread is Spread.SD:
            return by.b5 * sigma, by.b6 * sigma
        return by.d3_limit * by.d2 * sigma, by.d4_limit * by.d2 * sigma
