"""A case killed at every commit, by people and by the data: nothing half-done, and it ends as an undisturbed one."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


@pytest.mark.fault
def test_a_case_killed_at_every_commit_ends_as_an_undisturbed_one(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.fault.issues.worker"]
    paths = [str(tmp_path / f"{name}.db") for name in ("whole", "killed")]
    done = subprocess.run(
        [*command, *paths], cwd=ROOT, timeout=240, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr.decode()[-4000:]
    told = json.loads(done.stdout)
    kills = Counter(failpoint.partition(":")[0] for failpoint in told["kills"])
    assert kills["cases.before_commit"] >= 5
    assert kills["cases.after_commit"] >= 5
    assert kills["proofs.before_commit"] >= 2
    assert told["killed"] == told["whole"]
    assert told["whole"][-1][0] == "met"
    assert told["whole"][-2][2]["to"] == "closed"
