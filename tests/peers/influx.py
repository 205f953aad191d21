"""A real InfluxDB 1.x on loopback, with its own configuration and folder."""

from __future__ import annotations

import json
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any, Self

from tests.peers.process import Peer, free_port, listening, need

_CONFIG = """
reporting-disabled = true
bind-address = "127.0.0.1:{rpc}"
[meta]
  dir = "{folder}/meta"
[data]
  dir = "{folder}/data"
  wal-dir = "{folder}/wal"
  query-log-enabled = false
  series-id-set-cache-size = 100
[monitor]
  store-enabled = false
[http]
  bind-address = "127.0.0.1:{http}"
  log-enabled = false
  auth-enabled = {auth}
  max-body-size = 25000000
[subscriber]
  enabled = false
[continuous_queries]
  enabled = false
[logging]
  level = "warn"
"""


class Influx(Peer):
    """`influxd` as a peer; `url` answers the 1.x API."""

    url: str

    @classmethod
    def start(cls, folder: Path, *, port: int | None = None, auth: bool = False) -> Self:
        """Start a server that keeps its data in `folder`; started again there, it has them still."""
        program = need("influxd")
        port = port or free_port()
        config = folder / "influxdb.conf"
        config.write_text(
            _CONFIG.format(folder=folder, http=port, rpc=free_port(), auth=str(auth).lower())
        )
        peer = cls(
            [program, "run", "-config", str(config)],
            ready=listening(port),
            log=folder / "influxd.log",
            cwd=folder,
        )
        peer.url = f"http://127.0.0.1:{port}"
        return peer

    def query(
        self, statement: str, *, database: str = "", user: str = "", password: str = ""
    ) -> list[dict[str, Any]]:
        """Run InfluxQL as a person would, independent of the code under test; return the series."""
        body = urllib.parse.urlencode({"q": statement, "db": database, "epoch": "ns"}).encode()
        who = urllib.parse.urlencode({"u": user, "p": password} if user else {})
        with urllib.request.urlopen(f"{self.url}/query?{who}", body, timeout=60) as answer:
            result = json.load(answer)["results"][0]
        if "error" in result:
            raise RuntimeError(result["error"])
        series: list[dict[str, Any]] = result.get("series", [])
        return series
