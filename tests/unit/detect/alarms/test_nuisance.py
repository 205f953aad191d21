"""What would quiet a nuisance, computed from its own history."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from gateway.alarm import Nuisance
from gateway.clock import NS_PER_S
from gateway.detect.alarms.metrics import Spells, measure, spells
from gateway.detect.alarms.nuisance import rank
from tests.peers.web_alarms import EXAMPLE

S = NS_PER_S
DAY = 86_400 * S
RULE = {"high": 510.0, "deadband": 0.0, "on_delay_s": 2.0, "off_delay_s": 3.0}


def told(start_s: Sequence[float], length_s: Sequence[float]) -> Spells:
    """One alarm that begins and ends at these seconds."""
    rows = sorted(
        [(a, True) for a in start_s] + [(a + b, False) for a, b in zip(start_s, length_s, strict=True)]
    )  # fmt: skip
    return spells(
        np.full(len(rows), 1),
        (np.array([at for at, _ in rows]) * S).astype(np.int64),
        np.array([raised for _, raised in rows]),
        np.ones(len(rows), np.bool_),
        end_ns=DAY,
    )


def ranked(events: Spells, back: list[float] | None = None, **rule: float) -> Nuisance:
    alarms = {1: replace(EXAMPLE, number=1)}
    worst = measure(events, alarms, start_ns=0, end_ns=DAY).worst
    rules = {EXAMPLE.rule: {**RULE, **rule}}
    excursions = {} if back is None else {1: np.array(back)}
    (one,) = rank(events, worst, alarms, rules, excursions, span_ns=DAY)
    return one


def test_what_comes_again_soon_is_quieted_by_an_off_delay_on_top_of_what_there_is() -> None:
    # Twenty times in bursts of five, 12 s apart within a burst.
    starts = [burst * 3600 + n * 20 for burst in range(4) for n in range(5)]
    one = ranked(told(starts, [8.0] * 20))
    assert one.setting is not None
    assert (one.setting.name, one.setting.before, one.setting.value) == ("off_delay_s", 3, 18)
    assert one.setting.left == 4
    assert (one.raised, one.per_day, one.reason) == (20, 20, "")


def test_what_hardly_comes_back_is_quieted_by_a_deadband() -> None:
    starts = [n * 900 for n in range(20)]
    one = ranked(told(starts, [400.0] * 20), back=[0.4] * 18 + [9.0])
    assert one.setting is not None
    assert (one.setting.name, one.setting.value, one.setting.before) == ("deadband", 0.42, 0)
    assert one.setting.left == 1 + 1


def test_what_ends_by_itself_is_quieted_by_an_on_delay() -> None:
    starts = [n * 3600 for n in range(20)]
    one = ranked(told(starts, [3.0] * 18 + [90.0] * 2))
    assert one.setting is not None
    assert (one.setting.name, one.setting.value, one.setting.left) == ("on_delay_s", 7, 2)


def test_what_only_halves_says_so_and_what_helps_nothing_is_not_suggested() -> None:
    starts = [n * 3600.0 for n in range(10)] + [n * 3600.0 + 108 for n in range(10)]
    one = ranked(told(sorted(starts), [100.0] * 20))
    assert one.setting is not None
    assert (one.setting.left, one.reason) == (10, "it halves them, no more")
    steady = ranked(told([n * 3600.0 for n in range(20)], [900.0] * 20), back=[100.0] * 19)
    assert steady.setting is None
    assert "look at its cause" in steady.reason
    few = ranked(told([1.0, 2000.0], [3.0, 3.0]))
    assert few.setting is None
    assert "fewer than 5" in few.reason


@pytest.mark.parametrize("side", ["high", "low"])
async def test_excursions_come_from_history(side: str) -> None:
    from gateway.detect.alarms.ranking import Ranking
    from gateway.detect.options import rule_types
    from gateway.model import SampleBatch, Signal
    from tests.peers.catalogue import FakeCatalogue
    from tests.peers.web_memory import MemoryHistory, MemoryStore

    store = MemoryStore()
    seconds = np.arange(0, 3600, 5)
    # It is beyond the limit of 10 for 200 s of every 300 s, and comes back by 0.3 between.
    beyond = seconds % 300 < 200
    value = np.where(beyond, 11.0, 9.7) if side == "high" else np.where(beyond, 9.0, 10.3)
    store.append(
        SampleBatch.of(
            signal=np.zeros(len(seconds), np.int32),
            source_ns=seconds * S,
            value=value,
            received_ns=1,
        )
    )
    ranking = Ranking(MemoryHistory(store), FakeCatalogue(Signal(path=EXAMPLE.signal)))
    rule = {"type": "limit", "title": "x", "signals": [EXAMPLE.signal], side: 10.0}
    ranking.rules = {EXAMPLE.rule: rule_types()["limit"].model_validate(rule)}
    at = np.arange(0, 3600, 300)
    columns = (
        np.full(24, 1),
        np.sort(np.concatenate([at, at + 200])) * S,
        np.arange(24) % 2 == 0,
        np.ones(24, np.bool_),
    )
    alarms = {1: replace(EXAMPLE, side=side)}
    (one,) = await ranking.of((alarms, columns), start_ns=0, end_ns=3600 * S, limit=5)
    assert one.setting is not None
    assert (one.setting.name, one.setting.left) == ("off_delay_s", 1)
    found = await ranking._excursions(
        spells(*columns, end_ns=3600 * S), replace(EXAMPLE, side=side), 10.0
    )
    assert found == pytest.approx([0.3] * 11)
