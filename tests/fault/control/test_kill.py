"""The guard killed at each step of an operate: what may have been sent is unknown, and nothing is sent again."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from gateway.failpoint import VARIABLE

pytestmark = pytest.mark.fault
ROOT = Path(__file__).parents[3]


def child(folder: Path, what: str, failpoint: str = "") -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    if failpoint:
        environment[VARIABLE] = f"{failpoint}:kill@1"
    return subprocess.run(
        [sys.executable, "-m", "tests.fault.control.gateway", str(folder), what],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        cwd=ROOT,
        env=environment,
    )


@pytest.mark.parametrize(
    ("failpoint", "state", "sent"),
    [
        ("control.after_audit", "cancelled", 0),
        ("control.before_write", "unknown", 0),
        ("control.after_write", "unknown", 1),
        ("control.before_outcome", "unknown", 1),
    ],
)
def test_killed_at_a_step_it_is_never_sent_again(
    tmp_path: Path, failpoint: str, state: str, sent: int
) -> None:
    killed = child(tmp_path, "operate", failpoint)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    log = tmp_path / "machine.txt"
    before = log.read_text() if log.exists() else ""
    assert len(before.splitlines()) == sent
    settled = child(tmp_path, "settle")
    assert settled.returncode == 0, settled.stderr
    found, acts = settled.stdout.split()
    assert found == state
    # The order of the promise: the audit held the operate before the machine could hear of it.
    assert acts == "control.operate,control.restart"
    assert (log.read_text() if log.exists() else "") == before
