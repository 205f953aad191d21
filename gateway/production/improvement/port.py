"""What others may ask of continuous improvement."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from gateway.corrective import Hint
from gateway.production.improvement.model import (
    Improvement,
    ImprovementState,
    LossFound,
    StandardProposal,
)
from gateway.production.model import StandardTime


class Improvements(Protocol):
    """Ideas, trials and practices. What changes one raises `NotFoundError`, `ConflictError`, `InvalidRequestError`."""

    async def improvements(self) -> Sequence[Improvement]:
        """Return every improvement, the greatest loss for its effort first."""
        ...

    async def improvement(self, name: str) -> Improvement:
        """Return one."""
        ...

    async def losses(self) -> Sequence[LossFound]:
        """Return what was lost in the last week, the most first."""
        ...

    async def add(self, wanted: Improvement, *, by: str) -> Improvement:
        """Write an idea down."""
        ...

    async def move(
        self, name: str, reached: ImprovementState, *, by: str, version: int, reason: str = ""
    ) -> Improvement:
        """Move one on: a trial begins, is measured, adopted by somebody else than its owner, or rejected."""
        ...

    async def hints(self) -> Sequence[Hint]:
        """Return the practices that the records show."""
        ...


class Standards(Protocol):
    """Standard times that cycles contradict."""

    async def proposals(self) -> Sequence[StandardProposal]:
        """Return the measured times that wait for a person."""
        ...

    async def look(self, *, by: str) -> Sequence[StandardTime]:
        """Look through the lots that ran, and propose what is new."""
        ...

    async def decide(
        self, product: str, op: str, machine: str, version: int, *, approve: bool, by: str
    ) -> StandardTime:
        """Approve a proposal, never one's own, or set it aside; raises `NotFoundError`, `ConflictError`."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Improving:
    """The desks of continuous improvement."""

    improvements: Improvements
    standards: Standards
