"""Expressions again, one sample and one operation at a time: the oracle of `rules.families.expression`."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from rules.expression.program import CellKind, Op, Program
from rules.expression.spec import Accepts, ExpressionSpec, OnBad
from rules.reference_parts import Delayed, Note, Sample, silent
from rules.spec import NS_PER_S

Value = float | None


def compute(
    program: Program,
    inputs: Mapping[int, Value],
    cells: Mapping[int, Value],
    ages: Mapping[int, Value],
) -> tuple[Value, list[Value]]:
    """Return the outcome and the operands of the last step; None is what cannot be known."""
    stack: list[Value] = []
    operands: list[Value] = []
    leaves = {Op.INPUT: inputs, Op.CELL: cells, Op.AGE: ages}
    for op, operand in program.steps:
        if op is Op.CONSTANT:
            stack.append(operand)
        elif op in leaves:
            stack.append(leaves[op].get(int(operand)))
        elif op is Op.CHOOSE:
            other, one, condition = stack.pop(), stack.pop(), stack.pop()
            stack.append(None if condition is None else one if condition else other)
        elif op < Op.ADD:
            stack.append(_one(op, stack.pop()))
        else:
            right, left = stack.pop(), stack.pop()
            operands = [left, right]
            stack.append(_two(op, left, right))
    return stack[0], operands


def _one(op: Op, a: Value) -> Value:
    if a is None:
        return None
    if op is Op.NEGATE:
        return -a
    if op is Op.NOT:
        return 0.0 if a else 1.0
    if op is Op.ABS:
        return abs(a)
    return math.sqrt(a) if a >= 0 else None


def _two(op: Op, a: Value, b: Value) -> Value:
    if op is Op.AND and (a == 0 or b == 0):
        return 0.0
    if op is Op.OR and (a == 1 or b == 1):
        return 1.0
    if a is None or b is None:
        return None
    if op in {Op.AND, Op.OR}:
        return float(op is Op.AND)
    if op in {Op.DIVIDE, Op.REMAINDER} and b == 0:
        return None
    try:
        return _number(op, a, b)
    except OverflowError:
        return None


def _number(op: Op, a: float, b: float) -> Value:
    match op:
        case Op.ADD:
            made = a + b
        case Op.SUBTRACT:
            made = a - b
        case Op.MULTIPLY:
            made = a * b
        case Op.DIVIDE:
            made = a / b
        case Op.REMAINDER:
            made = math.fmod(a, b)
        case Op.MINIMUM:
            made = min(a, b)
        case Op.MAXIMUM:
            made = max(a, b)
        case _:
            made = float(_holds(op, a, b))
    return made if math.isfinite(made) else None


def _holds(op: Op, a: float, b: float) -> bool:
    return {
        Op.LESS: a < b,
        Op.AT_MOST: a <= b,
        Op.GREATER: a > b,
        Op.AT_LEAST: a >= b,
        Op.EQUAL: a == b,
        Op.UNEQUAL: a != b,
    }[op]


@dataclass
class ExpressionWatch:
    """One expression on one machine; `roles` tells which input a signal is."""

    spec: ExpressionSpec
    delayed: Delayed
    roles: Mapping[int, int]
    last: dict[int, tuple[int, float]] = field(default_factory=dict)
    bad: set[int] = field(default_factory=set)
    cells: dict[int, Value] = field(default_factory=dict)
    note: Note = silent

    @property
    def until(self) -> int | None:
        """Until when all inputs are known, None where one is not."""
        if self.bad or len(self.last) < len(self.spec.program.inputs):
            return None
        if self.spec.max_age_s is None:
            return 2**62
        oldest = min((t for t, _ in self.last.values()), default=2**62)
        return oldest + round(self.spec.max_age_s * NS_PER_S)

    def pass_to(self, t: int) -> None:
        """Let time pass to `t`, or as far as the inputs are known."""
        until = self.until
        if until is None or until < t:
            self.delayed.stop(max(self.delayed.checked, until or 0))
        self.delayed.pass_to(t)

    def see(self, sample: Sample) -> None:
        """Take a sample of an input, then evaluate."""
        role = self.roles[sample.signal]
        good = sample.quality < 0x4000_0000
        if sample.usable and (good or self.spec.accepts is Accepts.USABLE):
            self._remember(role, sample)
            self.last[role] = (sample.time_ns, sample.value)
            self.bad.discard(role)
        elif self.spec.on_bad is OnBad.UNKNOWN:
            self.bad.add(role)
        self._judge(sample.time_ns)

    def _remember(self, role: int, sample: Sample) -> None:
        before = self.last.get(role)
        for number, cell in enumerate(self.spec.program.cells):
            if cell.source != role:
                continue
            held = self.cells.get(number)
            if cell.kind is CellKind.PREVIOUS:
                self.cells[number] = None if before is None else before[1]
            elif before is None:
                self.cells[number] = sample.value if cell.kind is CellKind.SMOOTH else None
            else:
                elapsed_s = (sample.time_ns - before[0]) / NS_PER_S
                self.cells[number] = self._moved(
                    cell.kind, cell.tau_s, held, before[1], sample, elapsed_s
                )

    @staticmethod
    def _moved(  # noqa: PLR0917 - one number after another
        kind: CellKind, tau_s: float, held: Value, before: float, sample: Sample, elapsed_s: float
    ) -> Value:
        if kind is CellKind.RATE:
            moved = held if elapsed_s == 0 else (sample.value - before) / elapsed_s
        elif held is None:
            moved = sample.value
        else:
            kept = math.exp(-elapsed_s / tau_s)
            moved = held * kept + before * (1.0 - kept)
        return moved if moved is not None and math.isfinite(moved) else None

    def _judge(self, t: int) -> None:
        until = self.until
        if until is None or until < t:
            self.delayed.stop(t)
            self.note(t, "an input is unknown or too old: delays stand still")
            return
        values: dict[int, Value] = {role: value for role, (_, value) in self.last.items()}
        ages: dict[int, Value] = {role: (t - at) / NS_PER_S for role, (at, _) in self.last.items()}
        result, operands = compute(self.spec.program, values, self.cells, ages)
        shown = ", ".join(
            f"{name} = {values[role]:g}" for role, name in enumerate(self.spec.program.inputs)
        )
        if result is None:
            self.delayed.stop(t)
            self.note(t, f"{shown}: the result cannot be known, delays stand still")
            return
        self.delayed.pass_to(t)
        told = operands if self.spec.program.compares else [result, result]
        self.delayed.value, self.delayed.limit = (0.0 if x is None else x for x in told)
        self.delayed.judge(t, breach=result != 0, back=result == 0)
        sides = f" ({told[0]:g} against {told[1]:g})" if self.spec.program.compares else ""
        word = "true" if result else "false"
        self.note(t, f"{shown}: {word}{sides}; {self.delayed.standing}")
