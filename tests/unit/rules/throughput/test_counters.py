"""Counters against the worked example, and many of them at once against one at a time."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.throughput.counters import Counters, Readings, Step, added_to, deltas

S = 10**9
E4: dict[str, Any] = {
    "bits": 16,
    "readings": [65530, 65534, 3, 10, 0, 4],
    "dt_s": 10,
    "max_rate_per_s": 2,
    "deltas": [4, 5, 7, 0, 4],
    "kinds": [Step.OK, Step.ROLLOVER, Step.OK, Step.RESET, Step.OK],
}


def counted(values: list[float], *, dt_s: float = 10, bits: int = 16, most: float = 2.0):
    n = len(values)
    readings = Readings(
        np.zeros(n, np.int32), (np.arange(n) * dt_s * S).astype(np.int64), np.array(values, float)
    )
    return deltas(readings, Counters(np.array([bits]), np.array([most])))


def test_the_worked_example_is_exact() -> None:
    found = counted(E4["readings"])
    assert found.pieces.tolist() == [0, *E4["deltas"]]
    assert found.step.tolist() == [Step.FIRST, *E4["kinds"]]
    assert found.pieces.sum() == 20
    assert not found.suspect.any()


def test_faster_than_it_can_be_is_counted_and_flagged() -> None:
    found = counted([0, 30, 61])
    assert found.pieces.tolist() == [0, 30, 31]
    assert found.suspect.tolist() == [False, False, True]


@pytest.mark.parametrize(
    ("values", "bits", "steps"),
    [
        ([65534, 3], 16, [Step.ROLLOVER]),
        ([10, 0], 16, [Step.RESET]),
        ([65534, 3], 0, [Step.RESET]),
        ([70000, 3], 16, [Step.RESET]),
    ],
)
def test_without_a_greatest_rate(values: list[float], bits: int, steps: list[Step]) -> None:
    assert counted(values, bits=bits, most=np.inf).step.tolist()[1:] == steps


def test_nothing_gives_nothing() -> None:
    assert len(counted([]).pieces) == 0


@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2**8 - 1)), max_size=60),
    st.floats(0.1, 20),
)
def test_many_at_once_equal_one_at_a_time(rows: list[tuple[int, int]], most: float) -> None:
    signal = np.array([s for s, _ in rows], np.int32)
    value = np.array([float(v) for _, v in rows])
    time_ns = np.arange(len(rows), dtype=np.int64) * S
    setting = Counters(np.full(4, 8), np.full(4, most))
    whole = deltas(Readings(signal, time_ns, value), setting)
    last: dict[int, tuple[int, float]] = {}
    for row, (s, v) in enumerate(rows):
        t0, old = last.get(s, (int(time_ns[row]), float(v)))
        limit = max(most * (time_ns[row] - t0) / S * 1.5, 1.0)
        difference = v - old
        wanted = difference if difference >= 0 else difference % 256
        if difference < 0 and wanted > limit:
            wanted = v
        assert whole.pieces[row] == wanted
        assert whole.suspect[row] == (s in last and wanted > limit)
        assert whole.since_ns[row] == t0
        last[s] = (int(time_ns[row]), float(v))


@given(
    st.lists(st.tuples(st.integers(0, 40), st.integers(0, 2**8 - 1)), max_size=40),
    st.lists(st.integers(0, 12), max_size=12),
)
def test_readings_added_bit_by_bit_count_what_they_count_at_once(
    rows: list[tuple[int, int]], cuts: list[int]
) -> None:
    rows = sorted(dict(rows).items())
    time_ns = np.array([t * S for t, _ in rows], np.int64)
    value = np.array([float(v) for _, v in rows])
    whole = added_to(None, time_ns, value, bits=8, max_per_s=4.0)
    pieces: list[float] = []
    last = None
    for part in np.split(np.arange(len(rows)), sorted(cuts)):
        shuffled = part[::-1]
        new = added_to(last, time_ns[shuffled], value[shuffled], bits=8, max_per_s=4.0)
        pieces += new.counted.pieces.tolist()
        last = new.last
    assert pieces == whole.counted.pieces.tolist()
    assert last == whole.last == ((rows[-1][0] * S, float(rows[-1][1])) if rows else None)


def test_what_is_older_than_the_last_reading_or_no_number_adds_nothing() -> None:
    time_ns = np.array([5, 10, 20, 30, 40]) * S
    value = np.array([97.0, 98.0, np.inf, 103.0, np.nan])
    new = added_to((10 * S, 100.0), time_ns, value, bits=0, max_per_s=np.inf)
    assert new.time_ns.tolist() == [30 * S]
    assert new.counted.pieces.tolist() == [3.0]
    assert new.counted.since_ns.tolist() == [10 * S]
    assert new.last == (30 * S, 103.0)


def test_the_worked_example_is_the_published_one() -> None:
    shared = Path(__file__).parents[5] / "shared/data/oracle/oee_examples.json"
    if not shared.exists():
        pytest.skip("the shared oracle is not beside this checkout")
    published = json.loads(shared.read_text())["E4_counter_and_reliability"]["counter"]
    assert published["readings"] == E4["readings"]
    assert published["deltas"] == E4["deltas"]
