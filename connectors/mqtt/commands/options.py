"""What is published to machines: a topic a command, where values and request id stand, and how the machine answers."""

from __future__ import annotations

import math
from typing import Final

from pydantic import Field, field_validator, model_validator

from connectors.mqtt.topics import TopicTemplate
from connectors.payload import parse_path
from gateway.model import path_problem
from gateway.options import Options

MAX_WAIT_S: Final = 14.0
"""Below the time after which the guard itself gives an order up."""


def literal(topic: str) -> str:
    """Return a topic to publish on as it is; raises `ValueError` for a filter or a field."""
    if not TopicTemplate(topic).literal:
        msg = f"topic {topic!r}: want one topic, without +, # and fields"
        raise ValueError(msg)
    return topic


def keys(path: str) -> str:
    """Return a path of keys as it is; raises `ValueError` where it steps into an array."""
    if not path or not all(isinstance(step, str) for step in parse_path(path)):
        msg = f"path {path!r}: want keys between dots, such as data.target"
        raise ValueError(msg)
    return path


class SentOptions(Options):
    """One value of a command's message, and the signal that it sets."""

    signal: str = Field(
        max_length=255, description="Path of the signal, as commands of `control` name it."
    )
    path: str = Field(
        max_length=255, description="Where it stands in the JSON document, such as data.target."
    )
    scale: float = Field(
        1.0, description="What is sent is (value - offset) / scale, as the mapping reads it back."
    )
    offset: float = Field(0.0, description="See `scale`.")
    words: dict[int, str] = Field(
        default_factory=dict,
        max_length=200,
        description="Words that are sent in place of numbers, such as 2: start; without them the number.",
    )

    @field_validator("signal")
    @classmethod
    def _five_levels(cls, signal: str) -> str:
        problem = path_problem(signal)
        if problem is not None:
            msg = f"signal {signal!r}: {problem}"
            raise ValueError(msg)
        return signal

    @field_validator("path")
    @classmethod
    def _keys(cls, path: str) -> str:
        return keys(path)

    @model_validator(mode="after")
    def _scaled(self) -> SentOptions:
        if not math.isfinite(self.scale) or not math.isfinite(self.offset) or self.scale == 0:
            msg = "scale and offset must be finite, scale not 0"
            raise ValueError(msg)
        return self


class ReplyOptions(Options):
    """How the machine answers a command: a JSON document that repeats the request id and says what became of it."""

    topic: str = Field(
        description="Topic of the answers; with MQTT 5 it is named to the machine as response topic."
    )
    request_id: str = Field(
        "request_id",
        description="Where the answer repeats the request id; with MQTT 5 correlation data will do.",
    )
    status: str = Field("status", description="Where the answer says what became of it.")
    accepted: tuple[str, ...] = Field(
        ("ok", "accepted", "done", "true"),
        min_length=1,
        description="Words, in any case, by which the machine says that it took the command.",
    )
    refused: tuple[str, ...] = Field(
        ("refused", "rejected", "error", "false"),
        min_length=1,
        description="Words by which it says that it did nothing; any other word leaves the outcome unknown.",
    )
    message: str = Field("message", description="Where the answer gives a sentence for people.")
    within_s: float = Field(
        5.0,
        ge=0.1,
        le=MAX_WAIT_S,
        description="How long an answer is waited for; without one the outcome is unknown.",
    )

    @field_validator("topic")
    @classmethod
    def _literal(cls, topic: str) -> str:
        return literal(topic)

    @field_validator("request_id", "status", "message")
    @classmethod
    def _keys(cls, path: str) -> str:
        return keys(path)

    @model_validator(mode="after")
    def _apart(self) -> ReplyOptions:
        both = {w.casefold() for w in self.accepted} & {w.casefold() for w in self.refused}
        if both:
            msg = f"{min(both)!r} stands in both accepted and refused"
            raise ValueError(msg)
        return self


class PublishOptions(Options):
    """One topic that takes commands: each is one JSON message at QoS 1, never retained, never sent again."""

    topic: str = Field(description="Topic that the machine listens on.")
    values: tuple[SentOptions, ...] = Field(
        min_length=1, max_length=200, description="The values of one message."
    )
    request_id: str = Field(
        "request_id",
        description="Where the message names its request id, by which the machine tells a repeated delivery.",
    )
    expires: str = Field(
        "expires_ms",
        description="Where the message says until when it may be acted on, in Unix milliseconds.",
    )
    reply: ReplyOptions | None = Field(
        None,
        description="How the machine answers; without it the broker's acknowledgement and the value read back must do.",
    )

    @field_validator("topic")
    @classmethod
    def _literal(cls, topic: str) -> str:
        return literal(topic)

    @field_validator("request_id", "expires")
    @classmethod
    def _keys(cls, path: str) -> str:
        return keys(path)

    @model_validator(mode="after")
    def _places(self) -> PublishOptions:
        paths = [parse_path(each.path) for each in self.values]
        paths += [parse_path(self.request_id), parse_path(self.expires)]
        for n, one in enumerate(paths):
            for other in paths[n + 1 :]:
                if one == other[: len(one)] or other == one[: len(other)]:
                    msg = f"topic {self.topic!r}: two values stand at {'.'.join(map(str, other))}"
                    raise ValueError(msg)
        if len({each.signal for each in self.values}) < len(self.values):
            msg = f"topic {self.topic!r}: two values set the same signal"
            raise ValueError(msg)
        return self
