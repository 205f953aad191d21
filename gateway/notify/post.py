"""Takes messages out of the outbox: one channel's failure holds up no other, and each try is settled in the store."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, Final

from sqlalchemy import Row

from gateway.clock import NS_PER_S, Clock
from gateway.errors import BackOffError, ConfigError, NotConnectedError, RefusedError, TaktlineError
from gateway.failpoint import failpoint
from gateway.notice import SCREEN, ChannelState, DeliveryState
from gateway.notify import outbox, wording
from gateway.notify.channels.options import ChannelOptions
from gateway.notify.channels.send import Outgoing, send
from gateway.notify.contacts import Contacts
from gateway.notify.links import Link, Links
from gateway.notify.options import NotifyOptions
from gateway.notify.recipients import TEAM_MARK
from gateway.store import Store

log = logging.getLogger(__name__)

FIRST_PAUSE_S: Final = 5.0
LONGEST_PAUSE_S: Final = 300.0
THREADS: Final = 8


class Post:
    """Sends what is due by each channel, at its rate; a channel that fails again and again is asked more rarely."""

    def __init__(
        self,
        options: NotifyOptions,
        *,
        store: Store,
        clock: Clock,
        contacts: Contacts,
        links: Links,
        page: str,
        site: str,
    ) -> None:
        self._options = options
        self._store = store
        self._clock = clock
        self._contacts = contacts
        self._links = links
        self._page = page
        self._site = site
        self._allowed = frozenset(options.allowed_hosts)
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="notify")
        now_ns = clock.now_ns()
        self.lanes = {
            name: Lane(name, channel, now_ns) for name, channel in options.channels.items()
        }
        self.lanes[SCREEN] = Lane(SCREEN, None, now_ns)

    def close(self) -> None:
        """Take no more; a send that runs ends by its own timeout."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def drain(self, name: str) -> int:
        """Send what is due by a channel now, as far as its rate and its pauses let; return how many were settled."""
        lane, done = self.lanes[name], 0
        while lane.may(self._clock.monotonic_s()):
            now_ns = self._clock.now_ns()
            row = await self._store.run(partial(outbox.claim, channel=name, now_ns=now_ns))
            if row is None:
                break
            lane.used(self._clock.monotonic_s())
            await self.deliver(row)
            done += 1
        return done

    async def deliver(self, row: Row[Any]) -> None:
        """Send a claimed message and settle it."""
        lane = self.lanes.get(row.channel)
        failpoint("notify.before_send")
        error: TaktlineError | None = None
        try:
            await self._out(lane, row)
        except (NotConnectedError, BackOffError, RefusedError, ConfigError) as failed:
            error = failed
        failpoint("notify.after_send")
        await self._settle(lane, row, error)

    async def _out(self, lane: Lane | None, row: Row[Any]) -> None:
        if lane is None:
            raise ConfigError(f"the channel {row.channel} is no longer configured")
        if lane.channel is not None:
            address = await self._address(lane.channel, row)
            await self._send(lane.channel, row, address)

    async def _send(self, channel: ChannelOptions, row: Row[Any], address: str) -> None:
        message = self._outgoing(row, address)
        work = partial(send, channel, message, allowed=self._allowed)
        await asyncio.get_running_loop().run_in_executor(self._threads, work)

    async def _address(self, channel: ChannelOptions, row: Row[Any]) -> str:
        """Return where the person is reached now; a team's channel needs none."""
        if not channel.is_personal:
            return ""
        contact = await self._store.run(partial(self._contacts.of, person=row.person))
        address = self._contacts.channels(contact).get(row.channel, "")
        if not address:
            raise ConfigError(f"{row.person} has no address for {row.channel} any more")
        return address

    def _outgoing(self, row: Row[Any], address: str) -> Outgoing:
        now_s = self._clock.now_ns() // NS_PER_S
        links = self._acknowledging(row, now_s)
        return Outgoing(
            key=row.key,
            address=address,
            subject=row.subject,
            body=wording.with_links(row.body, links, self._page),
            payload=_payload(row, site=self._site, page=self._page),
            time_s=now_s,
        )

    def _acknowledging(self, row: Row[Any], now_s: int) -> Mapping[int, str]:
        if not self._page or row.person.startswith(TEAM_MARK):
            return {}
        expires_s = now_s + round(self._options.link_s)
        return {
            number: f"{self._page}/acknowledge#"
            + self._links.make(
                Link(issue=number, person=row.person, message=row.id, expires_s=expires_s)
            )
            for number in row.issues[: wording.MOST_LINKS]
        }

    async def _settle(self, lane: Lane | None, row: Row[Any], error: TaktlineError | None) -> None:
        now_ns = self._clock.now_ns()
        values: dict[str, Any]
        if error is None:
            values = {"state": DeliveryState.SENT.value, "sent_ns": now_ns, "error": ""}
        else:
            values = self._failed(row, error, now_ns)
        await self._store.run(partial(outbox.change, message=row.id, **values))
        if lane is not None:
            lane.told(error, now_ns=now_ns, now_s=self._clock.monotonic_s())

    def _failed(self, row: Row[Any], error: Exception, now_ns: int) -> dict[str, Any]:
        wait_s = outbox.wait_s(row.tries)
        if isinstance(error, BackOffError):
            wait_s = max(wait_s, error.wait_s)
        if isinstance(error, RefusedError):
            wait_s = outbox.LONGEST_WAIT_S
        over = now_ns - row.created_ns >= self._options.give_up_s * NS_PER_S
        if over or isinstance(error, ConfigError):
            log.error("message %d by %s was given up: %s", row.id, row.channel, error)
            return {"state": DeliveryState.FAILED.value, "error": str(error)}
        return {
            "state": DeliveryState.WAITING.value,
            "error": str(error),
            "due_ns": now_ns + round(wait_s * NS_PER_S),
        }


class Lane:
    """How one channel is doing: its rate, its pauses, and what it last said."""

    def __init__(self, name: str, channel: ChannelOptions | None, now_ns: int) -> None:
        self.name = name
        self.channel = channel
        self.state = ChannelState.UNTRIED
        self.since_ns = now_ns
        self.last_error = ""
        self.last_sent_ns: int | None = None
        self.failures = 0
        self._spent_s = -60.0
        self._paused_s = 0.0

    def may(self, now_s: float) -> bool:
        """Say whether a message may go now: up to a minute's worth at once, then one after the other."""
        return now_s >= self._paused_s and self._after(now_s) <= now_s

    def used(self, now_s: float) -> None:
        """Note that a message goes."""
        self._spent_s = self._after(now_s)

    def _after(self, now_s: float) -> float:
        """Return how far the rate is spent once one more has gone."""
        gap_s = 0.0 if self.channel is None else 60.0 / self.channel.per_minute
        return max(self._spent_s, now_s - 60.0) + gap_s

    def told(self, error: Exception | None, *, now_ns: int, now_s: float) -> None:
        """Note what came of a try; log only where that is news."""
        if error is None:
            self.failures, self._paused_s, self.last_sent_ns = 0, 0.0, now_ns
            if self.state is ChannelState.FAILING:
                log.info("the channel %s works again", self.name)
        else:
            self.failures += 1
            pause_s = min(FIRST_PAUSE_S * 2.0 ** min(self.failures - 1, 20), LONGEST_PAUSE_S)
            self._paused_s = now_s + pause_s
            self.last_error = str(error)
            if self.state is not ChannelState.FAILING:
                log.warning("the channel %s fails: %s", self.name, error)
        state = ChannelState.WORKING if error is None else ChannelState.FAILING
        if state is not self.state:
            self.state, self.since_ns = state, now_ns


def _payload(row: Row[Any], *, site: str, page: str) -> dict[str, object]:
    """Return what a webhook's receiver reads (docs/notifications.md)."""
    return {
        "version": 1,
        "id": row.key,
        "site": site,
        "kind": row.kind,
        "severity": row.severity,
        "line": row.grp,
        "issues": list(row.issues),
        "notices": row.notices,
        "subject": row.subject,
        "text": row.body,
        "created": row.created_ns // NS_PER_S,
        "page": page,
    }
