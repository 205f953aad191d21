"""What an expression is once it was read: a postfix program over a closed table of operators."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Final, NamedTuple

MOST_NODES: Final = 100
MOST_INPUTS: Final = 8
MOST_CELLS: Final = 4


class Op(IntEnum):
    """Every operation there is; what is not here cannot be asked for."""

    CONSTANT = 0
    INPUT = 1
    CELL = 2
    AGE = 3
    NEGATE = 4
    NOT = 5
    ABS = 6
    SQRT = 7
    ADD = 10
    SUBTRACT = 11
    MULTIPLY = 12
    DIVIDE = 13
    REMAINDER = 14
    MINIMUM = 15
    MAXIMUM = 16
    LESS = 20
    AT_MOST = 21
    GREATER = 22
    AT_LEAST = 23
    EQUAL = 24
    UNEQUAL = 25
    AND = 30
    OR = 31
    CHOOSE = 40


LEAVES: Final = frozenset({Op.CONSTANT, Op.INPUT, Op.CELL, Op.AGE})
COMPARISONS: Final = frozenset({Op.LESS, Op.AT_MOST, Op.GREATER, Op.AT_LEAST, Op.EQUAL, Op.UNEQUAL})
TAKES: Final[Mapping[Op, int]] = {
    op: 0 if op in LEAVES else 1 if op < Op.ADD else 3 if op is Op.CHOOSE else 2 for op in Op
}
"""How many operands each takes from the stack."""


class CellKind(IntEnum):
    """What is remembered of an input beside its newest value."""

    RATE = 0
    SMOOTH = 1
    PREVIOUS = 2


class Cell(NamedTuple):
    """A value kept of an input: its rate a second over the last two samples, its average of time constant `tau_s`, or the sample before."""

    kind: CellKind
    source: int
    tau_s: float


class Step(NamedTuple):
    """One operation; `operand` is a constant, or the number of an input or a cell."""

    op: Op
    operand: float = 0.0


@dataclass(frozen=True, slots=True)
class Program:
    """Steps in postfix order; `inputs` are the names it reads. True is 1, false 0, and what cannot be known is NaN."""

    steps: tuple[Step, ...]
    inputs: tuple[str, ...]
    cells: tuple[Cell, ...] = ()

    @property
    def compares(self) -> bool:
        """Whether its last step compares two numbers, which are then what an event reports."""
        return self.steps[-1].op in COMPARISONS


def problem(program: Program) -> str:
    """Say why a program may not run, or "": its stack is played through once, and its size is bounded."""
    if not 1 <= len(program.steps) <= MOST_NODES:
        return f"an expression has {len(program.steps)} operations, want 1 to {MOST_NODES}"
    if len(program.inputs) > MOST_INPUTS:
        return f"an expression reads {len(program.inputs)} signals, want at most {MOST_INPUTS}"
    if len(program.cells) > MOST_CELLS:
        return f"an expression has {len(program.cells)} rate, smooth and previous, want at most {MOST_CELLS}"
    inputs = len(program.inputs)
    known = {Op.INPUT: inputs, Op.AGE: inputs, Op.CELL: len(program.cells)}
    depth = 0
    for step in program.steps:
        depth += 1 - TAKES[step.op]
        if depth < 1 or (step.op in known and not 0 <= step.operand < known[step.op]):
            return "this is no whole expression"
    return "" if depth == 1 else "this is no whole expression"
