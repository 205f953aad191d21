"""How production is planned, as people write it under `planning`."""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field

from gateway.options import Options


class Approval(StrEnum):
    """Who may approve a proposal."""

    OTHERS = "others"
    ANYBODY = "anybody"


class PlanningOptions(Options):
    """What a plan and a schedule take for granted."""

    approval: Approval = Field(
        Approval.OTHERS,
        description="others: never the proposer. anybody: the proposer too, and the record says so.",
    )

    weeks: int = Field(8, ge=1, le=104, description="Weeks that a new production plan covers.")
    forecast_weeks: int = Field(12, ge=1, le=104, description="Weeks that a forecast looks ahead.")
    season_weeks: int = Field(52, ge=1, le=104, description="Length of a season of demand.")
    horizon_days: int = Field(
        60, ge=1, le=730, description="Days ahead that calendars are read for a schedule."
    )
    frozen_min: int = Field(
        60, ge=0, le=10_080, description="Minutes from now in which a new schedule moves nothing."
    )
    keep_min: int = Field(
        480, ge=0, le=43_200, description="Minutes from now in which moving a job is dear."
    )
    solve_s: float = Field(5.0, ge=0.1, le=600, description="Seconds that a search may take.")
    run_time_spread: float = Field(
        0.1,
        ge=0,
        le=1,
        description="Spread (sigma of the logarithm) of run times that nobody has measured yet.",
    )
    confidence_runs: int = Field(
        1000, ge=100, le=20_000, description="Replays behind the chance of being on time."
    )

    def approver(self, by: str, *, proposer: str) -> str:
        """Return the name an approval is recorded under; one's own approval, where allowed, says that it is."""
        own = by == proposer and self.approval is Approval.ANYBODY
        return f"{by} (own proposal)" if own else by
