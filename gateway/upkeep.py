"""What people do about the gateway's own entries: remarks, retries of dead letters, mappings of unknown sources."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Subject(StrEnum):
    """What a remark is about."""

    DEAD_LETTER = "dead_letter"
    GAP = "gap"
    UNKNOWN = "unknown"


class Mark(StrEnum):
    """What a person decided; `retrying` is a retry whose outcome was never written down."""

    DISMISSED = "dismissed"
    RETRYING = "retrying"
    RETRIED = "retried"
    NOTED = "noted"
    IGNORED = "ignored"


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """What somebody decided about one entry, and why."""

    subject: Subject
    key: str
    mark: Mark
    reason: str
    by: str
    time_ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Retried:
    """What became of one dead letter: the samples it gave, or the reason why it is still unusable."""

    letter: int
    rows: int
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MappedValue:
    """One value of a message and the signal it becomes; `path` is empty where the payload is one value by itself."""

    path: str
    signal: str
    kind: str
    data_type: str
    unit: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MappingWish:
    """How a source that nobody wanted is to be read from now on."""

    source: str
    values: tuple[MappedValue, ...]
    timestamp_path: str = ""
    timestamp_format: str = "received"


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A mapping that a sample suggests, as YAML too; `file` is where it would be written, empty where nowhere.

    `remark` says why it cannot be written, or what a person should look at.
    """

    connector: str
    wish: MappingWish
    yaml: str
    file: str
    remark: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Adopted:
    """What was written where, and what the reload did."""

    yaml: str
    file: str
    told: str
