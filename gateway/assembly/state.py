"""The relational store: where it is, and waiting for a server that is not there yet."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable
from typing import Final

from sqlalchemy import make_url

from gateway.clock import Clock
from gateway.config.schema import GatewayOptions
from gateway.errors import NotConnectedError, StorageError
from gateway.store import Store

_WAIT_S: Final = (0.5, 10.0)
_log = logging.getLogger(__name__)


def store_url(options: GatewayOptions) -> str:
    """Return the relational store's address, password included; never show it."""
    store = options.store
    if not store.url:
        return f"sqlite:///{options.data_dir / 'taktline.db'}"
    if store.password is None:
        return store.url
    url = make_url(store.url).set(password=store.password.get_secret_value())
    return url.render_as_string(hide_password=False)


async def open_store(options: GatewayOptions, *, clock: Clock, stop: asyncio.Event) -> Store | None:
    """Open the store, waiting for a server that is not there yet; None once told to stop."""
    url = store_url(options)
    wait_s, told = _WAIT_S[0], False
    while not stop.is_set():
        try:
            return await Store.open(url)
        except (NotConnectedError, StorageError) as error:
            if not told:
                _log.warning("the store is not there yet, samples are kept meanwhile: %s", error)
            told = True
            await _either(clock.sleep(wait_s), stop.wait())
            wait_s = min(2 * wait_s, _WAIT_S[1])
    return None


async def _either(*waits: Awaitable[object]) -> None:
    """Return as soon as one of these has ended, and end the others."""
    tasks = [asyncio.ensure_future(wait) for wait in waits]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
