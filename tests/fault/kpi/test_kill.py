"""Killed at random moments and at each step of a commit, the sums are those of an undisturbed run."""

from __future__ import annotations

import itertools
import os
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, select

from gateway.store.kpi_tables import kpi_cursor, kpi_interval, kpi_sum

ROOT = Path(__file__).parents[3]
PLANT = "tests.fault.kpi.plant"
CHUNKS = 80


def run(path: Path, *, stop_after: int | None = None, failpoint: str = "") -> int:
    """Run the plant to its end, or until it is killed; return the chunk it told last."""
    told = 0
    command = [sys.executable, "-m", PLANT, f"sqlite:///{path}"]
    environment = {**os.environ, "TAKTLINE_FAILPOINT": failpoint}
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, env=environment) as process:
        assert process.stdout is not None
        for line in process.stdout:
            told = int(line)
            stop_after = None if stop_after is None else stop_after - 1
            if stop_after == 0:
                process.kill()
        process.wait(60)
    return told


def outcome(path: Path) -> dict[str, dict[Any, Any]]:
    """Return sums by key, the time each class had, and the cursor; the last interval moves with the fold."""
    engine = create_engine(f"sqlite:///{path}")
    with engine.connect() as connection:
        sums = {
            tuple(row[:4]): (row.plan, row.shift, row.day, row.sums)
            for row in connection.execute(select(kpi_sum))
        }
        spans = connection.execute(select(kpi_interval).order_by(kpi_interval.c.start_ns)).all()
        seq = connection.execute(select(kpi_cursor.c.seq)).scalar()
    engine.dispose()
    for unit in {span.unit for span in spans}:
        mine = [span for span in spans if span.unit == unit]
        assert all(a.end_ns == b.start_ns for a, b in itertools.pairwise(mine))
    return {"sums": sums, "cursor": {"seq": seq}}


@pytest.mark.fault
def test_killed_at_random_moments_nothing_is_counted_twice_or_lost(
    tmp_path: Path,
) -> None:
    assert run(tmp_path / "whole.db") == CHUNKS
    chance = random.Random(1)
    for _ in range(4):
        run(tmp_path / "killed.db", stop_after=chance.randint(2, 30))
    while run(tmp_path / "killed.db") not in (0, CHUNKS):
        pass
    assert outcome(tmp_path / "killed.db") == outcome(tmp_path / "whole.db")


@pytest.mark.fault
def test_killed_just_before_and_after_a_commit(tmp_path: Path) -> None:
    run(tmp_path / "whole.db")
    for step in ("kpi.before_commit", "kpi.after_commit"):
        run(tmp_path / "killed.db", failpoint=f"{step}:kill@2")
    assert run(tmp_path / "killed.db") == CHUNKS
    assert outcome(tmp_path / "killed.db") == outcome(tmp_path / "whole.db")
