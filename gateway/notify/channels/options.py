"""Channels as people write them under `notify.channels`; whatever is secret comes from environment or file."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Annotated, Final, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator, model_validator

from gateway.options import Options

ADDRESS_MARK: Final = "{address}"
_MAIL: Final = re.compile(r"[A-Za-z0-9._%+\-]{1,64}@[A-Za-z0-9.\-]{1,190}")
_HOST: Final = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.\-]{0,251}[A-Za-z0-9])?|[0-9a-fA-F:]{2,39}")
_LOCAL_SCHEMES: Final = frozenset(
    {
        "dbus",
        "glib",
        "gnome",
        "kde",
        "macosx",
        "mqtt",
        "mqtts",
        "qt",
        "rsyslog",
        "syslog",
        "windows",
    }
)
"""Ways that leave the machine past the check of hosts, or do not leave it: the page is the way for that."""


class MailSecurity(StrEnum):
    """How the mail server is spoken to."""

    STARTTLS = "starttls"
    TLS = "tls"
    NONE = "none"


class ChannelOptions(Options):
    """What every channel may say."""

    per_minute: float = Field(
        30.0, gt=0, le=6000, description="Most messages a minute; what is more waits its turn."
    )
    timeout_s: float = Field(10.0, gt=0, le=60, description="How long one send may take.")

    @property
    def hosts(self) -> frozenset[str]:
        """The hosts that the settings themselves name."""
        return frozenset()

    @property
    def is_personal(self) -> bool:
        """Whether each person gives an address of the own."""
        return False

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must never be shown."""
        return ()


class MailOptions(ChannelOptions):
    """Mail by SMTP."""

    type: Literal["mail"] = Field("mail", description="Mail by SMTP.")
    host: str = Field(max_length=253, description="Name or address of the mail server.")
    port: int = Field(587, ge=1, le=65535, description="TCP port of the mail server.")
    security: MailSecurity = Field(
        MailSecurity.STARTTLS, description="`starttls`, `tls`, or `none` (explicitly unprotected)."
    )
    user: str = Field(
        "", max_length=200, description="Name to sign in with; empty signs in nobody."
    )
    password: SecretStr | None = Field(None, description="Password, from environment or file.")
    sender: str = Field(max_length=254, description="Address that messages come from.")
    domains: list[str] = Field(
        default_factory=list,
        max_length=100,
        description="Domains that people's addresses must be of; empty allows any.",
    )

    @field_validator("host")
    @classmethod
    def _a_host(cls, host: str) -> str:
        return checked_host(host)

    @field_validator("sender")
    @classmethod
    def _an_address(cls, sender: str) -> str:
        if not _MAIL.fullmatch(sender):
            msg = f"{sender!r} is no mail address"
            raise ValueError(msg)
        return sender

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if bool(self.user) != (self.password is not None):
            msg = "user and password belong together"
            raise ValueError(msg)
        return self

    @property
    def hosts(self) -> frozenset[str]:
        """The mail server."""
        return frozenset({self.host.lower()})

    @property
    def is_personal(self) -> bool:
        """Mail goes to a person's address."""
        return True

    @property
    def secrets(self) -> tuple[str, ...]:
        """The password."""
        return () if self.password is None else (self.password.get_secret_value(),)


class WebhookOptions(ChannelOptions):
    """A POST of JSON, signed by HMAC with a timestamp (docs/notifications.md says how to verify it)."""

    type: Literal["webhook"] = Field("webhook", description="A signed POST of JSON.")
    url: str = Field(
        max_length=1000, description="http(s)://host/path; secrets have no place in it."
    )
    secret: SecretStr = Field(
        description="Key of the signature, 32 characters or more, from environment or file."
    )

    @field_validator("url")
    @classmethod
    def _an_url(cls, url: str) -> str:
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username:
            msg = "want http(s)://host/path without a user name"
            raise ValueError(msg)
        return url

    @field_validator("secret")
    @classmethod
    def _long(cls, secret: SecretStr) -> SecretStr:
        if len(secret.get_secret_value()) < 32:
            msg = "the secret has fewer than 32 characters"
            raise ValueError(msg)
        return secret

    @property
    def hosts(self) -> frozenset[str]:
        """The receiver."""
        return frozenset({(urlsplit(self.url).hostname or "").lower()})

    @property
    def secrets(self) -> tuple[str, ...]:
        """The key of the signature."""
        return (self.secret.get_secret_value(),)


class AppriseOptions(ChannelOptions):
    """Any service that Apprise knows: Teams, Slack, SMS gateways and a hundred more."""

    type: Literal["apprise"] = Field("apprise", description="Any service that Apprise knows.")
    url: SecretStr = Field(
        description="Apprise address, from environment or file; `{address}` stands for a person's own."
    )
    service_hosts: list[str] = Field(
        default_factory=list,
        max_length=20,
        description="Hosts that the service is reached by; each must be among `notify.allowed_hosts`.",
    )
    address_pattern: str = Field(
        r"[\w+.@#:-]{3,100}",
        max_length=200,
        description="Regular expression that a person's address must match whole.",
    )

    @field_validator("url")
    @classmethod
    def _outside(cls, url: SecretStr) -> SecretStr:
        scheme, mark, rest = url.get_secret_value().partition("://")
        if not mark or not scheme.isalnum() or not rest:
            msg = "want an Apprise address such as slack://… or msteams://…"
            raise ValueError(msg)
        if scheme.lower() in _LOCAL_SCHEMES:
            msg = (
                f"{scheme} reaches nobody outside, or past the check of hosts: use another service"
            )
            raise ValueError(msg)
        return url

    @field_validator("service_hosts")
    @classmethod
    def _hosts(cls, hosts: list[str]) -> list[str]:
        return [checked_host(host) for host in hosts]

    @field_validator("address_pattern")
    @classmethod
    def _a_pattern(cls, pattern: str) -> str:
        try:
            re.compile(pattern)
        except re.error as error:
            msg = f"no regular expression: {error}"
            raise ValueError(msg) from error
        return pattern

    @property
    def hosts(self) -> frozenset[str]:
        """What is declared to be the service's."""
        return frozenset(host.lower() for host in self.service_hosts)

    @property
    def is_personal(self) -> bool:
        """Whether the address holds a place for a person's own."""
        return ADDRESS_MARK in self.url.get_secret_value()

    @property
    def secrets(self) -> tuple[str, ...]:
        """The address and each part of it that could be a key."""
        whole = self.url.get_secret_value()
        parts = re.split(r"[/:@?&=#]+", whole)
        return (whole, *(part for part in parts if len(part) >= 8))


AnyChannel = Annotated[MailOptions | WebhookOptions | AppriseOptions, Field(discriminator="type")]


def checked_host(host: str) -> str:
    """Return a host name or address in lower case; raises `ValueError`."""
    if not _HOST.fullmatch(host):
        msg = f"{host!r} is no host name or address"
        raise ValueError(msg)
    return host.lower()


def address_problem(channel: ChannelOptions, address: str) -> str | None:
    """Say why an address cannot be one of a channel, or None."""
    if isinstance(channel, MailOptions):
        if not _MAIL.fullmatch(address):
            return "want a mail address such as anna@plant.example"
        domain = address.rpartition("@")[2].lower()
        if channel.domains and domain not in {each.lower() for each in channel.domains}:
            return f"want an address of {' or '.join(channel.domains)}"
        return None
    if isinstance(channel, AppriseOptions) and channel.is_personal:
        fits = re.fullmatch(channel.address_pattern, address)
        return None if fits else "want an address as this channel's service takes it"
    return "this channel takes no address of a person"
