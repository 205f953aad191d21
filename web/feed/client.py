"""One live client: what it asked for, and what it is told next. No sockets and no clock in here."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable
from typing import Any, Final, Protocol

from gateway.model import Principal
from web.feed.messages import (
    HEALTH,
    STREAMS,
    Ack,
    Message,
    MessageError,
    Mode,
    Subscribe,
    Unsubscribe,
    parse,
)
from web.feed.pace import Pace
from web.feed.source import Source
from web.feed.subscriptions import (
    EventsSubscription,
    HealthSubscription,
    LatestSubscription,
    Outgoing,
    SeriesSubscription,
    Subscription,
    ViewSubscription,
)
from web.feed.views import FLOOR, SIGNALS, View, signals_key
from web.jsontext import dumps

HEARTBEAT_S: Final = 2.0
_MAX_REPLIES: Final = 128
_MARK_EVERY_S: Final = 0.5
_PRESSED_AFTER_S: Final = 3.0
"""A frame not acknowledged for so long has arrived, but its page is too busy to apply it."""


class ViewShelf(Protocol):
    """Where clients get views from; a view is kept up to date while somebody holds it."""

    def borrow(self, key: str) -> View:
        """Return a view as it is now; it has no columns where no signal belongs to it."""
        ...

    def give_back(self, key: str) -> None:
        """Let go of a view."""
        ...

    def want_health(self) -> None:
        """Bring the health document up to date, where it is older than a second."""
        ...


class LiveClient:
    """Decides what one client is sent, in which order; memory is bounded by its views.

    `flooded` says that it sent more than it took answers: it is to be closed.
    """

    def __init__(
        self,
        *,
        who: Principal,
        may_see: Callable[[Subscribe], bool],
        source: Source,
        shelf: ViewShelf,
        welcome: dict[str, Any],
        max_subscriptions: int,
        now_s: float,
    ) -> None:
        self.who = who
        self._may_see = may_see
        self.flooded = False
        self.subscriptions: dict[int, Subscription] = {}
        self.seq = 0
        self.acked = -1
        self._source = source
        self._shelf = shelf
        self._max = max_subscriptions
        self._replies: deque[str] = deque([dumps(welcome).decode()])
        self._heartbeat_s = now_s + HEARTBEAT_S
        self._turn: deque[int] = deque()
        self._last: Subscription | None = None
        self._marks: deque[tuple[int, float]] = deque()

    def receive(self, text: str | bytes, *, now_s: float) -> None:
        """Carry out what the client said; what cannot be is answered with an error."""
        try:
            self._obey(parse(text), now_s)
        except MessageError as error:
            self._reply(
                {"type": "error", "id": error.sub, "title": error.title, "detail": error.detail}
            )

    def next(self, *, now_s: float, now_ms: float) -> Outgoing | None:
        """Return what to send now, or None; answers go first, then heartbeats, then each in turn."""
        self._last = None
        if self._replies:
            return self._replies.popleft()
        if now_s >= self._heartbeat_s:
            self._heartbeat_s = now_s + HEARTBEAT_S
            return dumps({"type": "heartbeat", "server_time_ms": now_ms}).decode()
        for _ in range(len(self._turn)):
            sub = self.subscriptions[self._turn[0]]
            message = sub.next(now_s, now_ms)
            if message is not None:
                self._last = sub
                return message
            self._turn.rotate(-1)
        return None

    def due_s(self) -> float:
        """Return when to ask again at the latest, in monotonic seconds."""
        if self._replies:
            return -math.inf
        return min([self._heartbeat_s, *(sub.due_s() for sub in self.subscriptions.values())])

    def sent(self, *, started_s: float, finished_s: float) -> None:
        """Take note that what `next` returned last has left."""
        if self.seq > self.acked and (
            not self._marks or finished_s - self._marks[-1][1] >= _MARK_EVERY_S
        ):
            self._mark(finished_s)
        if self._last is not None:
            self._last.sent(
                started_s=started_s, finished_s=finished_s, pressed=self.pressed(finished_s)
            )
            if isinstance(self._last, ViewSubscription):
                return
            self._turn.rotate(-1)

    def pressed(self, now_s: float) -> bool:
        """Say whether a client that acknowledges has left a frame unapplied for long."""
        return (
            self.acked >= 0 and bool(self._marks) and now_s - self._marks[0][1] > _PRESSED_AFTER_S
        )

    def close(self) -> None:
        """Give back what it held."""
        for sub in list(self.subscriptions):
            self._drop(sub)

    def watches_views(self) -> list[ViewSubscription]:
        """Return its subscriptions to views."""
        return [each for each in self.subscriptions.values() if isinstance(each, ViewSubscription)]

    def _mark(self, now_s: float) -> None:
        if len(self._marks) >= 64:
            self._marks.pop()
        self._marks.append((self.seq, now_s))

    def _obey(self, message: Message, now_s: float) -> None:
        if isinstance(message, Ack):
            self.acked = max(self.acked, min(message.seq, self.seq))
            while self._marks and self._marks[0][0] <= self.acked:
                self._marks.popleft()
        elif isinstance(message, Unsubscribe):
            if message.id not in self.subscriptions:
                raise MessageError(message.id, "No such subscription", "There is none to end.")
            self._drop(message.id)
            self._reply({"type": "unsubbed", "id": message.id})
        else:
            self._subscribe(message, now_s)

    def _subscribe(self, wish: Subscribe, now_s: float) -> None:
        if wish.id in self.subscriptions:
            raise MessageError(
                wish.id, "Id in use", "It goes on; end it first, or take another id."
            )
        if len(self.subscriptions) >= self._max:
            raise MessageError(wish.id, "Too many subscriptions", f"At most {self._max}.")
        self.subscriptions[wish.id] = self._made(wish, now_s)
        self._turn.append(wish.id)

    def _made(self, wish: Subscribe, now_s: float) -> Subscription:
        if not self._may_see(wish):
            raise MessageError(wish.id, "Not allowed", f"{wish.view}: this takes another right.")
        if wish.view in STREAMS:
            stream = self._source.streams[wish.view]
            return EventsSubscription(
                id=wish.id, source=self._source, stream=stream, since=wish.since
            )
        if wish.view == HEALTH:
            self._shelf.want_health()
            return HealthSubscription(id=wish.id, source=self._source)
        key = signals_key(wish.signals) if wish.view == SIGNALS else wish.view
        view = self._shelf.borrow(key)
        # A board may name signals that come later, and a new plant has none yet.
        if not view.signals and wish.view not in {FLOOR, SIGNALS}:
            self._shelf.give_back(key)
            raise MessageError(wish.id, "No such view", f"{wish.view}: no signal is known there.")
        kind = LatestSubscription if wish.mode is Mode.LATEST else SeriesSubscription
        return kind(
            id=wish.id,
            view=view,
            source=self._source,
            pace=Pace(asked_hz=wish.rate_hz, now_s=now_s),
            take_seq=self._take_seq,
        )

    def _drop(self, sub: int) -> None:
        gone = self.subscriptions.pop(sub)
        self._turn.remove(sub)
        if isinstance(gone, ViewSubscription):
            self._shelf.give_back(gone.view.key)

    def _take_seq(self) -> int:
        self.seq += 1
        return self.seq

    def _reply(self, message: dict[str, Any]) -> None:
        if len(self._replies) >= _MAX_REPLIES:
            self.flooded = True
            return
        self._replies.append(dumps(message).decode())
