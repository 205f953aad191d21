"""Charts of several signals again, from lists of whole points: the oracle of `rules.families.multi`."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import special

from rules.events import Event, EventKind
from rules.reference_parts import Note, Sample, silent
from rules.spc.multi_spec import PART_BITS, Method, MultiSpec
from rules.spec import NS_PER_S

Vector = NDArray[np.float64]


class Found(NamedTuple):
    """Both statistics of a point with each signal's part in them."""

    t2: float
    rest: float
    parts: Sequence[float]
    rest_parts: Sequence[float]


@dataclass
class MultiWatch:
    """One machine's signals together; `roles` says which signal is which."""

    spec: MultiSpec
    event: tuple[str, str, int, str]
    out: list[Event]
    roles: Mapping[int, int]
    edge: int
    held: dict[int, list[float]] = field(default_factory=dict)
    learned: list[list[float]] = field(default_factory=list)
    monitors: bool = False
    average: Vector | None = None
    away_since: int | None = None
    raised: bool = False
    quiet: int = 0
    onset: int = 0
    serial: int = 0
    note: Note = silent

    def __post_init__(self) -> None:
        """Begin at the first whole point."""
        self.edge = (self.edge // self.slot + 1) * self.slot

    @property
    def slot(self) -> int:
        """Length of a point, nanoseconds."""
        return round(self.spec.point_s * NS_PER_S)

    def pass_to(self, t: int) -> None:
        """Finish every point whose time is over."""
        while self.edge <= t:
            count = 1 + len(self.spec.with_signals)
            if all(self.held.get(role) for role in range(count)):
                point = [sum(self.held[role]) / len(self.held[role]) for role in range(count)]
                if all(math.isfinite(x) for x in point):
                    self._point(point)
            self.held = {}
            self.edge += self.slot

    def see(self, sample: Sample) -> None:
        """Take a sample of any of the signals."""
        if sample.usable:
            self.held.setdefault(self.roles[sample.signal], []).append(sample.value)

    def _point(self, point: list[float]) -> None:
        if not self.monitors:
            self.learned.append(point)
            told = f"{len(self.learned)} of {self.spec.phase_one_points} points for limits"
            self.note(self.edge, told)
            if len(self.learned) >= self.spec.phase_one_points:
                self.monitors = self._varies()
                self.learned = self.learned if self.monitors else []
            return
        found, limit, rest_limit = self._judged(point)
        outside = (found.t2 > limit) + 2 * (found.rest > rest_limit)
        names = ", ".join(f"{part:.3g}" for part in found.parts)
        told = f"T2 {found.t2:.4g}, limit {limit:.4g}; residual {found.rest:.4g}, limit {rest_limit:.4g}"
        self.note(self.edge, f"{told}; parts of the signals: {names}")
        self._settle(outside, found, limit, rest_limit)

    def _varies(self) -> bool:
        columns = list(zip(*self.learned, strict=True))
        if any(not statistics.variance(column) > 0 for column in columns):
            return False
        eigen = np.linalg.eigvalsh(np.corrcoef(np.array(self.learned).T))
        return self.spec.method is Method.PCA or bool(eigen[0] > 1e-10 * eigen[-1])

    def _judged(self, point: list[float]) -> tuple[Found, float, float]:
        x = np.array(self.learned)
        off = np.array(point) - x.mean(axis=0)
        m, p = x.shape
        if self.spec.method is Method.PCA:
            return self._by_components(x, off)
        covariance = np.cov(x.T)
        limit = (
            p
            * (m + 1)
            * (m - 1)
            / (m * m - m * p)
            * float(special.fdtri(p, m - p, self.spec.confidence))
        )
        if self.spec.method is Method.MEWMA:
            weight = self.spec.weight
            before = np.zeros(p) if self.average is None else self.average
            self.average = off = weight * off + (1 - weight) * before
            covariance = covariance * (weight / (2 - weight))
            limit = self.spec.limit or math.nan
        whole = off @ np.linalg.solve(covariance, off)
        parts = [whole - self._without(covariance, off, j) for j in range(p)]
        return Found(whole, 0.0, parts, [0.0] * p), limit, math.inf

    @staticmethod
    def _without(covariance: Vector, off: Vector, j: int) -> float:
        """Return T² of all signals but one."""
        kept = [k for k in range(len(off)) if k != j]
        return float(off[kept] @ np.linalg.solve(covariance[np.ix_(kept, kept)], off[kept]))

    def _by_components(self, x: Vector, off: Vector) -> tuple[Found, float, float]:
        sd = x.std(axis=0, ddof=1)
        scores, singular, axes = np.linalg.svd((x - x.mean(axis=0)) / sd, full_matrices=False)
        del scores
        m = len(x)
        eigen = singular**2 / (m - 1)
        part = np.cumsum(eigen) / eigen.sum()
        kept = min(int(np.sum(part < self.spec.explained)) + 1, len(eigen))
        z = off / sd
        score = axes[:kept] @ z
        left = z - axes[:kept].T @ score
        t2 = float(np.sum(score**2 / eigen[:kept]))
        parts = z * (axes[:kept].T @ (score / eigen[:kept]))
        rest = eigen[kept:]
        limit = (
            kept
            * (m + 1)
            * (m - 1)
            / (m * m - m * kept)
            * float(special.fdtri(kept, m - kept, self.spec.confidence))
        )
        rest_limit = math.inf
        if rest.sum() > 1e-10:
            g, h = (rest**2).sum() / rest.sum(), rest.sum() ** 2 / (rest**2).sum()
            rest_limit = float(g * special.chdtri(h, 1.0 - self.spec.confidence))
        return Found(t2, float(left @ left), parts.tolist(), (z * left).tolist()), limit, rest_limit

    def _settle(self, outside: int, found: Found, limit: float, rest_limit: float) -> None:
        self.quiet = 0 if outside else self.quiet + 1
        if outside and self.away_since is None:
            self.away_since = self.edge - self.slot
        by_rest = outside == 2
        told = (found.rest, rest_limit) if by_rest else (found.t2, limit)
        parts = found.rest_parts if by_rest else found.parts
        if outside and not self.raised:
            self.raised, self.serial = True, self.serial + 1
            self.onset = self.away_since or 0
            code = outside | int(np.argmax(parts)) << PART_BITS
            self._emit(EventKind.RAISED, told, code)
        elif self.raised and not outside and self.quiet >= self.spec.clear_after:
            self.raised = False
            self._emit(EventKind.CLEARED, told, 0)
        if not outside:
            self.away_since = None

    def _emit(self, kind: EventKind, told: tuple[float, float], code: int) -> None:
        rule, version, signal, side = self.event
        self.out.append(
            Event(
                self.edge, rule, version, signal, side, kind, self.onset, *told, self.serial, code
            )
        )
