"""What every rule has, as people write it; the key it stands under is its id."""

from __future__ import annotations

import hashlib
from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated, Any, Final, Self

import orjson
from pydantic import Field, StringConstraints, model_validator

from gateway.command import CommandRequest, Value
from gateway.detect.alarms.options import AlarmOptions
from gateway.deviation import IssueType, Severity
from gateway.options import Options
from rules.compile import compile as bind_rules
from rules.spec import Spec

COMPANION: Final = r"^[\w\-.]+(/[\w\-.]+){0,4}$"
"""A signal by its full path, or by its name on the machine of the matched one."""

PathGlob = Annotated[
    str, StringConstraints(min_length=1, max_length=255, pattern=r"^[\w\-.*?]+(/[\w\-.*?]+)*$")
]
CHECKED_AS: Final = "rule"


class ProposeOptions(Options):
    """A command that the rule's alarms propose to people; one of `value`, `values` and `recipe` says what is asked."""

    command: str = Field(max_length=64, description="Name of a command under `control.commands`.")
    value: bool | int | float | str | None = Field(
        None, description="What the one signal of the command is to be, or one of its choices."
    )
    values: dict[str, Value] = Field(
        default_factory=dict,
        max_length=200,
        description="What each of several signals is to be, by name.",
    )
    recipe: str = Field("", max_length=64, description="Name of one of the command's recipes.")

    @model_validator(mode="after")
    def _one(self) -> Self:
        if sum((self.value is not None, bool(self.values), bool(self.recipe))) != 1:
            msg = "want one of value, values and recipe"
            raise ValueError(msg)
        return self

    def request(self, *, key: str, reason: str, rule: str) -> CommandRequest:
        """Return what is asked of the guard on one occasion."""
        return CommandRequest(
            command=self.command,
            key=key,
            reason=reason,
            value=self.value,
            values=self.values,
            recipe=self.recipe,
            cause=rule,
        )


class RuleOptions(Options):
    """What every rule has."""

    type: str = Field(description="Kind of rule.")
    title: str = Field(min_length=1, max_length=120, description="A few words for people.")
    signals: list[PathGlob] = Field(
        min_length=1,
        max_length=100,
        description="Signal paths to watch: * stands for any level or part of one, ** for any levels.",
    )
    severity: Severity = Field(Severity.P3, description="How much its issues matter; P1 is worst.")
    issue_type: IssueType = Field(description="What kind of deviation its issues are.")
    enabled: bool = Field(default=True, description="Whether the rule runs.")
    description: str = Field("", max_length=1000, description="What it means and what to do first.")
    alarm: AlarmOptions = Field(
        default_factory=lambda: AlarmOptions.model_validate({}),
        description="How its alarms are handled.",
    )
    propose: ProposeOptions | None = Field(
        None,
        description="Command that each of its alarms proposes to people; sent by itself only where the command's `automatic` names rules.",
    )

    @model_validator(mode="after")
    def _runs(self) -> Self:
        for glob in self.signals:
            levels = glob.count("/") + 1
            if levels != 5 and "**" not in glob:
                msg = f"signals: {glob!r} has {levels} levels, want 5 (site/area/line/machine/signal) or **"
                raise ValueError(msg)
        for text in (self.title, self.description):
            if not text.replace("\n", "").isprintable():
                msg = "title and description may hold printable characters only"
                raise ValueError(msg)
        problem = bind_rules([self.to_spec(CHECKED_AS)], []).errors.get(CHECKED_AS)
        if problem is not None:
            raise ValueError(problem)
        return self

    @abstractmethod
    def to_spec(self, rule: str) -> Spec:
        """Return what the engine runs, under the rule's id."""

    def version(self) -> str:
        """Return a short hash of what decides the outcome for a signal: kind, thresholds and times."""
        settings = asdict(self.to_spec(""))  # type: ignore[call-overload]  # every spec is a dataclass
        del settings["id"], settings["version"], settings["signals"]
        data = orjson.dumps(
            {"type": self.type, **settings}, default=list, option=orjson.OPT_SORT_KEYS
        )
        return hashlib.sha256(data).hexdigest()[:12]

    def beside(self) -> Sequence[str]:
        """Return the other signals it reads: full paths, or names on the machine of the matched one."""
        return ()

    def named(self, rule: str) -> dict[str, Any]:
        """Return what every specification begins with."""
        return {
            "id": rule,
            "version": self.version() if rule else "",
            "signals": tuple(self.signals),
        }


class DelayedRule(RuleOptions):
    """A condition with both delays."""

    on_delay_s: float = Field(0.0, description="How long it must hold without a break.")
    off_delay_s: float = Field(0.0, description="How long it must be over without a break.")


def companion(description: str) -> Any:
    """Return the field of an optional companion signal."""
    return Field(None, max_length=255, pattern=COMPANION, description=description)
