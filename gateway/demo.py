"""The demo: a simulated plant as a child process, and the gateway on the sample configuration for it."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import json
import signal
import socket
import sys
import tempfile
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from gateway.errors import ConfigError, EndedError

SAMPLE: Final = Path(__file__).parent / "config" / "samples" / "demo"
_READY_S: Final = 40.0
_END_S: Final = 4.0
_PR_SET_PDEATHSIG: Final = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Demo:
    """What the simulated plant listens on, as variables of the sample configuration."""

    variables: Mapping[str, str]
    process: asyncio.subprocess.Process


@contextlib.asynccontextmanager
async def simulated_plant(*, seed: int, scenario: str) -> AsyncIterator[Demo]:
    """Run the simulated plant for the length of a block; raises `ConfigError` where it cannot start."""
    with tempfile.TemporaryDirectory(prefix="taktline-plant-") as folder:
        ready = Path(folder) / "ready.json"
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "simulators", "--scenario", scenario, "--seed", str(seed)),
            *("--port-base", "0", "--mqtt-port", "0", "--ready-file", str(ready)),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            # A session of its own: Ctrl-C reaches the gateway alone, which then ends the plant last.
            start_new_session=True,
            preexec_fn=_end_with_parent,
        )
        try:
            yield Demo(variables=await _variables(process, ready), process=process)
        finally:
            await _end(process)


def page_port(wanted: int) -> int:
    """Return the wanted port of the page, or a free one where somebody uses it."""
    for port in (wanted, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    msg = "no free port on the loopback address"
    raise ConfigError(msg)


async def _variables(process: asyncio.subprocess.Process, ready: Path) -> dict[str, str]:
    deadline = asyncio.get_running_loop().time() + _READY_S
    while (said := _said(ready)) is None:
        if process.returncode is not None:
            raise EndedError(
                f"the simulated plant ended at its start with code {process.returncode}"
            )
        if asyncio.get_running_loop().time() > deadline:
            raise EndedError(f"the simulated plant was not ready within {_READY_S:g} s")
        await asyncio.sleep(0.05)
    ports = {
        f"TAKTLINE_DEMO_OPCUA_{machine.upper()}": address.rpartition(":")[2].rstrip("/")
        for machine, address in said["opcua"].items()
    }
    return {**ports, "TAKTLINE_DEMO_MQTT": str(said["mqtt"]["port"])}


def _said(ready: Path) -> dict[str, Any] | None:
    """Return the ready file's document; it is written whole or not at all."""
    return json.loads(ready.read_bytes()) if ready.exists() else None


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is not None:
        return
    process.terminate()
    try:
        await asyncio.wait_for(process.wait(), _END_S)
    except TimeoutError:
        process.kill()
        await process.wait()


def _end_with_parent() -> None:
    """Have the kernel end the plant when the gateway is killed, so that no process is left behind."""
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
