"""Starts the OPC UA server of another maker (node-opcua), installing it once beside its lock file."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from tests.peers.process import Peer, listening
from web.build_ui import node_command

HERE = Path(__file__).parent / "opcua_node"


def installed() -> str:
    """Return node's path once the peer's packages are there, or skip with what kept them away.

    Node and npm are those that build the page, from PyPI, so that a machine needs no other.
    """
    npm, folder = node_command()
    if not (HERE / "node_modules" / ".package-lock.json").exists():
        done = subprocess.run(
            [*npm, "ci", "--no-audit", "--no-fund", "--ignore-scripts"],
            cwd=HERE, capture_output=True, text=True, timeout=150, check=False,
            env={**os.environ, "PATH": f"{folder}{os.pathsep}{os.environ.get('PATH', '')}"},
        )  # fmt: skip
        if done.returncode:
            pytest.skip(
                f"node-opcua cannot be installed: npm ci in {HERE.name}: {done.stderr[-200:]}"
            )
    return npm[0]


def node_server(
    port: int, folder: Path, *, first_uris: tuple[str, ...] = (), load: int = 0
) -> Peer:
    """Start the server; its keys and log live in `folder`."""
    environment = dict(
        os.environ,
        PORT=str(port),
        PKI=str(folder / "pki"),
        FIRST_URIS=json.dumps(first_uris),
        LOAD=str(load),
    )
    return Peer(
        [installed(), "server.js"],
        ready=listening(port),
        log=folder / "node.log",
        env=environment,
        cwd=HERE,
        timeout_s=60,
    )
