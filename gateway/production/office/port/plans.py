"""What others may ask of production plans and the work orders made of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from gateway.production.capacity.gaps import RemedyKind
from gateway.production.capacity.plan import ProductionPlan
from gateway.production.model import WorkOrder


class Plans(Protocol):
    """Production plans."""

    async def plans(self) -> Sequence[ProductionPlan]:
        """Return the newest version of every plan, newest first."""
        ...

    async def plan(self, number: int, version: int | None = None) -> ProductionPlan:
        """Return a plan; raises `NotFoundError`."""
        ...

    async def draft(
        self, *, weeks: int | None, opening: Mapping[str, float], by: str
    ) -> ProductionPlan:
        """Draft a plan from open orders and accepted forecasts; stock not named is what released lots hold."""
        ...

    async def check(self, number: int, *, by: str) -> ProductionPlan:
        """Load every resource and name the gaps; raises `NotFoundError`, `ConflictError`."""
        ...

    async def decide(
        self, number: int, *, gap: str, remedy: RemedyKind, reason: str, by: str
    ) -> ProductionPlan:
        """Decide on one gap."""
        ...

    async def approve(self, number: int, *, by: str) -> ProductionPlan:
        """Approve a plan; raises `ConflictError` while a gap is undecided, and for its proposer."""
        ...

    async def revise(self, number: int, *, by: str) -> ProductionPlan:
        """Make the next version of a plan to change and check again."""
        ...

    async def release(self, number: int, *, by: str) -> Sequence[WorkOrder]:
        """Make work orders of an approved plan, each once; raises `ConflictError`."""
        ...

    async def orders(self) -> Sequence[WorkOrder]:
        """Return every work order by due time."""
        ...
