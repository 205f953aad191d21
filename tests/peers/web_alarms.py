"""Alarms in memory: enough of the port for routes to be tested; the rules of the game are tested at the desk."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from gateway.alarm import (
    Alarm,
    AlarmEvent,
    AlarmLetter,
    AlarmMetrics,
    AlarmPriority,
    Shelving,
)
from gateway.clock import Clock
from gateway.detect.alarms.metrics import measure, spells
from gateway.detect.options import RuleOptions, rule_types
from gateway.errors import ConflictError, InvalidRequestError, NotFoundError
from gateway.model import Principal

EXAMPLE = Alarm(
    number=1,
    rule="fill_weight_high",
    rule_version="a1b2c3",
    signal="plant/bottling/line1/filler/fill_weight",
    side="high",
    asset="plant/bottling/line1/filler",
    title="Fill weight above its limit",
    priority=AlarmPriority.MEDIUM,
    enabled=True,
    active=True,
    acked=False,
    confirmed=True,
    latched=False,
    suppressed=False,
    out_of_service=False,
    shelving=Shelving.UNSHELVED,
    shelved_until_ns=None,
    re_alarm_ns=None,
    letter=AlarmLetter.UNACKNOWLEDGED,
    retain=True,
    suppressed_or_shelved=False,
    onset_ns=1,
    raised_ns=2,
    cleared_ns=None,
    value=512.7,
    limits={"high": 510.0},
    explanation="512.7 g has been above 510 g for 3 s.",
    consequence="",
    response="",
    issue=None,
    first_out=False,
    occurrences=1,
    revision=1,
)


def example_rules() -> dict[str, RuleOptions]:
    """Return one rule over the demo plant."""
    values = {
        "type": "limit",
        "title": "Fill weight high",
        "signals": [EXAMPLE.signal],
        "high": 510,
        "issue_type": "quality",
    }
    return {"fill_weight_high": rule_types()["limit"].model_validate(values)}


class MemoryAlarms:
    """One alarm that begins unacknowledged; every answer moves its letter and is written down."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.alarms = {1: EXAMPLE}
        self.log: list[AlarmEvent] = []
        self._note(EXAMPLE, AlarmLetter.NORMAL, "raised", "rule:fill_weight_high", "")

    @property
    def revision(self) -> int:
        """The number of the newest change."""
        return len(self.log)

    async def wait(self, after: int) -> None:
        """Not waited for by routes."""
        raise NotImplementedError

    async def events(
        self, *, after: int, limit: int, alarm: int | None = None
    ) -> Sequence[AlarmEvent]:
        """Return changes, oldest first."""
        return [e for e in self.log if e.seq > after and alarm in {None, e.alarm}][:limit]

    async def list(
        self,
        *,
        letters: Sequence[AlarmLetter],
        limit: int,
        before: int | None = None,
        asset: str = "",
        retained: bool = True,
    ) -> Sequence[Alarm]:
        """Return alarms."""
        return [
            each
            for each in self.alarms.values()
            if (not letters or each.letter in letters)
            and (before is None or each.number < before)
            and each.asset.startswith(asset)
            and (each.retain or not retained)
        ][:limit]

    async def get(self, number: int) -> Alarm:
        """Return one alarm."""
        if number not in self.alarms:
            raise NotFoundError(f"there is no alarm {number}")
        return self.alarms[number]

    async def metrics(
        self, *, start_ns: int, end_ns: int, asset: str = "", operators: int = 1
    ) -> AlarmMetrics:
        """Measure one spell."""
        one = spells(
            np.array([1]), np.array([start_ns]), np.array([True]), np.array([True]), end_ns=end_ns
        )
        return measure(one, self.alarms, start_ns=start_ns, end_ns=end_ns, operators=operators)

    async def acknowledge(self, number: int, *, by: Principal, reason: str = "") -> Alarm:
        """Acknowledge."""
        return await self._go(number, AlarmLetter.ACKNOWLEDGED, "acknowledged", by, reason)

    async def confirm(self, number: int, *, by: Principal, reason: str = "") -> Alarm:
        """Refuse: it asks for no confirmation."""
        await self.get(number)
        raise ConflictError("the alarm asks for no confirmation now")

    async def reset(self, number: int, *, by: Principal, reason: str = "") -> Alarm:
        """Refuse: it is not latched."""
        await self.get(number)
        raise ConflictError("the alarm is not latched: there is nothing to reset")

    async def shelve(
        self, number: int, *, by: Principal, reason: str, how: Shelving, for_s: float | None = None
    ) -> Alarm:
        """Shelve or take back."""
        shelved = how is not Shelving.UNSHELVED
        if shelved and not reason:
            raise InvalidRequestError("reason is empty")
        letter = AlarmLetter.SHELVED if shelved else AlarmLetter.UNACKNOWLEDGED
        return await self._go(number, letter, str(how), by, reason)

    async def suppress(self, number: int, *, by: Principal, reason: str, on: bool) -> Alarm:
        """Suppress or not."""
        letter = AlarmLetter.SUPPRESSED_BY_DESIGN if on else AlarmLetter.UNACKNOWLEDGED
        return await self._go(number, letter, "suppressed", by, reason)

    async def take_out(self, number: int, *, by: Principal, reason: str, out: bool) -> Alarm:
        """Take out or back."""
        letter = AlarmLetter.OUT_OF_SERVICE if out else AlarmLetter.UNACKNOWLEDGED
        return await self._go(number, letter, "out_of_service", by, reason)

    async def _go(
        self, number: int, letter: AlarmLetter, action: str, by: Principal, reason: str
    ) -> Alarm:
        alarm = await self.get(number)
        if alarm.letter is letter:
            raise ConflictError(f"the alarm is {action} already")
        self.alarms[number] = replace(alarm, letter=letter, revision=self.revision + 1)
        self._note(self.alarms[number], alarm.letter, action, by.name, reason)
        return self.alarms[number]

    def _note(self, alarm: Alarm, before: AlarmLetter, action: str, by: str, reason: str) -> None:
        self.log.append(
            AlarmEvent(
                seq=len(self.log) + 1,
                alarm=alarm.number,
                time_ns=self._clock.now_ns(),
                action=action,
                by=by,
                reason=reason,
                before=before,
                after=alarm.letter,
            )
        )
