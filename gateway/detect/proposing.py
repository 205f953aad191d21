"""What rules propose to people: a command for each alarm of a rule that names one, asked of the guard and of nobody else."""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Final

from gateway.alarm import Alarm
from gateway.clock import Clock
from gateway.command import OperationState
from gateway.detect.options import RuleOptions
from gateway.errors import ConflictError, NotConnectedError, StorageError, TaktlineError
from gateway.ports import Alarms, Requests

_log = logging.getLogger(__name__)
_LOOK_EVERY_S: Final = 0.5
_PAGE: Final = 1000
_REASON: Final = 500
_REMEMBERED: Final = 10_000


class Proposing:
    """Asks once an alarm, by rule, signal, side and onset, so that neither a restart nor a replay asks twice.

    An alarm that is shelved, suppressed or out of service asks for nothing. What is still only proposed when its
    alarm has gone is taken back: it was for a condition that no longer holds.
    """

    def __init__(
        self,
        rules: Callable[[], Mapping[str, RuleOptions]],
        *,
        alarms: Alarms,
        requests: Requests,
        clock: Clock,
    ) -> None:
        self._rules = rules
        self._alarms = alarms
        self._requests = requests
        self._clock = clock
        self._open: dict[str, str] = {}
        self._done: OrderedDict[str, None] = OrderedDict()
        self._refused: dict[str, str] = {}

    def remarks(self) -> list[str]:
        """Return which rules' newest proposal was refused, and why, for the health page."""
        return [f"rule {rule} could not propose: {why}" for rule, why in self._refused.items()]

    async def run(self) -> None:
        """Follow the alarms until cancelled; a store that is away is tried again."""
        seen, failing = -1, False
        while True:
            try:
                if self._alarms.revision != seen or failing:
                    now = self._alarms.revision
                    await self.look()
                    seen = now
                failing = False
            except (StorageError, NotConnectedError) as error:
                if not failing:
                    _log.warning("proposals of rules wait for the store: %s", error)
                failing = True
            await self._clock.sleep(_LOOK_EVERY_S)

    async def look(self) -> None:
        """Ask for what stands now and was not asked for; take back what stands no more."""
        rules = {name: each for name, each in self._rules().items() if each.propose is not None}
        standing = {_key(each): each for each in await self._active(rules)} if rules else {}
        for key in [each for each in self._open if each not in standing]:
            await self._take_back(key)
        for key, alarm in standing.items():
            if key not in self._open and key not in self._done:
                await self._ask(key, alarm, rules[alarm.rule])

    async def _active(self, rules: Mapping[str, RuleOptions]) -> list[Alarm]:
        found: list[Alarm] = []
        before: int | None = None
        while True:
            page = await self._alarms.list(letters=(), limit=_PAGE, before=before)
            found += [
                each
                for each in page
                if each.active and not each.suppressed_or_shelved and each.rule in rules
            ]
            if len(page) < _PAGE:
                return found
            before = page[-1].number

    async def _ask(self, key: str, alarm: Alarm, rule: RuleOptions) -> None:
        if rule.propose is None:
            return
        reason = alarm.explanation[:_REASON]
        try:
            made = await self._requests.ask(
                rule.propose.request(key=key, reason=reason, rule=alarm.rule)
            )
        except (StorageError, NotConnectedError):
            raise
        except TaktlineError as error:
            # It is in the audit; asked again it would be refused again, once a look.
            _log.warning("rule %s could not propose: %s", alarm.rule, error)
            self._refused[alarm.rule] = str(error)
            self._remember(key)
            return
        self._refused.pop(alarm.rule, None)
        if made.state is OperationState.PROPOSED:
            self._open[key] = made.id
        else:
            self._remember(key)

    async def _take_back(self, key: str) -> None:
        held = await self._requests.operation(self._open[key])
        if held.state is OperationState.PROPOSED:
            try:
                await self._requests.withdraw(held.id)
            except ConflictError as error:
                # Somebody took it up or declined it at this very moment: then it is theirs.
                _log.info("operation %s is not taken back: %s", held.id, error)
        del self._open[key]
        self._remember(key)

    def _remember(self, key: str) -> None:
        self._done[key] = None
        while len(self._done) > _REMEMBERED:
            self._done.popitem(last=False)


def _key(alarm: Alarm) -> str:
    return f"{alarm.rule}|{alarm.signal}|{alarm.side}|{alarm.onset_ns}"
