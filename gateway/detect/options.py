"""Rules as people write them; the key they stand under is their id."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, Literal, Self

from pydantic import Field, model_validator

from gateway.detect import sensitivity
from gateway.detect.options_base import CHECKED_AS, RuleOptions, companion
from gateway.detect.options_charts import AttributeRule, MultiRule
from gateway.detect.options_expression import ExpressionRule
from gateway.detect.options_motion import (
    RangeRule,
    RateOfChangeRule,
    SpikeRule,
    StaleRule,
    StateDurationRule,
    StuckRule,
)
from gateway.detect.options_seasonal import SeasonalRule
from gateway.detect.options_throughput import CycleRule, StopsRule
from gateway.deviation import IssueType
from gateway.options import Options
from rules.spc.autocorrelation import Treatment
from rules.spc.capability import Tolerance
from rules.spc.charts.ewma import Bounds
from rules.spc.phase1 import FrozenLimits
from rules.spc.runrules import RunRule
from rules.spc.spec import SpcSpec, Spread
from rules.spec import LimitSpec, MissingSpec, RateSpec

__all__ = [
    "CHECKED_AS",
    "LimitRule",
    "MissingRule",
    "RateRule",
    "RuleOptions",
    "SpcRule",
    "rule_types",
]

RuleName = Literal["N1", "N2", "N3", "N4", "N5", "N6", "N7", "N8", "WE4"]


class LimitRule(RuleOptions):
    """A value at or beyond a limit, continuously for a while."""

    type: Literal["limit"] = Field(description="Kind of rule.")
    issue_type: IssueType = Field(
        IssueType.QUALITY, description="What kind of deviation its issues are."
    )
    unit: str = Field(
        "",
        max_length=32,
        description="Unit of high, low and deadband; a signal in another unit disables the rule.",
    )
    high: float | None = Field(
        None, description="Raised at or above this value, in the signal's unit."
    )
    low: float | None = Field(
        None, description="Raised at or below this value, in the signal's unit."
    )
    deadband: float = Field(
        0.0,
        description="How far the value must come back within the limit to clear, in the signal's unit.",
    )
    on_delay_s: float = Field(
        0.0, description="How long it must be beyond the limit without a break."
    )
    off_delay_s: float = Field(0.0, description="How long it must be back without a break.")

    def to_spec(self, rule: str) -> LimitSpec:
        """Return what the engine runs."""
        return LimitSpec(
            id=rule,
            version=self.version() if rule else "",
            signals=tuple(self.signals),
            high=self.high,
            low=self.low,
            deadband=self.deadband,
            on_delay_s=self.on_delay_s,
            off_delay_s=self.off_delay_s,
        )


class RateRule(RuleOptions):
    """A counter that advances slower than a part of its target."""

    type: Literal["rate_below_target"] = Field(description="Kind of rule.")
    issue_type: IssueType = Field(
        IssueType.THROUGHPUT, description="What kind of deviation its issues are."
    )
    target_per_min: float | None = Field(None, description="Target, counts per minute.")
    target_signal: str | None = Field(
        None,
        max_length=255,
        pattern=r"^[\w\-.]+(/[\w\-.]+){0,4}$",
        description="Signal that holds the target per minute: its path, or its name on the machine.",
    )
    threshold_fraction: float = Field(
        0.8, le=1.0, description="Raised below this part of the target."
    )
    window_s: float = Field(60.0, description="Time over which the rate is taken.")
    max_per_min: float | None = Field(
        None,
        description="More than this is not believed; 10 times the target where it is not given.",
    )
    hold_s: float = Field(
        30.0,
        description="Without a sample of the counter or its machine for this long, the rate is unknown.",
    )
    on_delay_s: float = Field(0.0, description="How long it must be below without a break.")
    off_delay_s: float = Field(0.0, description="How long it must be back without a break.")

    def beside(self) -> Sequence[str]:
        """Return the other signals it reads."""
        return () if self.target_signal is None else (self.target_signal,)

    def to_spec(self, rule: str) -> RateSpec:
        """Return what the engine runs."""
        return RateSpec(
            id=rule,
            version=self.version() if rule else "",
            signals=tuple(self.signals),
            fraction=self.threshold_fraction,
            window_s=self.window_s,
            target_per_min=self.target_per_min,
            target_signal=self.target_signal,
            max_per_min=self.max_per_min,
            hold_s=self.hold_s,
            on_delay_s=self.on_delay_s,
            off_delay_s=self.off_delay_s,
        )


class MissingRule(RuleOptions):
    """No good sample for too long."""

    type: Literal["missing"] = Field(description="Kind of rule.")
    issue_type: IssueType = Field(
        IssueType.DATA, description="What kind of deviation its issues are."
    )
    after_s: float = Field(description="Raised when the last good sample is this old.")

    def to_spec(self, rule: str) -> MissingSpec:
        """Return what the engine runs."""
        return MissingSpec(
            id=rule,
            version=self.version() if rule else "",
            signals=tuple(self.signals),
            after_s=self.after_s,
        )


class ChartLimits(Options):
    """Limits that were estimated, and approved, before."""

    centre: float = Field(description="Mean of the points, in the signal's unit.")
    sigma: float = Field(
        description="Standard deviation: of points for spread moving_range, else of single values."
    )
    phi: float = Field(
        0.0, description="Lag-1 correlation of the AR(1) model; 0 charts the points."
    )


class PartTarget(Options):
    """What is known of one part of a short run."""

    part: float = Field(description="Value of `part_signal` while it is made.")
    target: float = Field(description="Its target, in the signal's unit.")
    sigma: float = Field(description="Its standard deviation, in the signal's unit.")


class SpcRule(RuleOptions):
    """A control chart of each signal: points against limits estimated once, then frozen."""

    type: Literal["spc"] = Field(description="Kind of rule.")
    issue_type: IssueType = Field(
        IssueType.QUALITY, description="What kind of deviation its issues are."
    )
    unit: str = Field(
        "",
        max_length=32,
        description="Unit of given limits; a signal in another unit disables the rule.",
    )
    subgroup_count: int = Field(
        1, description="A point is the mean of so many usable samples in a row."
    )
    subgroup_s: float | None = Field(
        None, description="A point is the mean of so much time instead, at multiples since 1970."
    )
    every: int = Field(
        1,
        description="Only every n-th usable sample is taken, so that points do not depend on each other.",
    )
    spread: Spread = Field(
        Spread.MOVING_RANGE,
        description="Where the standard deviation comes from: neighbouring points, or within subgroups.",
    )
    run_rules: list[RuleName] = Field(
        default_factory=lambda: list[RuleName](["N1"]),
        description="Nelson's rules N1 to N8 (N1 alone unless given); Western Electric is N1, N5, N6 and WE4.",
    )
    ewma_weight: float | None = Field(
        None, description="Weight of a point in the moving average, 0 to 1; 0.2 is usual."
    )
    ewma_width: float | Literal["solve"] | None = Field(
        None,
        description="L of the moving average, or `solve` it from the days between false alarms.",
    )
    ewma_bounds: Bounds = Field(
        Bounds.EXACT, description="Limits of the average that widen at first, or fixed ones."
    )
    cusum_reference: float = Field(
        0.5, description="k of the cumulative sum: half the shift it is to see, in sigma."
    )
    cusum_limit: float | Literal["solve"] | None = Field(
        None,
        description="h of the cumulative sum, or `solve` it from the days between false alarms.",
    )
    cusum_head_start: float = Field(
        0.0, description="Where the sums begin, as a part of h; 0.5 sees a bad start sooner."
    )
    false_alarm_every_days: float | None = Field(
        None, description="Days between false alarms a signal, of each of what is solved alone."
    )
    point_every_s: float | None = Field(
        None, description="Time between points, for solving; `subgroup_s` where it is not given."
    )
    phase_one_points: int = Field(
        100, description="Limits are estimated from so many first points, then frozen."
    )
    treatment: Literal[Treatment.NONE, Treatment.RESIDUALS] = Field(
        Treatment.RESIDUALS,
        description="Of points that depend on each other chart what an AR(1) model does not foresee.",
    )
    limits: ChartLimits | None = Field(None, description="Limits in place of estimated ones.")
    clear_after: int = Field(8, description="Points in a row without a finding that end it.")
    watch_spread: bool | None = Field(
        None,
        description="Whether the chart of spread raises as well; unless given, for spread range and sd.",
    )
    stream_signal: str | None = companion(
        "Signal that says which stream a value is of (a cavity, a tool): its path, or its name on the machine."
    )
    streams: list[float] = Field(
        default_factory=list, description="Its values; each has a chart of its own."
    )
    subgroup_signal: str | None = companion(
        "Signal at whose change a subgroup ends (a part, a batch); no subgroup holds two of its values."
    )
    part_signal: str | None = companion("Signal that says which part is made, for short runs.")
    parts: list[PartTarget] = Field(
        default_factory=list,
        description="Target and sigma of each part: values are charted in sigma from their part's target (Z-MR).",
    )
    lower_spec: float | None = Field(
        None, description="Lower specification limit, for capability; raises nothing."
    )
    upper_spec: float | None = Field(
        None, description="Upper specification limit, for capability; raises nothing."
    )
    target_value: float | None = Field(None, description="Value aimed at, for Cpm.")

    @model_validator(mode="after")
    def _specified(self) -> Self:
        low, high = self.lower_spec, self.upper_spec
        if low is not None and high is not None and low >= high:
            msg = f"lower_spec {low:g} is not below upper_spec {high:g}"
            raise ValueError(msg)
        return self

    def tolerance(self) -> Tolerance | None:
        """Return the specification limits, None where there are none."""
        if self.lower_spec is None and self.upper_spec is None:
            return None
        return Tolerance(lower=self.lower_spec, upper=self.upper_spec, target=self.target_value)

    def chart_name(self) -> str:
        """Return the field's name of the chart."""
        if self.parts:
            return "z_mr"
        named = {Spread.MOVING_RANGE: "i_mr", Spread.RANGE: "xbar_r", Spread.SD: "xbar_s"}
        grouped = self.subgroup_count > 1 or self.subgroup_s is not None
        grouped = grouped or self.subgroup_signal is not None
        if grouped and self.spread is Spread.MOVING_RANGE:
            return "xbar_mr"
        return named[self.spread]

    def beside(self) -> Sequence[str]:
        """Return the other signals it reads."""
        return [
            name
            for name in (self.stream_signal, self.subgroup_signal, self.part_signal)
            if name is not None
        ]

    def to_spec(self, rule: str) -> SpcSpec:
        """Return what the engine runs, its limits solved."""
        given = None if self.limits is None else FrozenLimits(**self.limits.model_dump())
        if given is None and self.parts:
            given = FrozenLimits(centre=0.0, sigma=1.0)
        watch = self.spread is not Spread.MOVING_RANGE
        return SpcSpec(
            id=rule,
            version=self.version() if rule else "",
            signals=tuple(self.signals),
            subgroup_count=self.subgroup_count,
            subgroup_s=self.subgroup_s,
            every=self.every,
            spread=self.spread,
            run_rules=tuple(RunRule[name] for name in self.run_rules),
            ewma_weight=self.ewma_weight,
            ewma_width=self._width(),
            ewma_bounds=self.ewma_bounds,
            cusum_reference=self.cusum_reference,
            cusum_limit=self._h(),
            cusum_head_start=self.cusum_head_start,
            phase_one_points=self.phase_one_points,
            treatment=self.treatment,
            limits=given,
            clear_after=self.clear_after,
            watch_spread=watch if self.watch_spread is None else self.watch_spread,
            stream_signal=self.stream_signal,
            streams=tuple(self.streams),
            subgroup_signal=self.subgroup_signal,
            part_signal=self.part_signal,
            parts=tuple((one.part, one.target, one.sigma) for one in self.parts),
        )

    def _width(self) -> float | None:
        if self.ewma_width != "solve":
            return self.ewma_width
        if self.ewma_weight is None:
            msg = "ewma_width is to be solved, which wants an ewma_weight"
            raise ValueError(msg)
        return sensitivity.ewma_width(*self._sensitivity(), self.ewma_weight, self.ewma_bounds)

    def _h(self) -> float | None:
        if self.cusum_limit != "solve":
            return self.cusum_limit
        return sensitivity.cusum_limit(
            *self._sensitivity(), self.cusum_reference, self.cusum_head_start
        )

    def _sensitivity(self) -> tuple[float, float]:
        """Return days between false alarms and seconds between points; raises `ValueError`."""
        every_s = self.subgroup_s if self.point_every_s is None else self.point_every_s
        if self.false_alarm_every_days is None or every_s is None:
            msg = "to solve a limit, false_alarm_every_days and point_every_s are wanted"
            raise ValueError(msg)
        return self.false_alarm_every_days, every_s


TYPES: Final[Mapping[str, type[RuleOptions]]] = {
    "limit": LimitRule,
    "rate_below_target": RateRule,
    "missing": MissingRule,
    "spc": SpcRule,
    "rate_of_change": RateOfChangeRule,
    "range": RangeRule,
    "stuck": StuckRule,
    "spike": SpikeRule,
    "state_duration": StateDurationRule,
    "stale": StaleRule,
    "expression": ExpressionRule,
    "attribute_chart": AttributeRule,
    "multivariate": MultiRule,
    "cycle_time": CycleRule,
    "micro_stops": StopsRule,
    "seasonal": SeasonalRule,
}


def rule_types() -> Mapping[str, type[RuleOptions]]:
    """Return the options model of each kind of rule, by the word that stands under `type`."""
    return TYPES
