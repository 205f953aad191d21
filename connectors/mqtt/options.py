"""The settings of an MQTT connector, as a person writes them."""

from __future__ import annotations

from enum import StrEnum
from itertools import combinations
from typing import Literal

from pydantic import Field, field_validator, model_validator

from connectors.mqtt.broker import BrokerOptions, Subscription
from connectors.mqtt.commands.options import PublishOptions
from connectors.mqtt.topics import TopicTemplate, example, fields_of, overlap
from connectors.payload import FieldOptions, TimestampFormat, TimestampOptions, parse_path
from gateway.model import path_problem
from gateway.options import Options


class PayloadFormat(StrEnum):
    """What a payload is: one JSON document, or one value by itself."""

    JSON = "json"
    VALUE = "value"


class RetainedPolicy(StrEnum):
    """What becomes of a message that the broker had kept for new subscribers."""

    LAST_KNOWN = "last_known"
    IGNORE = "ignore"


class ValueOptions(FieldOptions):
    """One value of a payload and the signal that it becomes."""

    signal: str = Field(
        max_length=255,
        description="Path of the signal, with the topic's fields: demo/{area}/cell1/{machine}/speed.",
    )

    @field_validator("signal")
    @classmethod
    def _five_levels(cls, signal: str) -> str:
        problem = path_problem(example(signal))
        if problem is not None:
            msg = f"signal {signal!r}: {problem}"
            raise ValueError(msg)
        return signal


class MappingOptions(Options):
    """Which topics are read, how their payload looks, and what it becomes."""

    topic: str = Field(
        description="Topic with fields that take one level each: plant1/{area}/{machine}/telemetry."
    )
    qos: Literal[0, 1, 2] = Field(1, description="Quality of service that is asked for.")
    format: PayloadFormat = Field(
        PayloadFormat.JSON, description="`json`: one document; `value`: the payload is one value."
    )
    timestamp: TimestampOptions = Field(
        default_factory=lambda: TimestampOptions.model_validate({}),
        description="Where the payload holds its own time; without it the time of arrival is used.",
    )
    sequence: str = Field(
        "",
        description="Path of a number that rises by 1 with every message, so that jumps show as losses.",
    )
    retained: RetainedPolicy = Field(
        RetainedPolicy.LAST_KNOWN,
        description="`last_known`: take a retained message where it is news; `ignore`: never take one.",
    )
    signals: tuple[ValueOptions, ...] = Field(
        min_length=1, max_length=500, description="The values that become signals."
    )

    @field_validator("topic")
    @classmethod
    def _template(cls, topic: str) -> str:
        TopicTemplate(topic)
        return topic

    @field_validator("sequence")
    @classmethod
    def _readable(cls, path: str) -> str:
        parse_path(path)
        return path

    @model_validator(mode="after")
    def _consistent(self) -> MappingOptions:
        names = set(TopicTemplate(self.topic).names)
        for value in self.signals:
            extra = sorted(fields_of(value.signal) - names)
            if extra:
                known = ", ".join(sorted(names)) or "none"
                msg = f"signal {value.signal!r} uses {{{extra[0]}}}, which topic {self.topic!r} does not have (fields: {known})"
                raise ValueError(msg)
            if (value.path == "") == (self.format is PayloadFormat.JSON):
                msg = f"signal {value.signal!r}: format json needs a `path`, format value must have none"
                raise ValueError(msg)
        if len({value.signal for value in self.signals}) < len(self.signals):
            msg = f"two values of topic {self.topic!r} have the same `signal`"
            raise ValueError(msg)
        own_time = self.timestamp.format is not TimestampFormat.RECEIVED
        if self.format is PayloadFormat.VALUE and (
            len(self.signals) > 1 or own_time or self.sequence
        ):
            msg = "format value has exactly one signal, no `timestamp` and no `sequence`"
            raise ValueError(msg)
        return self


class MqttOptions(BrokerOptions):
    """One MQTT broker and what is read from it."""

    type: Literal["mqtt"] = Field("mqtt", description="Kind of connector.")
    max_depth: int = Field(32, ge=1, le=512, description="Deepest nesting of a JSON payload.")
    max_signals: int = Field(
        20_000, ge=1, description="Most signals; topics beyond it become dead letters."
    )
    mappings: tuple[MappingOptions, ...] = Field(
        min_length=1, max_length=500, description="The topics that are read and what they become."
    )
    adopted: dict[str, MappingOptions] = Field(
        default_factory=dict,
        max_length=500,
        description="More mappings, by name: as the page adopts them, each in a file of its own.",
    )
    listen: tuple[str, ...] = Field(
        (),
        max_length=20,
        description="More topic filters, only to count and list unknown topics, such as #; by a second client where MQTT is 3.1.1.",
    )

    commands: tuple[PublishOptions, ...] = Field(
        (),
        max_length=500,
        description="Topics that commands are published on; what may be asked there stands under `control`.",
    )

    def writable(self) -> frozenset[str]:
        """Return the signals that a command topic sets."""
        return frozenset(value.signal for each in self.commands for value in each.values)

    def all_mappings(self) -> tuple[MappingOptions, ...]:
        """Return every mapping, those that were adopted last."""
        return (*self.mappings, *self.adopted.values())

    def filters(self) -> tuple[Subscription, ...]:
        """Return what the broker is asked for: in the order of the mappings, then the answers to commands."""
        mapped = [Subscription(TopicTemplate(m.topic).filter, m.qos) for m in self.all_mappings()]
        answers = dict.fromkeys(each.reply.topic for each in self.commands if each.reply)
        return (*mapped, *(Subscription(topic, 1) for topic in answers))

    def overheard(self) -> tuple[str, ...]:
        """Return the filters that are listened to only to count what comes."""
        return self.listen

    @field_validator("listen")
    @classmethod
    def _filters(cls, filters: tuple[str, ...]) -> tuple[str, ...]:
        for each in filters:
            if TopicTemplate(each).names:
                msg = f"filter {each!r} may hold + and #, no fields"
                raise ValueError(msg)
        return filters

    @model_validator(mode="after")
    def _one_mapping_a_topic(self) -> MqttOptions:
        for first, second in combinations(self.all_mappings(), 2):
            if overlap(TopicTemplate(first.topic).filter, TopicTemplate(second.topic).filter):
                msg = f"mappings of {first.topic!r} and {second.topic!r} can match the same topic: put their signals in one mapping or make one topic narrower"
                raise ValueError(msg)
        _check_commands(self)
        both = {each.filter for each in self.filters()} & set(self.listen)
        if both:
            msg = f"`listen` repeats the filter {min(both)!r} of a mapping"
            raise ValueError(msg)
        return self


def _check_commands(options: MqttOptions) -> None:
    """Raise `ValueError` where a command's topics or signals are also something else."""
    filters = {TopicTemplate(each.topic).filter for each in options.all_mappings()}
    for each in options.commands:
        if each.reply is None:
            continue
        read = next((f for f in sorted(filters) if overlap(f, each.reply.topic)), None)
        if read is not None:
            msg = f"reply topic {each.reply.topic!r} is read as samples by the mapping of {read!r}"
            raise ValueError(msg)
    signals = [value.signal for each in options.commands for value in each.values]
    twice = sorted({path for path in signals if signals.count(path) > 1})
    if twice:
        msg = f"signal {twice[0]!r} is set by two command topics"
        raise ValueError(msg)
