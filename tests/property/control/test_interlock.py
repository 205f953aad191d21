"""Whatever is written, parsing ends in a condition or a `ValueError`; conditions equal Python's own reading."""

from __future__ import annotations

import contextlib
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from gateway.command import Present
from gateway.control.interlock import Both, Compare, Expression, Not, blocks, parse

M = "s/a/l/m"
NAMES = st.sampled_from(["a", "b", "c"])
NUMBERS = st.integers(-5, 5)


@given(st.text(max_size=600))
def test_any_text_is_read_or_refused(text: str) -> None:
    with contextlib.suppress(ValueError):
        parse(text, machine=M)


@given(st.text("abc()[] ,=!<>0123456789.and orinté\"'/-", max_size=120))
def test_text_that_looks_like_it_is_read_or_refused(text: str) -> None:
    with contextlib.suppress(ValueError):
        blocks(parse(text, machine=M), {})


@st.composite
def conditions(draw: Any, depth: int = 3) -> str:
    kind = draw(st.integers(0, 3 if depth else 0))
    if kind == 0:
        name, op = draw(NAMES), draw(st.sampled_from(["==", "!=", "<", "<=", ">", ">=", "in"]))
        if op == "in":
            return f"{name} in [{', '.join(map(str, draw(st.lists(NUMBERS, min_size=1, max_size=3))))}]"
        return f"{name} {op} {draw(NUMBERS)}"
    if kind == 1:
        return f"not ({draw(conditions(depth - 1))})"
    word = "and" if kind == 2 else "or"
    return f"({draw(conditions(depth - 1))}) {word} ({draw(conditions(depth - 1))})"


@given(conditions(), st.fixed_dictionaries(dict.fromkeys("abc", NUMBERS)))
def test_a_condition_holds_as_python_reads_it(text: str, values: dict[str, int]) -> None:
    present = {f"{M}/{name}": Present(value=value) for name, value in values.items()}
    wanted = eval(text, {"__builtins__": {}}, dict(values))
    assert (blocks(parse(text, machine=M), present) == "") == bool(wanted)


def _shape(expression: Expression) -> None:
    assert isinstance(expression, Compare | Not | Both)


@given(conditions())
def test_a_condition_of_unknown_signals_blocks(text: str) -> None:
    _shape(parse(text, machine=M))
    assert blocks(parse(text, machine=M), {})
