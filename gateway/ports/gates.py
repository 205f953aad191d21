"""Gates of quality: what keeps a job from being handed on, asked before it is dispatched."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Protocol


class GateKind(StrEnum):
    """What stands in the way: checks that are due or failed, or a lot that must not be used."""

    CHECKLIST = "checklist"
    LOT = "lot"


@dataclass(frozen=True, slots=True, kw_only=True)
class GateAsked:
    """A job as gates look at it: one step of an order on a machine, and what it would use.

    `before` are the steps it follows, `checklist` the one its step names ("" has none), `lots` those set aside for it.
    """

    job: str
    order: str
    op: str
    product: str
    machine: str
    checklist: str = ""
    before: tuple[str, ...] = ()
    lots: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class GateBlock:
    """One gate that is shut; `why` is a sentence that says what would open it."""

    kind: GateKind
    why: str


class Gates(Protocol):
    """Who knows which gates are shut."""

    async def blocking(self, asked: GateAsked) -> Sequence[GateBlock]:
        """Return the gates that block a job, none where nothing does; raises as the store does."""
        ...


class NoGates:
    """A plant without quality gates: nothing blocks."""

    async def blocking(self, asked: GateAsked) -> Sequence[GateBlock]:  # noqa: ARG002 - nothing is looked at
        """Return nothing."""
        return ()


NO_GATES: Final = NoGates()
