"""Detection delay and false alarms by method, on data none of us made: `python -m tests.bench.detection [--data FOLDER]`.

NAB (Numenta; univariate, labelled windows) and the Tennessee Eastman process (52 variables, fault 1 from sample 160
on). Nothing is tuned to them: charts have their text-book settings (average run length in control about 370 to 500 for
independent points), limits come from the first 15 % of a NAB series (its own probation) and from the fault-free
training run of TEP. NAB methods run as rules through the engine; "window hit" is one that is raised or held within a
labelled window; "held outside" is the part of the other time in which it held, for what always holds hits every window
at once. Alarms outside windows are false, whatever really happened there.
"""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import optimize

from rules import engine
from rules.columns import Columns
from rules.compile import compile as bind_rules
from rules.events import EventKind
from rules.spc.arl import multivariate as arl
from rules.spc.autocorrelation import Treatment
from rules.spc.charts.multivariate import (
    Phase,
    estimate,
    individuals_limit,
    mewma,
    t_squared,
)
from rules.spc.runrules import NELSON, RunRule
from rules.spc.spec import SpcSpec
from rules.spec import LimitSpec, SignalInfo, Spec

S: Final = 1_000_000_000
PROBATION: Final = 0.15
TEP_FAULT: Final = 160
TEP_STEP_MIN: Final = 3
Floats = NDArray[np.float64]

SERIES: Final = (
    ("machine_temperature_system_failure", "realKnownCause"),
    ("art_daily_jumpsup", "artificialWithAnomaly"),
    ("art_daily_small_noise", "artificialNoAnomaly"),
)


def chart(points: int, **more: object) -> Spec:
    """Return a control chart with text-book settings, its limits from the first points."""
    given = {"run_rules": (RunRule.N1,), "phase_one_points": points, **more}
    return SpcSpec(id="x", version="1", signals=("**",), **given)  # type: ignore[arg-type]  # by name


NAB: Final[dict[str, Callable[[int, Floats], Spec]]] = {
    "limit, mean ± 4 s": lambda n, x: LimitSpec(
        id="x",
        version="1",
        signals=("**",),
        high=float(x[:n].mean() + 4 * x[:n].std(ddof=1)),
        low=float(x[:n].mean() - 4 * x[:n].std(ddof=1)),
    ),
    "I chart, 3 sigma": lambda n, x: chart(n, treatment=Treatment.NONE),
    "I chart, AR(1) residuals": lambda n, x: chart(n),
    "eight Nelson rules, residuals": lambda n, x: chart(n, run_rules=NELSON),
    "EWMA 0.2/2.962, residuals": lambda n, x: chart(
        n, run_rules=(), ewma_weight=0.2, ewma_width=2.962
    ),
    "CUSUM 0.5/5, residuals": lambda n, x: chart(n, run_rules=(), cusum_limit=5.0),
    "EWMA + rule 1, raw": lambda n, x: chart(
        n, ewma_weight=0.2, ewma_width=2.962, treatment=Treatment.NONE
    ),
}


class Found(NamedTuple):
    """When a method was raised and until when it held, as sample numbers."""

    begin: NDArray[np.int64]
    end: NDArray[np.int64]


def detected(spec: Spec, value: Floats) -> Found:
    """Run a rule over a series through the engine."""
    table = bind_rules([spec], [SignalInfo(path="p/a/l/m/x")])
    if table.errors:
        raise ValueError(table.errors)
    n = len(value)
    rows = Columns(
        np.zeros(n, np.int32), np.arange(n, dtype=np.int64) * S, value, np.zeros(n, np.uint32), 0
    )
    _, events = engine.step(table, engine.start(table, now_ns=0), rows)
    open_: dict[str, int] = {}
    spans: list[tuple[int, int]] = []
    for event in events:
        if event.kind is EventKind.RAISED:
            open_[event.side] = event.time_ns // S
        elif event.side in open_:
            spans.append((open_.pop(event.side), event.time_ns // S))
    spans += [(at, n) for at in open_.values()]
    begin, end = np.array(sorted(spans), np.int64).reshape(-1, 2).T
    return Found(begin, end)


def nab(folder: Path) -> list[tuple[str, ...]]:
    """Return a row a method and series."""
    labels = json.loads((folder / "nab" / "combined_windows.json").read_text())
    rows: list[tuple[str, ...]] = []
    for name, group in SERIES:
        text = (folder / "nab" / f"{name}.csv").read_text().splitlines()[1:]
        stamp = [_time(line.split(",")[0]) for line in text]
        value = np.array([float(line.split(",")[1]) for line in text])
        at = np.array(stamp)
        windows = [
            (int(np.searchsorted(at, _time(a))), int(np.searchsorted(at, _time(b), "right")))
            for a, b in labels[f"{group}/{name}.csv"]
        ]
        first = round(PROBATION * len(value))
        counted = [w for w in windows if w[0] >= first]
        step_h = float(np.median(np.diff(at))) / 3600
        for method, make in NAB.items():
            found = detected(make(first, value), value)
            rows.append((name, method, *_scored(found, counted, first, len(value), step_h)))
    return rows


def _time(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


def _scored(
    found: Found, windows: Sequence[tuple[int, int]], first: int, last: int, step_h: float
) -> tuple[str, str, str, str]:
    delays = []
    for start, end in windows:
        touching = (found.begin < end) & (found.end > start)
        if touching.any():
            delays.append(max(0, int(found.begin[touching].min()) - start) * step_h)
    outside = np.array(
        [at >= first and not any(a <= at < b for a, b in windows) for at in found.begin.tolist()],
        np.bool_,
    )
    days = (last - first - sum(b - a for a, b in windows)) * step_h / 24
    hits = f"{len(delays)} of {len(windows)}" if windows else "none to hit"
    delay = f"{np.median(delays):.1f} h" if delays else "-"
    held = np.zeros(last, np.bool_)
    for a, b in zip(found.begin.tolist(), found.end.tolist(), strict=True):
        held[a:b] = True
    free = np.ones(last, np.bool_)
    free[:first] = False
    for a, b in windows:
        free[a:b] = False
    return hits, delay, f"{outside.sum() / days:.2f}", f"{held[free].mean():.0%}"


def tep(folder: Path) -> list[tuple[str, ...]]:
    """Return a row a method: false alarms without a fault, and how soon fault 1 is seen."""
    train = np.loadtxt(folder / "tep" / "d00.dat").T
    clean = np.loadtxt(folder / "tep" / "d00_te.dat")
    fault = np.loadtxt(folder / "tep" / "d01_te.dat")
    mean, sd = train.mean(axis=0), train.std(axis=0, ddof=1)
    process = estimate(train)
    signals, points = train.shape[1], len(train)
    t2_limit = individuals_limit(signals, points, confidence=1 - 1 / 370, phase=Phase.TWO)
    h4 = float(
        optimize.brentq(lambda h: arl.mewma(signals, 0.2, h) - 370.0, 40.0, 200.0, xtol=1e-3)
    )
    methods: dict[str, Callable[[Floats], NDArray[np.bool_]]] = {
        "3 sigma on each of 52": lambda x: (np.abs((x - mean) / sd) > 3.0).any(axis=1),
        "EWMA 0.2/2.962 on each of 52": lambda x: _ewma((x - mean) / sd),
        "CUSUM 0.5/5 on each of 52": lambda x: _cusum((x - mean) / sd),
        "T², 52 variables": lambda x: t_squared(x, process) > t2_limit,
        "MEWMA 0.2, 52 variables": lambda x: mewma(x, process, 0.2)[1] > h4,
        "PCA T² + Q, 95 % of variance": _pca((train - mean) / sd, mean, sd),
    }
    rows: list[tuple[str, ...]] = []
    for name, method in methods.items():
        quiet, seen = method(clean), method(fault)
        after = np.flatnonzero(seen[TEP_FAULT:])
        delay = f"{int(after[0]) * TEP_STEP_MIN} min" if len(after) else "never"
        sure = _run(seen[TEP_FAULT:], 6)
        steady = "never" if sure is None else f"{sure * TEP_STEP_MIN} min"
        rows.append(
            (
                name,
                f"{quiet.mean():.1%}",
                f"{seen[:TEP_FAULT].mean():.1%}",
                delay,
                steady,
                f"{seen[TEP_FAULT:].mean():.1%}",
            )
        )
    return rows


def _run(seen: NDArray[np.bool_], length: int) -> int | None:
    """Return where the first run of so many alarms in a row begins."""
    sums = np.convolve(seen.astype(int), np.ones(length, int), "valid")
    full = np.flatnonzero(sums == length)
    return int(full[0]) if len(full) else None


def _ewma(z: Floats) -> NDArray[np.bool_]:
    average, width = np.zeros(z.shape[1]), 2.962 * np.sqrt(0.2 / 1.8)
    out = np.empty(len(z), np.bool_)
    for n, row in enumerate(z):
        average += 0.2 * (row - average)
        out[n] = bool((np.abs(average) > width).any())
    return out


def _cusum(z: Floats) -> NDArray[np.bool_]:
    high, low = np.zeros(z.shape[1]), np.zeros(z.shape[1])
    out = np.empty(len(z), np.bool_)
    for n, row in enumerate(z):
        high = np.maximum(0.0, high + row - 0.5)
        low = np.maximum(0.0, low - row - 0.5)
        out[n] = bool(((high > 5.0) | (low > 5.0)).any())
    return out


def _pca(z: Floats, mean: Floats, sd: Floats) -> Callable[[Floats], NDArray[np.bool_]]:
    """Return T² of the components with 95 % of the variance, or Q of the rest, each beyond its 99.73 % in training."""
    values, vectors = np.linalg.eigh(np.cov(z.T))
    order = np.argsort(values)[::-1]
    values, vectors = values[order], vectors[:, order]
    kept = int(np.searchsorted(np.cumsum(values) / values.sum(), 0.95)) + 1

    def both(x: Floats) -> tuple[Floats, Floats]:
        scores = x @ vectors[:, :kept]
        rest = x - scores @ vectors[:, :kept].T
        return (scores**2 / values[:kept]).sum(axis=1), (rest**2).sum(axis=1)

    limits = [np.quantile(each, 0.9973) for each in both(z)]

    def seen(x: Floats) -> NDArray[np.bool_]:
        t2, q = both((x - mean) / sd)
        beyond: NDArray[np.bool_] = (t2 > limits[0]) | (q > limits[1])
        return beyond

    return seen


def table(title: str, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print rows under heads."""
    widths = [max(len(each[n]) for each in [heads, *rows]) for n in range(len(heads))]
    print(f"\n{title}")
    for row in [heads, *rows]:
        print(
            "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        )


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.detection", description=__doc__)
    parser.add_argument(
        "--data",
        type=Path,
        default=Path(os.environ.get("TAKTLINE_TEST_DATA", "../shared/data")),
        help="folder that holds nab/ and tep/ (see docs/performance.md for where they come from)",
    )
    folder: Path = parser.parse_args().data
    if not (folder / "nab").is_dir():
        raise SystemExit(f"{folder} holds no nab/: name the folder of test data with --data")
    table(
        "NAB: limits from the first 15 %, which count in nothing",
        ("series", "method", "windows hit", "median delay", "false alarms a day", "held outside"),
        nab(folder),
    )
    table(
        "Tennessee Eastman: fault 1 from sample 160 on, 3 min a sample",
        (
            "method",
            "alarms, no fault",
            "alarms before the fault",
            "first alarm after",
            "six in a row after",
            "alarms after",
        ),
        tep(folder),
    )


if __name__ == "__main__":
    main()
