"""Killed at each step of a commit, pieces are booked once and checks fall due once."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.fault
ROOT = Path(__file__).parents[3]


def run(what: str, *arguments: str, failpoint: str = "") -> tuple[int, str]:
    """Run a child to its end, or until it is killed; return its exit code and what it printed last."""
    done = subprocess.run(
        [sys.executable, "-m", f"tests.fault.production.{what}", *arguments],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        cwd=ROOT,
        env={**os.environ, "TAKTLINE_FAILPOINT": failpoint},
    )
    assert done.returncode in {0, -9}, done.stderr
    return done.returncode, done.stdout.strip()


def test_pieces_are_booked_once_whatever_is_killed_when(tmp_path: Path) -> None:
    arguments = (f"sqlite:///{tmp_path}/killed.db", str(tmp_path))
    for failpoint in ("execution.before_commit:kill@3", "execution.after_commit:kill@3"):
        assert run("floor", *arguments, failpoint=failpoint) == (-9, "")
    # 60 readings of one piece more each; the first only says where the counter stands.
    assert run("floor", *arguments) == (0, "59.0 0.0 60")


def test_checks_fall_due_once_whatever_is_killed_when(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/killed.db"
    for reading in (4, 2):
        assert run("checks", url, failpoint=f"quality.before_commit:kill@{reading}") == (-9, "")
    assert run("checks", url) == (0, "1 50 100 150 200 250")
