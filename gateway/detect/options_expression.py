"""Rules with an expression over several signals, as people write them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import Field, StringConstraints, field_validator

from gateway.detect.expression import read
from gateway.detect.options_base import COMPANION, DelayedRule
from gateway.deviation import IssueType
from rules.expression.spec import Accepts, ExpressionSpec, OnBad
from rules.families.expression import VALUE

Alias = Annotated[str, StringConstraints(max_length=64, pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]
Companion = Annotated[str, StringConstraints(max_length=255, pattern=COMPANION)]


class ExpressionRule(DelayedRule):
    """A condition over several signals, in the Common Expression Language (a closed part of it)."""

    type: Literal["expression"] = Field(description="Kind of rule.")
    issue_type: IssueType = Field(
        IssueType.QUALITY, description="What kind of deviation its issues are."
    )
    when: str = Field(
        min_length=1,
        max_length=1000,
        description="The condition: `value` is the matched signal, other names are signals of its machine.",
    )
    inputs: dict[Alias, Companion] = Field(
        default_factory=dict,
        max_length=8,
        description="Other names for signals: a full path, or a name on the machine that CEL cannot spell.",
    )
    accepts: Accepts = Field(
        Accepts.USABLE, description="Which samples are taken: usable ones, or good ones only."
    )
    on_bad: OnBad = Field(
        OnBad.HOLD,
        description="What a refused sample does: the last good value holds, or its input is unknown.",
    )
    max_age_s: float | None = Field(
        60.0,
        description="How long a value holds; beyond, the condition is unknown and delays stand. None: for ever.",
    )

    @field_validator("when")
    @classmethod
    def _readable(cls, text: str) -> str:
        read(text)
        return text

    def beside(self) -> Sequence[str]:
        """Return the other signals it reads."""
        return [
            self.inputs.get(name, name)
            for name in read(self.when).inputs
            if name != VALUE or name in self.inputs
        ]

    def to_spec(self, rule: str) -> ExpressionSpec:
        """Return what the engine runs."""
        return ExpressionSpec(
            **self.named(rule),
            program=read(self.when),
            inputs=tuple(sorted(self.inputs.items())),
            accepts=self.accepts,
            on_bad=self.on_bad,
            max_age_s=self.max_age_s,
            on_delay_s=self.on_delay_s,
            off_delay_s=self.off_delay_s,
        )
