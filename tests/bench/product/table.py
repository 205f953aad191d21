"""The figures as a person reads them, and what they were measured on."""

from __future__ import annotations

import platform
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from tests.e2e.product import ROOT

_PACKAGES: Final = ("asyncua", "paho-mqtt", "apsw", "duckdb", "numpy", "fastapi", "uvicorn")
_LIBRARIES: Final = {"opcua": "bare asyncua handler", "mqtt": "bare paho loop"}


def machine() -> dict[str, Any]:
    """Return what the figures were measured on, and when."""
    cpu = [
        line.partition(":")[2].strip()
        for line in Path("/proc/cpuinfo").read_text().splitlines()
        if line.startswith("model name")
    ]
    commit = subprocess.run(
        ["git", "describe", "--always", "--dirty"],
        capture_output=True, text=True, cwd=ROOT, check=False,
    ).stdout.strip()  # fmt: skip
    return {
        "date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "cpu": f"{len(cpu)} x {cpu[0] if cpu else platform.processor()}",
        "system": platform.platform(),
        "python": platform.python_version(),
        "versions": {name: version(name) for name in _PACKAGES},
        "commit": commit or "no git",
        "load_average_before": round(float(Path("/proc/loadavg").read_text().split()[0]), 2),
    }


def lines(figures: dict[str, Any]) -> Iterator[str]:
    """Yield the table."""
    about = figures["machine"]
    yield f"{about['date']}, commit {about['commit']}, {about['cpu']}, {about['system']}"
    versions = ", ".join(f"{name} {number}" for name, number in about["versions"].items())
    yield f"Python {about['python']}, {versions}; load average before {about['load_average_before']}"
    yield ""
    yield f"{'':34}{'samples/s':>10}{'CPU s/million':>15}{'p50 ms':>8}{'p99 ms':>8}{'gateway':>9}{'load':>7}"
    for kind, found in figures["bare"].items():
        yield f"{_LIBRARIES[kind]:34}{found['samples_per_s']:10,.0f}{found['cpu_s_per_million']:15.2f}"
    for kind in ("opcua", "mqtt", "mixed"):
        most = figures[f"most {kind}"]
        if most["sustained"] is not None:
            yield _row(f"{kind}, sustained", most["sustained"])
        last, drained = most["last"], most["drained"]
        yield (
            f"  tried {last['offered_per_s']:,.0f}/s: {last['why'] or 'sustained, not tried further'}; in all steps "
            f"sent {drained['sent']:,}, stored {drained['stored']:,}"
        )
        yield f"  {_verdict(most['oracle'])}"
    target = figures["target"]
    yield _row("target, mixed", target)
    yield "  gateway and load in cores of this machine; load = sources, broker and live client"
    yield ""
    yield from _target(target)


def _verdict(found: dict[str, Any]) -> str:
    """Return where everything that was sent has gone, row by row."""
    causes = ", ".join(f"{count} {cause}" for cause, count in sorted(found["causes"].items()))
    return (
        f"row by row: sent {found['sent']:,} = stored {found['stored']:,} + in declared gaps {found['in_gaps']:,} + "
        f"unaccounted {found['unaccounted']:,}; altered {found['altered']:,}; dead letters {found['dead_letters']}; "
        f"gaps {found['gaps']}{': ' if causes else ''}{causes}"
        + "".join(f"; {example}" for example in found["examples"])
    )


def _row(name: str, found: dict[str, Any]) -> str:
    live, cores = found["live"], found["cores"]
    load = sum(used for part, used in cores.items() if part != "gateway")
    total = sum(found["cpu_s_per_million"].values())
    return (
        f"{name:34}{found['samples_per_s']:10,.0f}{total:15.2f}"
        f"{live['p50_ms']:8.0f}{live['p99_ms']:8.0f}{cores['gateway']:9.2f}{load:7.2f}"
    )


def _target(found: dict[str, Any]) -> Iterator[str]:
    live, memory, drained = found["live"], found["memory_mb"], found["drained"]
    yield (
        f"Target, {found['offered_per_s']:,.0f}/s for {found['seconds']:.0f} s: source time to websocket receipt "
        f"p50 {live['p50_ms']:.0f} ms, p99 {live['p99_ms']:.0f} ms, largest {live['max_ms']:.0f} ms "
        f"({live['columns']} columns, {live['rows']:,} rows)"
    )
    yield (
        f"  memory {memory['first']:.0f} MB at first, {memory['last']:.0f} MB at last, "
        f"{memory['slope_mb_per_min']:+.2f} MB a minute over the last third"
    )
    yield (
        f"  sent {drained['sent']:,}, journaled {drained['journaled']:,}, stored {drained['stored']:,}; "
        + ", ".join(f"{what} {count:.0f}" for what, count in found["lost"].items())
    )
    yield f"  {_verdict(found['oracle'])}"
    yield "  cores: " + ", ".join(f"{part} {used:.3f}" for part, used in found["cores"].items())
    yield "  CPU s per million samples by stage:"
    small = 0.0
    for stage, cpu_s in found["cpu_s_per_million"].items():
        if stage.startswith("rest") or cpu_s < 0.05:
            small += cpu_s
        else:
            yield f"    {stage:26}{cpu_s:8.2f}"
    yield f"    {'rest':26}{small:8.2f}"
