"""What a step reports."""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple


class EventKind(IntEnum):
    """What happened to a condition; `withdrawn` when its rule was removed or changed while it held."""

    RAISED = 1
    CLEARED = 2
    WITHDRAWN = 3


class Event(NamedTuple):
    """A condition that completed, stamped with the instant it completed, not when it was noticed.

    `onset_ns` is when it began, `serial` counts the raises of this rule on this signal and side. `value` is in
    the signal's unit (per minute for rates, seconds for missing data), `limit` what it was compared with. `code` says
    what of a rule found it: for control charts the bits of `RunRule` and `Detector` that fired, else 0.
    """

    time_ns: int
    rule: str
    version: str
    signal: int
    side: str
    kind: EventKind
    onset_ns: int
    value: float
    limit: float
    serial: int
    code: int = 0
