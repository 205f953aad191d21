"""Which state is which time, and which edges are PackML's."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from rules.throughput.classes import MACHINERY_MAP, PACKML_MAP, TimeClass, classify
from rules.throughput.packml import EDGES, illegal

NAN = float("nan")


def booked(
    state: float, *, mode: float = 1, standing: bool = False, idle: bool = False, of=PACKML_MAP
) -> TimeClass:
    found = classify(
        of,
        state=np.array([state], float),
        mode=np.array([mode], float),
        standing=np.array([standing]),
        without_order=np.array([idle]),
    )
    return TimeClass(int(found[0]))


@pytest.mark.parametrize(
    ("states", "wanted"),
    [
        ((6,), TimeClass.APT),
        ((3, 15, 16), TimeClass.ASUT),
        ((5, 13, 14), TimeClass.ADET_EXTERNAL),
        ((1, 2, 7, 8, 9, 10, 11, 12), TimeClass.ADET_INTERNAL),
        ((4, 17), TimeClass.ADOT),
        ((0, 18, 99, NAN), TimeClass.UNKNOWN),
    ],
)
def test_packml_states(states: tuple[float, ...], wanted: TimeClass) -> None:
    assert [booked(state) for state in states] == [wanted] * len(states)


def test_standing_still_and_other_modes_overrule_producing() -> None:
    assert booked(6, standing=True) is TimeClass.ADET_INTERNAL
    assert booked(3, standing=True) is TimeClass.ASUT
    assert booked(6, mode=2) is TimeClass.ADET_INTERNAL
    assert booked(6, mode=NAN) is TimeClass.APT
    assert booked(NAN, mode=2) is TimeClass.UNKNOWN


def test_machinery_states_depend_on_the_order() -> None:
    assert booked(2, mode=3, of=MACHINERY_MAP) is TimeClass.ADET_INTERNAL
    assert booked(2, mode=3, idle=True, of=MACHINERY_MAP) is TimeClass.ADOT
    assert booked(3, mode=3, of=MACHINERY_MAP) is TimeClass.APT
    assert booked(2, mode=2, of=MACHINERY_MAP) is TimeClass.ASUT


def test_legal_and_illegal_edges() -> None:
    before = np.array([6, 6, 4, 6, NAN, 6, 2, 50])
    after = np.array([10, 4, 6, 6, 4, NAN, 99, 6])
    assert illegal(before, after).tolist() == [False, True, True, False, False, False, True, True]
    assert sum(map(len, EDGES.values())) == 51


def test_the_edges_are_the_published_ones() -> None:
    shared = Path(__file__).parents[5] / "shared/data/oracle/packml_flat_transitions.csv"
    if not shared.exists():
        pytest.skip("the shared oracle is not beside this checkout")
    with shared.open() as lines:
        rows = list(csv.DictReader(lines))
    wanted = {(int(row["from_no"]), int(row["to_no"])) for row in rows}
    assert {(a, b) for a, following in EDGES.items() for b in following} == wanted
