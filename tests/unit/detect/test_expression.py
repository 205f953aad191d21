"""Expressions: what is read, what is refused and where, and that nothing of Python can be reached."""

from __future__ import annotations

import pytest

from gateway.detect.expression import LONGEST, ExpressionError, read
from rules.expression.program import MOST_INPUTS, Op
from rules.reference_expression import compute


def outcome(text: str, **values: float | None) -> float | None:
    program = read(text)
    given = {number: values.get(name) for number, name in enumerate(program.inputs)}
    return compute(program, given, {}, {})[0]


@pytest.mark.parametrize(
    ("text", "values", "wanted"),
    [
        ("a > 3", {"a": 4.0}, 1.0),
        ("a > 3", {"a": 3.0}, 0.0),
        ("a > 3", {"a": None}, None),
        ("1 / 2 == 0.5", {}, 1.0),
        ("a / b > 1", {"a": 1.0, "b": 0.0}, None),
        ("2 + 3 * 4 == 14 && (2 + 3) * 4 == 20", {}, 1.0),
        ("10 - 4 - 3 == 3", {}, 1.0),
        ("-a == 0 - a", {"a": 2.0}, 1.0),
        ("!(a < b) ? a > 10 : b > 10", {"a": 1.0, "b": 11.0}, 1.0),
        ("a in [1, 2, 3]", {"a": 2.0}, 1.0),
        ("a in [1, 2, 3]", {"a": 4.0}, 0.0),
        ("false && a > 1", {"a": None}, 0.0),
        ("a > 1 || true", {"a": None}, 1.0),
        ("true && a > 1", {"a": None}, None),
        ("max(a, 2, b) == 5 && min(a, b) == 1", {"a": 1.0, "b": 5.0}, 1.0),
        ("-7 % 4 == -3", {}, 1.0),
        ("sqrt(a) > 0", {"a": -1.0}, None),
        ("(a > 1) == (b > 1)", {"a": 2.0, "b": 2.0}, 1.0),
        ("0x10 == 16", {}, 1.0),
    ],
)
def test_an_expression_means_what_cel_means(
    text: str, values: dict[str, float | None], wanted: float | None
) -> None:
    assert outcome(text, **values) == wanted


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a +", "line 1, column 3: this is no expression"),
        ("a > > b", "line 1, column 5"),
        ("a + b", "this is a number"),
        ("(a > b) + 1 > 2", "want a number"),
        ("a && b > 1", "line 1, column 1: this is a number, want true or false"),
        ("a > 1\n&& b", "line 2, column 4: this is a number, want true or false"),
        ('a == "x"', "want a number"),
        ("a.b > 1", "a.b is not known here"),
        ("a[0] > 1", "a[b] is not known here"),
        ("[1, 2] == a", "a list is not known here"),
        ("[1].exists(x, x > 0)", "a.f() is not known here"),
        ("a in 3", "want a list after `in`"),
        ("size(a) > 1", "there is no function 'size'"),
        ("ab(a) > 1", "abs?"),
        ("abs(a, b) > 1", "want abs(number)"),
        ("rate(a + b) > 1", "want the name of a signal"),
        ("smooth(a, 0) > 1", "seconds above 0"),
        ("__import__('os') > 1", "there is no function '__import__'"),
        ("a" * (LONGEST + 1), "characters, want at most"),
        (" + ".join(["a"] * 60) + " > 1", "operations, want 1 to 100"),
        ("(" * 60 + "a > 1" + ")" * 60, "nested too deeply"),
        (" + ".join(f"s{n}" for n in range(MOST_INPUTS + 1)) + " > 1", "signals, want at most 8"),
    ],
)
def test_what_is_refused_says_where_and_why(text: str, words: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        read(text)
    assert words in str(caught.value)


def test_every_operation_is_of_the_closed_table() -> None:
    text = (
        "abs(-a) + sqrt(b) * 2 / 3 % 4 - min(a, b) <= max(a, b) && !(a == b) || a != b"
        " ? rate(a) < 1 : smooth(a, 5) >= previous(b) && age(a) > 2"
    )
    used = {step.op for step in read(text).steps}
    assert used == set(Op)
