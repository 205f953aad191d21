"""Ages, gaps, deadlines, words and settings: the corners that the bigger tests do not reach."""

from __future__ import annotations

import asyncio

import numpy as np
import pytest
from pydantic import ValidationError

from gateway.clock import ManualClock
from gateway.errors import NotConnectedError
from gateway.model import SampleBatch, Signal
from gateway.options import Options
from gateway.ports import Session
from gateway.stream import options
from gateway.stream.link.ages import Ages
from gateway.stream.link.deadline import within
from gateway.stream.link.gaps import GapTracker
from gateway.stream.link.rates import RateMeter
from gateway.stream.link.words import clean, reason
from tests.peers.stream_parts import house, rows


def test_every_setting_has_a_sentence():
    models = [m for m in vars(options).values() if isinstance(m, type) and issubclass(m, Options)]
    for model in models:
        for name, field in model.model_fields.items():
            assert field.description, f"{model.__name__}.{name}"
            assert field.description.endswith(".")


def test_a_back_off_whose_bounds_are_swapped_is_refused():
    with pytest.raises(ValidationError, match="max_s must not be smaller than min_s"):
        options.BackOffOptions(min_s=5, max_s=1)


async def test_ages_count_by_each_signals_own_limit(tmp_path):
    async with house(tmp_path) as parts:
        [slow] = parts.catalogue.register([Signal(path="s/a/l/m/slow", stale_after_s=100.0)])
        ages = Ages(parts.catalogue, parts.clock)
        assert ages.stale(()) == 0
        ages.note(SampleBatch.empty())
        await parts.clock.advance(11)
        ages.note(rows(1, signal=999))
        ages.note(rows(1, signal=1))
        assert ages.stale((0, 1, int(slow), 5000)) == 1
        await parts.clock.advance(90)
        assert ages.stale((0, 1, int(slow), 5000)) == 3


async def test_gaps_that_an_earlier_run_left_open_are_taken_over(tmp_path):
    async with house(tmp_path) as parts:
        await parts.ledger.begin({0: 5, 900: 5}, cause="earlier")
        tracker = GapTracker(parts.ledger, last_ns=np.zeros(1, np.int64))
        await tracker.begin([0, 900], cause="later")
        tracker.connected(Session(resumed=False), now_ns=parts.clock.now_ns())
        tracker.journaled(SampleBatch.empty())
        tracker.journaled(rows(1, signal=900))
        assert tracker.ended_by(SampleBatch.empty(), now_ns=0) == []
        future = rows(10**7, signal=900, received_s=3.0)
        [gap] = tracker.ended_by(future, now_ns=parts.clock.now_ns())
        assert gap.end_ns == int(future.received_ns[0]), "an absurd source time ends no gap"


async def test_what_ends_late_is_forgotten():
    clock = ManualClock()
    ended = asyncio.Event()

    async def stubborn() -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            ended.set()
            raise OSError("late") from None

    work = asyncio.create_task(within(clock, 1.0, stubborn()))
    for _ in range(3):
        await asyncio.sleep(0)
    await clock.advance(2.0)
    with pytest.raises(TimeoutError, match="within 1 s"):
        await work
    assert ended.is_set()

    async def cancels_itself() -> None:
        raise asyncio.CancelledError

    with pytest.raises(NotConnectedError, match="from inside"):
        await within(clock, 1.0, cancels_itself())


async def test_rates_forget_after_ten_seconds():
    clock = ManualClock()
    meter = RateMeter(clock)
    meter.add(50)
    meter.add(50)
    await clock.advance(5)
    assert meter.per_s() == 20.0
    await clock.advance(6)
    assert meter.per_s() == 0.0


def test_words_from_machines_are_one_printable_line():
    assert clean("a\x00b\n\tc\x1b[0m") == "a b c [0m"
    assert len(clean("x" * 5000)) == 300
    assert reason(ValueError()) == "ValueError"
