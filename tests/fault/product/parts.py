"""What the fault tests of the whole product share: configurations, loads, and how a test waits for health."""

from __future__ import annotations

import json
import math
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from simulators.opcua.server import NAMESPACE
from tests.e2e.product import ROOT, Gateway
from tests.fault.product.oracle import Key
from tests.peers.influx import Influx
from tests.peers.process import Peer

QUICK: dict[str, Any] = {
    "supervisor": {"back_off": {"min_s": 0.2, "max_s": 1.0}, "refused_retry_s": 1.0, "tick_s": 0.2},
    "delivery": {"linger_s": 0.05, "back_off": {"min_s": 0.2, "max_s": 1.0}},
}
"""Waits short enough for a test; every other setting is the shipped default."""


def load_mqtt(port: int, **extra: Any) -> dict[str, Any]:
    """Return a connector that reads `simulators.load --protocol mqtt`."""
    return {
        "type": "mqtt",
        "host": "127.0.0.1",
        "port": port,
        "client_id": "taktline",
        "mappings": [
            {
                "topic": "load/{machine}/{group}",
                "qos": 1,
                "timestamp": {"path": "ts", "format": "epoch_ms"},
                "sequence": "seq",
                "signals": [
                    {"path": f"v{n}", "signal": f"test/mqtt/{{machine}}/{{group}}/v{n}"}
                    for n in range(4)
                ],
            }
        ],
        **extra,
    }


def load_opcua(endpoint: str, machine: str, *, signals: int, **extra: Any) -> dict[str, Any]:
    """Return a connector that reads one machine of `simulators.load --protocol opcua` or of `machine`."""
    return {
        "type": "opcua",
        "endpoint": endpoint,
        "security": "none",
        "namespaces": {"sim": NAMESPACE},
        "machine": f"test/opcua/load/{machine.lower()}",
        "queue_size": 100,
        "sampling_ms": 10,
        "publishing_ms": 100,
        "request_timeout_s": 2.0,
        "silent_s": 3.0,
        "retry_nodes_s": 0.5,
        "nodes": [{"node": f"sim:s={machine}.V{n}", "signal": f"V{n}"} for n in range(signals)],
        **extra,
    }


@dataclass(frozen=True, slots=True)
class Load:
    """A running load: its process, what its ready file says, and where it logs what it sent."""

    peer: Peer
    said: dict[str, Any]
    sent: Path
    out: Path

    def end(self) -> dict[str, Any]:
        """Have it end now, with everything it sent in its log, and return its report."""
        self.peer.process.terminate()
        return self.finished(timeout_s=60)

    def finished(self, *, timeout_s: float) -> dict[str, Any]:
        """Wait for its end and return its report."""
        assert self.peer.process.wait(timeout_s) == 0, self.out.read_text()
        report: dict[str, Any] = json.loads(self.out.read_text().splitlines()[-1])
        return report


@contextmanager
def load(folder: Path, protocol: str, *, wait_s: float = 0.0, **options: float) -> Iterator[Load]:
    """Run `simulators.load`; options are machines, signals, rate, seconds and mqtt_port."""
    folder.mkdir(parents=True, exist_ok=True)
    ready, sent, out = (folder / f"{protocol}.{kind}" for kind in ("ready", "sent", "out"))
    arguments = [f"--{name.replace('_', '-')}={value:g}" for name, value in options.items()]
    files = ["--ready-file", str(ready), "--sent-log", str(sent), f"--wait={wait_s:g}"]
    with Peer(
        [sys.executable, "-m", "simulators.load", "--protocol", protocol, *arguments, *files],
        ready=ready.exists,
        log=out,
        cwd=ROOT,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    ) as peer:
        yield Load(peer, json.loads(ready.read_text()), sent, out)


def health(product: Gateway) -> dict[str, Any]:
    """Return the health document."""
    document: dict[str, Any] = product.get("/health")
    return document


def connector(product: Gateway, name: str) -> dict[str, Any]:
    """Return one connector of the health document."""
    return next(each for each in health(product)["connectors"] if each["name"] == name)


def stage(product: Gateway, name: str) -> dict[str, Any]:
    """Return one stage of the health document."""
    return next(each for each in health(product)["stages"] if each["name"] == name)


def until_state(
    product: Gateway, name: str, state: str, *, timeout_s: float = 90.0
) -> dict[str, Any]:
    """Wait until a connector is in a state and return it."""

    def reached() -> dict[str, Any] | None:
        found = connector(product, name)
        return found if found["state"] == state else None

    found: dict[str, Any] = product.until(reached, timeout_s=timeout_s, what=f"{name} {state}")
    return found


def until_more(product: Gateway, name: str, samples: int) -> None:
    """Wait until a connector has journaled that many more samples."""
    before = connector(product, name)["samples"]
    product.until(
        lambda: connector(product, name)["samples"] >= before + samples, what=f"{name} flows"
    )


def until_quiet(product: Gateway, *, timeout_s: float = 90.0) -> None:
    """Wait until nothing new arrives for a second and the historian has it all."""
    seen, since = -1, time.monotonic()

    def quiet() -> bool:
        nonlocal seen, since
        document = health(product)
        rows = next(each["rows"] for each in document["stages"] if each["name"] == "journal")
        if rows != seen:
            seen, since = rows, time.monotonic()
        behind = any(
            each["behind_rows"] for each in document["stages"] if each["name"] == "historian"
        )
        return not behind and time.monotonic() - since > 1.0

    product.until(quiet, timeout_s=timeout_s, what="all rows in the historian")


def told(product: Gateway, text: str) -> int:
    """Return how many lines of the log hold a text."""
    return sum(text in line for line in product.log.read_text(errors="replace").splitlines())


def in_influx(server: Influx) -> Iterator[tuple[Key, float, int]]:
    """Give every row of the server as it says itself, without the code under test."""
    names = ("site", "area", "line", "machine", "signal")
    known = server.query(
        f"SELECT last(quality) FROM samples GROUP BY {', '.join(names)}", database="plant"
    )
    # One signal at a time: all rows of five minutes in one answer take a busy server longer than a minute.
    for tags in (series["tags"] for series in known):
        path = "/".join(tags[name] for name in names)
        where = " AND ".join(f"{name} = '{tags[name]}'" for name in names)
        (series,) = server.query(
            f"SELECT value, quality FROM samples WHERE {where}", database="plant"
        )
        for time_ns, value, quality in series["values"]:
            yield Key(path, time_ns), math.nan if value is None else float(value), int(quality)
