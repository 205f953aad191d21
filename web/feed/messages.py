"""What a client may say, read strictly: it is input from outside."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, TypeAlias

import orjson

from gateway.model import MAX_PATH_LENGTH
from web.feed.views import FLOOR, MACHINE, SIGNALS

ISSUES: Final = "issues"
ALARMS: Final = "alarms"
WORK: Final = "work"
HEALTH: Final = "health"
STREAMS: Final = frozenset({ISSUES, ALARMS, WORK})
"""Views that are lossless streams of events."""
MAX_SIGNALS: Final = 256
"""The most signals that one subscription may name one by one."""
_MAX_ID: Final = 65_535
_NAMES: Final = frozenset({FLOOR, SIGNALS, HEALTH, *STREAMS})


class Mode(StrEnum):
    """What of a view's samples a subscription wants."""

    LATEST = "latest"
    SERIES = "series"


class MessageError(Exception):
    """A message that cannot be carried out; `sub` is 0 where it names no subscription."""

    def __init__(self, sub: int, title: str, detail: str) -> None:
        super().__init__(title)
        self.sub = sub
        self.title = title
        self.detail = detail


@dataclass(frozen=True, slots=True, kw_only=True)
class Since:
    """How far a client has read a stream."""

    epoch: str
    seq: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscribe:
    """A wish to be kept informed; `signals` are the paths that the view of that name is made of."""

    id: int
    view: str
    mode: Mode = Mode.LATEST
    rate_hz: float = 4.0
    since: Since | None = None
    signals: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsubscribe:
    """The end of a subscription."""

    id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Ack:
    """The highest frame number that a client has applied."""

    seq: int


Message: TypeAlias = Subscribe | Unsubscribe | Ack


def parse(text: str | bytes) -> Message:
    """Return what a client said; raises `MessageError`."""
    try:
        said = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise MessageError(0, "Not understood", f"This is no JSON: {error}") from error
    if not isinstance(said, dict):
        raise MessageError(0, "Not understood", "A message is an object with a type.")
    kind = said.get("type")
    if kind == "ack":
        return Ack(seq=_integer(said, "seq", sub=0, low=0, high=2**53))
    if kind not in ("sub", "unsub"):
        raise MessageError(0, "Not understood", "type: want sub, unsub or ack")
    sub = _integer(said, "id", sub=0, low=1, high=_MAX_ID)
    return Unsubscribe(id=sub) if kind == "unsub" else _subscribe(said, sub)


def _subscribe(said: dict[str, object], sub: int) -> Subscribe:
    view = said.get("view")
    if not isinstance(view, str) or len(view) > len(MACHINE) + MAX_PATH_LENGTH:
        raise MessageError(sub, "Not understood", "view: want the name of a view")
    if view not in _NAMES and not view.startswith(MACHINE):
        raise MessageError(
            sub,
            "No such view",
            "view: want floor, machine/<path>, signals, issues, alarms, work or health",
        )
    mode = said.get("mode", "latest")
    if mode not in ("latest", "series"):
        raise MessageError(sub, "Not understood", "mode: want latest or series")
    rate = said.get("rate", 4)
    if isinstance(rate, bool) or not isinstance(rate, int | float) or not 0 < rate < math.inf:
        raise MessageError(sub, "Not understood", "rate: want frames a second, more than 0")
    return Subscribe(
        id=sub,
        view=view,
        mode=Mode(str(mode)),
        rate_hz=max(0.1, float(rate)),
        since=_since(said.get("since"), sub),
        signals=_signals(said.get("signals"), sub) if view == SIGNALS else (),
    )


def _signals(said: object, sub: int) -> tuple[str, ...]:
    paths = said if isinstance(said, list) else []
    if not paths or not all(isinstance(each, str) and _is_path(each) for each in paths):
        raise MessageError(sub, "Not understood", "signals: want a list of signal paths")
    if len(paths) > MAX_SIGNALS:
        raise MessageError(
            sub, "Too many signals", f"signals: {len(paths)}, at most {MAX_SIGNALS} at once"
        )
    # Sorted, so that who asks for the same shares one view and its encoded frames.
    return tuple(sorted(set(paths)))


def _is_path(text: str) -> bool:
    return 0 < len(text) <= MAX_PATH_LENGTH and "\n" not in text


def _since(said: object, sub: int) -> Since | None:
    if said is None:
        return None
    if not isinstance(said, dict) or not isinstance(said.get("epoch"), str):
        raise MessageError(sub, "Not understood", "since: want an epoch and a seq")
    return Since(epoch=said["epoch"], seq=_integer(said, "seq", sub=sub, low=0, high=2**53))


def _integer(said: dict[str, object], name: str, *, sub: int, low: int, high: int) -> int:
    value = said.get(name)
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise MessageError(sub, "Not understood", f"{name}: want a whole number, {low} to {high}")
    return value
