"""What every historian promises about writing."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway import quality
from gateway.clock import NS_PER_S
from gateway.model import SampleBatch, SideValue
from tests.peers.historian import T0, Bench, ramp

EVER = {"start_ns": -(2**62), "end_ns": 2**62}


async def test_rows_come_back_as_they_went_in(bench: Bench) -> None:
    batch = SampleBatch.of(
        signal=[0, 1, 0],
        source_ns=[T0 + 1, T0 + 2, T0 + 3],
        value=[1.5, -0.0, 1e308],
        received_ns=[T0 + 11, T0 + 12, T0 + 13],
        quality=[quality.GOOD, quality.UNCERTAIN_LAST_USABLE_VALUE, quality.BAD_SENSOR_FAILURE],
    )
    assert await bench.put(batch) == []
    got = await bench.historian.rows([0, 1], **EVER, limit=10)
    assert got.signal.tolist() == [0, 1, 0]
    assert got.source_ns.tolist() == batch.source_ns.tolist()
    assert got.received_ns.tolist() == batch.received_ns.tolist()
    assert got.value.tobytes() == batch.value.tobytes()
    assert got.quality.tolist() == batch.quality.tolist()
    assert got.signal.dtype == np.int32
    assert got.quality.dtype == np.uint32


async def test_the_same_chunk_twice_has_the_effect_of_once(bench: Bench) -> None:
    batch = ramp(0, 100)
    await bench.put(batch)
    bench.seq -= 1
    await bench.put(batch)
    await bench.put(batch)
    assert await bench.historian.count([0], **EVER) == 100


async def test_redelivery_among_new_rows_adds_only_the_new_ones(bench: Bench) -> None:
    await bench.put(ramp(0, 50))
    await bench.put(SampleBatch.concat([ramp(0, 50, start=25), ramp(1, 10)]))
    assert await bench.historian.count([0], **EVER) == 75
    assert await bench.historian.count([0, 1], **EVER) == 85


async def test_a_late_row_finds_its_place(bench: Bench) -> None:
    await bench.put(ramp(0, 3, step_ns=2 * NS_PER_S))
    late = SampleBatch.of(signal=[0], source_ns=[T0 + NS_PER_S], value=[0.5], received_ns=T0)
    await bench.put(late)
    got = await bench.historian.rows([0], **EVER, limit=10)
    assert got.value.tolist() == [0.0, 0.5, 1.0, 2.0]


HOSTILE = [
    "",
    "=1+1",
    'quote " backslash \\ comma , space',
    "trailing\\",
    "line\nbreak\r\ttab",
    "Füllgewicht 🏭",
    "'; DROP TABLE samples; --",
    "x" * 10_000,
    "t",
    "i5",
]


async def test_text_integers_and_arrays_are_exact(bench: Bench) -> None:
    values: list[SideValue] = [
        *HOSTILE,
        2**63 - 1,
        -(2**63),
        2**64 - 1,
        (),
        (1.0, -0.0, 0.1 + 0.2),
        (math.inf, 5e-324),
    ]
    floats = [float(v) if isinstance(v, int) else math.nan for v in values]
    await bench.put(
        SampleBatch.of(
            signal=np.full(len(values), 8),
            source_ns=T0 + np.arange(len(values)),
            value=floats,
            received_ns=T0,
            side=dict(enumerate(values)),
        )
    )
    got = await bench.historian.rows([8], **EVER, limit=100)
    assert [got.side[row] for row in range(len(got))] == values
    assert np.array_equal(got.value, floats, equal_nan=True)


async def test_not_a_number_and_infinities_are_kept(bench: Bench) -> None:
    values = [math.nan, math.inf, -math.inf, 1.0]
    await bench.put(
        SampleBatch.of(signal=[0] * 4, source_ns=T0 + np.arange(4), value=values, received_ns=T0)
    )
    got = await bench.historian.rows([0], **EVER, limit=10)
    assert np.array_equal(got.value, values, equal_nan=True)
    assert not got.side


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.data())
async def test_any_text_survives(bench: Bench, data: st.DataObject) -> None:
    text = data.draw(st.text(st.characters(exclude_categories=["Cs"]), max_size=60))
    number = data.draw(st.floats(allow_nan=False, allow_infinity=False))
    at = T0 + bench.seq * 10
    await bench.put(
        SampleBatch.of(
            signal=[2, 3],
            source_ns=[at, at],
            value=[math.nan, number],
            received_ns=T0,
            side={0: text},
        )
    )
    got = await bench.historian.rows([2, 3], start_ns=at, end_ns=at + 1, limit=5)
    assert got.side[0] == text
    assert got.value[1].tobytes() == np.float64(number).tobytes()


async def test_text_that_is_no_text_becomes_a_dead_letter_and_the_rest_is_stored(
    bench: Bench,
) -> None:
    letters = await bench.put(
        SampleBatch.of(
            signal=[0, 1, 2],
            source_ns=[T0, T0, T0],
            value=[1.0, math.nan, 2.0],
            received_ns=T0,
            side={1: "broken \ud800"},
        )
    )
    assert [letter.source for letter in letters] == ["site/area/line/machine/s1"]
    assert letters[0].payload
    assert await bench.historian.count([0, 1, 2], **EVER) == 2


async def test_an_empty_chunk_is_fine(bench: Bench) -> None:
    assert await bench.put(SampleBatch.empty()) == []
    cursor = await bench.historian.cursor()
    assert cursor in (None, 1)


@pytest.mark.parametrize("n", [20_000])
async def test_a_large_chunk(bench: Bench, n: int) -> None:
    await bench.put(
        SampleBatch.of(
            signal=np.arange(n, dtype=np.int32) % 8,
            source_ns=T0 + np.arange(n) // 8 * NS_PER_S,
            value=np.arange(n).astype(float),
            received_ns=T0,
        )
    )
    assert await bench.historian.count(list(range(8)), **EVER) == n
