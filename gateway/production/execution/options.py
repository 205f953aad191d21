"""How jobs are carried out, as people write it under `execution`."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from gateway.deviation import Severity
from gateway.options import Options

Code = Annotated[str, StringConstraints(pattern=r"^[\w\-.]{1,64}$")]
Words = Annotated[str, StringConstraints(min_length=1, max_length=80)]
_REASONS = {
    "no-material": "No material",
    "no-operator": "Nobody at the machine",
    "change-over": "Change-over",
    "tool-change": "Tool change",
    "breakdown": "Breakdown",
    "jam": "Jam",
    "quality": "Quality problem",
    "cleaning": "Cleaning",
    "maintenance": "Planned maintenance",
    "break": "Break",
    "other": "Other",
}


class ExecutionOptions(Options):
    """Reasons for stops, what blocks a dispatch, and how machines are followed."""

    stop_reasons: dict[Code, Words] = Field(
        default_factory=lambda: dict(_REASONS),
        min_length=1,
        description="Reasons that people can give for a stop, by code, in the order in which they are offered.",
    )
    blocking: list[Severity] = Field(
        default_factory=lambda: [Severity.P1],
        description="Severities of open issues that keep their machine from being given work.",
    )
    poll_s: float = Field(
        0.5,
        ge=0.1,
        le=60,
        description="How often a machine's own list of jobs is asked for while one is there.",
    )
    lateness_s: float = Field(
        30.0,
        ge=1,
        le=3600,
        description="How late the begin or end of a job may become known and still move pieces to or from it.",
    )
    commit_every_s: float = Field(
        1.0,
        ge=0.1,
        le=60,
        description="How often counted pieces go to the store; the journal holds what is between.",
    )
    next_jobs: int = Field(5, ge=1, le=50, description="Jobs to come that a station shows.")
