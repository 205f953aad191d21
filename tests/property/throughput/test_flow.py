"""Bottleneck and waits by columns equal a slow reading moment by moment, and windows add up."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from rules.throughput.bottleneck import Turn, bottleneck
from rules.throughput.waits import Stood, Wait, attribute, waited

MOST = 60


@st.composite
def spans(draw: st.DrawFn) -> list[tuple[int, int]]:
    edges = sorted(draw(st.sets(st.integers(0, MOST), max_size=10)))
    return [(a, b) for place, (a, b) in enumerate(pairwise(edges)) if place % 2 == 0]


@st.composite
def machine(draw: st.DrawFn) -> Stood:
    """Waits and stops of one machine, which do not overlap."""
    edges = sorted(draw(st.sets(st.integers(0, MOST), max_size=12)))
    kinds = draw(st.lists(st.sampled_from("wsn"), min_size=len(edges), max_size=len(edges)))
    rows: dict[str, list[tuple[int, int]]] = {"w": [], "s": [], "n": []}
    for kind, (a, b) in zip(kinds, pairwise(edges), strict=False):
        held = rows[kind]
        if held and held[-1][1] == a:
            held[-1] = (held[-1][0], b)
        else:
            held.append((a, b))
    waits, stands = (np.array(rows[kind], np.int64).reshape(-1, 2) for kind in "ws")
    return Stood(waits=waits, stands=stands)


def slow_bottleneck(active: dict[str, list[tuple[int, int]]], start: int, end: int) -> list[str]:
    """Return who is the bottleneck in each unit of time ("": nobody)."""
    found = []
    for at in range(start, end):
        best, longest = "", -1
        for unit, periods in active.items():
            for a, b in periods:
                whole = min(b, end) - max(a, start)
                if max(a, start) <= at < min(b, end) and whole > longest:
                    best, longest = unit, whole
        found.append(best)
    return found


@given(
    st.dictionaries(st.sampled_from("ABCDE"), spans(), max_size=5),
    st.integers(0, 30),
    st.integers(31, MOST),
)
def test_the_bottleneck_is_the_longest_running_period_at_every_moment(
    active: dict[str, list[tuple[int, int]]], start: int, end: int
) -> None:
    found = bottleneck(active, start=start, end=end)
    told = [""] * (end - start)
    for turn in found.turns:
        told[turn.start - start : turn.end - start] = [turn.unit] * (turn.end - turn.start)
    assert told == slow_bottleneck(active, start, end)
    shifting = {at for a, b in found.shifting for at in range(a, b)}
    assert found.shift_total == len(shifting)
    for unit in active:
        alone = sum(who == unit and at + start not in shifting for at, who in enumerate(told))
        assert found.sole.get(unit, 0) == alone


def slow_root(line: list[Stood], place: int, a: int, b: int, lag: int, turns: list[Turn]) -> int:
    """Return whose fault a wait is, by counting each unit of time."""
    best, most = -1, 0
    order = [p for step in range(1, len(line)) for p in (place - step, place + step)]
    for other in (p for p in order if 0 <= p < len(line)):
        reach = abs(other - place) * lag
        count = sum(
            any(s <= at < e + reach for s, e in line[other].stands.tolist()) for at in range(a, b)
        )
        if count > most:
            best, most = other, count
    if best >= 0:
        return best
    middle = a + (b - a) // 2
    slow = next((int(t.unit) for t in turns if t.start <= middle < t.end), -1)
    return -1 if slow == place else slow


@given(st.lists(machine(), min_size=1, max_size=5), st.integers(0, 6), st.data())
def test_a_wait_is_the_fault_of_who_stood_most_of_it(
    line: list[Stood], lag: int, data: st.DataObject
) -> None:
    edges = sorted(data.draw(st.sets(st.integers(0, MOST), max_size=6)))
    turns = [Turn(str(data.draw(st.integers(0, len(line) - 1))), a, b) for a, b in pairwise(edges)]
    for place, found in enumerate(attribute(line, lag_ns=lag, turns=turns)):
        rows = zip(found.spans.tolist(), found.kind.tolist(), found.root.tolist(), strict=True)
        for (a, b), kind, root in rows:
            assert root == slow_root(line, place, a, b, lag, turns)
            wanted = (
                Wait.UNEXPLAINED if root < 0 else Wait.STARVED if root < place else Wait.BLOCKED
            )
            assert kind == wanted


@given(st.lists(machine(), min_size=1, max_size=5), st.lists(st.integers(0, MOST), min_size=2))
def test_waiting_over_windows_adds_up(line: list[Stood], cuts: list[int]) -> None:
    edges = sorted({0, MOST, *cuts})
    for found in attribute(line, lag_ns=2):
        whole = waited(found, start=0, end=MOST)
        parts = [waited(found, start=a, end=b) for a, b in pairwise(edges)]
        for kind in Wait:
            assert whole.by_kind[kind] == sum(part.by_kind[kind] for part in parts)
        for root, time in whole.by_root.items():
            assert time == sum(part.by_root.get(root, 0) for part in parts)
