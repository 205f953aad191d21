"""The live hub: follows the journal, issues, alarms, work orders and the health once for all clients."""

from __future__ import annotations

import asyncio
import logging
import math
import secrets
from collections import Counter
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any, Final

from gateway.clock import NS_PER_S
from gateway.errors import TaktlineError
from gateway.model import Principal, SampleBatch
from gateway.ports import Alarms, Issues, WorkChanges
from gateway.status import StageState, StageStatus
from web.feed.client import HEARTBEAT_S, LiveClient
from web.feed.messages import ALARMS, ISSUES, WORK, Subscribe
from web.feed.source import Source
from web.feed.views import View, select
from web.jsontext import document, dumps, ms
from web.options import WebOptions
from web.services import Services

_LOG = logging.getLogger("taktline.web.live")
_GATHER_S: Final = 0.02
_READ_ROWS: Final = 20_000
_BEHIND_NS: Final = 5 * NS_PER_S
_RETRY_S: Final = 1.0
_HEALTH_S: Final = 1.0
_KEEP_HOUSE_S: Final = 1.0
_PRESENCE_S: Final = 0.25
_RELOOK_ROUNDS: Final = 10
"""Every so many rounds of house-keeping, described columns and newest values are compared again."""
_EVENTS: Final = 500


class Hub:
    """One reader for all live clients; `failure` says why it stopped, where a defect stopped it."""

    def __init__(self, services: Services, options: WebOptions, *, build: str) -> None:
        self.failure = ""
        self.clients: dict[LiveClient, asyncio.Event] = {}
        self.source = Source(epoch=secrets.token_hex(8))
        self._services = services
        self._options = options
        self._build = build
        self._borrowed: Counter[str] = Counter()
        self._versions = 0
        self._known = 0
        self._after = 0
        self._batches = 0
        self._behind_s = 0.0
        self._error = ""
        self._since_ns = services.clock.now_ns()
        self._state = StageState.STARTING
        self._rates: list[tuple[float, int]] = []
        self._health: dict[str, Any] = {}
        self._health_s = -math.inf

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Follow while the block runs."""
        services = self._services
        tasks = [
            self._task(self._follow_journal(), "live journal"),
            self._task(self._follow(services.issues, ISSUES), "live issues"),
            self._task(self._follow(services.alarms, ALARMS), "live alarms"),
            self._task(self._follow(services.maintenance.changes, WORK), "live work orders"),
            self._task(self._keep_house(), "live house-keeping"),
            self._task(self._follow_presence(), "live presence"),
            self._task(self._follow_health(), "live health"),
        ]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)
            self._move(StageState.STOPPED)

    def join(
        self, who: Principal, *, may_see: Callable[[Subscribe], bool], now_s: float
    ) -> tuple[LiveClient, asyncio.Event]:
        """Return a new client and the event that wakes its sender."""
        services = self._services
        welcome = {
            "type": "welcome",
            "epoch": self.source.epoch,
            "build": self._build,
            "server_time_ms": ms(services.clock.now_ns()),
            "time_zone": services.time_zone,
            "heartbeat_s": HEARTBEAT_S,
        }
        client = LiveClient(
            who=who,
            may_see=may_see,
            source=self.source,
            shelf=self,
            welcome=welcome,
            max_subscriptions=self._options.max_subscriptions,
            now_s=now_s,
        )
        wake = asyncio.Event()
        self.clients[client] = wake
        return client, wake

    def leave(self, client: LiveClient) -> None:
        """Forget a client and what it held."""
        client.close()
        del self.clients[client]

    def full(self) -> bool:
        """Say whether as many clients are connected as may be."""
        return len(self.clients) >= self._options.max_clients

    def server_ms(self) -> float:
        """Return the gateway's time in milliseconds."""
        return ms(self._services.clock.now_ns()) or 0.0

    def borrow(self, key: str) -> View:
        """Return a view as it is now, and keep it up to date until it is given back."""
        self._borrowed[key] += 1
        held = self.source.views.get(key)
        if held is None:
            held = self._build_view(key)
            self.source.views[key] = held
        return held

    def give_back(self, key: str) -> None:
        """Forget a view that nobody holds any more."""
        self._borrowed[key] -= 1
        if self._borrowed[key] <= 0:
            del self._borrowed[key]
            self.source.views.pop(key, None)

    def want_health(self) -> None:
        """Bring the health document up to date, where it is older than a second."""
        now_s = self._services.clock.monotonic_s()
        if now_s - self._health_s < _HEALTH_S * 0.9:
            return
        self._health_s = now_s
        now = document(self._services.health.health())
        if now | {"time_ms": 0} != self._health:
            self._health = now | {"time_ms": 0}
            self.source.health.text = dumps(now)
            self.source.health.version += 1
            self._wake()

    def status(self) -> StageStatus:
        """Return how the hub is doing, as a stage for the health page."""
        counts = self.source.counts
        behind = max(0, self._services.tail.head - self._after)
        mean_rows = counts.rows / self._batches if self._batches else 0.0
        return StageStatus(
            name="live",
            kind="web",
            state=self._state,
            since_ns=self._since_ns,
            last_error=self.failure or self._error,
            # The journal counts batches: rows behind are those times the mean rows of a batch.
            behind_rows=round(behind * mean_rows),
            behind_s=self._behind_s if behind else 0.0,
            rows=counts.rows,
            rows_per_s=self._rate(),
            figures={
                "clients": len(self.clients),
                "subscriptions": sum(len(each.subscriptions) for each in self.clients),
                "frames": counts.frames,
                "messages": counts.messages,
                "bytes": counts.bytes,
                "rows_left_out": counts.rows_left_out,
                "skips": counts.skips,
                "evicted": counts.evicted,
                "refused": counts.refused,
            },
        )

    def take(self, batch: SampleBatch) -> None:
        """Take over committed rows: newest values, and the logs of the views that somebody watches."""
        if len(self._services.catalogue) != self._known:
            self.look_again()
        self.source.values.apply(batch)
        for view in self.source.views.values():
            view.record(batch)
        self.source.counts.rows += len(batch)
        self.source.bodies.clear()

    def refresh_newest(self) -> None:
        """Take over newest values that another reader of the journal has and the hub has not."""
        self.source.values.merge(self._services.latest.latest().rows)
        self.source.bodies.clear()

    def _build_view(self, key: str) -> View:
        self._versions += 1
        catalogue = self._services.catalogue
        view = View(key, self._versions, select(key, catalogue))
        self.source.values.grow(len(catalogue))
        return view

    def look_again(self) -> None:
        """Give every view whose columns have changed a new version."""
        catalogue = self._services.catalogue
        self._known = len(catalogue)
        self.source.values.grow(self._known)
        for key, view in list(self.source.views.items()):
            if not view.same(select(key, catalogue)):
                view.successor = self.source.views[key] = self._build_view(key)

    async def _follow_journal(self) -> None:
        tail = self._services.tail
        self._after = tail.head
        self.refresh_newest()
        self._move(StageState.WORKING)
        while True:
            try:
                await self._read_once()
            except TaktlineError as error:
                self._fail(str(error))
                await asyncio.sleep(_RETRY_S)

    async def _read_once(self) -> None:
        tail = self._services.tail
        await tail.wait(self._after)
        chunk = await tail.read(self._after, max_rows=_READ_ROWS)
        self._recover()
        if chunk is not None:
            if chunk.first_seq > self._after + 1:
                self._leave_out()
            self._after = chunk.last_seq
            self._batches += chunk.last_seq - chunk.first_seq + 1
            self.take(chunk.batch)
            self._watch_lag(chunk.batch)
        caught_up = self._after >= tail.head or chunk is None
        await asyncio.sleep(_GATHER_S if caught_up else 0)

    def _watch_lag(self, batch: SampleBatch) -> None:
        """Skip to the head where the hub is too far behind to show what is now."""
        if not len(batch):
            return
        age_ns = self._services.clock.now_ns() - int(batch.received_ns[-1])
        self._behind_s = max(0.0, age_ns / NS_PER_S)
        head = self._services.tail.head
        if age_ns > _BEHIND_NS and head > self._after:
            self._after = head
            self.source.counts.skips += 1
            self._leave_out()
            self.refresh_newest()

    def _leave_out(self) -> None:
        for view in self.source.views.values():
            view.log.leave_out()

    async def _follow(self, desk: Issues | Alarms | WorkChanges, name: str) -> None:
        stream = self.source.streams[name]
        stream.head = stream.floor = desk.revision
        while True:
            try:
                await desk.wait(stream.head)
                events = await desk.events(after=stream.head, limit=_EVENTS)
            except TaktlineError as error:
                self._fail(str(error))
                await asyncio.sleep(_RETRY_S)
                continue
            stream.append([(event.seq, dumps(document(event))) for event in events])
            self._wake()
            if not events:
                await asyncio.sleep(_RETRY_S)

    async def _follow_health(self) -> None:
        """Compare the health document once a second, while somebody may be watching."""
        while True:
            await asyncio.sleep(_HEALTH_S)
            if self.clients:
                self.want_health()

    async def _follow_presence(self) -> None:
        """Show within a moment that a source has gone or is back, though no row says so."""
        while True:
            if self.source.values.mark_absent(self._services.presence.absent()):
                self.source.bodies.clear()
                self._wake()
            await asyncio.sleep(_PRESENCE_S)

    async def _keep_house(self) -> None:
        loop = asyncio.get_running_loop()
        rounds = 0
        while True:
            await asyncio.sleep(_KEEP_HOUSE_S)
            rounds += 1
            if len(self._services.catalogue) != self._known or rounds % _RELOOK_ROUNDS == 0:
                self.look_again()
            if rounds <= _RELOOK_ROUNDS or rounds % _RELOOK_ROUNDS == 0:
                self.refresh_newest()
            self._rates = [*self._rates[-10:], (loop.time(), self.source.counts.rows)]

    def _rate(self) -> float:
        if len(self._rates) < 2:
            return 0.0
        (first_s, first), (last_s, last) = self._rates[0], self._rates[-1]
        return (last - first) / (last_s - first_s)

    def _wake(self) -> None:
        for wake in self.clients.values():
            wake.set()

    def _move(self, state: StageState) -> None:
        if state is not self._state:
            self._state = state
            self._since_ns = self._services.clock.now_ns()

    def _fail(self, error: str) -> None:
        if self._state is not StageState.FAILING:
            _LOG.warning("the live feed cannot follow: %s", error)
        self._error = error
        self._move(StageState.FAILING)

    def _recover(self) -> None:
        if self._state is StageState.FAILING:
            _LOG.info("the live feed follows again after: %s", self._error)
            self._error = ""
            self._move(StageState.WORKING)

    def _task(self, work: Coroutine[Any, Any, None], name: str) -> asyncio.Task[None]:
        task = asyncio.create_task(work, name=name)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[None]) -> None:
        """A follower ends by being cancelled; anything else is a defect that every client must see."""
        if task.cancelled():
            return
        error = task.exception()
        self.failure = f"{task.get_name()} stopped: {error!r}"
        _LOG.error("%s", self.failure, exc_info=error)
        self._move(StageState.FAILING)
        self._wake()
