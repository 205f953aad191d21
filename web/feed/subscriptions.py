"""The four kinds of subscription; each says what to send next and when it next has something to send."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable
from typing import Protocol, TypeAlias

from web.feed.events import EventStream
from web.feed.frames import Body, encode
from web.feed.messages import Mode, Since
from web.feed.pace import Pace
from web.feed.source import Source
from web.feed.views import View
from web.jsontext import dumps

Outgoing: TypeAlias = "str | bytes"
TakeSeq: TypeAlias = Callable[[], int]
_MAX_BODIES = 256


class Subscription(Protocol):
    """One subscription of one client."""

    id: int

    def next(self, now_s: float, now_ms: float) -> Outgoing | None:
        """Return what is to be sent now, or None; what it returns counts as sent."""
        ...

    def due_s(self) -> float:
        """Return when to ask again at the latest; infinite where a wake-up will say so."""
        ...

    def sent(self, *, started_s: float, finished_s: float, pressed: bool) -> None:
        """Take note of how long it took to send what `next` returned last."""
        ...


class ViewSubscription:
    """What latest and series have in common: columns first, then frames at a pace, and texts."""

    mode = Mode.LATEST

    def __init__(
        self,
        *,
        id: int,  # noqa: A002 - the protocol's word
        view: View,
        source: Source,
        pace: Pace,
        take_seq: TakeSeq,
    ) -> None:
        self.id = id
        self.view = view
        self.pace = pace
        self._source = source
        self._take_seq = take_seq
        # Numbered when they are sent: what an unsub discards must not leave a hole in the numbers.
        self._pending: deque[Callable[[], Outgoing]] = deque()
        self._text_seen = 0
        self._snapped = 0

    def next(self, now_s: float, now_ms: float) -> Outgoing | None:
        """Return the next message of this round, or begin a round where one is due."""
        if not self._pending and now_s >= self.pace.due_s:
            self._fill(now_ms)
            if not self._pending:
                self.pace.skip(now_s=now_s)
        return self._pending.popleft()() if self._pending else None

    def due_s(self) -> float:
        """Return when the next round is due."""
        return -math.inf if self._pending else self.pace.due_s

    def sent(self, *, started_s: float, finished_s: float, pressed: bool) -> None:
        """Set the time of the next round once this one has left."""
        if not self._pending:
            self.pace.sent(started_s=started_s, finished_s=finished_s, pressed=pressed)

    def _fill(self, now_ms: float) -> None:
        raise NotImplementedError

    def _snap(self) -> None:
        columns_json = self.view.columns_json
        self._pending.append(lambda: self._json("snap", b'"columns":' + columns_json, self.mode))
        self._snapped = self.view.version
        self._text_seen = 0

    def _frame(self, body: Body, now_ms: float) -> None:
        self._pending.append(
            lambda: encode(body, id=self.id, seq=self._take_seq(), server_ms=now_ms)
        )
        self._source.counts.frames += 1

    def _texts(self) -> None:
        values = self._source.values
        changed = self.view.texts(values, since=self._text_seen)
        self._text_seen = values.revision
        if changed:
            self._pending.append(lambda: self._json("text", b'"values":' + dumps(changed)))

    def _json(self, kind: str, rest: bytes, mode: Mode | None = None) -> str:
        head: dict[str, object] = {"type": kind, "id": self.id, "seq": self._take_seq()}
        if mode is not None:
            head["mode"] = mode.value
        return (dumps(head)[:-1] + b"," + rest + b"}").decode()


class LatestSubscription(ViewSubscription):
    """The newest value of each column; what changed twice between two frames is sent once."""

    mode = Mode.LATEST
    _seen = 0

    def _fill(self, now_ms: float) -> None:
        values = self._source.values
        self.view = self._source.views.get(self.view.key, self.view)
        if self._snapped != self.view.version:
            self._snap()
            self._frame(self.view.full(values), now_ms)
        elif values.revision > self._seen:
            body = self._shared()
            if body.n:
                self._frame(body, now_ms)
        self._seen = values.revision
        self._texts()

    def _shared(self) -> Body:
        """Return the delta that clients in step have encoded already, or encode it for them."""
        bodies, key = self._source.bodies, ("delta", self.view.version, self._seen)
        found = bodies.get(key)
        if isinstance(found, Body):
            return found
        body = self.view.delta(self._source.values, since=self._seen)
        if len(bodies) < _MAX_BODIES:
            bodies[key] = body
        return body


class SeriesSubscription(ViewSubscription):
    """Every sample of a view from now on, gathered."""

    mode = Mode.SERIES
    _at = 0

    def _fill(self, now_ms: float) -> None:
        if self._snapped != self.view.version:
            self._at = self.view.log.end
            self._snap()
        elif self.view.log.holds(self._at):
            body, self._at, missed = self._shared()
            self._source.counts.rows_left_out += missed
            self._frame(body, now_ms)
        else:
            self._follow()
        self._texts()

    def _shared(self) -> tuple[Body, int, int]:
        """Return the rows that clients in step have encoded already, or encode them for them."""
        bodies, key = self._source.bodies, ("series", self.view.version, self._at)
        found = bodies.get(key)
        if isinstance(found, tuple):
            return found
        taken = self.view.log.take(self._at)
        if len(bodies) < _MAX_BODIES:
            bodies[key] = taken
        return taken

    def _follow(self) -> None:
        """Go to the view's next version, once every row of this one has been sent."""
        if self.view.successor is not None:
            self.view = self.view.successor
            self._at = 0
            self._snap()


class EventsSubscription:
    """Every event of one stream, in order, without gap or repeat."""

    def __init__(
        self,
        *,
        id: int,  # noqa: A002 - the protocol's word
        source: Source,
        stream: EventStream,
        since: Since | None,
    ) -> None:
        self.id = id
        self._source = source
        self._stream = stream
        self._at = -1
        if since is not None and since.epoch == source.epoch:
            self._at = since.seq

    def next(self, now_s: float, now_ms: float) -> Outgoing | None:  # noqa: ARG002 - the protocol's
        """Return the next event, or a reset where what follows is no longer kept."""
        stream = self._stream
        if not stream.can_resume(self._at):
            self._at = stream.head
            reset = {"type": "reset", "id": self.id, "epoch": self._source.epoch, "seq": self._at}
            return dumps(reset).decode()
        found = stream.next(self._at)
        if found is None:
            return None
        self._at, text = found
        head = dumps({"type": "event", "id": self.id, "seq": self._at})[:-1]
        return (head + b',"event":' + text + b"}").decode()

    def due_s(self) -> float:
        """Return never: new events wake the client."""
        return math.inf

    def sent(self, *, started_s: float, finished_s: float, pressed: bool) -> None:
        """Do nothing: events keep no pace."""


class HealthSubscription:
    """The newest health document, whenever it is another."""

    def __init__(self, *, id: int, source: Source) -> None:  # noqa: A002 - the protocol's word
        self.id = id
        self._source = source
        self._seen = 0

    def next(self, now_s: float, now_ms: float) -> Outgoing | None:  # noqa: ARG002 - the protocol's
        """Return the health document where it has changed."""
        health = self._source.health
        if health.version == self._seen:
            return None
        self._seen = health.version
        head = dumps({"type": "health", "id": self.id})[:-1]
        return (head + b',"health":' + health.text + b"}").decode()

    def due_s(self) -> float:
        """Return never: a new document wakes the client."""
        return math.inf

    def sent(self, *, started_s: float, finished_s: float, pressed: bool) -> None:
        """Do nothing: the hub keeps the pace."""
