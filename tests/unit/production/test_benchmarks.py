"""Instances of the literature: what the scheduler must reach in ten seconds where OR-Tools is installed."""

import time
from pathlib import Path

import pytest

from gateway.production.schedule.check import faults
from gateway.production.schedule.solve.search import Found
from gateway.production.schedule.solve.solver import solve
from tests.bench.scheduling import HERE, SHARED, instance

TRIES_S = (10, 20, 40)
LONGER = (("la02", 655), ("mk01", 40), ("mk02", 26), ("ft10", 948))
"""All take minutes where a child at low priority shares its machine: `make test-slow`."""


@pytest.mark.parametrize(
    ("name", "at_most"),
    [
        ("ft06", 55),
        ("la01", 666),
        *(pytest.param(*each, marks=pytest.mark.slow) for each in LONGER),
    ],
)
async def test_instances_of_the_literature_are_solved(name, at_most):
    pytest.importorskip("ortools", reason="needs the extra 'planning'")
    problem = instance(_there(name))
    began = time.perf_counter()
    best: Found | None = None
    for (
        seconds
    ) in TRIES_S:  # the child gives way to everything else: on a busy machine it needs longer
        best = await solve(problem, seconds=seconds, start=best.plan if best else None)
        if best.cost <= at_most:
            break
    assert best is not None
    took_s = time.perf_counter() - began
    print(f"{name}: {best.cost:.0f} ({best.method}) in {took_s:.1f} s, want {at_most} in 10 s")
    assert faults(problem, best.plan) == ()
    assert best.cost <= at_most


def _there(name: str) -> Path:
    for folder in (HERE, SHARED):
        if (folder / f"{name}.txt").exists():
            return folder / f"{name}.txt"
    return pytest.skip(f"{name}.txt is not there")
