"""The life cycle of a connector: which state may follow which."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from gateway.status import ConnectorState as S

_UP: Final = frozenset({S.BACKING_OFF, S.REFUSED, S.ENDED, S.STOPPED})

TRANSITIONS: Final[Mapping[S, frozenset[S]]] = {
    S.STOPPED: frozenset({S.CONNECTING}),
    S.CONNECTING: _UP | {S.LIVE, S.DEGRADED},
    S.LIVE: _UP | {S.DEGRADED, S.HELD},
    S.DEGRADED: _UP | {S.LIVE, S.HELD},
    S.HELD: _UP | {S.LIVE, S.DEGRADED},
    S.BACKING_OFF: frozenset({S.CONNECTING, S.STOPPED}),
    S.REFUSED: frozenset({S.CONNECTING, S.STOPPED}),
    S.ENDED: frozenset({S.STOPPED}),
}

CONNECTED: Final = frozenset({S.LIVE, S.DEGRADED, S.HELD})


def check(old: S, new: S) -> None:
    """Raise `ValueError` where `new` may not follow `old`."""
    if new not in TRANSITIONS[old]:
        msg = f"a connector that is {old.value} cannot become {new.value}"
        raise ValueError(msg)
