"""Evaluations a second of 1,000 to 50,000 rules at 1 to 50 Hz, beside the scalar oracle and a loop over samples.

Run it as `python -m tests.bench.rules_scale`; an evaluation is one sample meeting one rule. Time is the processor time of the
one thread that computes, so that what else the machine does takes nothing away from it.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np

from gateway.detect.expression import read
from rules import engine, reference
from rules.columns import Columns
from rules.compile import Table
from rules.compile import compile as bind_rules
from rules.expression.spec import ExpressionSpec
from rules.families.motion.spec import RateOfChangeSpec, StateDurationSpec, StuckSpec
from rules.reference_parts import Sample
from rules.spc.phase1 import FrozenLimits
from rules.spc.runrules import NELSON
from rules.spc.spec import SpcSpec
from rules.spec import LimitSpec, SignalInfo, Spec

S = 1_000_000_000
T0 = 1_767_225_600 * S
COUNTS = (1_000, 10_000, 50_000)
RATES = (1, 10, 50)
CHUNK_S = 0.1
LEAST_S = 1.0
WARM_UP = 3
ORACLE_ROWS = 20_000
LOOP_ROWS = 1_000
Specs = Callable[[], list[Spec]]


def limits() -> list[Spec]:
    return [LimitSpec(id="limit", version="1", signals=("**",), high=4.5, low=-4.5, deadband=0.2)]


def mixed() -> list[Spec]:
    """One rule a signal: a half limits, the others of five kinds in equal parts."""

    def of(rule: str, *digits: int) -> dict[str, object]:
        return {"id": rule, "version": "1", "signals": tuple(f"**/x*{d}" for d in digits)}

    return [
        LimitSpec(**of("limit", 0, 1, 2, 3, 4), high=4.5),  # type: ignore[arg-type]  # words by name
        RateOfChangeSpec(**of("rate", 5), rise=1e6, per_s=1.0, min_span_s=0.01),  # type: ignore[arg-type]  # as above
        StuckSpec(**of("stuck", 6), after_s=10.0, band=0.001),  # type: ignore[arg-type]  # as above
        StateDurationSpec(**of("lasts", 7), states=(7.0,), after_s=10.0),  # type: ignore[arg-type]  # as above
        ExpressionSpec(**of("when", 8), program=read("abs(value) > 4.5 && value != 7")),  # type: ignore[arg-type]  # as above
        SpcSpec(**of("spc", 9), limits=FrozenLimits(centre=0.0, sigma=1.5)),  # type: ignore[arg-type]  # as above
    ]


def charts() -> list[Spec]:
    return [
        SpcSpec(
            id="spc", version="1", signals=("**",), run_rules=NELSON, ewma_weight=0.2, ewma_width=2.962,
            cusum_limit=5.0, limits=FrozenLimits(centre=0.0, sigma=1.0),
        )
    ]  # fmt: skip


def chunks(signals: int, hz: int, seed: int = 1) -> Callable[[int], Columns]:
    """Return what makes the rows of one chunk: every signal in turn, `hz` times a second."""
    draw = np.random.default_rng(seed)
    per = max(1, round(hz * CHUNK_S))
    share = signals if hz * CHUNK_S >= 1 else round(signals * hz * CHUNK_S)
    rows = per * share

    def made(number: int) -> Columns:
        signal = ((np.arange(rows) + number * rows) % signals).astype(np.int32)
        begin = T0 + round(number * CHUNK_S * S)
        times = begin + np.arange(rows) * round(CHUNK_S * S) // rows
        return Columns(signal, times, draw.normal(size=rows), np.zeros(rows, np.uint32), 0)

    return made


def vectorised(table: Table, make: Callable[[int], Columns]) -> tuple[float, int]:
    """Return evaluations a second, and the rows of a chunk."""
    state = engine.start(table, now_ns=T0)
    spent, rows, number = 0.0, 0, 0
    while spent < LEAST_S or number < 2 * WARM_UP:
        chunk = make(number)
        begin = time.thread_time()
        state, _ = engine.step(table, state, chunk)
        if number >= WARM_UP:
            spent += time.thread_time() - begin
            rows += len(chunk.signal)
        number += 1
    return rows / spent, rows // (number - WARM_UP)


def slowly(specs: Specs, infos: list[SignalInfo]) -> tuple[float, float]:
    """Return evaluations a second of the oracle, and of the engine given one sample at a time."""
    chunk = chunks(len(infos), 10)(0)
    columns = [column[:ORACLE_ROWS].tolist() for column in chunk[:4]]
    samples = [Sample(*row) for row in zip(*columns, strict=True)]
    begin = time.thread_time()
    reference.run(specs(), infos, samples, start_ns=T0, end_ns=T0 + S)
    oracle = len(samples) / (time.thread_time() - begin)
    table = bind_rules(specs(), infos)
    state = engine.start(table, now_ns=T0)
    begin = time.thread_time()
    for n in range(LOOP_ROWS):
        here = slice(n, n + 1)
        one = Columns(
            chunk.signal[here], chunk.time_ns[here], chunk.value[here], chunk.quality[here], 0
        )
        state, _ = engine.step(table, state, one)
    return oracle, LOOP_ROWS / (time.thread_time() - begin)


def main() -> None:
    for name, specs in (("limits", limits), ("six kinds", mixed), ("EWMA, CUSUM, 8 rules", charts)):
        infos = [SignalInfo(path=f"p/a/l/m{n // 20}/x{n}") for n in range(1_000)]
        oracle, loop = slowly(specs, infos)
        print(f"{name}: oracle {oracle:,.0f}/s, a step a sample {loop:,.0f}/s (1,000 rules)")
        print(f"{'rules':>8} {'Hz':>4} {'rows a step':>12} {'evaluations/s':>15} {'of a core':>10}")
        for count in COUNTS:
            infos = [SignalInfo(path=f"p/a/l/m{n // 20}/x{n}") for n in range(count)]
            table = bind_rules(specs(), infos)
            instances = sum(len(block.keys) for _, block in table.blocks.values())
            for hz in RATES:
                rate, rows = vectorised(table, chunks(count, hz))
                each = rate * instances / count
                print(
                    f"{instances:>8,} {hz:>4} {rows:>12,} {each:>15,.0f} {count * hz / rate:>10.1%}"
                )


if __name__ == "__main__":
    main()
