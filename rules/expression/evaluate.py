"""Programs over columns: every operation once for all instances; NaN is what cannot be known."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from rules.expression.program import TAKES, Op, Program
from rules.spec import NS_PER_S

Floats = NDArray[np.float64]
Binary: TypeAlias = "Callable[[Floats, Floats], Floats]"


class Outcome(NamedTuple):
    """What came of a program for each instance, and what its last step compared (the outcome twice if nothing)."""

    result: Floats
    left: Floats
    right: Floats


def _finite(x: Floats) -> Floats:
    kept: Floats = np.where(np.isfinite(x), x, np.nan)
    return kept


def _compared(a: Floats, b: Floats, holds: NDArray[np.bool_]) -> Floats:
    known: Floats = np.where(np.isnan(a) | np.isnan(b), np.nan, holds)
    return known


def _and(a: Floats, b: Floats) -> Floats:
    """Return false where either is false, whatever the other is (CEL)."""
    both: Floats = np.where((a == 0.0) | (b == 0.0), 0.0, a * b)
    return both


def _or(a: Floats, b: Floats) -> Floats:
    """Return true where either is true, whatever the other is (CEL)."""
    either: Floats = np.where((a == 1.0) | (b == 1.0), 1.0, a + b)
    return either


BINARY: Final[Mapping[Op, Binary]] = {
    Op.ADD: lambda a, b: _finite(a + b),
    Op.SUBTRACT: lambda a, b: _finite(a - b),
    Op.MULTIPLY: lambda a, b: _finite(a * b),
    Op.DIVIDE: lambda a, b: _finite(a / b),
    Op.REMAINDER: lambda a, b: _finite(np.fmod(a, b)),
    Op.MINIMUM: np.minimum,
    Op.MAXIMUM: np.maximum,
    Op.LESS: lambda a, b: _compared(a, b, a < b),
    Op.AT_MOST: lambda a, b: _compared(a, b, a <= b),
    Op.GREATER: lambda a, b: _compared(a, b, a > b),
    Op.AT_LEAST: lambda a, b: _compared(a, b, a >= b),
    Op.EQUAL: lambda a, b: _compared(a, b, a == b),
    Op.UNEQUAL: lambda a, b: _compared(a, b, a != b),
    Op.AND: _and,
    Op.OR: _or,
}
UNARY: Final[Mapping[Op, Callable[[Floats], Floats]]] = {
    Op.NEGATE: np.negative,
    Op.NOT: lambda a: 1.0 - a,
    Op.ABS: np.abs,
    Op.SQRT: lambda a: _finite(np.sqrt(a)),
}


def evaluate(
    program: Program,
    values: Floats,
    cells: Floats,
    last_ns: NDArray[np.int64],
    t: NDArray[np.int64],
) -> Outcome:
    """Return the outcome for each of n instances: `values` (n, inputs), `cells` (n, cells), `last_ns` (n, inputs)."""
    stack: list[Floats] = []
    left = right = np.empty(0)
    for op, operand in program.steps:
        takes = TAKES[op]
        taken = stack[len(stack) - takes :]
        del stack[len(stack) - takes :]
        if op is Op.CONSTANT:
            stack.append(np.full(len(t), operand))
        elif op is Op.INPUT:
            stack.append(values[:, int(operand)])
        elif op is Op.CELL:
            stack.append(cells[:, int(operand)])
        elif op is Op.AGE:
            stack.append((t - last_ns[:, int(operand)]) / NS_PER_S)
        elif takes == 1:
            stack.append(UNARY[op](taken[0]))
        elif takes == 2:
            left, right = taken
            stack.append(BINARY[op](left, right))
        else:
            stack.append(
                np.where(np.isnan(taken[0]), np.nan, np.where(taken[0] != 0.0, *taken[1:]))
            )
    result = stack[0]
    return Outcome(result, left, right) if program.compares else Outcome(result, result, result)
