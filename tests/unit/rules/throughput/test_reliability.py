"""Reliability figures against the worked example E4 of the reference."""

from __future__ import annotations

import pytest

from rules.throughput.reliability import figures


def test_the_worked_example_reproduces() -> None:
    found = figures(operating=1200.0, repairs=[20.0, 45.0, 10.0], acknowledgements=[2.0, 5.0, 1.0])
    assert found.mtbf == 400.0
    assert found.mttr == 25.0
    assert found.mtta == pytest.approx(2.667, abs=5e-4)
    assert found.availability == pytest.approx(0.941176, abs=5e-7)


def test_what_was_not_counted_is_not_told() -> None:
    assert figures(operating=1200.0, repairs=[], acknowledgements=[]) == (None, None, None, None)
    unmeasured = figures(operating=None, repairs=[10.0], acknowledgements=[])
    assert unmeasured == (None, 10.0, None, None)
    assert figures(operating=0.0, repairs=[0.0], acknowledgements=[]).availability is None
