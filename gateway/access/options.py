"""How people sign in, how long sessions last, and where the audit's head is anchored."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

from pydantic import Field, field_validator

from gateway.access.oidc.options import OidcOptions
from gateway.options import Options


class AccessOptions(Options):
    """Sign-in, sessions and the audit."""

    session_idle_s: float = Field(
        14_400.0, ge=60, le=86_400, description="A session that asks nothing for so long ends."
    )
    session_max_s: float = Field(
        43_200.0, ge=300, le=604_800, description="A session ends after so long in any case."
    )
    link_s: float = Field(
        3600.0, ge=60, le=604_800, description="How long a set-up or password link is good."
    )
    key_file: Path | None = Field(
        None,
        description="Secret of this installation (32 random bytes, mode 0600); none makes one in `data_dir`.",
    )
    audit_anchor: Path | None = Field(
        None,
        description="File, best on another disk, that takes the number and code of each audit entry.",
    )
    oidc: OidcOptions | None = Field(
        None,
        description="Provider at which people of the plant sign in; none is local users alone.",
    )
    audit_syslog: str = Field(
        "",
        max_length=255,
        description="Syslog receiver of the same: udp://host:port, or unix:/dev/log; empty is none.",
    )

    @field_validator("audit_syslog")
    @classmethod
    def _receiver(cls, address: str) -> str:
        try:
            parts = urlsplit(address)
            good = parts.scheme == "udp" and bool(parts.hostname) and (parts.port or 1) > 0
        except ValueError:
            good = False
        if address and not good and not address.startswith("unix:/"):
            msg = f"{address!r} is no syslog receiver: want udp://host:port or unix:/path"
            raise ValueError(msg)
        return address
