"""Whatever the order and the cut of what a machine told: the same sums, and those of a walk second by second."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from rules.throughput.account import account, fold
from rules.throughput.classes import PACKML, PACKML_MAP, TimeClass
from rules.throughput.pieces import HOUR_NS, Definition, Plan
from rules.throughput.sums import CLASSES, Field, Key, Vector, add, whole
from rules.throughput.window import Rows, Track, Window, begin, insert

S = 10**9
T0 = 1_767_225_600 * S + 3000 * S
HOLD_S, MINOR_S, LATE_S = 40, 25, 120
LENGTH_S = 800
DEFINITION = Definition(
    classes=PACKML_MAP,
    minor_ns=MINOR_S * S,
    hold_ns=HOLD_S * S,
    lateness_ns=LATE_S * S,
    run_time_ns=S // 2,
    bits=(8, 8, 8),
    max_per_s=(3.0, 3.0, 3.0),
)
PLAN = Plan(np.array([T0 - 10**15, T0 + 233 * S, T0 + 500 * S], np.int64))


@dataclass(frozen=True)
class Told:
    """A row at a second."""

    at_s: int
    track: int
    value: float


VALUES = {
    Track.STATE: st.sampled_from([6.0, 6.0, 5.0, 11.0, 9.0, 4.0, 3.0, 77.0, float("nan")]),
    Track.MODE: st.sampled_from([1.0, 2.0]),
    Track.SPEED: st.sampled_from([0.0, 100.0, 99.0, float("nan")]),
    Track.GOOD: st.integers(0, 255).map(float),
    Track.REJECT: st.integers(0, 255).map(float),
    Track.PRESENCE: st.just(float("nan")),
}


@st.composite
def stories(draw) -> list[Told]:
    keys = draw(
        st.lists(
            st.tuples(st.integers(0, LENGTH_S), st.sampled_from(sorted(VALUES))),
            min_size=1,
            max_size=80,
            unique=True,
        )
    )
    told = [Told(at, track, draw(VALUES[Track(track)])) for at, track in keys]
    return sorted(told, key=lambda each: (each.at_s, each.track))


def rows(told: list[Told]) -> Rows:
    return Rows(
        np.array([each.track for each in told], np.uint8),
        np.array([T0 + each.at_s * S for each in told], np.int64),
        np.array([each.value for each in told], float),
    )


def put(window: Window, told: list[Told]) -> Window:
    found = insert(window, rows(told), hold_ns=DEFINITION.hold_ns)
    assert not found.late.any()
    return found.window


def at_once(told: list[Told]) -> dict[Key, Vector]:
    window = put(begin(T0), told)
    return account(window, DEFINITION, PLAN, end_ns=window.newest_ns).sums


def same(one: dict[Key, Vector], two: dict[Key, Vector]) -> None:
    assert {k for k, v in one.items() if v.any()} == {k for k, v in two.items() if v.any()}
    for key, row in one.items():
        assert np.array_equal(row, two.get(key, np.zeros(len(Field)))), (key, row, two[key])


@settings(max_examples=60, deadline=None)
@given(stories(), st.data())
def test_any_order_and_any_cut_within_the_lateness_give_the_same_sums(told, data) -> None:
    delays = data.draw(st.lists(st.integers(0, LATE_S - 1), min_size=len(told), max_size=len(told)))
    arrivals = sorted(zip(told, delays, strict=True), key=lambda each: each[0].at_s + each[1])
    arrived = [each for each, _ in arrivals]
    cuts = sorted(data.draw(st.sets(st.integers(0, len(told)), max_size=12)))
    window = begin(T0)
    base: dict[Key, Vector] = {}
    for first, last in zip([0, *cuts], [*cuts, len(told)], strict=True):
        window = put(window, arrived[first:last])
        folded = fold(window, DEFINITION, PLAN, least_ns=data.draw(st.sampled_from([0, 30 * S])))
        window = folded.window
        if folded.settled is not None:
            base = add([base, folded.settled.sums])
    live = account(window, DEFINITION, PLAN, end_ns=window.newest_ns).sums
    same(at_once(told), add([base, live]))


@settings(max_examples=25, deadline=None)
@given(stories())
def test_rows_told_twice_count_once(told) -> None:
    window = put(put(begin(T0), told), told[::2])
    same(at_once(told), account(window, DEFINITION, PLAN, end_ns=window.newest_ns).sums)


@settings(max_examples=60, deadline=None)
@given(stories())
def test_the_parts_make_up_the_whole_to_the_nanosecond(told) -> None:
    window = put(begin(T0), told)
    found = account(window, DEFINITION, PLAN, end_ns=window.newest_ns)
    total = whole(found.sums.values())
    assert total[:CLASSES].sum() == window.newest_ns - T0
    length = found.pieces.end_ns - found.pieces.start_ns
    for booked in TimeClass:
        assert total[booked] == length[found.pieces.booked == booked].sum()
    for key, row in found.sums.items():
        assert row[:CLASSES].sum() <= HOUR_NS
        assert key.segment_ns in PLAN.start_ns


@settings(max_examples=60, deadline=None)
@given(stories())
def test_times_equal_a_walk_second_by_second(told) -> None:
    wanted, stops, minor = walked(told)
    total = whole(at_once(told).values())
    assert (total[:CLASSES] / S).tolist() == wanted
    assert (total[Field.STOPS], total[Field.MINOR_STOPS]) == (stops, minor)


def walked(told: list[Told]) -> tuple[list[float], int, int]:
    """The slow way: what each second is, then how long each delay is."""
    alive = {each.at_s for each in told if each.track == Track.PRESENCE or each.value == each.value}
    last = max(each.at_s for each in told)
    heard = sorted(alive | {0, last})
    booked = []
    for at in range(last):
        held = {each.track: each.value for each in told if each.at_s <= at}
        moving = [
            each.value
            for each in told
            if each.track == Track.SPEED and each.at_s <= at and each.value == each.value
        ]
        before = max((t for t in heard if t <= at), default=0)
        after = min(t for t in heard if t > at)
        booked.append(_class(held, moving, silent=after - before > HOLD_S))
    seconds = [0.0] * CLASSES
    stops = minor = at = 0
    delays = (TimeClass.ADET_INTERNAL, TimeClass.ADET_EXTERNAL)
    while at < len(booked):
        end = at
        while end < len(booked) and booked[end] in delays:
            end += 1
        is_short = end - at < MINOR_S
        stops, minor = stops + (end > at and not is_short), minor + (end > at and is_short)
        for each in booked[at:end]:
            seconds[TimeClass.MINOR if is_short else each] += 1
        if end < len(booked):
            seconds[booked[end]] += 1
        at = end + 1
    return seconds, stops, minor


def _class(held: dict[int, float], moving: list[float], *, silent: bool) -> TimeClass:
    state = held.get(Track.STATE, float("nan"))
    if silent or state != state:
        return TimeClass.UNKNOWN
    if held.get(Track.MODE) == 2.0:
        return TimeClass.ADET_INTERNAL
    if state not in PACKML:
        return TimeClass.UNKNOWN
    if state == 6 and moving and moving[-1] <= 0:
        return TimeClass.ADET_INTERNAL
    return PACKML[int(state)]
