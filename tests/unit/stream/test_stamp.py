"""Stamps: believable times, unique keys, repeats recognised, nothing infinite called good."""

from __future__ import annotations

import numpy as np
import pytest

from gateway.clock import NS_PER_S
from gateway.model import SampleBatch
from gateway.quality import BAD_OUT_OF_RANGE, GOOD, UNCERTAIN
from gateway.stream.options import StampOptions
from gateway.stream.stamp import Stamper

T = 1_767_225_600 * NS_PER_S
OPTIONS = StampOptions()


def rows(*entries, side=None, received=T + 60 * NS_PER_S) -> SampleBatch:
    """Rows as (signal, offset in ns from T, value)."""
    return SampleBatch.of(
        signal=[e[0] for e in entries],
        source_ns=[T + e[1] for e in entries],
        value=[float(e[2]) for e in entries],
        received_ns=received,
        side=side,
    )


def keys(batch: SampleBatch) -> list[tuple[int, int, float]]:
    return list(
        zip(
            batch.signal.tolist(), (batch.source_ns - T).tolist(), batch.value.tolist(), strict=True
        )
    )


def test_rows_that_move_on_pass_untouched():
    stamper = Stamper(options=OPTIONS)
    batch = rows((1, 1, 5), (2, 1, 6), (1, 2, 5), (900, 1, 0))
    assert stamper.stamp(batch) is batch
    assert stamper.stamp(SampleBatch.empty()).seq == 0
    assert stamper.figures.skew_s == pytest.approx(60.0)


def test_what_is_not_finite_is_not_good():
    stamper = Stamper(options=OPTIONS)
    batch = SampleBatch.of(
        signal=[0, 1, 2, 3, 4],
        source_ns=[T] * 5,
        value=[np.nan, np.inf, np.nan, -np.inf, 1e308],
        received_ns=T,
        quality=[0, 0, 0, UNCERTAIN, 0],
        side={2: "text"},
    )
    out = stamper.stamp(batch)
    assert out.quality.tolist() == [BAD_OUT_OF_RANGE, BAD_OUT_OF_RANGE, GOOD, UNCERTAIN, GOOD]
    assert stamper.figures.out_of_range == 2
    again = SampleBatch.of(
        signal=[5], source_ns=[T], value=[np.nan], received_ns=T, quality=UNCERTAIN
    )
    assert stamper.stamp(again) is again


def test_absurd_source_times_become_the_time_of_receipt():
    stamper = Stamper(options=OPTIONS)
    batch = SampleBatch.of(
        signal=[0, 1, 2, 3],
        source_ns=[0, T + 2 * 86400 * NS_PER_S, T - 5, -1],
        value=[1, 2, 3, 4],
        received_ns=T,
        quality=[0, 0, 0, 0x8000_0000],
    )
    out = stamper.stamp(batch)
    assert out.source_ns.tolist() == [T, T, T - 5, T]
    assert out.quality.tolist() == [UNCERTAIN, UNCERTAIN, GOOD, 0x8000_0000]
    assert stamper.figures.replaced_times == 3


def test_a_repeat_is_dropped_and_a_different_value_is_nudged():
    stamper = Stamper(options=OPTIONS)
    out = stamper.stamp(rows((1, 10, 5), (1, 10, 5), (1, 10, 6), (1, 10, 5), (2, 10, 1)))
    assert keys(out) == [(1, 10, 5), (1, 11, 6), (1, 12, 5), (2, 10, 1)]
    assert (stamper.figures.duplicates, stamper.figures.nudged) == (1, 2)
    assert keys(stamper.stamp(rows((1, 12, 7), (1, 13, 8), (1, 20, 9)))) == [
        (1, 13, 7),
        (1, 14, 8),
        (1, 20, 9),
    ], "a true time that a nudge already used moves on as well"


def test_text_counts_as_the_value():
    stamper = Stamper(options=OPTIONS)
    first = SampleBatch.of(signal=[1], source_ns=[T], value=[np.nan], received_ns=T, side={0: "a"})
    other = SampleBatch.of(signal=[1], source_ns=[T], value=[np.nan], received_ns=T, side={0: "b"})
    assert len(stamper.stamp(first)) == 1
    assert len(stamper.stamp(first)) == 0
    out = stamper.stamp(other)
    assert (out.source_ns.tolist(), dict(out.side)) == ([T + 1], {0: "b"})
    plain = rows((1, 50, 3))
    assert len(stamper.stamp(plain)) == 1
    assert len(stamper.stamp(plain)) == 0, "the old text no longer belongs to the newest sample"


def test_a_session_that_delivers_again_creates_no_new_keys():
    stamper = Stamper(options=OPTIONS)
    sent = rows((1, 10, 0), (1, 10, 1), (1, 10, 0), (1, 20, 3), (2, 10, 7), (1, 30, 4))
    first = keys(stamper.stamp(sent))
    for start in range(6):
        stamper.new_session()
        again = keys(stamper.stamp(sent.take(np.arange(start, 6))))
        assert set(again) <= set(first), f"redelivered from {start}"
    assert keys(stamper.stamp(rows((1, 30, 5)))) == [(1, 31, 5)]


@pytest.mark.parametrize("start", range(6))
def test_a_restart_primed_from_the_journal_recognises_them_too(start):
    sent = rows((1, 10, 0), (1, 10, 1), (1, 10, 0), (1, 20, 3), (2, 10, 7), (300, 30, 4))
    first = Stamper(options=OPTIONS).stamp(sent)
    stamper = Stamper(options=OPTIONS)
    stamper.prime(first)
    again = keys(stamper.stamp(sent.take(np.arange(start, 6))))
    assert set(again) <= set(keys(first))
    assert stamper.figures.nudged <= 3


def test_the_memory_of_runs_is_bounded():
    stamper = Stamper(options=StampOptions(runs_max=2))
    for n in range(5):
        stamper.stamp(rows((1, 10 * n, 0), (1, 10 * n, 1)))
    assert len(stamper._runs) == 2


def test_a_run_that_was_forgotten_gives_no_key_twice():
    stamper = Stamper(options=StampOptions(runs_max=1))
    out = stamper.stamp(
        rows((1, 10, 0), (1, 10, 1), (1, 10, 2), (2, 10, 0), (2, 10, 1), (1, 10, 3), (1, 10, 4))
    )
    assert [key for key in keys(out) if key[0] == 1] == [
        (1, 10, 0),
        (1, 11, 1),
        (1, 12, 2),
        (1, 13, 3),
        (1, 14, 4),
    ]


def test_late_rows_of_one_time_stand_beside_each_other():
    stamper = Stamper(options=OPTIONS)
    out = stamper.stamp(rows((1, 10, 1), (1, 5, 2), (1, 5, 2), (1, 5, 3), (1, 11, 4)))
    assert keys(out) == [(1, 10, 1), (1, 5, 2), (1, 6, 3), (1, 11, 4)]
    assert stamper.figures.duplicates == 1


def test_late_rows_keep_their_time():
    stamper = Stamper(options=OPTIONS)
    assert keys(stamper.stamp(rows((1, 10, 1), (1, 5, 2), (1, 11, 3)))) == [
        (1, 10, 1),
        (1, 5, 2),
        (1, 11, 3),
    ]


def test_a_negative_index_is_refused():
    with pytest.raises(ValueError, match="not in the catalogue"):
        Stamper(options=OPTIONS).stamp(rows((-1, 1, 1)))
