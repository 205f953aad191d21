"""The language of interlocks: what it says, what it refuses to read, and that the unknown blocks."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.command import Present
from gateway.control.interlock import MAX_DEPTH, blocks, parse, signals

M = "s/a/l/m"


def now(**values: Any) -> dict[str, Present]:
    return {f"{M}/{name}": Present(value=value) for name, value in values.items()}


@pytest.mark.parametrize(
    ("text", "values", "holds"),
    [
        ("mode == 1", {"mode": 1}, True),
        ("mode == 1", {"mode": 2}, False),
        ("mode != 1", {"mode": 2}, True),
        ("temp < 70", {"temp": 69.9}, True),
        ("temp < 70", {"temp": 70.0}, False),
        ("temp <= 70 and temp >= -5.5", {"temp": 70}, True),
        ("state in [4, 6, 11]", {"state": 6}, True),
        ("state in [4, 6, 11]", {"state": 5}, False),
        ("not state in [8, 9]", {"state": 9}, False),
        ("door == false or mode == 3", {"door": True, "mode": 3}, True),
        ("door == false and mode == 3 or mode == 1", {"door": True, "mode": 1}, True),
        ("door == false and (mode == 3 or mode == 1)", {"door": True, "mode": 1}, False),
        ('recipe == "Cola 0.5 l"', {"recipe": "Cola 0.5 l"}, True),
        ("recipe in ['a', 'b']", {"recipe": "c"}, False),
        ("s/a/l/m/temp > 1e2", {"temp": 101.0}, True),
    ],
)
def test_what_it_says(text: str, values: dict[str, Any], holds: bool) -> None:
    why = blocks(parse(text, machine=M), now(**values))
    assert (why == "") == holds, why


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "ends too early"),
        ("mode", "ends too early"),
        ("mode = 1", "cannot be read"),
        ("1 == mode", "want a signal"),
        ("mode == temp", "want a number"),
        ("mode == 1 2", "not expected"),
        ("(mode == 1", "ends too early"),
        ("mode in []", "want a number"),
        ("mode in 1", r"want '\['"),
        ('recipe < "b"', "compares numbers"),
        ("mode == 1e999", "no finite number"),
        ("mode + 1 == 2", "cannot be read"),
        ("exec('x') == 1", "want ==|want a number|not expected"),
        ("a/b == 1", "want 5"),
        ("__import__ == 1; mode == 1", "cannot be read"),
        ("not " * (MAX_DEPTH + 1) + "mode == 1", "nested deeper"),
        ("(" * 200 + "mode == 1" + ")" * 200, "nested deeper"),
        (" and ".join(f"s{n} == 1" for n in range(21)), "more than 20 signals"),
        ("mode == 1" + " " * 500, "at most 500"),
    ],
)
def test_what_it_refuses_to_read(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        parse(text, machine=M)


@pytest.mark.parametrize(
    "present",
    [
        {},
        {f"{M}/door": Present(value=False)},
        {f"{M}/door": Present(value=False), f"{M}/mode": Present(value=1, problem="is 99 s old")},
        {f"{M}/door": Present(value=False), f"{M}/mode": Present(value=None, problem="is away")},
    ],
)
def test_an_unknown_signal_blocks_even_where_it_would_not_decide(
    present: dict[str, Present],
) -> None:
    assert blocks(parse("door == false or mode == 1", machine=M), present)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("mode == 1", "1"),
        ("mode == 1", True),
        ("mode == true", 1),
        ("mode < 1", True),
        ('mode == "a"', 1.0),
        ("mode in [1, 2]", False),
        ("not mode == 1", "2"),
        ("mode == 1", float("nan")),
    ],
)
def test_another_type_blocks_and_never_compares(text: str, value: Any) -> None:
    assert blocks(parse(text, machine=M), now(mode=value))


def test_it_names_its_signals_once_each() -> None:
    found = signals(parse("mode == 1 and (temp < 3 or mode == 2)", machine=M))
    assert found == (f"{M}/mode", f"{M}/temp")
