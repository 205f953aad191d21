"""Every examination in order, and its findings as lines."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Iterator
from pathlib import Path
from typing import Final

from gateway.clock import SystemClock
from gateway.commands.doctor import machine, peers
from gateway.commands.doctor.finding import Finding, Grade, good
from gateway.config.schema import GatewayOptions, load
from gateway.errors import ConfigError
from gateway.historian.options import EmbeddedOptions, InfluxOptions
from gateway.stream.lock import DirectoryLock

_SIGNS: Final = {Grade.GOOD: "ok  ", Grade.WORTH_A_LOOK: "look", Grade.IN_THE_WAY: "BAD "}


async def examine(config: Path) -> AsyncIterator[Finding]:
    """Examine what a configuration needs; raises `InvalidConfigError` for one that does not hold.

    While a gateway runs on it, its machines and brokers are left alone: they would take us for it.
    """
    options = load(config).options
    running = is_running(options.data_dir)
    for finding in of_machine(options, running=running):
        yield finding
    clock = SystemClock()
    yield await peers.store(options)
    if options.access.oidc is not None:
        yield await peers.provider(options.access.oidc, clock)
    if isinstance(options.historian, InfluxOptions):
        yield await peers.historian(options.historian, clock)
    if running:
        yield good("connectors", "the gateway runs: its health page tells how they do")
        return
    for name, each in options.connectors.items():
        async for finding in peers.connector(name, each, clock):
            yield finding


def of_machine(options: GatewayOptions, *, running: bool) -> Iterator[Finding]:
    """Yield what concerns this machine alone."""
    now_ns = SystemClock().now_ns()
    yield machine.clock(machine.kernel_clock(), now_ns)
    mounts = Path("/proc/mounts").read_text("utf-8")
    yield from machine.disk(options.data_dir, mounts, wanted_bytes=wanted_bytes(options))
    yield machine.commits(options.data_dir)
    yield machine.memory(Path("/proc/meminfo").read_text("utf-8"))
    yield machine.open_files()
    yield peers.page_port(options.web, running=running)
    for maybe in (peers.certificate(options.web, now_ns), peers.damaged(options.data_dir)):
        if maybe is not None:
            yield maybe


def is_running(data_dir: Path) -> bool:
    """Return whether a gateway owns the data folder now; makes nothing."""
    if not (data_dir / "taktline.lock").exists():
        return False
    try:
        DirectoryLock(data_dir).release()
    except ConfigError:
        return True
    return False


def wanted_bytes(options: GatewayOptions) -> int:
    """Return how many bytes the configuration lets its data grow to."""
    history = options.historian
    kept = history.retention_bytes or 0 if isinstance(history, EmbeddedOptions) else 0
    return options.journal.max_bytes + kept


def lines(finding: Finding) -> Iterable[str]:
    """Yield a finding as a person reads it."""
    yield f"{_SIGNS[finding.grade]}  {finding.subject}: {finding.says}"
    if finding.do:
        yield f"      → {finding.do}"
