"""How a rule's alarms are handled, as people write it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from pydantic import Field

from gateway.alarm import AlarmPriority
from gateway.clock import NS_PER_S
from gateway.detect.alarms.state import Handling
from gateway.deviation import Severity
from gateway.options import Options

BY_SEVERITY: Final[Mapping[Severity, AlarmPriority]] = {
    Severity.P1: AlarmPriority.HIGH,
    Severity.P2: AlarmPriority.MEDIUM,
    Severity.P3: AlarmPriority.LOW,
    Severity.P4: AlarmPriority.LOW,
}
MAX_S: Final = 7 * 86_400.0


class SuppressOptions(Options):
    """When the design says that an alarm means nothing: a state of its own machine."""

    signal: str = Field(
        max_length=255,
        pattern=r"^[\w\-.]+(/[\w\-.]+){0,4}$",
        description="Signal that decides: its path, or its name on the alarm's machine.",
    )
    values: list[float] = Field(
        min_length=1,
        max_length=100,
        description="Its values during which the alarm is suppressed by design.",
    )


class AlarmOptions(Options):
    """What people must do about an alarm, and what they may do."""

    priority: AlarmPriority | None = Field(
        None, description="How soon to answer; follows the severity unless given."
    )
    needs_ack: bool = Field(default=True, description="Whether a person must acknowledge it.")
    needs_confirm: bool = Field(
        default=False, description="Whether a person must confirm what was done."
    )
    latching: bool = Field(default=False, description="Whether it stays until a person resets it.")
    re_alarm_s: float = Field(
        0.0,
        ge=0,
        le=MAX_S,
        description="How long after it was acknowledged it asks again while it holds; 0 is never.",
    )
    max_shelve_s: float = Field(
        28_800.0, gt=0, le=MAX_S, description="How long it may be shelved at most."
    )
    consequence: str = Field("", max_length=500, description="What happens if nobody answers.")
    response: str = Field("", max_length=500, description="What the operator does first.")
    suppress_when: SuppressOptions | None = Field(
        None, description="Machine state during which it is suppressed by design."
    )

    def handling(self) -> Handling:
        """Return what decides the transitions."""
        return Handling(
            needs_ack=self.needs_ack,
            needs_confirm=self.needs_confirm,
            latching=self.latching,
            re_alarm_ns=round(self.re_alarm_s * NS_PER_S),
        )


DEFAULT: Final = AlarmOptions.model_validate({})
"""How alarms of rules that are gone are handled."""
