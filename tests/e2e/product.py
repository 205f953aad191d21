"""The whole product as a child process, and the simulated plant beside it, for tests and benchmarks."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import yaml

from tests.peers.process import Peer, free_port

ROOT = Path(__file__).parents[2]


class Gateway:
    """`taktline up` on a configuration of one's own; REST by `get`, ended by `stop` or `kill`."""

    def __init__(
        self, folder: Path, config: Mapping[str, Any], *, env: Mapping[str, str] | None = None
    ):
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.config = {
            "plant": {"site": "test", "time_zone": "Europe/Berlin"},
            "data_dir": str(folder / "data"),
            "web": {"port": self.port, "sign_in": "off"},
            **config,
        }
        self.file = folder / "taktline.yaml"
        self.file.write_text(yaml.safe_dump(self.config, allow_unicode=True), encoding="utf-8")
        self.env = {**os.environ, "PYTHONUNBUFFERED": "1", **(env or {})}
        self.log = folder / "gateway.log"
        self.http = httpx.Client(base_url=self.url, timeout=30)
        self.peer: Peer | None = None

    def start(self, *, timeout_s: float = 90.0) -> Gateway:
        """Start it and wait until its health can be read."""
        return self._run(self.answers, timeout_s)

    def launch(self) -> Gateway:
        """Start it without waiting for anything: it may end, or not serve yet."""
        return self._run(lambda: True, 30.0)

    def _run(self, ready: Callable[[], bool], timeout_s: float) -> Gateway:
        self.peer = Peer(
            [sys.executable, "-m", "gateway", "up", "--config", str(self.file)],
            ready=ready,
            log=self.log,
            env=self.env,
            cwd=ROOT,
            timeout_s=timeout_s,
        )
        return self

    def answers(self) -> bool:
        """Return whether it serves now."""
        try:
            return self.http.get("/healthz").status_code == 200
        except httpx.HTTPError:
            return False

    def get(self, path: str, **params: Any) -> Any:
        """Return the JSON document at a path below /api/v1."""
        answer = self.http.get(f"/api/v1{path}", params=params)
        answer.raise_for_status()
        return answer.json()

    def until(
        self, condition: Callable[[], Any], *, timeout_s: float = 90.0, what: str = ""
    ) -> Any:
        """Return the condition's first true value; fail with the log's end after the deadline."""
        deadline = time.monotonic() + timeout_s
        while True:
            value = condition()
            if value:
                return value
            if time.monotonic() > deadline:
                tail = self.log.read_text(errors="replace")[-3000:]
                msg = f"not within {timeout_s} s: {what}; last {value!r}\n{tail}"
                raise AssertionError(msg)
            time.sleep(0.05)

    def kill(self) -> None:
        """End it as a power cut would."""
        assert self.peer is not None
        self.peer.kill()

    def stop(self, *, within_s: float = 15.0) -> int:
        """Ask it to end and return its exit code."""
        assert self.peer is not None
        process = self.peer.process
        process.send_signal(signal.SIGTERM)
        try:
            return process.wait(within_s)
        finally:
            self.peer.stop()

    def close(self) -> None:
        """End it whatever state it is in, and let go of the connection."""
        if self.peer is not None:
            self.peer.stop()
        self.http.close()


@contextmanager
def gateway(folder: Path, config: Mapping[str, Any], **kwargs: Any) -> Iterator[Gateway]:
    """Run the product for the length of a block."""
    product = Gateway(folder, config, **kwargs)
    try:
        yield product.start()
    finally:
        product.close()


@contextmanager
def plant(folder: Path, *arguments: str, timeout_s: float = 90.0) -> Iterator[dict[str, Any]]:
    """Run the simulated plant for the length of a block; gives what its ready file says."""
    folder.mkdir(parents=True, exist_ok=True)
    ready = folder / "ready.json"
    with Peer(
        [sys.executable, "-m", "simulators", "--ready-file", str(ready), *arguments],
        ready=ready.exists,
        log=folder / "plant.log",
        cwd=ROOT,
        timeout_s=timeout_s,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    ) as peer:
        yield {**json.loads(ready.read_text()), "process": peer}


def run_cli(*arguments: str, timeout_s: float = 150.0) -> subprocess.CompletedProcess[str]:
    """Run one `taktline` command to its end."""
    return subprocess.run(
        [sys.executable, "-m", "gateway", *arguments],
        capture_output=True,
        text=True,
        timeout=timeout_s,
        cwd=ROOT,
        check=False,
    )
