"""The table of average run lengths (rules.md §1.4), simulated through the engine that runs live."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

from rules import engine
from rules.columns import Columns
from rules.compile import compile as bound
from rules.events import EventKind
from rules.spc.charts.ewma import Bounds
from rules.spc.phase1 import FrozenLimits
from rules.spc.runrules import NELSON, WESTERN_ELECTRIC, RunRule
from rules.spc.spec import SpcSpec
from rules.spec import SignalInfo
from rules.state import Memory, State

S = 1_000_000_000
T0 = 1_767_225_600 * S
RUNS = 20_000
SHIFTS = (0.0, 0.5, 1.0, 2.0)
LIMITS = FrozenLimits(centre=0.0, sigma=1.0)
N = RunRule


@dataclass(frozen=True)
class Scheme:
    """What is charted, and its published run lengths at `SHIFTS`."""

    name: str
    published: Sequence[float]
    fields: dict[str, Any] = field(default_factory=dict)


def rules(*chosen: RunRule) -> dict[str, Any]:
    return {"run_rules": chosen}


def ewma(weight: float, width: float, bounds: Bounds) -> dict[str, Any]:
    return {"run_rules": (), "ewma_weight": weight, "ewma_width": width, "ewma_bounds": bounds}


def cusum(h: float, head: float = 0.0) -> dict[str, Any]:
    return {"run_rules": (), "cusum_limit": h, "cusum_head_start": head}


TABLE = [
    Scheme("Shewhart", (370.40, 155.22, 43.89, 6.30), rules(N.N1)),
    Scheme("WE 1, 2", (225.44, 77.72, 20.01, 3.65), rules(N.N1, N.N5)),
    Scheme("WE 1, 3", (166.05, 46.18, 12.66, 3.68), rules(N.N1, N.N6)),
    Scheme("WE 1, 4", (152.73, 44.28, 14.58, 4.89), rules(N.N1, N.WE4)),
    Scheme("WE 1-4", (91.75, 27.33, 9.22, 3.13), rules(*WESTERN_ELECTRIC)),
    Scheme("Nelson 1, 2", (216.70, 57.78, 17.05, 5.14), rules(N.N1, N.N2)),
    Scheme("Nelson 1, 2, 5, 6", (109.05, 30.59, 9.70, 3.13), rules(N.N1, N.N2, N.N5, N.N6)),
    Scheme("Nelson 1-4", (118.6, 48.7, 16.4, 5.15), rules(*NELSON[:4])),
    Scheme("Nelson 1-8", (73.8, 28.3, 9.56, 3.15), rules(*NELSON)),
    Scheme("EWMA 0.2 fixed", (499.7, 41.8, 10.54, 3.74), ewma(0.2, 2.962, Bounds.FIXED)),
    Scheme("EWMA 0.2 exact", (494.4, 40.3, 9.55, 2.86), ewma(0.2, 2.962, Bounds.EXACT)),
    Scheme("EWMA 0.1 fixed", (499.6, 31.3, 10.33, 4.36), ewma(0.1, 2.814, Bounds.FIXED)),
    Scheme("CUSUM 5", (465.4, 38.0, 10.38, 4.01), cusum(5.0)),
    Scheme("CUSUM 5 FIR", (430.4, 28.7, 6.35, 2.36), cusum(5.0, 0.5)),
    Scheme("CUSUM 4", (167.7, 26.6, 8.38, 3.34), cusum(4.0)),
    Scheme("CUSUM 4 FIR", (148.7, 20.1, 5.29, 2.01), cusum(4.0, 0.5)),
    Scheme("CUSUM 4.774", (370.1, 35.3, 9.93, 3.86), cusum(4.774)),
]


def lengths(scheme: Scheme, *, shift: float, runs: int, seed: int) -> Iterator[tuple[int, int]]:
    """Yield (points, runs that ended at them), until all have ended: one signal a run, one step of the engine a point."""
    spec = SpcSpec(id="r", version="1", signals=("**",), limits=LIMITS, **scheme.fields)
    draw = np.random.default_rng(seed)
    left, points = runs, 0
    table = bound([spec], [SignalInfo(path=f"p/a/l/m/x{n}") for n in range(left)])
    state = engine.start(table, now_ns=T0)
    open_ = np.ones(left, np.bool_)
    while open_.any():
        points += 1
        x = draw.normal(shift, 1.0, left)
        times = np.full(left, T0 + points * S, np.int64)
        signal, quality = np.arange(left, dtype=np.int32), np.zeros(left, np.uint32)
        state, events = engine.step(table, state, Columns(signal, times, x, quality, 0))
        ended = [e.signal for e in events if e.kind is EventKind.RAISED and open_[e.signal]]
        open_[ended] = False
        if ended:
            yield points, len(ended)
        if open_.sum() <= left // 2:
            # Fewer signals from here on: the same state, without the runs that have ended.
            memory = state.memories["spc"]
            columns = {name: array[open_] for name, array in memory.columns.items()}
            left = int(open_.sum())
            infos = [SignalInfo(path=f"p/a/l/m/x{n}") for n in range(left)]
            table = bound([spec], infos)
            _, block = table.blocks["spc"]
            memories = {**state.memories, "spc": Memory(block.keys, columns)}
            state, open_ = State(state.now_ns, memories), np.ones(left, np.bool_)


def run_length(scheme: Scheme, *, shift: float, runs: int, seed: int, bar: bool = False) -> float:
    total = ended = shown = 0
    for points, count in lengths(scheme, shift=shift, runs=runs, seed=seed):
        total, ended = total + points * count, ended + count
        if bar and 100 * ended // runs > shown:
            shown, done = 100 * ended // runs, round(30 * ended / runs)
            line = f"\r{scheme.name:18} shift {shift:3}  [{'#' * done:30}] {ended / runs:4.0%}"
            sys.stderr.write(line)
    return total / runs


@pytest.mark.slow
@pytest.mark.parametrize("scheme", TABLE, ids=lambda scheme: scheme.name)
def test_the_whole_table_within_3_percent(
    scheme: Scheme, capsys: pytest.CaptureFixture[str]
) -> None:
    with capsys.disabled():
        mine = [
            run_length(scheme, shift=shift, runs=RUNS, seed=number, bar=True)
            for number, shift in enumerate(SHIFTS)
        ]
        said = "  ".join(f"{m:.2f} ({p:g})" for m, p in zip(mine, scheme.published, strict=True))
        sys.stderr.write(f"\r{scheme.name:18} {said}{' ' * 30}\n")
    np.testing.assert_allclose(mine, scheme.published, rtol=0.03)


@pytest.mark.parametrize("name", ["WE 1-4", "EWMA 0.2 exact", "CUSUM 4 FIR"])
def test_a_part_of_it_each_time(name: str) -> None:
    scheme = next(each for each in TABLE if each.name == name)
    for at in (2, 3):
        mine = run_length(scheme, shift=SHIFTS[at], runs=RUNS, seed=at)
        assert mine == pytest.approx(scheme.published[at], rel=0.03)
