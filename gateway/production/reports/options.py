"""Which reports are sent by themselves, as people write them under `reports`."""

from __future__ import annotations

from pydantic import Field

from gateway.options import Options
from gateway.report import ReportKind


class ReportOptions(Options):
    """A report that is sent whenever its shift or day has ended."""

    kind: ReportKind = Field(description="`shift` after each shift, `day` after each local day.")
    unit: str = Field(
        "",
        max_length=255,
        pattern=r"^([\w\-.]+(/[\w\-.]+){0,3})?$",
        description="Path of the machine or of what it is about; empty: the whole plant.",
    )
    to: list[str] = Field(
        min_length=1, max_length=50, description="Names of teams (notify.teams) and of people."
    )
    after_s: float = Field(
        300.0,
        ge=0,
        le=43_200,
        description="How long after its end it is made: data may come late.",
    )
