"""Orders as JSON messages, and answers as what became of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import orjson

from connectors.mqtt.commands.options import PublishOptions, ReplyOptions, SentOptions
from connectors.payload import MISSING, PayloadError, compile_path, decode_json, parse_path
from gateway.actuator import Order
from gateway.clock import NS_PER_MS
from gateway.command import Value
from gateway.errors import CommandRefusedError, NotSentError, UnansweredError

MAX_DEPTH: Final = 8
_MAX_TEXT: Final = 200
_EXACT: Final = 2**53


class CommandTopic:
    """One compiled command topic: builds its message from an order."""

    def __init__(self, options: PublishOptions) -> None:
        self.options = options
        self.signals = frozenset(each.signal for each in options.values)
        self._values = {each.signal: each for each in options.values}

    def message(self, order: Order) -> bytes:
        """Return an order as this topic's JSON; raises `CommandRefusedError` or `NotSentError`."""
        lacking = sorted(self.signals - set(order.values))
        if lacking:
            raise NotSentError(
                f"{self.options.topic} takes all of its values in one message: {lacking[0]} is missing"
            )
        document: dict[str, Any] = {}
        for path, value in order.values.items():
            _put(document, self._values[path].path, _raw(self._values[path], value))
        _put(document, self.options.request_id, order.id)
        _put(document, self.options.expires, order.expires_ns // NS_PER_MS)
        return orjson.dumps(document)


def _put(document: dict[str, Any], path: str, value: object) -> None:
    *above, last = (str(step) for step in parse_path(path))
    for key in above:
        document = document.setdefault(key, {})
    document[last] = value


def _raw(options: SentOptions, value: Value) -> Value:
    if options.words:
        word = options.words.get(value) if isinstance(value, int) else None
        if word is None:
            raise CommandRefusedError(f"{options.signal}: no word is configured for {value!r}")
        return word
    if isinstance(value, bool | str):
        return value
    if isinstance(value, float):
        return (value - options.offset) / options.scale
    if abs(value) > _EXACT:
        raise CommandRefusedError(f"{options.signal}: {value} is no number that JSON holds exactly")
    sent = (value - options.offset) / options.scale
    if not sent.is_integer():
        raise CommandRefusedError(
            f"{options.signal}: {value} is no whole number by scale {options.scale:g} and offset {options.offset:g}"
        )
    return int(sent)


class Replies:
    """How one topic's answers are read."""

    def __init__(self, options: ReplyOptions) -> None:
        self._request_id = compile_path(options.request_id)
        self._status = compile_path(options.status)
        self._message = compile_path(options.message)
        self._accepted = {word.casefold() for word in options.accepted}
        self._refused = {word.casefold() for word in options.refused}

    def request_id(self, document: Any) -> str:
        """Return the request id that an answer repeats, "" where it names none."""
        found = self._request_id(document)
        return found if isinstance(found, str) else ""

    def outcome(self, document: Any) -> str:
        """Return what an accepting answer says; raises `CommandRefusedError`, `UnansweredError`."""
        status = _word(self._status(document))
        said = _text(self._message(document))
        told = f"the machine answered {status}{f': {said}' if said else ''}"
        if status.casefold() in self._accepted:
            return told
        if status.casefold() in self._refused:
            raise CommandRefusedError(told)
        raise UnansweredError(f"{told}, which is no word that was agreed")


def read(payload: bytes, *, max_bytes: int) -> Any:
    """Return an answer's document; raises `PayloadError`."""
    document = decode_json(payload, max_bytes=max_bytes, max_depth=MAX_DEPTH)
    if not isinstance(document, Mapping):
        raise PayloadError("an answer is a JSON object")
    return document


def _word(raw: Any) -> str:
    if raw is MISSING or raw is None:
        return "without a status"
    return str(raw).lower() if isinstance(raw, bool) else _text(raw)


def _text(raw: Any) -> str:
    """Return what a machine said as it may be shown: printable and short."""
    if not isinstance(raw, str | int | float):
        return ""
    return "".join(c if c.isprintable() else " " for c in str(raw))[:_MAX_TEXT].strip()
