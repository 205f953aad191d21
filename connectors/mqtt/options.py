"""The settings of an MQTT connector, as a person writes them."""

from __future__ import annotations

from enum import StrEnum
from itertools import combinations
from pathlib import Path
from typing import Literal, NamedTuple

from pydantic import Field, SecretStr, field_validator, model_validator

from connectors.mqtt.commands.options import PublishOptions
from connectors.mqtt.topics import TopicTemplate, example, fields_of, overlap
from connectors.payload import FieldOptions, TimestampFormat, TimestampOptions, parse_path
from gateway.model import path_problem
from gateway.options import Options


class Protocol(StrEnum):
    """The version of MQTT that is spoken."""

    V311 = "3.1.1"
    V5 = "5"


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


class TlsOptions(Options):
    """Encryption and certificates; the server's certificate is always checked."""

    ca_file: Path | None = Field(
        None,
        description="PEM file of the authorities that may have signed the broker's certificate; without it the system's.",
    )
    cert_file: Path | None = Field(None, description="PEM file of our own certificate.")
    key_file: Path | None = Field(None, description="PEM file of our own key.")

    @model_validator(mode="after")
    def _pair(self) -> TlsOptions:
        if (self.cert_file is None) != (self.key_file is None):
            msg = "`cert_file` and `key_file` belong together"
            raise ValueError(msg)
        return self


class Subscription(NamedTuple):
    """A broker filter and the quality of service asked for."""

    filter: str
    qos: int


class MqttOptions(Options):
    """One MQTT broker and what is read from it."""

    type: Literal["mqtt"] = Field("mqtt", description="Kind of connector.")
    host: str = Field(min_length=1, max_length=255, description="Name or address of the broker.")
    port: int = Field(1883, ge=1, le=65_535, description="TCP port; 8883 is usual with TLS.")
    client_id: str = Field(
        min_length=1,
        max_length=128,
        pattern=r"^[A-Za-z0-9._-]+$",
        description="Stable name under which the broker keeps our session; unique on the broker.",
    )
    username: str | None = Field(None, description="User name at the broker.")
    password: SecretStr | None = Field(None, description="Password, from environment or file.")
    tls: TlsOptions | None = Field(None, description="Settings of TLS; without it plain TCP.")
    protocol: Protocol = Field(Protocol.V5, description="Version of MQTT.")
    connect_timeout_s: float = Field(
        10.0, gt=0, le=120, description="Time for connection, login and subscriptions together."
    )
    keepalive_s: int = Field(
        30, ge=1, le=3_600, description="Silence after which we ask the broker."
    )
    session_expiry_s: int = Field(
        7 * 86_400,
        ge=0,
        le=4_294_967_295,
        description="How long the broker keeps our session while we are away (MQTT 5).",
    )
    inflight: int = Field(
        4_000,
        ge=1,
        le=65_535,
        description="Most messages of QoS 1 and 2 delivered and not yet on disk (receive maximum, MQTT 5).",
    )
    queue_limit: int = Field(
        20_000, ge=100, le=1_000_000, description="Most messages of QoS 0 that wait for us to read."
    )
    queue_limit_bytes: int = Field(
        67_108_864,
        ge=65_536,
        description="Most bytes of payload that wait for us to read.",
    )
    max_payload_bytes: int = Field(
        262_144,
        ge=16,
        le=16_777_216,
        description="Larger payloads become dead letters, cut at `dead_letter_bytes`.",
    )
    max_depth: int = Field(32, ge=1, le=512, description="Deepest nesting of a JSON payload.")
    dead_letter_bytes: int = Field(
        65_536, ge=0, le=1_048_576, description="Bytes of an unusable payload that are kept."
    )
    gather_ms: float = Field(
        5.0, ge=0, le=100, description="How long one read gathers messages before it hands them on."
    )
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

    @field_validator("host", "username")
    @classmethod
    def _printable(cls, text: str | None) -> str | None:
        if text is not None and not text.isprintable():
            msg = "may hold printable characters only"
            raise ValueError(msg)
        return text

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
