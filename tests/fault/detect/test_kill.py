"""Killed at random moments, the rules open the issues of an undisturbed run: none twice, none lost."""

from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, select

from gateway.store.tables import issue, issue_event

ROOT = Path(__file__).parents[3]
PLANT = "tests.fault.detect.plant"
CHUNKS = 120


def run(url: str, *, stop_after: int | None) -> int:
    """Run the plant to its end, or kill it once it has told that many chunks; return the chunks it told."""
    command = [sys.executable, "-m", PLANT, url]
    told = 0
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        for line in process.stdout:
            told = int(line)
            stop_after = None if stop_after is None else stop_after - 1
            if stop_after == 0:
                process.kill()
        process.wait(60)
    return told


def outcome(path: Path) -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]:
    engine = create_engine(f"sqlite:///{path}")
    with engine.connect() as connection:
        issues = select(issue).order_by(issue.c.number)
        events = select(issue_event).order_by(issue_event.c.seq)
        found = (
            [tuple(row) for row in connection.execute(issues)],
            [tuple(row) for row in connection.execute(events)],
        )
    engine.dispose()
    return found


@pytest.mark.fault
def test_kills_change_nothing(tmp_path: Path) -> None:
    calm, rough = tmp_path / "calm.db", tmp_path / "rough.db"
    assert run(f"sqlite:///{calm}", stop_after=None) == CHUNKS
    draw = random.Random(7)
    kills = 0
    while run(f"sqlite:///{rough}", stop_after=draw.randint(5, 30)) < CHUNKS:
        kills += 1
        assert kills < 100
    assert kills >= 4
    assert outcome(rough) == outcome(calm)
    issues, events = outcome(calm)
    assert len(issues) >= 3 * 6
    assert len({event[6] for event in events}) == len(events)
