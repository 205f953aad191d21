"""The product under load as one rig: broker, sources, gateway and one live client, each a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

from tests.bench.product.sent import MACHINES
from tests.e2e.product import ROOT, Gateway
from tests.peers.mosquitto import Mosquitto
from tests.peers.process import Peer, free_port, listening

PUBLISHING_MS: Final = 50
_PATIENCE_S: Final = 60.0
"""A bench that gives up on a stalled gateway would not report the stall."""
_TICKS_S: Final = os.sysconf("SC_CLK_TCK")


class Child:
    """A helper process that takes orders and keeps a JSON report up to date."""

    def __init__(self, module: str, *arguments: object, folder: Path) -> None:
        self.file = folder / f"{module}.json"
        self.log = folder / f"{module}.log"
        words = [str(word) for word in arguments]
        at = words.index("REPORT")
        words[at] = str(self.file)
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", f"tests.bench.product.{module}", *words],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=ROOT,
                text=True,
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.tell("end")
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(5)
        assert self.process.stdin is not None
        self.process.stdin.close()

    def tell(self, order: str) -> None:
        """Give an order."""
        assert self.process.stdin is not None
        self.process.stdin.write(order + "\n")
        self.process.stdin.flush()

    def report(self, *, timeout_s: float = 20.0) -> dict[str, Any]:
        """Return its newest report."""
        deadline = time.monotonic() + timeout_s
        while not self.file.exists():
            if self.process.poll() is not None or time.monotonic() > deadline:
                msg = f"{self.log.name} says:\n{self.log.read_text()[-2000:]}"
                raise RuntimeError(msg)
            time.sleep(0.05)
        return dict(json.loads(self.file.read_text()))


class AccountedGateway(Gateway):
    """The product, with its processor time booked by stage."""

    def _run(self, ready: Callable[[], bool], timeout_s: float) -> Gateway:
        self.account_file = self.folder / "account.json"
        self.http.timeout = _PATIENCE_S
        self.peer = Peer(
            [
                sys.executable,
                "-m",
                "tests.bench.product.accounted",
                str(self.file),
                str(self.account_file),
            ],
            ready=ready,
            log=self.log,
            env=self.env,
            cwd=ROOT,
            timeout_s=timeout_s,
        )
        return self

    def account(self) -> dict[str, Any]:
        """Return the newest account."""
        return dict(json.loads(self.account_file.read_text()))


@dataclass(frozen=True, kw_only=True)
class Load:
    """How many signals each protocol has; 0 leaves it out."""

    opcua_signals: int = 0
    mqtt_signals: int = 0


@dataclass(kw_only=True)
class Rig:
    """Everything that runs, by part."""

    load: Load
    gateway: AccountedGateway
    watcher: Child
    sources: dict[str, Child]
    broker_pid: int | None
    ready_ms: float
    """When every signal had its first row."""
    gaps_before: float
    """Gaps declared until then, while connectors start; later ones count."""

    def rate(self, samples_per_s: float) -> None:
        """Ask the sources for a rate, shared equally."""
        for source in self.sources.values():
            source.tell(f"rate {samples_per_s / len(self.sources)}")

    def sent(self) -> int:
        """Return the samples that the sources have sent."""
        return sum(
            document["samples"] + document.get("initial", 0)
            for document in (source.report() for source in self.sources.values())
        )

    def cpu_s(self) -> dict[str, float]:
        """Return processor seconds of each process so far."""
        pids = {"gateway": self.gateway.peer.process.pid if self.gateway.peer else 0}
        pids |= {f"load {name}": source.process.pid for name, source in self.sources.items()}
        pids["live client"] = self.watcher.process.pid
        if self.broker_pid is not None:
            pids["mosquitto"] = self.broker_pid
        return {name: process_cpu_s(pid) for name, pid in pids.items()}

    def health(self) -> dict[str, Any]:
        """Return the gateway's own view of itself."""
        return dict(self.gateway.get("/health"))

    def memory_mb(self) -> float:
        """Return the gateway's resident memory."""
        assert self.gateway.peer is not None
        status = Path(f"/proc/{self.gateway.peer.process.pid}/status").read_text()
        return int(status.split("VmRSS:")[1].split()[0]) / 1024


def declared_gaps(health: dict[str, Any]) -> float:
    """Return how many gaps the journal keeps."""
    journal = next(each for each in health["stages"] if each["name"] == "journal")
    return float(journal["figures"]["gaps"])


def process_cpu_s(pid: int) -> float:
    """Return user and system time of a process with all its threads, in seconds."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS_S


@contextmanager
def rig(folder: Path, load: Load) -> Iterator[Rig]:
    """Run everything for the length of a block; when it begins, the gateway has every signal."""
    folder.mkdir(parents=True)
    with ExitStack() as stack:
        connectors: dict[str, Any] = {}
        sources: dict[str, Child] = {}
        broker = None
        if load.opcua_signals:
            port = free_port()
            sources["opcua"] = stack.enter_context(
                Child("opcua_source", port, load.opcua_signals, "REPORT", folder=folder)
            )
            sources["opcua"].report()
            _wait(listening(port))
            connectors["opcua"] = opcua_options(port, load.opcua_signals)
        if load.mqtt_signals:
            (folder / "broker").mkdir()
            broker = stack.enter_context(Mosquitto(folder / "broker"))
            connectors["mqtt"] = mqtt_options(broker.port)
        config = {"connectors": connectors, "rules": RULES, "log": {"level": "warning"}}
        product = AccountedGateway(folder / "gateway", config)
        stack.callback(product.close)
        product.start(timeout_s=_PATIENCE_S)
        product.until(lambda: _live(product), what="live connectors")
        if broker is not None:
            sources["mqtt"] = stack.enter_context(
                Child("mqtt_source", broker.port, load.mqtt_signals, "REPORT", folder=folder)
            )
        for source in sources.values():
            source.tell(f"rate {(load.opcua_signals + load.mqtt_signals) / 2}")
        signals = load.opcua_signals + load.mqtt_signals
        product.until(
            lambda: (
                sum(each["signals"] for each in product.get("/health")["connectors"]) == signals
            ),
            what="all signals",
        )
        views = [f"machine/bench/area/{kind}/m0" for kind in sources]
        watcher = stack.enter_context(
            Child(
                "watcher",
                f"ws://127.0.0.1:{product.port}/api/live",
                "REPORT",
                *views,
                folder=folder,
            )
        )
        watcher.report()
        yield Rig(
            load=load,
            gateway=product,
            watcher=watcher,
            sources=sources,
            broker_pid=broker._peer.process.pid if broker and broker._peer else None,
            ready_ms=time.time() * 1000,
            gaps_before=declared_gaps(product.get("/health")),
        )


def _wait(ready: Any) -> None:
    deadline = time.monotonic() + 10
    while not ready():
        if time.monotonic() > deadline:
            raise RuntimeError("a source does not listen")
        time.sleep(0.02)


def _live(product: Gateway) -> bool:
    connectors = product.get("/health")["connectors"]
    return bool(connectors) and all(each["state"] == "live" for each in connectors)


def opcua_options(port: int, signals: int) -> dict[str, Any]:
    """Return a connector for every variable of the load, on five machines."""
    return {
        "type": "opcua",
        "endpoint": f"opc.tcp://127.0.0.1:{port}/",
        "security": "none",
        "publishing_ms": PUBLISHING_MS,
        "sampling_ms": 0,
        "queue_size": 20,
        "namespaces": {"bench": "urn:taktline:bench"},
        "nodes": [
            {"node": f"bench:s=V{n}", "signal": f"bench/area/opcua/m{n % MACHINES}/v{n}"}
            for n in range(signals)
        ],
    }


def mqtt_options(port: int) -> dict[str, Any]:
    """Return a connector for messages of four values, QoS 1, on five machines."""
    return {
        "type": "mqtt",
        "host": "127.0.0.1",
        "port": port,
        "client_id": "taktline-bench",
        "mappings": [
            {
                "topic": "bench/{machine}/{group}",
                "qos": 1,
                "timestamp": {"path": "ts", "format": "epoch_ms"},
                "signals": [
                    {"path": f"v{n}", "signal": f"bench/area/mqtt/{{machine}}/{{group}}_v{n}"}
                    for n in range(4)
                ],
            }
        ],
    }


RULES: Final[dict[str, Any]] = {
    "bench-limit": {
        "type": "limit",
        "title": "Every signal within its limits",
        "signals": ["bench/**"],
        "high": 1000,
        "low": -1000,
        "on_delay_s": 5,
    },
    "bench-missing": {
        "type": "missing",
        "title": "Every signal sends",
        "signals": ["bench/**"],
        "after_s": 30,
    },
}
