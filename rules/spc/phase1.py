"""Phase I: limits estimated once from a process in control, frozen with a version, changed by approval only."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rules.spc.autocorrelation import Treatment, make_independent
from rules.spc.spread import individuals

Floats = NDArray[np.float64]

AT_LEAST: Final = 100
AT_LEAST_SUBGROUPS: Final = 20
CUT: Final = 3.5
"""Robust standard deviations from the median beyond which cleaning leaves a point out."""

MAD_TO_SIGMA: Final = 1.482602218505602
MOST_LEFT_OUT: Final = 0.2


class Cleaning(StrEnum):
    """Whether points far from the median are left out of the estimate."""

    NONE = "none"
    ROBUST = "robust"


class PhaseOneError(ValueError):
    """These points give no limits; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FrozenLimits:
    """Centre and standard deviation of the points of a chart, and where they came from.

    `phi` is 0 unless residuals of an AR(1) model are charted, `every` how many samples make one kept sample.
    """

    centre: float
    sigma: float
    phi: float = 0.0
    every: int = 1
    points: int = 0
    left_out: int = 0
    said: str = ""

    @property
    def version(self) -> str:
        """Short hash of the numbers that decide, and of nothing else."""
        text = f"{self.centre.hex()} {self.sigma.hex()} {self.phi.hex()} {self.every}"
        return hashlib.sha256(text.encode()).hexdigest()[:12]


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """Who let which limits take the place of which, when, and why; `replaces` is empty for the first."""

    version: str
    replaces: str
    by: str
    reason: str
    time_ns: int


def estimate(
    points: ArrayLike,
    *,
    cleaning: Cleaning = Cleaning.ROBUST,
    prefer: Treatment = Treatment.RESIDUALS,
    at_least: int = AT_LEAST,
) -> FrozenLimits:
    """Return limits from a series of points: individual values, or means of subgroups.

    The standard deviation is that of the plotted points, from their mean moving range. NaN is a gap. Raises
    `PhaseOneError` for too few points, too many outliers or no spread.
    """
    values = np.asarray(points, np.float64)
    known = int(np.sum(~np.isnan(values)))
    if known < at_least:
        raise PhaseOneError(f"{known} points are too few for limits, want at least {at_least}")
    kept, left_out = _clean(values) if cleaning is Cleaning.ROBUST else (values, 0)
    if left_out > MOST_LEFT_OUT * known:
        raise PhaseOneError(
            f"{left_out} of {known} points lie far from the rest: this was no process in control"
        )
    made = make_independent(kept, prefer=prefer, at_least=at_least)
    process = individuals(made.points)
    residual = made.treatment is Treatment.RESIDUALS
    centre = float(np.nanmean(kept)) if residual else float(process.centre)
    sigma = float(process.sigma)
    if not (math.isfinite(sigma) and sigma > 0.0):
        raise PhaseOneError("the points do not vary from one to the next: no limits can be set")
    return FrozenLimits(
        centre=centre,
        sigma=sigma,
        phi=made.phi,
        every=made.every,
        points=known,
        left_out=left_out,
        said=made.said,
    )


def _clean(values: Floats) -> tuple[Floats, int]:
    """Replace points far from the median by gaps; where half of all are equal nothing can be told."""
    off = np.abs(values - np.nanmedian(values))
    scale = MAD_TO_SIGMA * float(np.nanmedian(off))
    if scale == 0.0:
        return values, 0
    far = off > CUT * scale
    return np.where(far, np.nan, values), int(far.sum())


def rebaseline(
    current: FrozenLimits | None, proposed: FrozenLimits, approval: Approval
) -> FrozenLimits:
    """Return the proposed limits if they were approved in place of the current ones; raises `PhaseOneError`."""
    replaces = "" if current is None else current.version
    if (approval.version, approval.replaces) != (proposed.version, replaces):
        raise PhaseOneError(
            f"approved was {approval.version} in place of {approval.replaces or 'none'},"
            f" not {proposed.version} in place of {replaces or 'none'}"
        )
    if not approval.by.strip() or not approval.reason.strip():
        raise PhaseOneError("an approval needs a name and a reason")
    return proposed
