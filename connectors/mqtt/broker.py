"""A broker, who we are to it, and how much of it may wait: the same words for everything that speaks MQTT."""

from __future__ import annotations

from abc import abstractmethod
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple

from pydantic import Field, SecretStr, field_validator, model_validator

from gateway.options import Options


class Protocol(StrEnum):
    """The version of MQTT that is spoken."""

    V311 = "3.1.1"
    V5 = "5"


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


class BrokerOptions(Options):
    """One MQTT broker."""

    type: str = Field(description="Kind of connector.")
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
    dead_letter_bytes: int = Field(
        65_536, ge=0, le=1_048_576, description="Bytes of an unusable payload that are kept."
    )
    gather_ms: float = Field(
        5.0, ge=0, le=100, description="How long one read gathers messages before it hands them on."
    )

    @abstractmethod
    def filters(self) -> tuple[Subscription, ...]:
        """Return what the broker is asked for."""

    def overheard(self) -> tuple[str, ...]:
        """Return the filters that are listened to only to count what comes."""
        return ()

    @field_validator("host", "username")
    @classmethod
    def _printable(cls, text: str | None) -> str | None:
        if text is not None and not text.isprintable():
            msg = "may hold printable characters only"
            raise ValueError(msg)
        return text
