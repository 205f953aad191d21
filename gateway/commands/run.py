"""`taktline up` and `taktline demo`: the gateway until it is told to stop."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import tempfile
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from datetime import datetime
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from gateway.app import Gateway
from gateway.config.problems import InvalidConfigError
from gateway.config.schema import BadRules, Loaded, load
from gateway.demo import SAMPLE, page_port, simulated_plant
from gateway.detect.options_broken import BrokenRule
from gateway.errors import ConfigError, NotConnectedError, StorageError, TaktlineError
from gateway.logs import LogLevel, LogOptions, set_up_logging
from gateway.production.office.sample import fill
from gateway.production.quality import sample

_log = logging.getLogger("taktline")

DEMO_FILLER: Final = "demo/packaging/bottling/filler"
"""Where the demo's checks fall due."""


async def up(config: Path) -> None:
    """Run the gateway on a configuration until SIGINT or SIGTERM; SIGHUP reads the configuration again.

    A rule with mistakes does not run and says why; anything else that is wrong raises `InvalidConfigError`.
    """
    loaded = load(config, bad_rules=BadRules.DISABLE)
    set_up_logging(loaded.options.log)
    _tell_broken(loaded)
    gateway = Gateway(loaded.options, config=config)
    with _stopping() as stop, _reloading(lambda: _reload(gateway, config)):
        await gateway.run(stop, on_serving=lambda url: _log.info("serving %s", url))
        _log.info("stopped")


async def demo(*, port: int, seed: int, scenario: str, keep: Path | None) -> None:
    """Run the simulated plant and the gateway on it until SIGINT or SIGTERM, then end both."""
    set_up_logging(LogOptions(level=LogLevel.WARNING))
    with _stopping() as stop:
        async with _folder(keep) as data, simulated_plant(seed=seed, scenario=scenario) as plant:
            chosen = {
                **os.environ,
                **plant.variables,
                "TAKTLINE_DEMO_PORT": str(page_port(port)),
                "TAKTLINE_DEMO_DATA": str(data),
            }
            gateway = Gateway(load(SAMPLE, environment=chosen).options)
            async with _beside(_stop_with(plant.process, stop)) as beside:

                def serving(url: str) -> None:
                    _announce(url)
                    beside(_fill_office(gateway, seed))

                await gateway.run(stop, on_serving=serving)


def _announce(url: str) -> None:
    print(f"\nTaktline demo: open {url}\nCtrl-C ends it.\n", flush=True)  # noqa: T201 - said to the person at the terminal


@contextlib.asynccontextmanager
async def _beside(
    work: Coroutine[object, object, None],
) -> AsyncIterator[Callable[[Coroutine[object, object, None]], None]]:
    """Run work beside a block, and what the block adds; all of it ends with the block."""
    tasks = [asyncio.create_task(work)]
    try:
        yield lambda more: tasks.append(asyncio.create_task(more))
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _fill_office(gateway: Gateway, seed: int) -> None:
    """Give the demo's production office the sample shop; a demo without it is told so and goes on."""
    if gateway.planning is None:
        return
    zone = ZoneInfo(gateway.options.plant.time_zone)
    try:
        await fill(gateway.planning, today=datetime.now(zone).date(), seed=seed, by="sample data")
    except TaktlineError as error:
        _log.error("the demo's production plan is missing: %s", error)
    if gateway.quality is not None:
        try:
            await sample.fill(gateway.quality, DEMO_FILLER, by="sample data")
        except TaktlineError as error:
            _log.error("the demo's checks are missing: %s", error)


async def _stop_with(process: asyncio.subprocess.Process, stop: asyncio.Event) -> None:
    """End the demo when its plant has ended, instead of showing machines that are gone."""
    code = await process.wait()
    if not stop.is_set():
        _log.error("the simulated plant ended by itself with code %s, so the demo ends", code)
        stop.set()


@contextlib.contextmanager
def _stopping() -> Iterator[asyncio.Event]:
    """Give an event that SIGINT and SIGTERM set; a second signal ends the process at once."""
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()

    def told() -> None:
        if stop.is_set():
            os._exit(130)
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, told)
    try:
        yield stop
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)


@contextlib.contextmanager
def _reloading(reload: Callable[[], None]) -> Iterator[None]:
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGHUP, reload)
    try:
        yield
    finally:
        loop.remove_signal_handler(signal.SIGHUP)


_reloads: set[asyncio.Task[None]] = set()


def _reload(gateway: Gateway, config: Path) -> None:
    async def again() -> None:
        try:
            loaded = await asyncio.to_thread(load, config, bad_rules=BadRules.DISABLE)
        except InvalidConfigError as error:
            _log.error("reload refused, the old configuration stays: %s", error)
            return
        _tell_broken(loaded)
        try:
            _log.info("reloaded: %s", await gateway.reload(loaded.options))
        except (ConfigError, StorageError, NotConnectedError) as error:
            _log.error("reload refused, the old configuration stays: %s", error)

    task = asyncio.create_task(again(), name="reload")
    _reloads.add(task)
    task.add_done_callback(_reloads.discard)


def _tell_broken(loaded: Loaded) -> None:
    for rule, options in loaded.options.rules.items():
        if isinstance(options, BrokenRule):
            _log.error("rule disabled", extra={"rule": rule, "error": options.error})


@contextlib.asynccontextmanager
async def _folder(keep: Path | None) -> AsyncIterator[Path]:
    """Give the folder a person wants to keep, or one that is removed afterwards."""
    if keep is not None:
        yield keep
        return
    with tempfile.TemporaryDirectory(prefix="taktline-demo-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)
