"""Hours against earlier weeks again, from lists: the oracle of `rules.families.seasonal`."""

from __future__ import annotations

import math
import statistics
from dataclasses import dataclass, field

from rules.events import Event, EventKind
from rules.families.seasonal_spec import SeasonalSpec
from rules.reference_parts import Note, Sample, silent
from rules.spec import NS_PER_S

HOUR = 3600 * NS_PER_S


@dataclass
class SeasonalWatch:
    """One signal, hour by hour."""

    spec: SeasonalSpec
    event: tuple[str, str, int, str]
    out: list[Event]
    edge: int
    held: list[float] = field(default_factory=list)
    past: dict[int, list[float]] = field(default_factory=dict)
    raised: bool = False
    onset: int = 0
    serial: int = 0
    note: Note = silent

    def __post_init__(self) -> None:
        """Begin with the first whole hour."""
        self.edge = (self.edge // HOUR + 1) * HOUR

    def pass_to(self, t: int) -> None:
        """Close every hour that is over."""
        while self.edge <= t:
            if self.held:
                mean = statistics.fmean(self.held)
                if math.isfinite(mean):
                    self._hour(mean)
            self.held = []
            self.edge += HOUR

    def see(self, sample: Sample) -> None:
        """Take a sample."""
        if sample.usable:
            self.held.append(sample.value)

    def _hour(self, mean: float) -> None:
        start = self.edge - HOUR
        ahead = [seconds for since, seconds in self.spec.offsets if since <= start]
        local = start // NS_PER_S + (ahead[-1] if ahead else self.spec.offsets[0][1])
        earlier = self.past.setdefault(local // 3600 % 168, [])
        if len(earlier) >= self.spec.least_weeks:
            self._judge(mean, earlier)
        else:
            self.note(self.edge, f"mean {mean:g}: {len(earlier)} of {self.spec.least_weeks} weeks")
        earlier.append(mean)
        del earlier[: -self.spec.weeks]

    def _judge(self, mean: float, earlier: list[float]) -> None:
        median = statistics.median(earlier)
        mad = statistics.median(abs(x - median) for x in earlier)
        apart = self.spec.threshold * max(1.482602218505602 * mad, self.spec.min_scale)
        outside = abs(mean - median) > apart
        told = f"mean {mean:g}, median of {len(earlier)} weeks {median:g}, allowed {apart:g}"
        self.note(self.edge, f"{told}: {'far' if outside else 'usual'}")
        if outside is self.raised:
            return
        self.raised = outside
        if outside:
            self.serial, self.onset = self.serial + 1, self.edge - HOUR
        limit = median + (apart if mean > median else -apart)
        kind = EventKind.RAISED if outside else EventKind.CLEARED
        rule, version, signal, side = self.event
        what = (self.onset, mean, limit, self.serial)
        self.out.append(Event(self.edge, rule, version, signal, side, kind, *what))
