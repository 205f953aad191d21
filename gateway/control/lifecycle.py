"""The life of an operation: one table of what may follow what."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from gateway.command import OperationState as S
from gateway.errors import ConflictError

TRANSITIONS: Final[Mapping[S, frozenset[S]]] = MappingProxyType(
    {
        # Straight to a selection only where no approval is asked for: the guard sees to that.
        S.PROPOSED: frozenset({S.APPROVED, S.SELECTED, S.DECLINED, S.EXPIRED, S.CANCELLED}),
        S.APPROVED: frozenset({S.SELECTED, S.EXPIRED, S.CANCELLED}),
        S.SELECTED: frozenset({S.SENDING, S.EXPIRED, S.CANCELLED}),
        S.SENDING: frozenset({S.OK, S.FAILED, S.UNKNOWN}),
        # What has ended stays as it ended: nothing is ever sent a second time.
        S.OK: frozenset(),
        S.FAILED: frozenset(),
        S.UNKNOWN: frozenset(),
        S.DECLINED: frozenset(),
        S.EXPIRED: frozenset(),
        S.CANCELLED: frozenset(),
    }
)
OPEN: Final = tuple(state for state, after in TRANSITIONS.items() if after)
"""States from which an operation still goes on."""

AT_RESTART: Final[Mapping[S, S]] = MappingProxyType(
    {S.SELECTED: S.CANCELLED, S.APPROVED: S.CANCELLED, S.SENDING: S.UNKNOWN}
)
"""What becomes of an operation whose gateway ended: what was never sent is cancelled, the rest nobody knows.

A proposal waits on, as no part of it was in the memory of that gateway.
"""


def step(operation: str, state: S, new: S) -> S:
    """Return the new state; raises `ConflictError` where it cannot follow."""
    if new not in TRANSITIONS[state]:
        raise ConflictError(f"operation {operation} is {state}: it cannot become {new}")
    return new
