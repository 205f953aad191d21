"""The documents that the routes answer with, as the OpenAPI document describes them."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict

Number = float | None
"""NaN and infinity travel as null."""


class Document(BaseModel):
    """The base of every answer."""

    model_config = ConfigDict(extra="forbid")


class Body(BaseModel):
    """The base of every body."""

    model_config = ConfigDict(extra="forbid")


class ProblemPart(Document):
    """One thing that is wrong in a request."""

    where: str
    what: str
    wanted: str


class Problem(Document):
    """An error (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    errors: list[ProblemPart] = []


class Plant(Document):
    """Which plant this gateway watches, and which gateway it is."""

    site: str
    time_zone: str
    units: str
    version: str
    build: str
    server_time_ms: float


class SignalDocument(Document):
    """One measured thing."""

    path: str
    machine: str
    name: str
    kind: str
    data_type: str
    unit: str
    decimals: int
    role: str | None
    low: Number
    high: Number
    labels: list[tuple[int, str]]
    stale_after_ms: float
    description: str
    owner: str
    counter_bits: int | None


class SignalPage(Document):
    """A page of signals; `next_offset` is null on the last."""

    items: list[SignalDocument]
    total: int
    next_offset: int | None


class MachineNode(Document):
    """A machine and all its signals."""

    name: str
    path: str
    signals: list[SignalDocument]


class LineNode(Document):
    """A line and its machines."""

    name: str
    path: str
    machines: list[MachineNode]


class AreaNode(Document):
    """An area and its lines."""

    name: str
    path: str
    lines: list[LineNode]


class SiteNode(Document):
    """A site and its areas."""

    name: str
    path: str
    areas: list[AreaNode]


class MachineTree(Document):
    """Every machine, in its place."""

    sites: list[SiteNode]


class GapSpan(Document):
    """An interval without data; `end_ms` is null while it is open."""

    start_ms: float
    end_ms: float | None
    state: str
    cause: str


class BucketSeries(Document):
    """One signal's buckets as columns of equal length; `worst` is 0 good, 1 uncertain, 2 bad."""

    signal: str
    width_ms: float
    start_ms: list[float]
    first: list[Number]
    last: list[Number]
    low: list[Number]
    high: list[Number]
    mean: list[Number]
    count: list[int]
    worst: list[int]
    gaps: list[GapSpan]


class BucketHistory(Document):
    """History for a chart."""

    from_ms: float
    to_ms: float
    series: list[BucketSeries]


class RowHistory(Document):
    """Raw rows as columns of equal length; `signal` is an index into `signals`.

    `side` holds, by row number, what a number cannot: text, arrays, and integers beyond 2**53 as text.
    """

    from_ms: float
    to_ms: float
    truncated: bool
    signals: list[str]
    signal: list[int]
    source_ms: list[float]
    received_ms: list[float]
    value: list[Number]
    status: list[int]
    quality: list[int]
    side: dict[str, Any]


class LatestRows(Document):
    """The newest row of each signal that has one, as columns of equal length."""

    server_time_ms: float
    signal: list[str]
    source_ms: list[float]
    received_ms: list[float]
    value: list[Number]
    status: list[int]
    quality: list[int]
    side: dict[str, Any]


class ExportJob(Document):
    """An export and how far it is; `rows_total` is null until it is known."""

    id: str
    state: str
    format: str
    signals: list[str]
    from_ms: float
    to_ms: float
    created_ms: float
    rows_done: int
    rows_total: int | None
    file_bytes: int | None
    error: str
