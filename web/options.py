"""How the web side is reached and how much one client may ask for."""

from __future__ import annotations

import ipaddress
from enum import StrEnum
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

from pydantic import Field, field_validator, model_validator

from gateway.options import Options


class SignIn(StrEnum):
    """Whether people and services must say who they are."""

    REQUIRED = "required"
    OFF = "off"


class TlsOptions(Options):
    """The certificate with which the gateway itself speaks TLS."""

    certificate: Path = Field(description="PEM file of the certificate and its chain.")
    key: Path = Field(description="PEM file of the private key, readable by the gateway alone.")


class WebOptions(Options):
    """Where REST, live feed and pages are served, to whom, and within which limits."""

    host: str = Field("127.0.0.1", description="Address or name of the interface to listen on.")
    port: int = Field(8080, ge=0, le=65535, description="TCP port; 0 takes any free one.")
    public_url: str = Field(
        "", description="Address under which people reach the page, where a proxy stands in front."
    )
    allowed_origins: tuple[str, ...] = Field(
        (), description="Further page addresses (scheme://host:port) that may use this gateway."
    )
    sign_in: SignIn = Field(
        SignIn.REQUIRED,
        description="off serves everyone on this machine as administrator; never beyond it.",
    )
    tls: TlsOptions | None = Field(
        None, description="Speak TLS 1.2 or newer; none leaves it to a proxy named by public_url."
    )
    trusted_proxies: tuple[str, ...] = Field(
        (), description="Addresses of proxies whose X-Forwarded-For is believed."
    )
    max_body_bytes: int = Field(
        1_048_576, ge=1024, le=16_777_216, description="Largest request body that is read."
    )
    max_upload_bytes: int = Field(
        33_554_432,
        ge=1024,
        le=268_435_456,
        description="Largest file that an import or an issue takes.",
    )
    max_clients: int = Field(
        200,
        ge=1,
        le=10_000,
        description="Live connections at a time; further ones are told to wait.",
    )
    max_subscriptions: int = Field(
        32, ge=1, le=32, description="Subscriptions of one live connection."
    )
    max_page_rows: int = Field(
        1000, ge=1, le=100_000, description="Most entries that one page of a list holds."
    )
    max_history_rows: int = Field(
        100_000, ge=1, le=1_000_000, description="Most raw rows that one history query returns."
    )
    max_export_jobs: int = Field(
        20,
        ge=1,
        le=1000,
        description="Export jobs that are kept; the oldest finished one goes first.",
    )

    @field_validator("public_url", "allowed_origins")
    @classmethod
    def _origins(cls, given: str | tuple[str, ...]) -> str | tuple[str, ...]:
        for url in (given,) if isinstance(given, str) else given:
            if url and not is_origin(url):
                msg = f"{url!r} is no page address, want http(s)://host or http(s)://host:port"
                raise ValueError(msg)
        return given

    @model_validator(mode="after")
    def _chosen(self) -> Self:
        if not is_loopback(self.host) and self.sign_in is SignIn.OFF:
            msg = (
                f"host {self.host!r} can be reached from other machines: "
                "set sign_in: required, or host: 127.0.0.1"
            )
            raise ValueError(msg)
        return self

    @property
    def is_tls(self) -> bool:
        """Whether people reach the page over TLS, which the gateway or the declared proxy ends."""
        return self.tls is not None or self.public_url.startswith("https://")


def is_loopback(host: str) -> bool:
    """Say whether a host name or address is this machine only."""
    if host.rstrip(".").lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def is_origin(url: str) -> bool:
    """Say whether a text is a scheme, host and optional port, and nothing else."""
    try:
        parts = urlsplit(url)
        port_ok = parts.port is None or parts.port > 0
    except ValueError:
        return False
    return (
        parts.scheme in {"http", "https"}
        and bool(parts.hostname)
        and port_ok
        and parts.path in {"", "/"}
        and not (parts.query or parts.fragment or parts.username)
    )
