"""No two different samples ever share a key, and no sample is lost."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.model import SampleBatch
from gateway.stream.options import StampOptions
from gateway.stream.stamp import Stamper

T = 1_767_225_600_000_000_000
ROW = st.tuples(st.integers(0, 3), st.integers(0, 4), st.integers(0, 2))


@given(st.lists(st.lists(ROW, max_size=8), max_size=6))
@settings(max_examples=300, deadline=None)
def test_in_order_of_time_every_change_has_its_own_key(chunks):
    stamper = Stamper(options=StampOptions())
    kept: dict[tuple[int, int], float] = {}
    order: dict[int, list[float]] = {}
    wanted: dict[int, list[tuple[int, float]]] = {}
    flat = sorted((row for chunk in chunks for row in chunk), key=lambda row: row[1])
    sizes = [len(chunk) for chunk in chunks]
    for size in sizes:
        part, flat = flat[:size], flat[size:]
        if not part:
            continue
        # Steps of 10 ns leave room for the nudges of at most 8 rows.
        batch = SampleBatch.of(
            signal=[r[0] for r in part],
            source_ns=[T + 100 * r[1] for r in part],
            value=[float(r[2]) for r in part],
            received_ns=T,
        )
        for signal, step, value in part:
            runs = wanted.setdefault(signal, [])
            if not runs or runs[-1] != (step, float(value)):
                runs.append((step, float(value)))
        out = stamper.stamp(batch)
        for signal, time_ns, value in zip(
            out.signal.tolist(), out.source_ns.tolist(), out.value.tolist(), strict=True
        ):
            assert (signal, time_ns) not in kept
            kept[(signal, time_ns)] = value
            order.setdefault(signal, []).append(value)
    for signal, runs in wanted.items():
        assert order[signal] == [value for _, value in runs]


@given(st.lists(ROW, min_size=1, max_size=30), st.integers(0, 30))
@settings(max_examples=200, deadline=None)
def test_the_fast_way_equals_one_by_one(entries, cut):
    entries = sorted(entries, key=lambda row: row[1])

    def batch(part):
        return SampleBatch.of(
            signal=[r[0] for r in part],
            source_ns=[T + 100 * r[1] for r in part],
            value=[float(r[2]) for r in part],
            received_ns=T,
        )

    fast, slow = Stamper(options=StampOptions()), Stamper(options=StampOptions())
    whole = [fast.stamp(batch(part)) for part in (entries[:cut], entries[cut:]) if part]
    single = [slow.stamp(batch([row])) for row in entries]
    a, b = SampleBatch.concat(whole), SampleBatch.concat(single)
    for name in ("signal", "source_ns", "value", "quality"):
        assert np.array_equal(getattr(a, name), getattr(b, name))
