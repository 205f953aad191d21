"""Alarms in memory: enough of the port for routes to be tested; the rules of the game are tested at the desk."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import asdict, replace

import numpy as np

from gateway.alarm import (
    Alarm,
    AlarmEvent,
    AlarmLetter,
    AlarmMetrics,
    AlarmPriority,
    JournalEntry,
    Nuisance,
    NuisanceSetting,
    Shelving,
)
from gateway.clock import Clock
from gateway.detect.alarms.metrics import measure, spells
from gateway.detect.alarms.state import AlarmAction, Flags, Handling, after
from gateway.detect.options import RuleOptions, rule_types
from gateway.errors import InvalidRequestError, NotFoundError
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
        self._changed = asyncio.Event()
        self._note(EXAMPLE, AlarmLetter.NORMAL, "raised", "rule:fill_weight_high", "")

    @property
    def revision(self) -> int:
        """The number of the newest change."""
        return len(self.log)

    async def wait(self, after: int) -> None:
        """Return once there is a newer change."""
        while self.revision <= after:
            await self._changed.wait()

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

    async def nuisances(
        self, *, start_ns: int, end_ns: int, asset: str = "", limit: int = 20
    ) -> Sequence[Nuisance]:
        """Return one that a delay quiets."""
        return [
            Nuisance(
                alarm=1,
                rule=EXAMPLE.rule,
                signal=EXAMPLE.signal,
                side="high",
                asset=EXAMPLE.asset,
                title=EXAMPLE.title,
                raised=22,
                per_day=22.0,
                share=0.5,
                chattering=True,
                fleeting=6,
                stale_s=0.0,
                setting=NuisanceSetting(name="off_delay_s", value=15.0, before=0.0, left=4),
                reason="",
            )
        ]

    async def raised_since(self, time_ns: int) -> dict[str, int]:
        """Count in the journal."""
        rules = [self.alarms[e.alarm].rule for e in self.log if e.action == "raised"]
        return {rule: rules.count(rule) for rule in rules}

    async def recent(
        self, *, limit: int, before: int | None = None, asset: str = ""
    ) -> Sequence[JournalEntry]:
        """Return the journal, newest first."""
        return [
            JournalEntry(event=event, alarm=self.alarms[event.alarm])
            for event in reversed(self.log)
            if before is None or event.seq < before
        ][:limit]

    async def acknowledge(self, number: int, *, by: Principal, reason: str = "") -> Alarm:
        """Acknowledge."""
        return await self._go(number, AlarmAction.ACKNOWLEDGE, by, reason)

    async def confirm(self, number: int, *, by: Principal, reason: str = "") -> Alarm:
        """Confirm."""
        return await self._go(number, AlarmAction.CONFIRM, by, reason)

    async def reset(self, number: int, *, by: Principal, reason: str = "") -> Alarm:
        """Reset."""
        return await self._go(number, AlarmAction.RESET, by, reason)

    async def shelve(
        self, number: int, *, by: Principal, reason: str, how: Shelving, for_s: float | None = None
    ) -> Alarm:
        """Shelve or take back."""
        if how is Shelving.UNSHELVED:
            return await self._go(number, AlarmAction.UNSHELVE, by, reason)
        if not reason:
            raise InvalidRequestError("reason is empty")
        timed = how is Shelving.TIMED
        action = AlarmAction.TIMED_SHELVE if timed else AlarmAction.ONE_SHOT_SHELVE
        return await self._go(number, action, by, reason, for_s=for_s or 28_800)

    async def suppress(self, number: int, *, by: Principal, reason: str, on: bool) -> Alarm:
        """Suppress or not."""
        action = AlarmAction.SUPPRESS if on else AlarmAction.UNSUPPRESS
        return await self._go(number, action, by, reason)

    async def take_out(self, number: int, *, by: Principal, reason: str, out: bool) -> Alarm:
        """Take out or back."""
        action = AlarmAction.OUT_OF_SERVICE if out else AlarmAction.IN_SERVICE
        return await self._go(number, action, by, reason)

    async def _go(
        self, number: int, action: AlarmAction, by: Principal, reason: str, *, for_s: float = 0.0
    ) -> Alarm:
        alarm = await self.get(number)
        now_ns = self._clock.now_ns()
        flags = Flags(**{name: getattr(alarm, name) for name in Flags.__slots__})
        until_ns = now_ns + round(for_s * 1e9)
        reached = after(flags, action, Handling(), now_ns=now_ns, until_ns=until_ns)
        self.put(
            replace(
                alarm,
                **asdict(reached),
                letter=reached.letter,
                retain=reached.retain,
                suppressed_or_shelved=reached.aside,
                revision=self.revision + 1,
            ),
            action=str(action),
            by=by.name,
            reason=reason,
        )
        return self.alarms[number]

    def put(self, alarm: Alarm, *, action: str, by: str, reason: str = "") -> None:
        """Keep an alarm as it is now, and the change that made it so."""
        before = self.alarms[alarm.number].letter if alarm.number in self.alarms else "A"
        self.alarms[alarm.number] = alarm
        self._note(alarm, AlarmLetter(before), action, by, reason)

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
        self._changed.set()
        self._changed = asyncio.Event()
