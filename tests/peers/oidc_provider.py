"""Starts an OpenID provider of another maker (oidc-provider)."""

from __future__ import annotations

import json
import os
import subprocess
import time
from pathlib import Path
from typing import Any, Final, Self

import httpx

from tests.peers.npm import installed
from tests.peers.process import Peer, free_port, listening

HERE: Final = Path(__file__).parent / "oidc_node"
CLIENT: Final = "taktline"
SECRET: Final = "a secret of the tests: 100% & more"
PEOPLE: Final = {
    "s-anna": {"preferred_username": "Anna", "groups": ["supervisors", "everybody"]},
    "s-bob": {"preferred_username": "bob", "groups": ["everybody"]},
    "s-root": {"preferred_username": "root", "groups": ["supervisors"]},
}


class OidcProvider:
    """A provider on loopback whose people and keys a test turns; whoever comes is let in as `login` says."""

    def __init__(self, folder: Path, *, page: str) -> None:
        self.port = free_port()
        self.issuer = f"http://localhost:{self.port}"
        self._peer = Peer(
            [installed(HERE, "oidc-provider"), "server.js"],
            ready=listening(self.port),
            log=folder / "provider.log",
            cwd=HERE,
            stdin=subprocess.PIPE,
            env={
                **os.environ,
                "PORT": str(self.port),
                "CLIENT": CLIENT,
                "SECRET": SECRET,
                "BACK": f"{page}/api/v1/session/provider/back",
                "LEFT": f"{page}/",
                "PEOPLE": json.dumps(PEOPLE),
            },
            timeout_s=60,
        )

    def said(self) -> str:
        """Return what it has written so far."""
        return self._peer.log.read_text(errors="replace")

    def tell(self, **what: Any) -> None:
        """Turn something, and wait until that is done."""
        line = json.dumps(what)
        before, deadline = self.said().count(line), time.monotonic() + 30
        stdin = self._peer.process.stdin
        assert stdin is not None
        stdin.write(f"{line}\n".encode())
        stdin.flush()
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
        self._peer.stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
