"""What a control chart rule asks for, as plain frozen data."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import Final

from rules.spc.autocorrelation import Treatment
from rules.spc.charts.ewma import Bounds
from rules.spc.constants import check_size
from rules.spc.phase1 import AT_LEAST, AT_LEAST_SUBGROUPS, FrozenLimits
from rules.spc.runrules import RunRule
from rules.spec import NS_PER_S, SpecError, delay_ns, positive

MOST_POINTS: Final = 1_000_000
MOST_STREAMS: Final = 64
MOST_PARTS: Final = 32


class Spread(StrEnum):
    """Where a chart's standard deviation comes from: neighbouring points, or ranges or deviations within subgroups."""

    MOVING_RANGE = "moving_range"
    RANGE = "range"
    SD = "sd"


class Detector(IntEnum):
    """Bits of an event's code above those of `RunRule`."""

    EWMA = 9
    CUSUM = 10
    SPREAD = 11


@dataclass(frozen=True, slots=True, kw_only=True)
class SpcSpec:
    """A control chart of each signal: points, limits, and what on it raises a condition (rules.md §1).

    A point is the mean of `subgroup_count` usable samples in a row, or of those of each `subgroup_s` seconds
    (at multiples since 1970); of the samples each `every`-th is taken. Without `limits` they are estimated from the
    first `phase_one_points` points and then frozen. A condition is raised at the end of the point at which a chosen
    run rule, the EWMA (L `ewma_width`) or the CUSUM (k, h, head start as part of h) fires, and cleared after
    `clear_after` points in a row at which none does. What was not seen breaks runs. With `watch_spread` a range,
    standard deviation or moving range beyond its own limits raises as well.

    Key signals stand on the same machine: only samples while `stream_signal` has one of `streams` are taken, each
    value (a cavity, a tool) on a chart of its own; where `subgroup_signal` (a part, a batch) changes a subgroup ends, and
    that alone where no count or time is given; with `parts` (number, target, sigma) every value is charted in standard
    deviations from the target of the part that `part_signal` names (short runs, Z-MR).
    """

    id: str
    version: str
    signals: tuple[str, ...]
    subgroup_count: int = 1
    subgroup_s: float | None = None
    every: int = 1
    spread: Spread = Spread.MOVING_RANGE
    run_rules: tuple[RunRule, ...] = (RunRule.N1,)
    ewma_weight: float | None = None
    ewma_width: float | None = None
    ewma_bounds: Bounds = Bounds.EXACT
    cusum_reference: float = 0.5
    cusum_limit: float | None = None
    cusum_head_start: float = 0.0
    phase_one_points: int = AT_LEAST
    treatment: Treatment = Treatment.RESIDUALS
    limits: FrozenLimits | None = None
    clear_after: int = 8
    watch_spread: bool = False
    stream_signal: str | None = None
    streams: tuple[float, ...] = ()
    subgroup_signal: str | None = None
    part_signal: str | None = None
    parts: tuple[tuple[float, float, float], ...] = ()

    @property
    def until_key(self) -> bool:
        """Whether a subgroup ends where its key changes, and nowhere else."""
        return (
            self.subgroup_signal is not None
            and self.subgroup_s is None
            and self.subgroup_count == 1
        )


def check(spec: SpcSpec) -> None:
    """Raise `SpecError` where a chart cannot be run as written."""
    _check_points(spec)
    _check_detectors(spec)
    _check_keys(spec)
    if not 1 <= spec.clear_after <= MOST_POINTS:
        raise SpecError(f"clear_after is {spec.clear_after}, want at least 1")
    if spec.limits is not None:
        for name in ("centre", "sigma", "phi"):
            if not math.isfinite(getattr(spec.limits, name)):
                raise SpecError(f"{name} of the limits must be a finite number")
        positive("sigma", spec.limits.sigma)
        if abs(spec.limits.phi) >= 1.0:
            raise SpecError(f"phi is {spec.limits.phi:g}, want between -1 and 1")
        return
    least = AT_LEAST if spec.spread is Spread.MOVING_RANGE else AT_LEAST_SUBGROUPS
    if not least <= spec.phase_one_points <= MOST_POINTS:
        raise SpecError(
            f"phase_one_points is {spec.phase_one_points}, want at least {least} for limits that hold"
        )
    if spec.treatment is Treatment.THIN:
        raise SpecError("thinning is chosen by `every`; want residuals or none as treatment")


def _check_keys(spec: SpcSpec) -> None:
    if (spec.stream_signal is None) != (not spec.streams):
        raise SpecError("want stream_signal and streams together, or neither")
    if len(set(spec.streams)) != len(spec.streams) or len(spec.streams) > MOST_STREAMS:
        raise SpecError(f"streams wants up to {MOST_STREAMS} different values")
    if (spec.part_signal is None) != (not spec.parts):
        raise SpecError("want part_signal and parts together, or neither")
    if len({part for part, _, _ in spec.parts}) != len(spec.parts) or len(spec.parts) > MOST_PARTS:
        raise SpecError(f"parts wants up to {MOST_PARTS} different parts")
    for part, target, sigma in spec.parts:
        positive(f"sigma of part {part:g}", sigma)
        if not math.isfinite(target):
            raise SpecError(f"target of part {part:g} must be a finite number")


def _check_points(spec: SpcSpec) -> None:
    if spec.every < 1:
        raise SpecError(f"every is {spec.every}, want at least 1")
    if spec.subgroup_s is not None:
        if spec.subgroup_count != 1:
            raise SpecError("want subgroups by count or by time, not both")
        if delay_ns("subgroup_s", spec.subgroup_s) < NS_PER_S // 10:
            raise SpecError(f"subgroup_s is {spec.subgroup_s:g}, want at least 0.1 seconds")
        if spec.spread is Spread.RANGE:
            raise SpecError("subgroups by time differ in size: want spread sd or moving_range")
    elif spec.until_key:
        if spec.spread is Spread.RANGE:
            raise SpecError("subgroups by a key differ in size: want spread sd or moving_range")
    elif spec.subgroup_count != 1 or spec.spread is not Spread.MOVING_RANGE:
        try:
            check_size(spec.subgroup_count)
        except ValueError as error:
            raise SpecError(str(error)) from error


def _check_detectors(spec: SpcSpec) -> None:
    if (spec.ewma_weight is None) != (spec.ewma_width is None):
        raise SpecError("an EWMA wants both ewma_weight and ewma_width")
    if spec.ewma_weight is not None and spec.ewma_width is not None:
        positive("ewma_width", spec.ewma_width)
        if not 0.0 < spec.ewma_weight <= 1.0:
            raise SpecError(f"ewma_weight is {spec.ewma_weight:g}, want above 0 and up to 1")
    positive("cusum_reference", spec.cusum_reference)
    if spec.cusum_limit is not None:
        positive("cusum_limit", spec.cusum_limit)
    if not 0.0 <= spec.cusum_head_start <= 0.5:
        raise SpecError(f"cusum_head_start is {spec.cusum_head_start:g}, want 0 to 0.5 of h")
    if not spec.run_rules and spec.ewma_weight is None and spec.cusum_limit is None:
        raise SpecError("nothing would raise: want run_rules, an EWMA or a CUSUM")
