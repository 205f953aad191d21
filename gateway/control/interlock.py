"""The language of interlocks: comparisons of signals with and, or, not; nothing else can be said in it."""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

from gateway.command import Present, Value
from gateway.model import path_problem

MAX_LENGTH: Final = 500
MAX_DEPTH: Final = 16
MAX_SIGNALS: Final = 20
_TOKEN: Final = re.compile(
    r"""\s*(?:(?P<number>-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)(?![\w/.-])
    |(?P<text>"[^"\\]*"|'[^'\\]*')
    |(?P<op>==|!=|<=|>=|<|>|\(|\)|\[|\]|,)
    |(?P<word>[A-Za-z_][\w.-]*(?:/[\w.-]+)*))""",
    re.VERBOSE | re.ASCII,
)
_ORDERING: Final[Mapping[str, Callable[[float, float], bool]]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_WORDS: Final = frozenset({"and", "or", "not", "in", "true", "false"})


@dataclass(frozen=True, slots=True)
class Compare:
    """A signal held against a value, or against several after `in`."""

    signal: str
    op: str
    wanted: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """The opposite of what is inside."""

    inner: Expression


@dataclass(frozen=True, slots=True)
class Both:
    """Two conditions joined by `and` or `or`."""

    op: str
    left: Expression
    right: Expression


Expression: TypeAlias = "Compare | Not | Both"


class _Parser:
    def __init__(self, text: str, machine: str) -> None:
        self._machine = machine
        self._tokens = list(_tokens(text))
        self._at = 0
        self._depth = 0

    def whole(self) -> Expression:
        found = self._either()
        if self._at < len(self._tokens):
            raise ValueError(f"{self._tokens[self._at][1]!r} is not expected here")
        return found

    def _either(self) -> Expression:
        left = self._all()
        while self._take("word", "or"):
            left = Both("or", left, self._all())
        return left

    def _all(self) -> Expression:
        left = self._one()
        while self._take("word", "and"):
            left = Both("and", left, self._one())
        return left

    def _one(self) -> Expression:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise ValueError(f"nested deeper than {MAX_DEPTH}")
        try:
            if self._take("word", "not"):
                return Not(self._one())
            if self._take("op", "("):
                inner = self._either()
                self._want(")")
                return inner
            return self._compare()
        finally:
            self._depth -= 1

    def _compare(self) -> Compare:
        kind, text = self._next()
        if kind != "word" or text in _WORDS:
            raise ValueError(f"{text!r}: want a signal before the comparison")
        signal = self._signal(text)
        kind, op = self._next()
        if (kind, op) == ("word", "in"):
            self._want("[")
            wanted = [self._literal()]
            while self._take("op", ","):
                wanted.append(self._literal())
            self._want("]")
            return Compare(signal, "in", tuple(wanted))
        if kind != "op" or op not in {"==", "!=", *_ORDERING}:
            raise ValueError(f"{op!r}: want ==, !=, <, <=, >, >= or in [...] after {text}")
        literal = self._literal()
        if op in _ORDERING and not _is_number(literal):
            raise ValueError(f"{op} compares numbers, not {literal!r}")
        return Compare(signal, op, (literal,))

    def _signal(self, text: str) -> str:
        path = text if "/" in text else f"{self._machine}/{text}"
        problem = path_problem(path)
        if problem is not None:
            raise ValueError(f"signal {text!r}: {problem}")
        return path

    def _literal(self) -> Value:
        kind, text = self._next()
        if kind == "number":
            number = float(text)
            if not math.isfinite(number):
                raise ValueError(f"{text} is no finite number")
            return number
        if kind == "text":
            return text[1:-1]
        if kind == "word" and text in {"true", "false"}:
            return text == "true"
        raise ValueError(f"{text!r}: want a number, a text in quotes, true or false")

    def _next(self) -> tuple[str, str]:
        if self._at >= len(self._tokens):
            raise ValueError("it ends too early")
        self._at += 1
        return self._tokens[self._at - 1]

    def _take(self, kind: str, text: str) -> bool:
        if self._at < len(self._tokens) and self._tokens[self._at] == (kind, text):
            self._at += 1
            return True
        return False

    def _want(self, op: str) -> None:
        kind, text = self._next()
        if (kind, text) != ("op", op):
            raise ValueError(f"want {op!r} instead of {text!r}")


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    at = 0
    while text[at:].strip():
        found = _TOKEN.match(text, at)
        if found is None or found.lastgroup is None:
            raise ValueError(f"{text[at:].strip()[:20]!r} cannot be read")
        yield found.lastgroup, found[found.lastgroup]
        at = found.end()


def parse(text: str, *, machine: str) -> Expression:
    """Return the condition; a name without `/` is a signal of `machine`. Raises `ValueError` saying what is wrong."""
    if len(text) > MAX_LENGTH:
        raise ValueError(f"{len(text)} characters, at most {MAX_LENGTH}")
    found = _Parser(text, machine).whole()
    if len(signals(found)) > MAX_SIGNALS:
        raise ValueError(f"more than {MAX_SIGNALS} signals")
    return found


def signals(expression: Expression) -> tuple[str, ...]:
    """Return the paths that a condition looks at, each once."""
    return tuple(dict.fromkeys(_walk(expression)))


def _walk(expression: Expression) -> Iterator[str]:
    match expression:
        case Compare():
            yield expression.signal
        case Not():
            yield from _walk(expression.inner)
        case Both():
            yield from _walk(expression.left)
            yield from _walk(expression.right)


def blocks(expression: Expression, present: Mapping[str, Present]) -> str:
    """Return why a condition does not hold, "" where it does.

    Every signal it names must be good and fresh, also those that would not decide: what is not known blocks.
    """
    for path in signals(expression):
        held = present.get(path)
        if held is None:
            return f"{_short(path)} has no value"
        if held.problem:
            return f"{_short(path)} {held.problem}"
    values = {path: present[path].value for path in signals(expression)}
    try:
        holds = _holds(expression, values)
    except TypeError as error:
        return str(error)
    if holds:
        return ""
    return "; ".join(f"{_short(path)} is {_shown(value)}" for path, value in values.items())


def _holds(expression: Expression, values: Mapping[str, Value | None]) -> bool:
    match expression:
        case Not():
            return not _holds(expression.inner, values)
        case Both():
            # Both sides are always looked at: a value of the wrong type never hides behind the other side.
            left, right = _holds(expression.left, values), _holds(expression.right, values)
            return (left and right) if expression.op == "and" else (left or right)
        case Compare():
            return _compared(expression, values[expression.signal])


def _compared(expression: Compare, value: Value | None) -> bool:
    for wanted in expression.wanted:
        if _kind(value) is not _kind(wanted):
            msg = f"{_short(expression.signal)} is {_shown(value)}, which cannot be held against {_shown(wanted)}"
            raise TypeError(msg)
    if expression.op in {"==", "in"}:
        return value in expression.wanted
    if expression.op == "!=":
        return value not in expression.wanted
    wanted = expression.wanted[0]
    if not (_is_number(value) and _is_number(wanted)):
        raise TypeError(f"{_short(expression.signal)} is no number")
    return _ORDERING[expression.op](float(value), float(wanted))  # type: ignore[arg-type]  # both are numbers, as just asked


def _kind(value: Value | None) -> type:
    if isinstance(value, bool):
        return bool
    return float if isinstance(value, int | float) else type(value)


def _is_number(value: Value | None) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _short(path: str) -> str:
    return "/".join(path.split("/")[-2:])


def _shown(value: Value | None) -> str:
    return f"{value:g}" if isinstance(value, float) else repr(value)
