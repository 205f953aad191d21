"""Where alarms are kept and answered: every change numbered, committed, and told to who waits."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from typing import Final, Self, TypeVar

from sqlalchemy import Connection, or_, select

from gateway.alarm import (
    Alarm,
    Shelving,
)
from gateway.clock import NS_PER_S, Clock
from gateway.detect.alarms.design import DesignStates
from gateway.detect.alarms.intake import Intake
from gateway.detect.alarms.options import DEFAULT, AlarmOptions
from gateway.detect.alarms.ranking import Ranking
from gateway.detect.alarms.reading import RETAINED, AlarmReading
from gateway.detect.alarms.records import AlarmBook, Fields, find, flags_of, to_alarm
from gateway.detect.alarms.returning import Returning
from gateway.detect.alarms.state import AlarmAction, due
from gateway.detect.options import RuleOptions
from gateway.errors import InvalidRequestError, NotConnectedError, StorageError
from gateway.issues import IssueDesk
from gateway.issues.records import read_number
from gateway.issues.text import Length, Need, clean
from gateway.model import Principal
from gateway.ports import Catalogue, History, LatestValues
from gateway.store import Store
from gateway.store.tables import alarm

log = logging.getLogger(__name__)

T = TypeVar("T")

TICK_S: Final = 1.0
GATEWAY: Final = "gateway"


class AlarmDesk(AlarmReading):
    """The `Alarms` port, and where the rules' events become alarms. Build it with `open`.

    `latest` and `catalogue` let it see machine states; without them nothing is suppressed by design. `issues` is
    told of alarms that come back into operators' sight and still hold; without it nobody is. `history` says how far
    values came back between alarms, for the ranking.
    """

    def __init__(
        self,
        rules: Mapping[str, RuleOptions],
        *,
        store: Store,
        clock: Clock,
        revision: int,
        latest: LatestValues | None = None,
        catalogue: Catalogue | None = None,
        issues: IssueDesk | None = None,
        history: History | None = None,
    ) -> None:
        super().__init__(store, Ranking(history, catalogue))
        self._returning = None if issues is None else Returning(issues, catalogue)
        self._clock = clock
        self._revision = revision
        self._changed = asyncio.Condition()
        self._design = DesignStates(latest, catalogue)
        self._handled: dict[str, AlarmOptions] = {}
        self._enabled: frozenset[str] = frozenset()
        self._retained = 0
        self._set(rules)

    @classmethod
    async def open(
        cls,
        rules: Mapping[str, RuleOptions],
        *,
        store: Store,
        clock: Clock,
        latest: LatestValues | None = None,
        catalogue: Catalogue | None = None,
        issues: IssueDesk | None = None,
        history: History | None = None,
    ) -> Self:
        """Read where the numbers stand, and end every shelving that cannot be known any more."""
        revision = await store.run(lambda c: read_number(c, "alarm_revision"))
        desk = cls(
            rules,
            store=store,
            clock=clock,
            revision=revision,
            latest=latest,
            catalogue=catalogue,
            issues=issues,
            history=history,
        )
        await desk._change(desk._recover)
        await desk.configure(rules)
        return desk

    @property
    def revision(self) -> int:
        """The number of the newest change, 0 before the first; kept across restarts."""
        return self._revision

    async def wait(self, after: int) -> None:
        """Return once `revision` is greater than `after`."""
        async with self._changed:
            await self._changed.wait_for(lambda: self._revision > after)

    async def acknowledge(self, number: int, *, by: Principal, reason: str = "") -> Alarm:
        """Take note of an alarm; raises `NotFoundError`, `ConflictError`, `InvalidRequestError`."""
        return await self._act(number, AlarmAction.ACKNOWLEDGE, by, reason, Need.OPTIONAL)

    async def confirm(self, number: int, *, by: Principal, reason: str = "") -> Alarm:
        """Confirm that what was to be done is done."""
        return await self._act(number, AlarmAction.CONFIRM, by, reason, Need.OPTIONAL)

    async def reset(self, number: int, *, by: Principal, reason: str = "") -> Alarm:
        """End the latch of an alarm that is inactive and answered."""
        return await self._act(number, AlarmAction.RESET, by, reason, Need.OPTIONAL)

    async def shelve(
        self, number: int, *, by: Principal, reason: str, how: Shelving, for_s: float | None = None
    ) -> Alarm:
        """Put an alarm aside, for `for_s` seconds or its rule's most; a reason must be given."""
        if how is Shelving.UNSHELVED:
            return await self._act(number, AlarmAction.UNSHELVE, by, reason, Need.OPTIONAL)
        timed = how is Shelving.TIMED
        action = AlarmAction.TIMED_SHELVE if timed else AlarmAction.ONE_SHOT_SHELVE
        return await self._act(number, action, by, reason, Need.REQUIRED, for_s=for_s)

    async def suppress(self, number: int, *, by: Principal, reason: str, on: bool) -> Alarm:
        """Suppress an alarm by design, or end that; a reason must be given."""
        action = AlarmAction.SUPPRESS if on else AlarmAction.UNSUPPRESS
        return await self._act(number, action, by, reason, Need.REQUIRED)

    async def take_out(self, number: int, *, by: Principal, reason: str, out: bool) -> Alarm:
        """Take an alarm out of service for maintenance, or back into it; a reason must be given."""
        action = AlarmAction.OUT_OF_SERVICE if out else AlarmAction.IN_SERVICE
        return await self._act(number, action, by, reason, Need.REQUIRED)

    def look(self) -> None:
        """Take note of the machine states that suppress by design; call it before `intake`."""
        self._design.look()

    def intake(self, connection: Connection) -> Intake:
        """Return what turns reports of rules into alarms within a transaction."""
        return Intake(connection, handled=self._handled, design=self._design)

    async def announce(self) -> None:
        """Tell who waits of what an intake committed."""
        await self._tell(await self._store.run(lambda c: read_number(c, "alarm_revision")))

    async def configure(self, rules: Mapping[str, RuleOptions]) -> None:
        """Handle alarms by other rules from now on; alarms of a rule that does not run are disabled."""
        self._set(rules)
        await self._change(self._follow_rules)

    async def tick(self) -> None:
        """Do what the clock and the machines' states owe."""
        self._design.look()
        await self._change(self._owed)

    async def run(self) -> None:
        """Tick until cancelled; a store that is away is tried again."""
        failing = False
        while True:
            try:
                await self.tick()
                if failing:
                    log.info("the store answers again, alarms' timers go on")
                failing = False
            except (StorageError, NotConnectedError) as error:
                if not failing:
                    log.warning("alarms' timers wait for the store: %s", error)
                failing = True
            await self._clock.sleep(TICK_S)

    def figures(self) -> dict[str, float]:
        """Return its own counts."""
        return {"revision": self._revision, "retained": self._retained}

    def _set(self, rules: Mapping[str, RuleOptions]) -> None:
        self._handled = {rule: options.alarm for rule, options in rules.items()}
        if self._returning is not None:
            self._returning.rules = dict(rules)
        self._ranking.rules = dict(rules)
        self._enabled = frozenset(rule for rule, options in rules.items() if options.enabled)

    async def _act(
        self,
        number: int,
        action: AlarmAction,
        by: Principal,
        reason: str,
        need: Need,
        *,
        for_s: float | None = None,
    ) -> Alarm:
        said = clean(reason, name="reason", most=Length.REASON, least=need)
        now_ns = self._clock.now_ns()

        def work(book: AlarmBook, connection: Connection) -> Alarm:
            row = book.rows.setdefault(str(number), find(connection, number))
            options = self._handled.get(row["rule"], DEFAULT)
            until_ns = now_ns + _shelve_ns(for_s, options)
            book.act(
                row,
                action,
                options.handling(),
                now_ns=now_ns,
                by=by.name,
                reason=said,
                until_ns=until_ns,
            )
            return to_alarm(row)

        return await self._change(work)

    async def _change(self, work: Callable[[AlarmBook, Connection], T]) -> T:
        now_ns = self._clock.now_ns()

        def whole(connection: Connection) -> tuple[T, int, bool]:
            book = AlarmBook(connection)
            done = work(book, connection)
            returning = self._returning
            told = returning is not None and returning.tell(book, connection, now_ns=now_ns)
            return done, book.write(), told

        done, revision, told = await self._store.run(whole)
        await self._tell(revision)
        if told and self._returning is not None:
            await self._returning.announce()
        return done

    async def _tell(self, revision: int) -> None:
        async with self._changed:
            if revision > self._revision:
                self._revision = revision
                self._changed.notify_all()

    def _recover(self, book: AlarmBook, _connection: Connection) -> None:
        known = alarm.c.shelving.in_([str(one) for one in Shelving])
        lost = (alarm.c.shelving != Shelving.UNSHELVED) & alarm.c.shelved_until_ns.is_(None)
        for row in book.read(~known | lost):
            self._by_gateway(book, row, AlarmAction.SHELVING_LOST, self._clock.now_ns())

    def _follow_rules(self, book: AlarmBook, _connection: Connection) -> None:
        now_ns = self._clock.now_ns()
        for row in book.read(alarm.c.number > 0):
            runs = row["rule"] in self._enabled
            if runs is not row["enabled"]:
                action = AlarmAction.ENABLE if runs else AlarmAction.DISABLE
                self._by_gateway(book, row, action, now_ns)

    def _owed(self, book: AlarmBook, connection: Connection) -> None:
        now_ns = self._clock.now_ns()
        waiting = or_(alarm.c.shelved_until_ns <= now_ns, alarm.c.re_alarm_ns <= now_ns)
        for row in book.read(waiting):
            while (owed := due(flags_of(row), now_ns=now_ns)) is not None:
                self._by_gateway(book, row, owed[0], owed[1])
        designed = [rule for rule, each in self._handled.items() if each.suppress_when is not None]
        for row in book.read(alarm.c.rule.in_(designed)) if designed else ():
            on = self._design(self._handled[row["rule"]], row["asset"])
            if on is not row["suppressed"]:
                action = AlarmAction.SUPPRESS if on else AlarmAction.UNSUPPRESS
                self._by_gateway(book, row, action, now_ns, by="design")
        self._retained = _count(connection)

    def _by_gateway(
        self, book: AlarmBook, row: Fields, action: AlarmAction, now_ns: int, by: str = GATEWAY
    ) -> None:
        handling = self._handled.get(row["rule"], DEFAULT).handling()
        book.act(row, action, handling, now_ns=now_ns, by=by, reason=REASONS[action])


REASONS: Final[Mapping[AlarmAction, str]] = {
    AlarmAction.SHELVING_EXPIRED: "its time is over",
    AlarmAction.SHELVING_LOST: "nobody knows any more for how long it was shelved",
    AlarmAction.RE_ALARM: "it still holds, its re-alarm time is over",
    AlarmAction.ENABLE: "its rule runs",
    AlarmAction.DISABLE: "its rule does not run",
    AlarmAction.SUPPRESS: "the design suppresses it in this state of the machine",
    AlarmAction.UNSUPPRESS: "the machine has left the state in which the design suppresses it",
}


def _count(connection: Connection) -> int:
    return len(connection.execute(select(alarm.c.number).where(RETAINED)).all())


def _shelve_ns(for_s: float | None, options: AlarmOptions) -> int:
    most_s = options.max_shelve_s
    wanted_s = most_s if for_s is None else for_s
    if not 0 < wanted_s <= most_s:
        raise InvalidRequestError(
            f"for_s is {wanted_s:g}, this alarm may be shelved for more than 0 and at most {most_s:g} s"
        )
    return round(wanted_s * NS_PER_S)
