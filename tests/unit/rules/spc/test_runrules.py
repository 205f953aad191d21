"""Run rules: the published vectors, and a plain scalar reading of each rule over whole series."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from rules.spc import runrules
from rules.spc.reference_words import WORDED
from rules.spc.runrules import NELSON, WESTERN_ELECTRIC, RunRule, Runs
from tests.peers.spc_oracle import numbers

VECTORS = numbers("rule_vectors")


@pytest.mark.parametrize("name", VECTORS)
def test_published_vectors(name: str) -> None:
    case = VECTORS[name]
    bits = runrules.fires(np.array([case["z"]]))[0]
    mine = {rule.name: np.flatnonzero(bits >> rule & 1).tolist() for rule in RunRule}
    assert mine == case["expected"]


def slowly(z: list[float], at: int) -> set[RunRule]:
    """Return the rules that fire at a point, by looking back over the series as the rules are worded."""
    begin = at
    while begin > 0 and not math.isnan(z[begin - 1]):
        begin -= 1
    if math.isnan(z[at]):
        return set()
    seen = z[begin : at + 1]
    return {rule for rule, said in WORDED.items() if said(seen)}


GRID = st.sampled_from(
    [-4.0, -3.0, -2.5, -2.0, -1.5, -1.0, -0.5, 0.0, 0.25, 0.5, 1.0, 1.25, 2.0, 2.25, 3.0, 3.5, math.nan]
)  # fmt: skip
ALTERNATE = [0.5, -0.5] * 8
CALM = [0.25, -0.25, 0.5] * 6


@settings(max_examples=300, deadline=None)
@given(st.lists(GRID | st.floats(-4, 4), max_size=60))
@example(ALTERNATE)
@example(CALM)
@example([1.5] * 10 + [-1.5] * 3 + [1.5] * 10)
@example([0.1 * n for n in range(12)] + [1.0 - 0.1 * n for n in range(12)])
def test_equals_the_rules_as_they_are_worded(z: list[float]) -> None:
    bits = runrules.fires(np.array([z]).reshape(1, -1))[0]
    for at, found in enumerate(bits.tolist()):
        assert set(runrules.named(found)) == slowly(z, at)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.lists(GRID, min_size=20, max_size=20), min_size=2, max_size=5))
def test_signals_do_not_disturb_each_other(rows: list[list[float]]) -> None:
    together = runrules.fires(np.array(rows))
    for row, bits in zip(rows, together, strict=True):
        assert runrules.fires(np.array([row]))[0].tolist() == bits.tolist()


def test_random_walks_fire_every_rule() -> None:
    draw = np.random.default_rng(7)
    z = draw.normal(size=(40, 400)) * draw.choice([0.3, 1.0, 2.0], size=(40, 1))
    bits = runrules.fires(z)
    for rule in RunRule:
        assert (bits >> rule & 1).any(), rule
    for signal in range(3):
        for at in range(400):
            found = set(runrules.named(int(bits[signal, at])))
            assert found == slowly(z[signal].tolist(), at)


def test_forgetting_is_a_gap() -> None:
    runs, gap = Runs.none(2), Runs.none(2)
    for _ in range(8):
        runrules.step(runs, np.array([1.5, 1.5]))
        runrules.step(gap, np.array([1.5, 1.5]))
    runrules.forget(runs, np.array([True, False]))
    runrules.step(gap, np.array([math.nan, math.nan]))
    assert runrules.named(int(runrules.step(runs, np.array([1.5, 1.5]))[1])) == [
        RunRule.N2,
        RunRule.N6,
        RunRule.WE4,
    ]
    runrules.step(gap, np.array([1.5, 1.5]))
    assert runs.counters[:, 0].tolist() == gap.counters[:, 0].tolist()
    assert runs.history[:, 0].tolist() == gap.history[:, 0].tolist()


def test_masks_and_sets_of_rules() -> None:
    assert runrules.mask(NELSON) == 0xFF
    assert runrules.named(runrules.mask(WESTERN_ELECTRIC)) == list(WESTERN_ELECTRIC)
    assert runrules.mask([RunRule.N1, RunRule.N1]) == 1
