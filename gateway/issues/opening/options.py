"""What a person may configure about issues."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import Field, StringConstraints

from gateway.deviation import IssueType, Severity
from gateway.options import Options

Team = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[\w .\-]+$")]
RuleGlob = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[\w\-.*?]+$")]
Zone = Annotated[
    str, StringConstraints(min_length=1, max_length=255, pattern=r"^[\w\-.]+(/[\w\-.]+)*$")
]


class Opens(StrEnum):
    """What becomes of a deviation: an issue of its own, or no more than its alarm."""

    ISSUE = "issue"
    ALARM_ONLY = "alarm_only"


class Repeats(StrEnum):
    """What a deviation does that comes again after its issue was closed."""

    LINK = "link"
    REOPEN = "reopen"


class OpeningOptions(Options):
    """One rule of opening: the first that fits a deviation decides."""

    rules: list[RuleGlob] = Field(
        default_factory=list, description="Rules by id, * and ? allowed; every rule unless given."
    )
    zones: list[Zone] = Field(
        default_factory=list,
        description="Paths it holds for, with all below; the plant unless given.",
    )
    types: list[IssueType] = Field(
        default_factory=list, description="Kinds of deviation it holds for; all unless given."
    )
    severities: list[Severity] = Field(
        default_factory=list, description="Severities it holds for; all unless given."
    )
    opens: Opens = Field(Opens.ISSUE, description="Whether an issue is opened.")
    severity: Severity | None = Field(None, description="Severity instead of the rule's own.")
    type: IssueType | None = Field(None, description="Kind instead of the rule's own.")
    team: Team | None = Field(None, description="Team that is told and has it first.")


class RecurrenceOptions(Options):
    """How repeats are recognised: same signal, kind of rule and direction."""

    window_days: float = Field(
        90.0, gt=0, le=3650, description="How far back an issue counts as the same coming again."
    )
    raise_at: int = Field(
        3, ge=2, le=100, description="The repeat from which on severity is one step worse."
    )
    repeats: Repeats = Field(
        Repeats.LINK, description="Whether a repeat opens a linked issue or reopens the closed one."
    )


class AttachmentOptions(Options):
    """Which files people may attach."""

    max_mb: float = Field(10.0, gt=0, le=50, description="Largest file, in MB.")
    most: int = Field(20, ge=1, le=200, description="Most files of one issue.")


class CostOptions(Options):
    """What losses cost, so that they can be compared."""

    currency: str = Field("EUR", min_length=1, max_length=8, description="Shown beside amounts.")
    unit_cost: float = Field(
        0.0, ge=0, description="Standard cost of one piece where its product has none of its own."
    )
    products: dict[str, float] = Field(
        default_factory=dict, description="Standard cost of one piece, by product."
    )
    hour_cost: float = Field(0.0, ge=0, description="Cost of one hour of lost machine time.")


def _recurrence() -> RecurrenceOptions:
    return RecurrenceOptions.model_validate({})


class IssueOptions(Options):
    """Which deviations become issues, how repeats count, and what losses cost."""

    opening: list[OpeningOptions] = Field(
        default_factory=list,
        max_length=200,
        description="Rules of opening, the first that fits decides; without one every deviation opens an issue.",
    )
    recurrence: RecurrenceOptions = Field(
        default_factory=_recurrence, description="How repeats are recognised."
    )
    attachments: AttachmentOptions = Field(
        default_factory=lambda: AttachmentOptions.model_validate({}), description="Files of issues."
    )
    cost: CostOptions = Field(
        default_factory=lambda: CostOptions.model_validate({}), description="What losses cost."
    )
    product_signal: str = Field(
        "product",
        max_length=64,
        pattern=r"^[\w\-.]+$",
        description="Name of the signal on a machine or its line that tells the product.",
    )
    order_signal: str = Field(
        "order", max_length=64, pattern=r"^[\w\-.]+$", description="The same for the order."
    )
    operator_signal: str = Field(
        "operator", max_length=64, pattern=r"^[\w\-.]+$", description="The same for the operator."
    )
    tool_signal: str = Field(
        "tool", max_length=64, pattern=r"^[\w\-.]+$", description="The same for the tool in use."
    )
    recipe_signal: str = Field(
        "recipe", max_length=64, pattern=r"^[\w\-.]+$", description="The same for the recipe."
    )
