"""How long sessions last, and where the audit's head is anchored."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

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
