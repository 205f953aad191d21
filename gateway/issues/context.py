"""A new issue's wish to have its context kept: what was so when it opened, beside its samples; `around.reader` reads it."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, Final

from gateway.clock import NS_PER_S
from gateway.issues.ledger import Ledger

SETTLE_NS: Final = 3 * NS_PER_S
"""How long rows and state intervals are given to be booked before the look."""


class ContextState(StrEnum):
    """Whether the context was read yet."""

    WANTED = "wanted"
    FROZEN = "frozen"


def want_context(ledger: Ledger, row: dict[str, Any], *, now_ns: int) -> None:
    """Note that a new issue wants its context; one that opens again keeps what was frozen first."""
    if row["state"] == "reopened":
        return
    ledger.want_context(
        {
            "issue": row["number"],
            "state": ContextState.WANTED,
            "due_ns": now_ns + SETTLE_NS,
            "frozen_ns": None,
            "body": {},
        }
    )
