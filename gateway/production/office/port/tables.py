"""What others may ask of the tables that planning is fed with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from gateway.production.office.port.jobs import JobState
from gateway.production.tables.importing import Mistake


class Purpose(StrEnum):
    """Whether an import keeps what it reads."""

    TRY = "try"
    KEEP = "keep"


@dataclass(slots=True, kw_only=True)
class ImportJob:
    """One file of a table on its way in; `mistakes` are all there are (`untold` more were counted).

    `added`, `changed` and `same` count things: rows that describe one thing together are one.
    """

    id: str
    table: str
    file: str
    purpose: Purpose
    by: str
    created_ns: int
    state: JobState = JobState.RUNNING
    rows: int = 0
    added: int = 0
    changed: int = 0
    same: int = 0
    mistakes: tuple[Mistake, ...] = ()
    untold: int = 0
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnInfo:
    """One column of a table, as its template explains it."""

    name: str
    required: bool
    meaning: str
    example: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TableInfo:
    """One table that planning is fed with; `count` is how many things of it are kept."""

    name: str
    columns: tuple[ColumnInfo, ...]
    count: int


class Tables(Protocol):
    """Files in and out: templates, imports that keep all or nothing, exports."""

    async def tables(self) -> Sequence[TableInfo]:
        """Return every table in the order in which it is best filled."""
        ...

    def template(self, table: str, *, kind: str) -> bytes:
        """Return an empty file as `csv` or `xlsx`; raises `NotFoundError`, `InvalidRequestError`."""
        ...

    async def export(self, table: str, *, kind: str) -> bytes:
        """Return what is kept as a file that can be imported again."""
        ...

    def start(
        self, table: str, *, file: str, content: bytes, purpose: Purpose, by: str
    ) -> ImportJob:
        """Read a file beside everything else; raises `NotFoundError`, `ConflictError` while others run."""
        ...

    def job(self, key: str) -> ImportJob:
        """Return how far an import is; raises `NotFoundError`."""
        ...

    async def settled(self, key: str) -> ImportJob:
        """Return an import once it is over; raises `NotFoundError`."""
        ...
