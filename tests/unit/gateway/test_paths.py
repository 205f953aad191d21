"""Where a path lies: within itself, what is above it, and everything."""

from __future__ import annotations

import pytest

from gateway.model import lies_within


@pytest.mark.parametrize(
    ("above", "within"),
    [
        ("", True), ("p", True), ("p/a/l", True), ("p/a/l/filler", True),
        ("p/a/l/fill", False), ("p/a/l/filler/state", False), ("p/b", False),
    ],
)  # fmt: skip
def test_a_machine_lies_within_itself_and_what_is_above_it(above: str, within: bool) -> None:
    assert lies_within("p/a/l/filler", above) is within
