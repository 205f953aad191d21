"""What a control chart of counted faults asks for, as plain frozen data."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from rules.spc.phase1 import AT_LEAST_SUBGROUPS
from rules.spc.runrules import RunRule
from rules.spec import NS_PER_S, SpecError, delay_ns, positive

MOST_POINTS: Final = 1_000_000
FIT: Final = frozenset({RunRule.N1, RunRule.N2, RunRule.N3, RunRule.N4, RunRule.WE4})
"""Run rules that hold on charts whose distribution is skewed: no zones."""


class Attribute(StrEnum):
    """Share or number of defectives (binomial), number of defects or defects a unit (Poisson)."""

    P = "p"
    NP = "np"
    C = "c"
    U = "u"


SHARES: Final = frozenset({Attribute.P, Attribute.U})
BINOMIAL: Final = frozenset({Attribute.P, Attribute.NP})


@dataclass(frozen=True, slots=True, kw_only=True)
class AttributeSpec:
    """Faults found of how much was inspected, a point a subgroup (rules.md §1.2).

    The signal counts what was found; `size_signal` (of its machine) or the constant `size` says of how many. With
    `counters` both are running counts whose differences are taken, and a subgroup is what came within `subgroup_s`
    (at multiples since 1970) or until `subgroup_units` were inspected; without, each sample is a point. The mean is
    estimated from the first `phase_one_points` points and frozen, or given as `centre`: faults a unit.
    """

    id: str
    version: str
    signals: tuple[str, ...]
    chart: Attribute
    size_signal: str | None = None
    size: float | None = None
    counters: bool = True
    subgroup_s: float | None = None
    subgroup_units: float | None = None
    run_rules: tuple[RunRule, ...] = (RunRule.N1,)
    phase_one_points: int = AT_LEAST_SUBGROUPS
    centre: float | None = None
    clear_after: int = 8


def check(spec: AttributeSpec) -> None:
    """Raise `SpecError` where a chart cannot be run as written."""
    if (spec.size_signal is None) == (spec.size is None):
        raise SpecError("want either size_signal or size: of how many the faults were found")
    if spec.size is not None:
        positive("size", spec.size)
    if spec.chart not in SHARES and spec.size is None:
        raise SpecError(f"a chart of type {spec.chart} wants a constant size; p and u take any")
    _check_subgroups(spec)
    unfit = sorted(rule.name for rule in spec.run_rules if rule not in FIT)
    if unfit or not spec.run_rules:
        raise SpecError(
            f"run_rules holds {', '.join(unfit) or 'nothing'}, want some of N1, N2, N3, N4, WE4"
        )
    if not 1 <= spec.clear_after <= MOST_POINTS:
        raise SpecError(f"clear_after is {spec.clear_after}, want at least 1")
    if spec.centre is None:
        if not AT_LEAST_SUBGROUPS <= spec.phase_one_points <= MOST_POINTS:
            raise SpecError(
                f"phase_one_points is {spec.phase_one_points}, want at least {AT_LEAST_SUBGROUPS}"
            )
        return
    positive("centre", spec.centre)
    if spec.chart in BINOMIAL and not spec.centre < 1.0:
        raise SpecError(f"centre is {spec.centre:g}, want a share below 1")


def _check_subgroups(spec: AttributeSpec) -> None:
    if not spec.counters:
        if spec.subgroup_s is not None or spec.subgroup_units is not None:
            raise SpecError("without counters each sample is a point: want no subgroups")
        return
    if (spec.subgroup_s is None) == (spec.subgroup_units is None):
        raise SpecError("want subgroup_s or subgroup_units: what one point is made of")
    if spec.subgroup_s is not None and delay_ns("subgroup_s", spec.subgroup_s) < NS_PER_S:
        raise SpecError(f"subgroup_s is {spec.subgroup_s:g}, want at least 1 second")
    if spec.subgroup_units is not None:
        positive("subgroup_units", spec.subgroup_units)
        if spec.size_signal is None or not math.isfinite(spec.subgroup_units):
            raise SpecError("subgroup_units counts what size_signal counts: want a size_signal")
