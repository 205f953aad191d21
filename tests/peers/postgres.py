"""A PostgreSQL server of Debian's on a free loopback port, in a temporary folder."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Self

from tests.peers.process import Peer, free_port, listening, need

USER = "taktline"


class Postgres:
    """A server that can be stopped and started again on the same data; use as a context manager."""

    def __init__(self) -> None:
        self.bin = Path(need("postgres")).resolve().parent
        self.folder = Path(tempfile.mkdtemp(prefix="taktline-pg-"))
        self.port = free_port()
        self.peer: Peer | None = None
        self._databases = 0
        as_root = os.geteuid() == 0
        self._as: list[str] = []
        if as_root:
            self._as = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
            shutil.chown(self.folder, "postgres", "postgres")
        self.folder.chmod(0o700)
        self._run(
            "initdb", "-D", "data", "-U", USER, "-A", "trust", "--no-sync", "--locale=C.UTF-8"
        )

    def _command(self, program: str, arguments: Sequence[str]) -> list[str]:
        return [*self._as, str(self.bin / program), *arguments]

    def _run(self, program: str, *arguments: str) -> None:
        subprocess.run(
            self._command(program, arguments), cwd=self.folder, check=True, capture_output=True
        )

    @property
    def url(self) -> str:
        """Where the server's only database is."""
        return f"postgresql://{USER}@127.0.0.1:{self.port}/postgres"

    def start(self) -> Self:
        """Start the server and wait until it answers."""
        settings = {
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": str(self.folder),
            # A power cut is not among the tests; a killed server loses nothing by these two.
            "fsync": "off",
            "full_page_writes": "off",
        }
        options = [f"--{name}={value}" for name, value in settings.items()]
        command = self._command("postgres", ["-D", "data", "-p", str(self.port), *options])
        self.peer = Peer(
            command, ready=listening(self.port), log=self.folder / "log", cwd=self.folder
        )
        self._wait()
        return self

    def _wait(self) -> None:
        ready = self._command("pg_isready", ["-h", "127.0.0.1", "-p", str(self.port), "-t", "20"])
        for _ in range(100):
            if subprocess.run(ready, check=False, capture_output=True).returncode == 0:
                return
            time.sleep(0.05)
        message = "PostgreSQL does not accept connections"
        raise RuntimeError(message)

    def new_database(self, *, template: str = "template1") -> str:
        """Create an empty database, or a copy of one that nobody uses now, and return its URL."""
        self._databases += 1
        name = f"taktline_{self._databases}"
        self._run(
            "createdb", "-h", "127.0.0.1", "-p", str(self.port), "-U", USER, "-T", template, name
        )
        return f"{self.url.removesuffix('postgres')}{name}"

    def stop(self, mode: str = "fast") -> None:
        """End the server at once (SIGINT: disconnect everybody), keeping its data."""
        if self.peer is not None:
            self._run("pg_ctl", "-D", "data", "-m", mode, "-w", "stop")
            self.peer.stop()
            self.peer = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop("immediate")
        shutil.rmtree(self.folder, ignore_errors=True)
