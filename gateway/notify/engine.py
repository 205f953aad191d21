"""The loops of notifications: follow the issues' history, climb, make messages, send them; each step can be killed."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import Any, Final

from sqlalchemy import Connection

from gateway.clock import Clock
from gateway.errors import NotConnectedError, StorageError
from gateway.failpoint import failpoint
from gateway.notice import ChannelState, DeliveryState
from gateway.notify import outbox
from gateway.notify.ladder import Ladder, Moved
from gateway.notify.options import NotifyOptions
from gateway.notify.plan import Planner
from gateway.notify.post import Post
from gateway.notify.reminders import Reminders
from gateway.status import StageState, StageStatus
from gateway.store import Store

log = logging.getLogger(__name__)

TICK_S: Final = 1.0
PRUNE_EVERY_S: Final = 3600.0
REMIND_EVERY_S: Final = 15.0
_PASSES: Final = 40
"""Transactions that one turn may take: others want the store too."""


class Engine:
    """Drives ladder, planner and post; `run` goes on until cancelled, `turn` is one pass of all but sending."""

    def __init__(
        self,
        options: NotifyOptions,
        *,
        store: Store,
        clock: Clock,
        ladder: Ladder,
        reminders: Reminders,
        planner: Planner,
        post: Post,
        told: Callable[[], Awaitable[None]],
    ) -> None:
        self._options = options
        self._store = store
        self._clock = clock
        self._ladder = ladder
        self._reminders = reminders
        self._planner = planner
        self._post = post
        self._told = told
        self._pruned_s = clock.monotonic_s()
        self._reminded_s = -REMIND_EVERY_S
        self._error = ""
        self._since_ns = clock.now_ns()
        self._followed = 0
        self._figures: Mapping[str, Any] = {"states": {}, "channels": {}, "notices": 0}

    async def recover(self) -> None:
        """Take up what a crash left behind; to be called once, before `run`."""
        now_ns = self._clock.now_ns()
        lost = await self._store.run(partial(outbox.recover, now_ns=now_ns))
        if lost:
            log.error("%d messages were cut short twice and are not sent again: see the log", lost)
        known = list(self._post.lanes)
        await self._store.run(partial(outbox.give_up, known=known))

    async def turn(self) -> bool:
        """Follow, climb and make messages as far as there is anything to do; say whether more is left."""
        more = await self._repeat(self._ladder.follow)
        failpoint("notify.after_commit")
        # What nobody acknowledged climbs only once the history is told to its end: the next entry may acknowledge it.
        if not more:
            more = await self._repeat(self._ladder.climb) or await self._remind()
        made = await self._store.run(partial(self._planner.plan, now_ns=self._clock.now_ns()))
        await self._tidy()
        self._figures = await self._store.run(outbox.figures)
        return more or made > 0

    async def _remind(self) -> bool:
        """Look at actions that are due, now and then; say whether more is left."""
        now_s = self._clock.monotonic_s()
        if now_s - self._reminded_s < REMIND_EVERY_S:
            return False
        more = await self._repeat(self._reminders.look)
        if not more:
            self._reminded_s = now_s
        return more

    async def _repeat(self, step: Callable[[Connection, int], Moved]) -> bool:
        for _ in range(_PASSES):
            moved = await self._store.run(partial(_at, step, self._clock.now_ns()))
            self._followed += moved.count
            if moved.history:
                await self._told()
            if not moved.more:
                return False
        return True

    async def _tidy(self) -> None:
        if self._clock.monotonic_s() - self._pruned_s < PRUNE_EVERY_S:
            return
        self._pruned_s = self._clock.monotonic_s()
        now_ns, keep = self._clock.now_ns(), self._options.keep_days
        await self._store.run(partial(outbox.prune, now_ns=now_ns, keep_days=keep))

    async def run(self) -> None:
        """Go on until cancelled; a store that is away is tried again."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._keep(self._turns))
            for name in self._post.lanes:
                tasks.create_task(self._keep(partial(self._drain, name)))

    async def _turns(self) -> None:
        more = True
        while more:
            more = await self.turn()

    async def _drain(self, name: str) -> None:
        await self._post.drain(name)

    async def _keep(self, work: Callable[[], Awaitable[None]]) -> None:
        while True:
            try:
                await work()
                self._note("")
            except (StorageError, NotConnectedError) as error:
                self._note(str(error))
            await self._clock.sleep(TICK_S)

    def _note(self, error: str) -> None:
        if bool(error) != bool(self._error):
            self._since_ns = self._clock.now_ns()
            if error:
                log.warning("notifications wait for the store: %s", error)
            else:
                log.info("the store answers again, notifications go on")
        self._error = error

    def waiting(self, channel: str) -> int:
        """Return how many messages of a channel wait, as of the newest turn."""
        return int(self._figures["channels"].get(channel, 0))

    def status(self) -> StageStatus:
        """Return the stage for the health page; a channel that fails is told as a problem, the stage works on."""
        states = self._figures["states"]
        waiting = sum(self._figures["channels"].values())
        failing = [lane for lane in self._post.lanes.values() if lane.state is ChannelState.FAILING]
        return StageStatus(
            name="notify",
            kind="notify",
            state=StageState.FAILING if self._error else StageState.WORKING,
            since_ns=self._since_ns,
            last_error=self._error,
            behind_rows=waiting,
            behind_s=0.0,
            rows=self._followed,
            rows_per_s=0.0,
            figures={
                "messages_waiting": waiting,
                "notices_waiting": self._figures["notices"],
                "messages_sent": states.get(DeliveryState.SENT.value, 0),
                "messages_failed": states.get(DeliveryState.FAILED.value, 0),
                "messages_unknown": states.get(DeliveryState.UNKNOWN.value, 0),
                "channels_failing": len(failing),
            },
        )

    def problems(self) -> Sequence[str]:
        """Return what a person has to see to, as sentences."""
        found = [
            f"The channel {lane.name} fails ({lane.last_error}): {self.waiting(lane.name)} messages wait"
            " and are tried again; check the server, its address and its credentials."
            for lane in self._post.lanes.values()
            if lane.state is ChannelState.FAILING
        ]
        waiting = sum(self._figures["channels"].values())
        if waiting >= self._options.max_waiting:
            found.append(
                f"The outbox is full ({waiting} messages): notices wait until the channels work again."
            )
        return found


def _at(step: Callable[[Connection, int], Moved], now_ns: int, connection: Connection) -> Moved:
    return step(connection, now_ns)
