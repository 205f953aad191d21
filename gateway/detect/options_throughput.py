"""Rules of pace and of short stops as people write them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from pydantic import Field

from gateway.detect.options_base import RuleOptions
from gateway.deviation import IssueType
from rules.spec import CycleSpec, StopsSpec


class CycleRule(RuleOptions):
    """Pieces that take longer than planned, or than they took before."""

    type: Literal["cycle_time"] = Field(description="Kind of rule.")
    issue_type: IssueType = Field(
        IssueType.THROUGHPUT, description="What kind of deviation its issues are."
    )
    planned_s: float | None = Field(
        None, description="Planned time of a piece; slower is slow running."
    )
    target_signal: str | None = Field(
        None,
        max_length=255,
        pattern=r"^[\w\-.]+(/[\w\-.]+){0,4}$",
        description="Signal with the planned speed, pieces a minute, in place of planned_s.",
    )
    learn_pieces: int = Field(
        0, description="Completions whose median is the reference, then frozen; slower is drift."
    )
    over_fraction: float = Field(
        0.1, description="Raised when the median takes longer than the reference by this part."
    )
    pieces: int = Field(15, description="Newest completions that the median is taken over.")
    longest_s: float = Field(
        60.0, description="What took longer a piece holds a stop, and is left out."
    )
    on_delay_s: float = Field(0.0, description="How long it must be slower without a break.")
    off_delay_s: float = Field(0.0, description="How long it must be back without a break.")

    def beside(self) -> Sequence[str]:
        """Return the other signals it reads."""
        return () if self.target_signal is None else (self.target_signal,)

    def to_spec(self, rule: str) -> CycleSpec:
        """Return what the engine runs."""
        return CycleSpec(
            id=rule,
            version=self.version() if rule else "",
            signals=tuple(self.signals),
            planned_s=self.planned_s,
            target_signal=self.target_signal,
            learn_pieces=self.learn_pieces,
            over_fraction=self.over_fraction,
            pieces=self.pieces,
            longest_s=self.longest_s,
            on_delay_s=self.on_delay_s,
            off_delay_s=self.off_delay_s,
        )


class StopsRule(RuleOptions):
    """Short stops that add up."""

    type: Literal["micro_stops"] = Field(description="Kind of rule.")
    issue_type: IssueType = Field(
        IssueType.THROUGHPUT, description="What kind of deviation its issues are."
    )
    running: list[int] = Field(
        default_factory=lambda: [6],
        min_length=1,
        max_length=63,
        description="States in which the machine runs (PackML Execute unless given); every other is a stop.",
    )
    minor_stop_s: float = Field(120.0, description="A stop that lasts so long is no short stop.")
    shortest_s: float = Field(0.0, description="A stop shorter than this is none.")
    window_s: float = Field(600.0, description="Time over which stops are added up.")
    most_stops: int | None = Field(
        None, description="Raised at so many within the window; or give most_s."
    )
    most_s: float | None = Field(
        None, description="Raised at so much stopped time within the window; or give most_stops."
    )
    on_delay_s: float = Field(0.0, description="How long it must be so without a break.")
    off_delay_s: float = Field(0.0, description="How long it must be back without a break.")

    def to_spec(self, rule: str) -> StopsSpec:
        """Return what the engine runs."""
        return StopsSpec(
            id=rule,
            version=self.version() if rule else "",
            signals=tuple(self.signals),
            running=tuple(self.running),
            minor_stop_s=self.minor_stop_s,
            shortest_s=self.shortest_s,
            window_s=self.window_s,
            most_stops=self.most_stops,
            most_s=self.most_s,
            on_delay_s=self.on_delay_s,
            off_delay_s=self.off_delay_s,
        )
