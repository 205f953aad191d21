"""Which provider people sign in at, and what its groups may do here."""

from __future__ import annotations

from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator, model_validator

from gateway.access.rights import Role, parse_grant
from gateway.errors import InvalidRequestError
from gateway.options import Options

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


class OidcOptions(Options):
    """Sign-in at an OpenID provider; local users, the first administrator among them, go on signing in here."""

    issuer: str = Field(
        max_length=255,
        description="Address of the provider, exactly as its tokens name it (https://…).",
    )
    client_id: str = Field(
        min_length=1, max_length=255, description="Name under which the provider knows us."
    )
    client_secret: SecretStr = Field(
        SecretStr(""), description="Secret of that client, from environment or file; empty is none."
    )
    label: str = Field(
        "Plant account", min_length=1, max_length=60, description="What the sign-in button says."
    )
    scopes: tuple[str, ...] = Field(
        ("openid", "profile"),
        max_length=20,
        description="What is asked of the provider; some give groups only for a scope of their own.",
    )
    name_claim: str = Field(
        "preferred_username",
        min_length=1,
        max_length=100,
        description="Claim that becomes the user's name here.",
    )
    name_prefix: str = Field(
        "",
        pattern=r"^(?:[a-z0-9][a-z0-9._@-]{0,19})?$",
        description="Text before such names, where they would be those of local users.",
    )
    groups_claim: str = Field(
        "groups",
        min_length=1,
        max_length=100,
        description="Claim that lists groups; dots go into it (realm_access.roles).",
    )
    roles: dict[str, tuple[str, ...]] = Field(
        min_length=1,
        max_length=200,
        description="Roles (role or role@site/area/line) by group; who is in none of them is refused.",
    )
    allowed_hosts: tuple[str, ...] = Field(
        (),
        max_length=20,
        description="Further hosts of the provider's addresses; others than these and the issuer's are never asked.",
    )
    ca_file: Path | None = Field(
        None, description="PEM file of who signed the provider's certificate; none asks the system."
    )
    clock_skew_s: float = Field(
        60.0, ge=0, le=300, description="How far the provider's clock may be from ours."
    )

    @field_validator("issuer")
    @classmethod
    def _safe(cls, issuer: str) -> str:
        if not is_safe(issuer) or urlsplit(issuer).query:
            msg = f"{issuer!r} is no provider: want https://host/path (http for this machine alone)"
            raise ValueError(msg)
        return issuer

    @field_validator("scopes")
    @classmethod
    def _openid(cls, scopes: tuple[str, ...]) -> tuple[str, ...]:
        if "openid" not in scopes or any(not each or " " in each for each in scopes):
            msg = "want a list of words with openid among them"
            raise ValueError(msg)
        return scopes

    @field_validator("allowed_hosts")
    @classmethod
    def _hosts(cls, hosts: tuple[str, ...]) -> tuple[str, ...]:
        for host in hosts:
            if not host or set(host) & set("/:@?#* "):
                msg = f"{host!r} is no host name: want one such as login.example.com"
                raise ValueError(msg)
        return tuple(host.lower() for host in hosts)

    @model_validator(mode="after")
    def _grants(self) -> Self:
        for group, texts in self.roles.items():
            for text in texts:
                try:
                    grant = parse_grant(text)
                except InvalidRequestError as error:
                    msg = f"roles.{group}: {error}"
                    raise ValueError(msg) from error
                if grant.role in {Role.MACHINE, Role.DISPLAY}:
                    msg = f"roles.{group}: {grant.role.value} is no role of a person"
                    raise ValueError(msg)
        return self

    @property
    def hosts(self) -> frozenset[str]:
        """The only hosts that are asked anything."""
        own = urlsplit(self.issuer).hostname or ""
        return frozenset({own, *self.allowed_hosts})


def is_safe(url: str) -> bool:
    """Say whether an address is https, or http of this machine alone, and carries no user name or fragment."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        good = parts.port is None or parts.port > 0
    except ValueError:
        return False
    if not host or not good or parts.username is not None or parts.fragment:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and host in _LOOPBACK)
