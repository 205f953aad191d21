"""Start a real peer on loopback, wait until it answers, and end it by its process id."""

from __future__ import annotations

import fcntl
import os
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Self

import pytest

PACKAGES = {
    "mosquitto": "mosquitto",
    "influxd": "influxdb",
    "victoria-metrics": "victoria-metrics",
    "postgres": "postgresql",
}


_PORTS = range(15_000, 32_000)
"""Below what the kernel gives to outgoing connections, which would else take a port between choice and use."""
_given: set[int] = set()


@cache
def _claims() -> int:
    """A file of this user's test processes: who may use a port holds the lock on the byte of that number."""
    path = Path(tempfile.gettempdir()) / f"taktline-test-ports-{os.getuid()}"
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)


def free_port() -> int:
    """Return a TCP port of the loopback address that nobody uses and no test process was given that still runs."""
    while True:
        port = random.SystemRandom().choice(_PORTS)
        if port in _given:
            continue
        try:
            fcntl.lockf(_claims(), fcntl.LOCK_EX | fcntl.LOCK_NB, 1, port)
            with socket.socket() as probe:
                probe.bind(("127.0.0.1", port))
        except OSError:
            continue
        _given.add(port)
        return port


def need(program: str) -> str:
    """Return the path of a program, or skip the test with the command that would enable it."""
    candidates = [shutil.which(program), shutil.which(program, path="/usr/sbin:/usr/local/sbin")]
    candidates += sorted(
        map(str, Path("/usr/lib/postgresql").glob(f"*/bin/{program}")), reverse=True
    )
    for found in candidates:
        if found:
            return found
    pytest.skip(f"{program} is missing: apt-get install {PACKAGES.get(program, program)}")


class Peer:
    """A child process that serves on loopback; use as a context manager or call `stop`."""

    def __init__(
        self,
        command: Sequence[str],
        *,
        ready: Callable[[], bool],
        log: Path,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        stdin: int = subprocess.DEVNULL,
        timeout_s: float = 90.0,
    ) -> None:
        self.log = log
        with log.open("ab") as out:
            self.process = subprocess.Popen(
                list(command),
                stdout=out,
                stderr=subprocess.STDOUT,
                stdin=stdin,
                env=env,
                cwd=cwd,
            )
        deadline = time.monotonic() + timeout_s
        while not ready():
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                tail = log.read_text(errors="replace")[-2000:]
                msg = f"{command[0]} did not become ready (exit {self.process.returncode}):\n{tail}"
                raise RuntimeError(msg)
            time.sleep(0.02)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """End the process: SIGTERM, then SIGKILL after five seconds."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
            self.process.terminate()
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(5)
        if self.process.stdin is not None:
            self.process.stdin.close()

    def kill(self) -> None:
        """End the process at once, as a power cut would."""
        self.process.kill()
        self.process.wait(5)


def listening(port: int) -> Callable[[], bool]:
    """Return a check that something accepts connections on a loopback port."""

    def ready() -> bool:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=0.2):
                return True
        except OSError:
            return False

    return ready
