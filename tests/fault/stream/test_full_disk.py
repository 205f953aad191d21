"""A full disk: nothing is acknowledged, cursors still move, and it goes on by itself when there is room."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.fault
CHILD = Path(__file__).with_name("full_disk.py")
ROOT = Path(__file__).parents[3]
ENV = {**os.environ, "PYTHONPATH": str(ROOT)}


def passed(command: list[str]) -> None:
    done = subprocess.run(command, env=ENV, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "recovered" in done.stdout


def test_a_file_that_may_not_grow(tmp_path):
    passed([sys.executable, str(CHILD), str(tmp_path), "limit"])


def test_a_disk_without_a_byte_left(tmp_path):
    unshare = shutil.which("unshare")
    probe = [str(unshare), "-m", "mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(tmp_path)]
    if unshare is None or subprocess.run(probe, capture_output=True, check=False).returncode != 0:
        pytest.skip("needs a mount namespace of its own: run as root with util-linux installed")
    script = f"mount -t tmpfs -o size=8m tmpfs {tmp_path} && exec {sys.executable} {CHILD} {tmp_path} tmpfs"
    passed([unshare, "-m", "sh", "-c", script])
