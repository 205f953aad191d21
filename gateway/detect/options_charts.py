"""Control charts of counted faults and of several signals at once, as people write them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from gateway.detect.options_base import COMPANION, RuleOptions, companion
from gateway.deviation import IssueType
from rules.spc.attribute_spec import Attribute, AttributeSpec
from rules.spc.multi_spec import Method, MultiSpec
from rules.spc.runrules import RunRule

AttributeRuleName = Literal["N1", "N2", "N3", "N4", "WE4"]
Companion = Annotated[str, StringConstraints(max_length=255, pattern=COMPANION)]


class AttributeRule(RuleOptions):
    """A control chart of faults found: their share, their number, or defects a unit."""

    type: Literal["attribute_chart"] = Field(description="Kind of rule.")
    issue_type: IssueType = Field(
        IssueType.QUALITY, description="What kind of deviation its issues are."
    )
    chart: Attribute = Field(
        description="p or np for defectives (share, number), u or c for defects (a unit, number)."
    )
    size_signal: str | None = companion(
        "Signal that counts what was inspected: its path, or its name on the machine."
    )
    size: float | None = Field(
        None, description="Constant number inspected for each point instead."
    )
    counters: bool = Field(
        default=True,
        description="Whether the signals are running counts; else each sample is a point.",
    )
    subgroup_s: float | None = Field(
        None, description="A point is what was counted in so much time, at multiples since 1970."
    )
    subgroup_units: float | None = Field(
        None, description="A point is so many inspected units, as `size_signal` counts them."
    )
    run_rules: list[AttributeRuleName] = Field(
        default_factory=lambda: list[AttributeRuleName](["N1"]),
        description="Run rules; zones make no sense on these charts.",
    )
    phase_one_points: int = Field(
        25, description="The mean is estimated from so many first points, then frozen."
    )
    centre: float | None = Field(
        None, description="Mean faults a unit in place of an estimated one; 0.02 is 2 %."
    )
    clear_after: int = Field(8, description="Points in a row without a finding that end it.")

    def beside(self) -> Sequence[str]:
        """Return the other signals it reads."""
        return () if self.size_signal is None else (self.size_signal,)

    def to_spec(self, rule: str) -> AttributeSpec:
        """Return what the engine runs."""
        return AttributeSpec(
            **self.named(rule),
            chart=self.chart,
            size_signal=self.size_signal,
            size=self.size,
            counters=self.counters,
            subgroup_s=self.subgroup_s,
            subgroup_units=self.subgroup_units,
            run_rules=tuple(RunRule[name] for name in self.run_rules),
            phase_one_points=self.phase_one_points,
            centre=self.centre,
            clear_after=self.clear_after,
        )


class MultiRule(RuleOptions):
    """Several signals of a machine that belong together, against how they move in control."""

    type: Literal["multivariate"] = Field(description="Kind of rule.")
    issue_type: IssueType = Field(
        IssueType.QUALITY, description="What kind of deviation its issues are."
    )
    with_signals: list[Companion] = Field(
        min_length=1, max_length=7, description="Signals of the same machine, by name or path."
    )
    method: Method = Field(
        Method.T2,
        description="Hotelling's T², its moving average (small shifts), or principal components.",
    )
    point_s: float = Field(10.0, description="A point is the mean of every signal over so long.")
    confidence: float = Field(
        0.9973, description="Part of points in control that lie within the limits (t2, pca)."
    )
    weight: float = Field(0.1, description="Weight of a point in the moving average (mewma).")
    limit: float | None = Field(
        None, description="h4 of the moving average: 8.64 gives ARL0 200 for two signals at 0.1."
    )
    explained: float = Field(
        0.9, description="Part of the variance that the kept components explain (pca)."
    )
    phase_one_points: int = Field(
        100, description="The model is estimated from so many first points, then frozen."
    )
    clear_after: int = Field(8, description="Points in a row within the limits that end it.")

    def beside(self) -> Sequence[str]:
        """Return the other signals it reads."""
        return self.with_signals

    def to_spec(self, rule: str) -> MultiSpec:
        """Return what the engine runs."""
        return MultiSpec(
            **self.named(rule),
            with_signals=tuple(self.with_signals),
            method=self.method,
            point_s=self.point_s,
            confidence=self.confidence,
            weight=self.weight,
            limit=self.limit,
            explained=self.explained,
            phase_one_points=self.phase_one_points,
            clear_after=self.clear_after,
        )
