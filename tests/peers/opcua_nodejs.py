"""Starts the OPC UA server of another maker (node-opcua)."""

from __future__ import annotations

import json
import os
from pathlib import Path

from tests.peers.npm import installed
from tests.peers.process import Peer, listening

HERE = Path(__file__).parent / "opcua_node"


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
        [installed(HERE, "node-opcua"), "server.js"],
        ready=listening(port),
        log=folder / "node.log",
        env=environment,
        cwd=HERE,
        timeout_s=60,
    )
