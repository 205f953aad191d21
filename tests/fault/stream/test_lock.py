"""One gateway per data directory."""

from __future__ import annotations

import subprocess
import sys

import pytest

from gateway.errors import ConfigError
from gateway.stream.lock import DirectoryLock

pytestmark = pytest.mark.fault

HOLD = (
    "import sys, pathlib; from gateway.stream.lock import DirectoryLock;"
    "lock = DirectoryLock(pathlib.Path(sys.argv[1])); print('held', flush=True); sys.stdin.read()"
)


def test_a_second_gateway_is_refused_and_told_who_holds_it(tmp_path):
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as owner:
        assert owner.stdout is not None
        assert owner.stdout.readline() == b"held\n"
        with pytest.raises(ConfigError, match=f"process {owner.pid}"):
            DirectoryLock(tmp_path)
        owner.kill()
        owner.wait()
    with DirectoryLock(tmp_path) as lock:
        assert lock.path.exists(), "the lock of a killed owner is stale and does not count"
    lock.release()


def test_the_directory_is_made(tmp_path):
    with DirectoryLock(tmp_path / "a" / "b"):
        assert (tmp_path / "a" / "b" / "taktline.lock").exists()
