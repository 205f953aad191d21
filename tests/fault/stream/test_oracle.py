"""Sent = stored, values equal, nothing extra, wherever on the way the process is killed."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import apsw
import pytest

pytestmark = pytest.mark.fault
CHILD = Path(__file__).with_name("pipeline.py")
ROOT = Path(__file__).parents[3]
COUNT, START_NS = 300, 1_767_225_600_000_000_000
PLACES = [
    "journal.before_commit",
    "journal.after_commit",
    "supervise.before_ack",
    "deliver.after_write",
    "deliver.after_bury",
]


def run(directory: Path, failpoint: str) -> int:
    env = {**os.environ, "PYTHONPATH": str(ROOT), "TAKTLINE_FAILPOINT": failpoint}
    return subprocess.run(
        [sys.executable, str(CHILD), str(directory)], env=env, timeout=60, check=False
    ).returncode


def test_kills_at_every_step_lose_nothing_and_add_nothing(tmp_path):
    for place in PLACES:
        assert run(tmp_path, f"{place}:kill@7") == -9, place
    assert run(tmp_path, "") == 0
    db = apsw.Connection(str(tmp_path / "table.db"))
    found = Counter(db.execute("SELECT signal, ns, value FROM r").fetchall())
    db.close()
    wanted = []
    for number in range(COUNT):
        base = START_NS + number * 1_000_000
        wanted += [(0, base, float(number)), (1, base, float(number)), (1, base + 1, number + 0.5)]
    assert found == Counter(wanted)
