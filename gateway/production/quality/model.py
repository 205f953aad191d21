"""What quality control talks about: checklists and their runs, lots in production, nonconformances, genealogy.

A position is the number of pieces (good and rejected) that a machine has counted since it was first seen: it only
rises. A piece is counted from the beginning of its lot, the first is 1.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, TypeAlias

from gateway.production.lifecycle import RoutingState


class ItemKind(StrEnum):
    """What an item of a checklist asks for."""

    NUMBER = "number"
    YES_NO = "yes/no"
    TEXT = "text"
    SIGNATURE = "signature"


Said: TypeAlias = "float | str | bool"
"""What a person says of an item."""


class Gate(StrEnum):
    """What a failed item does: hard blocks the lot and pauses dispatch, soft is written down and looked at."""

    HARD = "hard"
    SOFT = "soft"


class Trigger(StrEnum):
    """What makes a check fall due."""

    FIRST = "first"
    COUNT = "count"
    TIME = "time"
    LAST = "last"
    CHANGE_OVER = "change-over"
    STOP = "stop"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampling:
    """One trigger; `every` are pieces for `count`, minutes for `time` and the shortest stop in minutes for `stop`."""

    trigger: Trigger
    every: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChecklistItem:
    """One thing to check; `signal` is its name on the machine where the machine tells the value, else a person does."""

    id: str
    text: str
    kind: ItemKind
    gate: Gate = Gate.HARD
    unit: str = ""
    low: float | None = None
    high: float | None = None
    target: float | None = None
    signal: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checklist:
    """One version of a checklist: where it holds, when it falls due, what is checked.

    It holds on its `machines` (paths), and for lots whose step names it; `products` narrows it, empty is any.
    """

    id: str
    title: str
    items: tuple[ChecklistItem, ...]
    sampling: tuple[Sampling, ...]
    machines: tuple[str, ...] = ()
    products: tuple[str, ...] = ()
    due_within_min: float = 15.0
    author: str = ""
    approver: str = ""
    state: RoutingState = RoutingState.DRAFT
    version: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class NewLot:
    """A lot that begins on a machine; `materials` are (material, lot) pairs that go into it from now on."""

    lot: str
    machine: str
    product: str
    order: str = ""
    op: str = ""
    job: str = ""
    checklist: str = ""
    wanted: int | None = None
    started_ns: int | None = None
    materials: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LotRun:
    """A lot on one machine; positions are None until the counters' readings of that time are in."""

    id: int
    lot: str
    machine: str
    product: str
    order: str
    op: str
    job: str
    checklist: str
    wanted: int | None
    begun_by: str
    start_ns: int
    end_ns: int | None
    start_pos: float | None
    end_pos: float | None
    pieces: float


class CheckState(StrEnum):
    """The life cycle of a check."""

    DUE = "due"
    OPEN = "open"
    PASSED = "passed"
    FAILED = "failed"
    DISPOSITIONED = "dispositioned"


CHECK: Final = {
    CheckState.DUE: {CheckState.OPEN, CheckState.PASSED, CheckState.FAILED},
    CheckState.OPEN: {CheckState.PASSED, CheckState.FAILED},
    CheckState.PASSED: {CheckState.OPEN},  # a value was voided
    CheckState.FAILED: {CheckState.OPEN, CheckState.DISPOSITIONED},
    CheckState.DISPOSITIONED: set(),
}


class Origin(StrEnum):
    """Who told a value."""

    SIGNAL = "signal"
    PERSON = "person"


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One value of one item; a voided one stays, with who voided it and why.

    `source_ns` and `quality` (OPC UA status code) are the machine's where `origin` is the signal.
    """

    item: str
    value: float | None
    text: str
    passed: bool
    origin: Origin
    source_ns: int
    quality: int
    by: str
    time_ns: int
    voided_by: str = ""
    void_reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckRun:
    """One check: due at a piece of a lot, filled, passed or failed."""

    number: int
    checklist: Checklist
    machine: str
    lot_run: int
    lot: str
    product: str
    piece: int
    position: float
    triggers: tuple[Trigger, ...]
    state: CheckState
    due_ns: int
    late_ns: int
    opened_ns: int | None
    done_ns: int | None
    results: tuple[Result, ...]
    nonconformance: int | None
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Coming:
    """When the next check of a checklist falls due on a running lot: in pieces, or at a time."""

    checklist: str
    title: str
    machine: str
    lot: str
    trigger: Trigger
    in_pieces: float | None
    at_ns: int | None


class NcState(StrEnum):
    """The life cycle of a nonconformance."""

    OPEN = "open"
    PROPOSED = "proposed"
    DECIDED = "decided"
    CLOSED = "closed"


NC: Final = {
    NcState.OPEN: {NcState.PROPOSED},
    NcState.PROPOSED: {NcState.OPEN, NcState.DECIDED, NcState.CLOSED},
    NcState.DECIDED: {NcState.OPEN, NcState.CLOSED},
    NcState.CLOSED: {NcState.OPEN},
}
"""Use-as-is needs nothing more once decided; rework, scrap and return are closed when somebody says they are done.

Whatever was decided, it is open again where another item of its check fails: nobody decided on that.
"""


class Disposition(StrEnum):
    """What is done with nonconforming product (ISO 9001:2015 8.7)."""

    USE_AS_IS = "use-as-is"
    REWORK = "rework"
    SCRAP = "scrap"
    RETURN = "return"


@dataclass(frozen=True, slots=True, kw_only=True)
class SuspectLot:
    """How many pieces of a lot are suspect, and which of them: from `first` to `last`."""

    lot: str
    lot_run: int | None
    pieces: float
    first: int
    last: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspects:
    """What was made between two positions: from behind the last good check to now, or to the next good one."""

    from_pos: float
    to_pos: float
    from_ns: int
    to_ns: int
    pieces: float
    lots: tuple[SuspectLot, ...]
    materials: tuple[tuple[str, str], ...]
    """Material lots that went into it, as (material, lot)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """Who signed a disposition, as what."""

    by: str
    role: str
    time_ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Nonconformance:
    """Product that did not pass a check; `needs` are the roles that still have to sign what is proposed."""

    number: int
    check: int
    checklist: str
    machine: str
    title: str
    items: tuple[str, ...]
    gate: Gate
    state: NcState
    suspects: Suspects
    opened_ns: int
    disposition: Disposition | None
    reason: str
    proposer: str
    signatures: tuple[Signature, ...]
    needs: tuple[str, ...]
    outcome: Mapping[str, float]
    """Pieces that came out good and scrapped, once it is closed."""
    closed_ns: int | None
    version: int


class Stops(StrEnum):
    """What a block holds up."""

    DISPATCH = "dispatch"
    HANDOVER = "handover"


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """Why nothing more may be sent to a machine, or why a lot may not be handed over."""

    stops: Stops
    machine: str
    lot: str
    message: str
    nc: int | None = None
    check: int | None = None


class Thing(StrEnum):
    """What genealogy follows."""

    LOT = "lot"
    SERIAL = "serial"


class Direction(StrEnum):
    """Which way genealogy is asked: what went into something, or where it went."""

    FROM = "from"
    TO = "to"


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceNode:
    """A lot or a serial number; `what` is its product or material."""

    kind: Thing
    id: str
    what: str
    depth: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceEdge:
    """`source` went into `target`; `qty` is None where nobody knows how much."""

    source_kind: Thing
    source: str
    target_kind: Thing
    target: str
    qty: float | None
    machine: str
    time_ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """What was found around one thing; `cut` where there was more than is answered."""

    kind: Thing
    id: str
    direction: Direction
    nodes: tuple[TraceNode, ...]
    edges: tuple[TraceEdge, ...]
    cut: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemChart:
    """An individuals and moving-range chart of the values one item had, oldest first; limits None below two values."""

    checklist: str
    item: str
    machine: str
    unit: str
    runs: tuple[int, ...]
    time_ns: tuple[int, ...]
    value: tuple[float, ...]
    centre: float | None
    lower: float | None
    upper: float | None
    range_upper: float | None
    low: float | None
    high: float | None
    fired: tuple[tuple[str, ...], ...]
    """Run rules that each point fires."""
