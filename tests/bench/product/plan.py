"""What `make bench` measures, in order: the libraries alone, the most that each protocol sustains, the target, memory."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tests.bench.product.judge import judge
from tests.bench.product.measure import drain, stretch
from tests.bench.product.rig import Child, Load, rig
from tests.e2e.product import ROOT
from tests.peers.mosquitto import Mosquitto
from tests.peers.process import free_port, listening

SIGNALS: Final = 1000
TARGET_PER_S: Final = 20_000
_KINDS: Final = {
    "opcua": Load(opcua_signals=2 * SIGNALS),
    "mqtt": Load(mqtt_signals=2 * SIGNALS),
    "mixed": Load(opcua_signals=SIGNALS, mqtt_signals=SIGNALS),
}
_FIRST: Final = {"opcua": 130_000, "mqtt": 30_000, "mixed": 50_000}
_STEP: Final = 1.4
_KEPT_UP: Final = 0.98
_WORST_P99_MS: Final = 1000.0

Say = Callable[[str], None]


@dataclass(frozen=True, kw_only=True)
class Times:
    """How long each part takes, in seconds; `steps` bounds the search for the most that is sustained."""

    bare_s: float = 6.0
    step_s: float = 5.0
    steps: int = 5
    target_s: float = 40.0


def measure(times: Times, say: Say) -> dict[str, Any]:
    """Measure everything; the document holds plain numbers."""
    with tempfile.TemporaryDirectory(prefix="taktline-bench-") as held:
        folder = Path(held)
        say("the libraries alone …")
        figures: dict[str, Any] = {"bare": {}}
        for kind in ("opcua", "mqtt"):
            figures["bare"][kind] = bare(folder / f"bare-{kind}", kind, times.bare_s)
        say(f"{TARGET_PER_S} samples/s mixed, {times.target_s:.0f} s …")
        figures["target"] = target(folder / "target", times)
        for kind in _KINDS:
            say(f"the most that {kind} sustains …")
            figures[f"most {kind}"] = most(folder / kind, kind, times)
    return figures


def target(folder: Path, times: Times) -> dict[str, Any]:
    """Run the target's load, then compare what was sent with what is stored."""
    with rig(folder, _KINDS["mixed"]) as running:
        figures = stretch(running, rate=TARGET_PER_S, seconds=times.target_s)
        drained = drain(running)
    return figures | {
        "drained": drained,
        "lost": drained["lost"],
        "oracle": _judged(folder, "mixed"),
    }


def most(folder: Path, kind: str, times: Times) -> dict[str, Any]:
    """Raise the rate until the product or a source does not follow; return the last step that was sustained.

    Sustained: all that was offered was sent, journaled and stored, nothing was lost, and p99 is within a second.
    """
    rate = _FIRST[kind]
    steps: list[dict[str, Any]] = []
    with rig(folder, _KINDS[kind]) as running:
        for _ in range(times.steps):
            step = stretch(running, rate=rate, seconds=times.step_s, settle_s=2.0)
            steps.append(step)
            why = shortfall(step)
            if why:
                break
            rate = round(rate * _STEP / 1000) * 1000
        drained = drain(running)
    good = [step for step in steps if not shortfall(step)]
    return {
        "sustained": good[-1] if good else None,
        "last": steps[-1] | {"why": shortfall(steps[-1])},
        "drained": drained,
        "oracle": _judged(folder, kind),
    }


def _judged(folder: Path, kind: str) -> dict[str, Any]:
    """Compare what was sent with what is kept, row by row, and free the disk of both."""
    load = _KINDS[kind]
    loads = {"opcua": load.opcua_signals, "mqtt": load.mqtt_signals}
    verdict = judge(folder, {name: signals for name, signals in loads.items() if signals})
    shutil.rmtree(folder)
    return verdict


def shortfall(step: dict[str, Any]) -> str:
    """Say why a step was not sustained, or ""."""
    offered, p99_ms = step["offered_per_s"], step["live"]["p99_ms"]
    if any(step["lost"].values()):
        return "; ".join(f"{count:.0f} {what}" for what, count in step["lost"].items() if count)
    if step["sent_per_s"] < _KEPT_UP * offered:
        return f"the sources sent {step['sent_per_s']:.0f}/s only"
    if step["samples_per_s"] < _KEPT_UP * offered:
        return f"{step['samples_per_s']:.0f}/s journaled"
    if step["stored_per_s"] < 0.95 * offered:
        return f"{step['stored_per_s']:.0f}/s stored"
    if p99_ms is None or p99_ms > _WORST_P99_MS:
        return f"p99 {p99_ms} ms"
    return ""


def bare(folder: Path, kind: str, seconds: float) -> dict[str, Any]:
    """Run a library's own loop under half of the target's load."""
    folder.mkdir(parents=True)
    if kind == "opcua":
        port = free_port()
        with Child("opcua_source", port, SIGNALS, "REPORT", folder=folder) as source:
            source.report()
            while not listening(port)():
                pass
            return _bare(kind, port, seconds, source)
    with (
        Mosquitto(folder) as broker,
        Child("mqtt_source", broker.port, SIGNALS, "REPORT", folder=folder) as source,
    ):
        source.report()
        return _bare(kind, broker.port, seconds, source)


def _bare(kind: str, port: int, seconds: float, source: Child) -> dict[str, Any]:
    words = [sys.executable, "-m", "tests.bench.product.bare", kind, str(port), str(SIGNALS)]
    with subprocess.Popen(
        [*words, str(seconds)], stdout=subprocess.PIPE, text=True, cwd=ROOT
    ) as client:
        assert client.stdout is not None
        client.stdout.readline()
        source.tell(f"rate {TARGET_PER_S / 2}")
        found = json.loads(client.stdout.readline())
    return {
        "samples_per_s": found["samples"] / found["seconds"],
        "cpu_s_per_million": found["cpu_s"] / found["samples"] * 1e6,
    }
