"""What others know of the audit: an entry, and that it is committed before the act."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


class Outcome(StrEnum):
    """What had become of the act when the entry was written."""

    ASKED = "asked"
    OK = "ok"
    REFUSED = "refused"
    FAILED = "failed"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """Who did what to what, from where. `detail` is JSON text; never a secret."""

    actor: str
    kind: str
    action: str
    target: str = ""
    address: str = ""
    outcome: Outcome = Outcome.ASKED
    detail: str = "{}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """An entry as it stands in the chain."""

    seq: int
    time_ns: int
    entry: Entry
    mac: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which entries a search wants, newest first; empty texts want all."""

    actor: str = ""
    action: str = ""
    text: str = ""
    outcome: Outcome | None = None
    start_ns: int = 0
    end_ns: int | None = None
    before_seq: int | None = None
    limit: int = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """How many entries were read and hold; `fault` says what is wrong with number `bad_seq`, "" nothing."""

    entries: int
    bad_seq: int | None = None
    fault: str = ""
    anchored: bool = False


class Audit(Protocol):
    """The record; a `StorageError` or `NotConnectedError` of it means that the act must not happen."""

    async def record(self, entry: Entry) -> int:
        """Commit an entry and return its number; what it speaks of may be done after that."""
        ...

    async def search(self, wanted: Wanted) -> Sequence[Recorded]:
        """Return entries, newest first."""
        ...

    async def verify(self) -> Verdict:
        """Read the whole record again; raises `ConfigError` where the anchor cannot be read."""
        ...
