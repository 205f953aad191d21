"""What a client's subscriptions read from: the hub, seen from below."""

from __future__ import annotations

from dataclasses import dataclass, field

from web.feed.events import EventStream
from web.feed.messages import STREAMS
from web.feed.values import NewestValues
from web.feed.views import View


@dataclass(kw_only=True)
class HealthText:
    """The newest health document as JSON; `version` rises with every change."""

    version: int = 0
    text: bytes = b"null"


@dataclass(kw_only=True)
class Counts:
    """What the hub has done since it started."""

    rows: int = 0
    frames: int = 0
    messages: int = 0
    bytes: int = 0
    rows_left_out: int = 0
    skips: int = 0
    evicted: int = 0
    refused: int = 0


@dataclass(kw_only=True)
class Source:
    """Everything that is told to clients, shared by all of them.

    `streams` holds each lossless stream of events by the view of that name, `views` the present version of each view
    somebody watches, `bodies` frames encoded since the last change, by what they hold, so that clients in step share one.
    """

    epoch: str
    values: NewestValues = field(default_factory=NewestValues)
    views: dict[str, View] = field(default_factory=dict)
    streams: dict[str, EventStream] = field(
        default_factory=lambda: {name: EventStream() for name in sorted(STREAMS)}
    )
    health: HealthText = field(default_factory=HealthText)
    counts: Counts = field(default_factory=Counts)
    bodies: dict[tuple[str, int, int], object] = field(default_factory=dict)
