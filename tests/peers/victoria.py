"""A real VictoriaMetrics on loopback: takes line protocol at /api/v2/write, answers no InfluxQL."""

from __future__ import annotations

import json
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any, Self

from tests.peers.process import Peer, free_port, listening, need


class Victoria(Peer):
    """`victoria-metrics` as a peer."""

    url: str

    @classmethod
    def start(cls, folder: Path) -> Self:
        """Start a server that keeps its data in `folder`."""
        port = free_port()
        peer = cls(
            [
                need("victoria-metrics"),
                f"-httpListenAddr=127.0.0.1:{port}",
                f"-storageDataPath={folder}/data",
                "-retentionPeriod=100y",
                "-memory.allowedPercent=10",
            ],
            ready=listening(port),
            log=folder / "victoria.log",
            cwd=folder,
        )
        peer.url = f"http://127.0.0.1:{port}"
        return peer

    def export(self, selector: str) -> list[dict[str, Any]]:
        """Return every stored series that a selector names, through the server's own export."""
        urllib.request.urlopen(f"{self.url}/internal/force_flush", timeout=10).close()
        query = urllib.parse.urlencode({"match[]": selector})
        with urllib.request.urlopen(f"{self.url}/api/v1/export?{query}", timeout=10) as answer:
            return [json.loads(line) for line in answer.read().splitlines()]
