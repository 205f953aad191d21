"""Starts an OpenID provider of another maker (oidc-provider), installing it once beside its lock file."""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
import time
from pathlib import Path
from typing import Any, Final, Self

import httpx
import pytest

from tests.peers.process import free_port, listening
from web.build_ui import node_command

HERE: Final = Path(__file__).parent / "oidc_node"
CLIENT: Final = "taktline"
SECRET: Final = "a secret of the tests: 100% & more"
PEOPLE: Final = {
    "s-anna": {"preferred_username": "Anna", "groups": ["supervisors", "everybody"]},
    "s-bob": {"preferred_username": "bob", "groups": ["everybody"]},
    "s-root": {"preferred_username": "root", "groups": ["supervisors"]},
}


def installed() -> str:
    """Return node's path once the peer's packages are there, or skip with what kept them away."""
    npm, folder = node_command()
    # Two workers at once would tear each other's packages apart.
    with (HERE / "package.json").open("rb") as one:
        fcntl.flock(one, fcntl.LOCK_EX)
        _install(npm, folder)
    return npm[0]


def _install(npm: list[str], folder: Path) -> None:
    if not (HERE / "node_modules" / ".package-lock.json").exists():
        done = subprocess.run(
            [*npm, "ci", "--no-audit", "--no-fund", "--ignore-scripts"],
            cwd=HERE, capture_output=True, text=True, timeout=150, check=False,
            env={**os.environ, "PATH": f"{folder}{os.pathsep}{os.environ.get('PATH', '')}"},
        )  # fmt: skip
        if done.returncode:
            pytest.skip(
                f"oidc-provider cannot be installed: npm ci in {HERE.name}: {done.stderr[-200:]}"
            )


class OidcProvider:
    """A provider on loopback whose people and keys a test turns; whoever comes is let in as `login` says."""

    def __init__(self, folder: Path, *, page: str, tls: tuple[Path, Path] | None = None) -> None:
        self.port = free_port()
        self.issuer = f"{'http' if tls is None else 'https'}://localhost:{self.port}"
        self._log = (folder / "provider.log").open("ab+")
        self._process = subprocess.Popen(
            [installed(), "server.js"],
            cwd=HERE,
            stdin=subprocess.PIPE,
            stdout=self._log,
            stderr=subprocess.STDOUT,
            text=True,
            env={
                **os.environ,
                "PORT": str(self.port),
                "CLIENT": CLIENT,
                "SECRET": SECRET,
                "BACK": f"{page}/api/v1/session/provider/back",
                "LEFT": f"{page}/",
                "PEOPLE": json.dumps(PEOPLE),
                **({} if tls is None else {"TLS_CERT": str(tls[0]), "TLS_KEY": str(tls[1])}),
            },
        )
        ready, deadline = listening(self.port), time.monotonic() + 60
        while not ready():
            if self._process.poll() is not None or time.monotonic() > deadline:
                said = self.said()
                self.stop()
                msg = f"oidc-provider did not become ready:\n{said[-2000:]}"
                raise RuntimeError(msg)
            time.sleep(0.02)

    def said(self) -> str:
        """Return what it has written so far."""
        self._log.seek(0)
        return self._log.read().decode(errors="replace")

    def tell(self, **what: Any) -> None:
        """Turn something, and wait until that is done."""
        line = json.dumps(what)
        before, deadline = self.said().count(line), time.monotonic() + 30
        assert self._process.stdin is not None
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()
        while self.said().count(line) <= before:
            assert time.monotonic() < deadline, self.said()[-2000:]
            time.sleep(0.01)

    def options(self, **more: Any) -> dict[str, Any]:
        """Return `access.oidc` for this provider."""
        return {
            "issuer": self.issuer,
            "client_id": CLIENT,
            "client_secret": SECRET,
            "roles": {
                "supervisors": ["supervisor@plant/bottling", "viewer"],
                "quality": ["quality"],
            },
            **more,
        }

    async def walk(self, url: str, *, back: str) -> str:
        """Do what a browser does there, from where we sent it until it is sent back; return that address."""
        async with httpx.AsyncClient(verify=False) as browser:
            for _ in range(8):
                answer = await browser.get(url)
                assert answer.is_redirect, (url, answer.status_code, answer.text[:2000])
                url = str(answer.url.join(answer.headers["location"]))
                if url.startswith(back):
                    return url
        msg = f"nobody was sent back to {back}: {url}"
        raise AssertionError(msg)

    def stop(self) -> None:
        """End it."""
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(5)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait(5)
        if self._process.stdin is not None:
            self._process.stdin.close()
        self._log.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
