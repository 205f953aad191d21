"""Alarm figures by hand, and against plain loops."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.alarm import AlarmMetrics, AlarmPriority
from gateway.detect.alarms.metrics import Spells, floods, measure, rolling, spells
from tests.peers.web_alarms import EXAMPLE

S = 1_000_000_000
HOUR = 3600
Told = tuple[int, float, bool]


def held(*told: Told, end_s: float = 24 * HOUR) -> Spells:
    """Spells of (alarm, second, raised)."""
    return spells(
        np.array([a for a, _, _ in told], np.int64),
        np.array([round(t * S) for _, t, _ in told], np.int64),
        np.array([r for _, _, r in told], np.bool_),
        np.ones(len(told), np.bool_),
        end_ns=round(end_s * S),
    )


def measured(*told: Told, end_s: float = 24 * HOUR, operators: int = 1) -> AlarmMetrics:
    alarms = {n: replace(EXAMPLE, number=n) for n in range(1, 30)}
    alarms[2] = replace(alarms[2], priority=AlarmPriority.HIGH)
    return measure(
        held(*told, end_s=end_s),
        alarms,
        start_ns=0,
        end_ns=round(end_s * S),
        operators=operators,
    )


def spell(alarm: int, start_s: float, end_s: float) -> list[Told]:
    return [(alarm, start_s, True), (alarm, end_s, False)]


def test_rates_are_per_operator_and_shares_are_parts() -> None:
    told = [t for n in range(48) for t in spell(1 + n % 12, n * 1800, n * 1800 + 60)]
    one = measured(*told)
    assert (one.raised, one.per_hour, one.per_day) == (48, 2.0, 48.0)
    assert one.per_10_min == pytest.approx(1 / 3)
    assert one.top_10_share == pytest.approx(40 / 48)
    assert measured(*told, operators=2).per_hour == 1.0
    assert (one.most_in_10_min, one.floods, one.in_flood) == (1, (), 0.0)
    assert one.by_priority == {"low": 0, "medium": 44, "high": 4}


def test_a_flood_begins_above_ten_and_ends_below_five_in_ten_minutes() -> None:
    times = np.array([n * 30 for n in range(12)], np.int64) * S
    assert floods(times[:10], end_ns=HOUR * S) == []
    (flood,) = floods(times, end_ns=HOUR * S)
    assert flood.start_ns == 300 * S, "with the eleventh"
    assert flood.end_ns == (7 * 30 + 600) * S, "when the fifth last has left the window"
    assert (flood.alarms, flood.peak_10_min) == (12, 12)
    (cut,) = floods(times, end_ns=400 * S)
    assert cut.end_ns == 400 * S
    later = np.concatenate([times, times + 7200 * S])
    assert [f.start_ns for f in floods(later, end_ns=9 * HOUR * S)] == [300 * S, 7500 * S]


@given(st.lists(st.integers(0, 4000), min_size=1, max_size=60))
def test_floods_equal_a_plain_walk_over_every_second(seconds: list[int]) -> None:
    seconds.sort()
    end = 6000
    wanted: list[tuple[int, int]] = []
    start: int | None = None
    for t in range(end):
        count = sum(1 for s in seconds if t - 600 < s <= t)
        if start is None and count > 10:
            start = t
        elif start is not None and count < 5:
            wanted.append((start, t))
            start = None
    if start is not None:
        wanted.append((start, end))
    found = floods(np.array(seconds, np.int64) * S, end_ns=end * S)
    assert [(f.start_ns // S, f.end_ns // S) for f in found] == wanted


@given(
    st.lists(
        st.tuples(st.integers(1, 3), st.integers(0, 100), st.booleans()), min_size=0, max_size=40
    )
)
def test_spells_equal_a_plain_walk(told: Sequence[Told]) -> None:
    ordered = sorted(told, key=lambda e: (e[0], e[1], not e[2]))
    wanted: list[tuple[int, float, float, bool]] = []
    for alarm in (1, 2, 3):
        began: float | None = None
        for _, t, raised in [e for e in ordered if e[0] == alarm]:
            if raised and began is None:
                began = t
            elif not raised and began is not None:
                wanted.append((began, alarm, t, False))  # type: ignore[arg-type]
                began = None
        if began is not None:
            wanted.append((began, alarm, 200, True))  # type: ignore[arg-type]
    found = held(*told, end_s=200)
    got = list(
        zip(
            (found.start // S).tolist(),
            found.alarm.tolist(),
            (found.end // S).tolist(),
            found.open.tolist(),
            strict=True,
        )
    )
    assert got == sorted(wanted)


def test_chattering_fleeting_and_stale() -> None:
    chatter = [t for n in range(3) for t in spell(1, 100 + n * 20, 105 + n * 20)]
    fleeting = spell(3, 5000, 5004)
    stale = spell(4, 10, 30 * HOUR)
    found = measured(*chatter, *fleeting, *stale, end_s=48 * HOUR)
    actors = {actor.alarm: actor for actor in found.worst}
    assert actors[1].chattering
    assert not actors[3].chattering
    assert (actors[3].fleeting, actors[4].fleeting) == (1, 0)
    assert actors[4].stale_s == 6 * HOUR - 10
    assert (found.chattering, found.stale, found.most_stale_in_a_day) == (1, 1, 1)
    assert found.worst[0].alarm == 1
    assert {b.name for b in found.benchmarks if not b.met} >= {"chattering", "fleeting"}


def test_what_was_hidden_counts_as_hidden_and_nothing_is_no_division_by_zero() -> None:
    columns = (np.array([1]), np.array([5 * S]), np.array([True]), np.array([False]))
    found = measure(spells(*columns, end_ns=100 * S), {1: EXAMPLE}, start_ns=0, end_ns=100 * S)
    assert (found.raised, found.hidden, found.top_10_share) == (0, 1, 0.0)
    assert rolling(np.zeros(0, np.int64), S).tolist() == []
