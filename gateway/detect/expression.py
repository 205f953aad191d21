"""Reads an expression (CEL, by cel-python's grammar) into a program of the engine's closed operator table.

Only the parser is taken from the library: what it reads is translated, never run. All numbers are floating point, so
3 and 3.0 are the same; what CEL has and rules do not need (text, lists but after `in`, maps, macros) is refused by name.
"""

from __future__ import annotations

import difflib
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import Enum
from functools import lru_cache
from typing import Any, Final

from celpy.celparser import CELParseError, CELParser
from lark import Token, Tree

from rules.expression.program import Cell, CellKind, Op, Program, Step, problem

LONGEST: Final = 1000
DEEPEST: Final = 200
"""Levels of the parsed tree; a pair of brackets takes ten."""


class Kind(Enum):
    """What a part of an expression is."""

    NUMBER = "a number"
    TRUTH = "true or false"


ARITHMETIC: Final = {
    "addition_add": Op.ADD,
    "addition_sub": Op.SUBTRACT,
    "multiplication_mul": Op.MULTIPLY,
    "multiplication_div": Op.DIVIDE,
    "multiplication_mod": Op.REMAINDER,
}
RELATIONS: Final = {
    "relation_lt": Op.LESS,
    "relation_le": Op.AT_MOST,
    "relation_gt": Op.GREATER,
    "relation_ge": Op.AT_LEAST,
    "relation_eq": Op.EQUAL,
    "relation_ne": Op.UNEQUAL,
}
REPEATED: Final = {"min": Op.MINIMUM, "max": Op.MAXIMUM}
SINGLE: Final = {"abs": Op.ABS, "sqrt": Op.SQRT}
KEPT: Final = {"rate": CellKind.RATE, "smooth": CellKind.SMOOTH, "previous": CellKind.PREVIOUS}
FUNCTIONS: Final = (*REPEATED, *SINGLE, *KEPT, "age")


class ExpressionError(ValueError):
    """An expression cannot be read; the message says where and what would be right."""


@lru_cache(maxsize=1024)
def read(text: str) -> Program:
    """Return the program of an expression that is true or false; raises `ExpressionError` with line and column."""
    if len(text) > LONGEST:
        raise ExpressionError(f"an expression has {len(text)} characters, want at most {LONGEST}")
    try:
        tree = CELParser().parse(text)
    except CELParseError as error:
        where = f"line {error.line}, column {error.column}"
        raise ExpressionError(f"{where}: this is no expression{_pointed(text, error)}") from error
    reading = _Reading()
    kind = reading.read(tree, 0)
    if kind is not Kind.TRUTH:
        raise ExpressionError(
            "line 1, column 1: want a condition such as `a > b`, this is a number"
        )
    made = Program(tuple(reading.steps), tuple(reading.inputs), tuple(reading.cells))
    said = problem(made)
    if said:
        raise ExpressionError(said)
    return made


def _pointed(text: str, error: CELParseError) -> str:
    line, column = error.line, error.column
    lines = text.splitlines()
    if line is None or column is None or not 1 <= line <= len(lines):
        return ""
    rest = lines[line - 1][column - 1 : column + 19].strip()
    return f" at {rest!r}" if rest else ", something is missing at its end"


@dataclass
class _Reading:
    """What was read so far, in postfix order."""

    steps: list[Step] = field(default_factory=list)
    inputs: list[str] = field(default_factory=list)
    cells: list[Cell] = field(default_factory=list)

    def read(self, node: Tree[Token], level: int) -> Kind:
        """Append the steps of a part, and say what it is."""
        if level > DEEPEST:
            raise self._refused(node, "this is nested too deeply")
        rules: dict[str, Callable[[Tree[Token], int], Kind]] = {
            "expr": self._choice,
            "conditionalor": lambda n, at: self._logic(n, at, Op.OR),
            "conditionaland": lambda n, at: self._logic(n, at, Op.AND),
            "relation": self._relation,
            "addition": self._arithmetic,
            "multiplication": self._arithmetic,
            "unary": self._unary,
            "literal": self._literal,
            "ident": self._name,
            "ident_arg": self._call,
        }
        if node.data in rules:
            return rules[node.data](node, level + 1)
        if node.data in {"member", "primary", "paren_expr"} and len(node.children) == 1:
            return self._child(node, 0, level)
        raise self._refused(node, f"{_worded(node.data)} is not known here")

    def _child(self, node: Tree[Token], at: int, level: int) -> Kind:
        child = node.children[at]
        if not isinstance(child, Tree):
            raise self._refused(node, "this is not known here")
        return self.read(child, level + 1)

    def _want(self, node: Tree[Token], at: int, level: int, kind: Kind) -> None:
        found = self._child(node, at, level)
        if found is not kind:
            child = node.children[at]
            place = child if isinstance(child, Tree) else node
            raise self._refused(place, f"this is {found.value}, want {kind.value}")

    def _choice(self, node: Tree[Token], level: int) -> Kind:
        if len(node.children) == 1:
            return self._child(node, 0, level)
        self._want(node, 0, level, Kind.TRUTH)
        kind = self._child(node, 1, level)
        self._want(node, 2, level, kind)
        self.steps.append(Step(Op.CHOOSE))
        return kind

    def _logic(self, node: Tree[Token], level: int, op: Op) -> Kind:
        if len(node.children) == 1:
            return self._child(node, 0, level)
        for at in range(2):
            self._want(node, at, level, Kind.TRUTH)
        self.steps.append(Step(op))
        return Kind.TRUTH

    def _relation(self, node: Tree[Token], level: int) -> Kind:
        if len(node.children) == 1:
            return self._child(node, 0, level)
        head, right = node.children
        if not isinstance(head, Tree) or not isinstance(right, Tree):
            raise self._refused(node, "this is not known here")
        if head.data == "relation_in":
            return self._among(head, right, level)
        op = RELATIONS[head.data]
        kind = self._child(head, 0, level)
        if kind is Kind.TRUTH and op not in {Op.EQUAL, Op.UNEQUAL}:
            raise self._refused(head, f"this is {kind.value}, want {Kind.NUMBER.value}")
        self._want(node, 1, level, kind)
        self.steps.append(Step(op))
        return Kind.TRUTH

    def _among(self, head: Tree[Token], right: Tree[Token], level: int) -> Kind:
        """Read `x in [a, b]` as `x == a || x == b`."""
        found = next(right.find_data("list_lit"), None)
        if found is None or not found.children or len(list(right.find_data("list_lit"))) != 1:
            raise self._refused(right, "want a list after `in`, such as [6, 7]")
        items = found.children[0]
        count = len(items.children) if isinstance(items, Tree) else 0
        for at in range(count):
            self._want(head, 0, level, Kind.NUMBER)
            self._want(items, at, level, Kind.NUMBER)  # type: ignore[arg-type]  # it has children
            self.steps.append(Step(Op.EQUAL))
            if at:
                self.steps.append(Step(Op.OR))
        return Kind.TRUTH

    def _arithmetic(self, node: Tree[Token], level: int) -> Kind:
        if len(node.children) == 1:
            return self._child(node, 0, level)
        head = node.children[0]
        if not isinstance(head, Tree):
            raise self._refused(node, "this is not known here")
        self._want(head, 0, level, Kind.NUMBER)
        self._want(node, 1, level, Kind.NUMBER)
        self.steps.append(Step(ARITHMETIC[head.data]))
        return Kind.NUMBER

    def _unary(self, node: Tree[Token], level: int) -> Kind:
        if len(node.children) == 1:
            return self._child(node, 0, level)
        head = node.children[0]
        negates = isinstance(head, Tree) and head.data == "unary_neg"
        kind = Kind.NUMBER if negates else Kind.TRUTH
        self._want(node, 1, level, kind)
        self.steps.append(Step(Op.NEGATE if negates else Op.NOT))
        return kind

    def _literal(self, node: Tree[Token], level: int) -> Kind:
        del level
        token = _first(node)
        text = str(token)
        if text in {"true", "false"}:
            self.steps.append(Step(Op.CONSTANT, float(text == "true")))
            return Kind.TRUTH
        number = _number(text)
        if number is None or not math.isfinite(number):
            raise self._refused(node, f"{text[:40]} is not known here, want a number")
        self.steps.append(Step(Op.CONSTANT, number))
        return Kind.NUMBER

    def _name(self, node: Tree[Token], level: int) -> Kind:
        del level
        self.steps.append(Step(Op.INPUT, self._input(str(_first(node)))))
        return Kind.NUMBER

    def _input(self, name: str) -> int:
        if name not in self.inputs:
            self.inputs.append(name)
        return self.inputs.index(name)

    def _call(self, node: Tree[Token], level: int) -> Kind:
        name = str(_first(node))
        given = node.children[1] if len(node.children) > 1 else None
        arguments = given if isinstance(given, Tree) else Tree("exprlist", [])
        count = len(arguments.children)
        if name in REPEATED and count >= 2:
            for at in range(count):
                self._want(arguments, at, level, Kind.NUMBER)
                self.steps += [Step(REPEATED[name])] if at else []
        elif name in SINGLE and count == 1:
            self._want(arguments, 0, level, Kind.NUMBER)
            self.steps.append(Step(SINGLE[name]))
        elif name == "age" and count == 1:
            self.steps.append(Step(Op.AGE, self._input(self._plain(arguments, 0))))
        elif name in KEPT and count == (2 if name == "smooth" else 1):
            self._keep(name, arguments)
        else:
            raise self._refused(node, _unknown(name))
        return Kind.NUMBER

    def _keep(self, name: str, arguments: Tree[Token]) -> None:
        source = self._input(self._plain(arguments, 0))
        tau_s = 0.0
        if name == "smooth":
            number = _number(self._plain(arguments, 1))
            if number is None or not 0.0 < number < math.inf:
                raise self._refused(arguments, "want smooth(signal, seconds), with seconds above 0")
            tau_s = number
        cell = Cell(KEPT[name], source, tau_s)
        if cell not in self.cells:
            self.cells.append(cell)
        self.steps.append(Step(Op.CELL, self.cells.index(cell)))

    def _plain(self, arguments: Tree[Token], at: int) -> str:
        """Return an argument that must be a name or a number by itself."""
        node: Any = arguments.children[at]
        while isinstance(node, Tree) and len(node.children) == 1:
            node = node.children[0]
        if not isinstance(node, Token):
            raise self._refused(arguments, "want the name of a signal here, not a computation")
        return str(node)

    def _refused(self, node: Tree[Token], what: str) -> ExpressionError:
        token = _first(node)
        where = f"line {token.line}, column {token.column}: " if token is not None else ""
        return ExpressionError(f"{where}{what}")


def _first(node: Tree[Token]) -> Any:
    return next(node.scan_values(lambda value: isinstance(value, Token)), None)


def _number(text: str) -> float | None:
    try:
        return float(int(text, 16)) if text.lower().startswith(("0x", "-0x")) else float(text)
    except ValueError:
        return None


def _worded(rule: str) -> str:
    words = {
        "member_dot": "a.b",
        "member_dot_arg": "a.f()",
        "member_index": "a[b]",
        "list_lit": "a list",
        "map_lit": "a map",
        "dot_ident": ".a",
        "dot_ident_arg": ".f()",
    }
    return words.get(rule, rule.replace("_", " "))


def _unknown(name: str) -> str:
    if name in FUNCTIONS:
        wanted = {
            "smooth": "smooth(signal, seconds)",
            **{kept: f"{kept}(signal)" for kept in ("rate", "previous", "age")},
            **{one: f"{one}(number)" for one in SINGLE},
            **{many: f"{many}(a, b, …)" for many in REPEATED},
        }
        return f"want {wanted[name]}"
    near: Sequence[str] = difflib.get_close_matches(name, FUNCTIONS, n=1)
    return f"there is no function {name[:40]!r}, want {near[0] + '?' if near else ', '.join(FUNCTIONS)}"
