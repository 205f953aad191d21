"""Rules over the motion of one signal, as people write them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from pydantic import Field

from gateway.detect.options_base import DelayedRule, RuleOptions, companion
from gateway.deviation import IssueType
from rules.families.motion.spec import (
    RangeSpec,
    RateOfChangeSpec,
    SpikeSpec,
    StaleSpec,
    StateDurationSpec,
    StuckSpec,
)


class RateOfChangeRule(DelayedRule):
    """A value that rises or falls too fast."""

    type: Literal["rate_of_change"] = Field(description="Kind of rule.")
    issue_type: IssueType = Field(
        IssueType.QUALITY, description="What kind of deviation its issues are."
    )
    rise: float | None = Field(
        None, description="Raised where the value rises by at least this in `per_s`."
    )
    fall: float | None = Field(
        None, description="Raised where the value falls by at least this in `per_s`."
    )
    per_s: float = Field(60.0, description="Time the limits are for, in seconds: 60 is a minute.")
    min_span_s: float = Field(
        1.0,
        description="Samples closer together than this give no rate: noise over no time is no rate.",
    )
    max_span_s: float = Field(
        60.0,
        description="Samples further apart than this give no rate: what was between is unknown.",
    )
    deadband: float = Field(0.0, description="How far the rate must come back to clear.")

    def to_spec(self, rule: str) -> RateOfChangeSpec:
        """Return what the engine runs."""
        return RateOfChangeSpec(
            **self.named(rule),
            rise=self.rise,
            fall=self.fall,
            per_s=self.per_s,
            min_span_s=self.min_span_s,
            max_span_s=self.max_span_s,
            deadband=self.deadband,
            on_delay_s=self.on_delay_s,
            off_delay_s=self.off_delay_s,
        )


class RangeRule(DelayedRule):
    """A value that moves too much, or too little, within a sliding window."""

    type: Literal["range"] = Field(description="Kind of rule.")
    issue_type: IssueType = Field(
        IssueType.QUALITY, description="What kind of deviation its issues are."
    )
    window_s: float = Field(60.0, description="Time over which largest less smallest is taken.")
    most: float | None = Field(None, description="Raised at this range or above.")
    least: float | None = Field(None, description="Raised at this range or below.")
    deadband: float = Field(0.0, description="How far the range must come back to clear.")

    def to_spec(self, rule: str) -> RangeSpec:
        """Return what the engine runs."""
        return RangeSpec(
            **self.named(rule),
            window_s=self.window_s,
            most=self.most,
            least=self.least,
            deadband=self.deadband,
            on_delay_s=self.on_delay_s,
            off_delay_s=self.off_delay_s,
        )


class StuckRule(RuleOptions):
    """A value that does not move although its machine runs."""

    type: Literal["stuck"] = Field(description="Kind of rule.")
    issue_type: IssueType = Field(
        IssueType.DATA, description="What kind of deviation its issues are."
    )
    after_s: float = Field(description="Raised when nothing has moved for this long.")
    band: float = Field(0.0, description="How far the value may wander and still count as stuck.")
    while_signal: str | None = companion(
        "Signal that tells whether the machine runs: its path, or its name on the machine."
    )
    while_values: list[float] = Field(
        default_factory=list,
        max_length=16,
        description="Its values that mean running, such as 6 for Execute in PackML.",
    )

    def beside(self) -> Sequence[str]:
        """Return the other signals it reads."""
        return () if self.while_signal is None else (self.while_signal,)

    def to_spec(self, rule: str) -> StuckSpec:
        """Return what the engine runs."""
        return StuckSpec(
            **self.named(rule),
            after_s=self.after_s,
            band=self.band,
            while_signal=self.while_signal,
            while_values=tuple(self.while_values),
        )


class SpikeRule(RuleOptions):
    """A value that leaves the usual range and is back within a few samples."""

    type: Literal["spike"] = Field(description="Kind of rule.")
    issue_type: IssueType = Field(
        IssueType.DATA, description="What kind of deviation its issues are."
    )
    threshold: float = Field(
        6.0, description="Robust standard deviations from the median beyond which it is unusual."
    )
    window: int = Field(15, description="Usual samples that tell what is usual, 5 to 31.")
    returns_within: int = Field(
        3, description="Samples within which it must be back; longer is a step, not a spike."
    )
    min_scale: float = Field(
        0.0,
        description="Least standard deviation taken, in the signal's unit: its resolution, where values repeat.",
    )
    clear_after: int = Field(30, description="Usual samples in a row that end it.")

    def to_spec(self, rule: str) -> SpikeSpec:
        """Return what the engine runs."""
        return SpikeSpec(
            **self.named(rule),
            threshold=self.threshold,
            window=self.window,
            returns_within=self.returns_within,
            min_scale=self.min_scale,
            clear_after=self.clear_after,
        )


class StateDurationRule(RuleOptions):
    """A machine that stays in a state for too long."""

    type: Literal["state_duration"] = Field(description="Kind of rule.")
    issue_type: IssueType = Field(
        IssueType.THROUGHPUT, description="What kind of deviation its issues are."
    )
    states: list[float] = Field(
        min_length=1, max_length=16, description="Values of the state signal that are watched."
    )
    after_s: float = Field(description="Raised when it has stayed in them for this long.")

    def to_spec(self, rule: str) -> StateDurationSpec:
        """Return what the engine runs."""
        return StateDurationSpec(
            **self.named(rule), states=tuple(self.states), after_s=self.after_s
        )


class StaleRule(RuleOptions):
    """A newest value that is too old by its own source time, whatever still arrives."""

    type: Literal["stale"] = Field(description="Kind of rule.")
    issue_type: IssueType = Field(
        IssueType.DATA, description="What kind of deviation its issues are."
    )
    after_s: float = Field(description="Raised when the newest good value is this old.")

    def to_spec(self, rule: str) -> StaleSpec:
        """Return what the engine runs."""
        return StaleSpec(**self.named(rule), after_s=self.after_s)
