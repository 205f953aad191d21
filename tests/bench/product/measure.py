"""One measured stretch of a running rig: rates, ages, processor time by stage, memory, and what was lost."""

from __future__ import annotations

import time
from typing import Any, Final

from tests.bench.product.rig import Rig, declared_gaps

_SETTLE_S: Final = 3.0
_STILL_S: Final = 5.0
"""Nothing stored for so long after the sources have stopped: nothing more will be."""


def stretch(
    rig: Rig, *, rate: float, seconds: float, settle_s: float = _SETTLE_S
) -> dict[str, Any]:
    """Return the figures of a stretch at a rate, after a time to settle."""
    rig.rate(rate)
    time.sleep(settle_s)
    rig.watcher.tell(f"rate {rate + time.monotonic() / 1e9}")  # begins its histogram anew
    before = _snapshot(rig)
    memory: list[tuple[float, float]] = []
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        memory.append((time.monotonic(), rig.memory_mb()))
        time.sleep(min(1.0, max(0.0, end - time.monotonic())))
    time.sleep(0.6)
    after = _snapshot(rig)
    took_s = after["at_s"] - before["at_s"]
    samples = after["samples"] - before["samples"]
    watcher = rig.watcher.report()
    stages = {
        name: (cpu_s - before["stages"].get(name, 0.0)) / samples * 1e6
        for name, cpu_s in after["stages"].items()
    }
    processes = {
        name: (cpu_s - before["cpu_s"].get(name, 0.0)) / took_s
        for name, cpu_s in after["cpu_s"].items()
    }
    return {
        "offered_per_s": rate,
        "seconds": took_s,
        "sent_per_s": (after["sent"] - before["sent"]) / took_s,
        "samples_per_s": samples / took_s,
        "stored_per_s": (after["stored"] - before["stored"]) / took_s,
        "cpu_s_per_million": dict(sorted(stages.items(), key=lambda item: -item[1])),
        "cores": processes,
        "live": {
            k: watcher[k] for k in ("p50_ms", "p99_ms", "max_ms", "rows", "columns", "left_out")
        },
        "historian_behind_s": after["behind_s"],
        "event_loop_lag_s": after["loop_lag_s"],
        "memory_mb": {
            "first": memory[0][1],
            "last": memory[-1][1],
            "slope_mb_per_min": slope(memory),
        },
        "memory_each_s": [round(each, 1) for _, each in memory],
        "lost": lost(rig),
    }


def _snapshot(rig: Rig) -> dict[str, Any]:
    health = rig.health()
    account = rig.gateway.account()
    historian = next(s for s in health["stages"] if s["name"].startswith("historian"))
    return {
        "at_s": time.monotonic(),
        "sent": rig.sent(),
        "samples": sum(c["samples"] for c in health["connectors"]),
        "stored": historian["rows"],
        "behind_s": historian["behind_s"],
        "loop_lag_s": health["event_loop_lag_s"],
        "stages": account["stages"],
        "cpu_s": rig.cpu_s(),
    }


def lost(rig: Rig) -> dict[str, float]:
    """Return every counter of something lost or refused; all are 0 in a good run."""
    health = rig.health()
    live = next(s for s in health["stages"] if s["name"] == "live")["figures"]
    connectors = health["connectors"]
    return {
        "drops": sum(c["figures"]["drops"] for c in connectors),
        "losses": sum(c["losses"] for c in connectors),
        "dead letters": sum(c["dead_letters"] for c in connectors),
        "live rows left out": live["rows_left_out"] + live["skips"],
        "gaps": declared_gaps(health) - rig.gaps_before,
        "skipped by sources": sum(s.report()["skipped"] for s in rig.sources.values()),
    }


def drain(rig: Rig) -> dict[str, Any]:
    """Stop the sources, wait until nothing more is stored, end the gateway; return counts and what was lost."""
    for source in rig.sources.values():
        source.tell("stop")
    time.sleep(1.0)
    sent = rig.sent()
    moved_s = time.monotonic()
    found = _snapshot(rig)
    while found["stored"] < sent and time.monotonic() - moved_s < _STILL_S:
        time.sleep(0.25)
        before, found = found, _snapshot(rig)
        if found["stored"] != before["stored"]:
            moved_s = time.monotonic()
    figures = {"sent": sent, "journaled": found["samples"], "stored": found["stored"]}
    figures["lost"] = lost(rig)
    rig.gateway.stop(within_s=60)
    return figures


def slope(memory: list[tuple[float, float]]) -> float:
    """Return the least-squares slope of the last third, in MB a minute."""
    late = memory[len(memory) * 2 // 3 :]
    if len(late) < 3:
        return float("nan")
    mean_s = sum(at for at, _ in late) / len(late)
    mean_mb = sum(mb for _, mb in late) / len(late)
    above = sum((at - mean_s) * (mb - mean_mb) for at, mb in late)
    below = sum((at - mean_s) ** 2 for at, _ in late)
    return above / below * 60
