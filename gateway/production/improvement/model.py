"""What improvement talks about: ideas with a trial and its measured effect, and standard times that wait for a person."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from gateway.production.model import StandardTime


class ImprovementState(StrEnum):
    """The life cycle of an improvement."""

    IDEA = "idea"
    SELECTED = "selected"
    TRIAL = "trial"
    MEASURED = "measured"
    ADOPTED = "adopted"
    REJECTED = "rejected"


_S = ImprovementState
IMPROVEMENT: Final = {
    _S.IDEA: {_S.SELECTED, _S.REJECTED},
    _S.SELECTED: {_S.TRIAL, _S.REJECTED},
    _S.TRIAL: {_S.MEASURED, _S.REJECTED},
    _S.MEASURED: {_S.MEASURED, _S.ADOPTED, _S.REJECTED},
    _S.ADOPTED: set(),
    _S.REJECTED: set(),
}
"""A trial that was measured may be measured again: more of it makes the interval narrower."""


class Aim(StrEnum):
    """Which way a metric should go."""

    UP = "up"
    DOWN = "down"


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """A KPI of a unit (or seconds of a loss an hour, as `loss.breakdown`), and which way is better."""

    kpi: str
    unit: str
    aim: Aim


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """Mean of a metric by hour before and in the trial, and the 95 % interval of the difference (bootstrap).

    `better` and `worse` say that the interval lies wholly on that side of 0.
    """

    metric: Metric
    before: float
    after: float
    difference: float
    low: float
    high: float
    hours_before: int
    hours_after: int
    better: bool
    worse: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Improvement:
    """One improvement; `loss_h_per_week` was measured when it was written down, `guards` must not get worse."""

    id: str
    title: str
    hypothesis: str
    owner: str
    effort_days: float
    metric: Metric
    guards: tuple[Metric, ...] = ()
    loss_h_per_week: float | None = None
    source: str = ""
    author: str = ""
    approver: str = ""
    before_ns: tuple[int, int] | None = None
    trial_ns: tuple[int, int | None] | None = None
    effect: Effect | None = None
    guarded: tuple[Effect, ...] = ()
    reason: str = ""
    state: ImprovementState = ImprovementState.IDEA
    version: int = 1

    @property
    def score(self) -> float | None:
        """Hours lost a week for each day of effort, None where the loss is not known."""
        return None if self.loss_h_per_week is None else self.loss_h_per_week / self.effort_days


@dataclass(frozen=True, slots=True, kw_only=True)
class LossFound:
    """A measured loss that nobody works on yet: of a machine by its books, or of what recurs as issues."""

    title: str
    unit: str
    kpi: str
    hours_per_week: float
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StandardProposal:
    """A measured standard time that waits for a person, beside the one that is in force."""

    proposed: StandardTime
    current_s: float
    change: float
    low: float
    high: float
    by: str
