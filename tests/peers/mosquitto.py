"""A real Mosquitto on a loopback port, with persistence in a temporary folder, that can be ended and started again."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Self

from tests.peers.process import Peer, free_port, listening, need

SAFE = (
    "persistence true",
    "autosave_interval 30",
    "max_queued_messages 0",
    "max_inflight_messages 4000",
)
EVERY_CHANGE = (*SAFE, "autosave_on_changes true", "autosave_interval 1")
"""Saves after each change: what a SIGKILL leaves is nearly everything, and about 1,500 messages a second pass."""


class Mosquitto:
    """A broker in `folder`; `settings` are lines of mosquitto.conf, `users` get a password file.

    `stop` ends it as systemd would, `kill` as a power cut would; `start` begins again on the same port with
    what persistence kept.
    """

    def __init__(
        self,
        folder: Path,
        *,
        settings: Sequence[str] = SAFE,
        users: dict[str, str] | None = None,
        tls: tuple[Path, Path] | None = None,
    ) -> None:
        self.port = free_port()
        self.folder = folder
        self._program = need("mosquitto")
        self._config = folder / "mosquitto.conf"
        lines = [f"listener {self.port} 127.0.0.1", f"persistence_location {folder}/", *settings]
        if os.geteuid() == 0:
            lines.append("user root")
        if users is None:
            lines.append("allow_anonymous true")
        else:
            lines += ["allow_anonymous false", f"password_file {self._passwords(users)}"]
        if tls is not None:
            lines += [f"certfile {tls[0]}", f"keyfile {tls[1]}"]
        self._config.write_text("\n".join(lines) + "\n")
        self._peer: Peer | None = None

    def start(self) -> Self:
        """Start it and return when it accepts connections."""
        self._peer = Peer(
            [self._program, "-c", str(self._config)],
            ready=listening(self.port),
            log=self.folder / "mosquitto.log",
        )
        return self

    def stop(self) -> None:
        """End it with SIGTERM: it saves its sessions first."""
        if self._peer is not None:
            self._peer.stop()

    def kill(self) -> None:
        """End it with SIGKILL: what it had not saved is gone."""
        assert self._peer is not None
        self._peer.kill()

    def signal(self, number: int) -> None:
        """Send it a signal, such as SIGSTOP."""
        assert self._peer is not None
        self._peer.process.send_signal(number)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _passwords(self, users: dict[str, str]) -> Path:
        file = self.folder / "passwords"
        file.touch(mode=0o600)
        for name, password in users.items():
            subprocess.run(
                [need("mosquitto_passwd"), "-b", str(file), name, password],
                check=True,
                capture_output=True,
            )
        return file
