"""What others may ask of workflow design."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from gateway.production.model import Operation, Routing
from gateway.production.workflow.checks import Flaw
from gateway.production.workflow.map import WorkflowMap
from gateway.production.workflow.versions import RoutingDiff


@dataclass(frozen=True, slots=True, kw_only=True)
class RoutingView:
    """One version of a routing with its map and what is wrong with it on today's floor."""

    routing: Routing
    map: WorkflowMap | None
    flaws: tuple[Flaw, ...]
    versions: tuple[int, ...]


class Routings(Protocol):
    """Workflow design."""

    async def routings(self) -> Sequence[Routing]:
        """Return the newest version of every product's routing."""
        ...

    async def view(self, product: str, version: int | None = None) -> RoutingView:
        """Return a version, the one in force where none is named; raises `NotFoundError`."""
        ...

    async def draft(self, product: str, operations: Sequence[Operation], *, by: str) -> RoutingView:
        """Draft the next version; one's own newest draft is replaced."""
        ...

    async def submit(self, product: str, version: int, *, by: str) -> RoutingView:
        """Put a draft up for review; raises `RoutingFlawedError`, `ConflictError`."""
        ...

    async def give_back(self, product: str, version: int, *, by: str) -> RoutingView:
        """Return a version under review to its author."""
        ...

    async def approve(self, product: str, version: int, *, by: str) -> RoutingView:
        """Put a version in force, with the estimated times that came with it; never by its author."""
        ...

    async def compare(self, product: str, old: int, new: int) -> RoutingDiff:
        """Return what differs between two versions."""
        ...
