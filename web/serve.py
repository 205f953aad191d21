"""Serve an application on its own listening socket until told to stop."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
from collections.abc import Callable, Iterator
from typing import Final

import uvicorn
from fastapi import FastAPI

from gateway.errors import ConfigError
from web.options import WebOptions, is_loopback
from web.sockets import LiveProtocol

_LOG = logging.getLogger("taktline.web")
_CIPHERS: Final = "ECDHE+AESGCM:ECDHE+CHACHA20"
"""Of TLS 1.2; those of TLS 1.3 are all good."""
_TCP_USER_TIMEOUT: Final = getattr(socket, "TCP_USER_TIMEOUT", 18)
_USER_TIMEOUT_MS: Final = 10_000
"""A peer that takes nothing for so long is cut off by the kernel; uvicorn's pings alone do not free it."""
_SEND_BUFFER_BYTES: Final = 65_536
"""Small, so that a slow client is noticed after kilobytes and not after minutes of old values."""


async def serve(
    app: FastAPI,
    options: WebOptions,
    *,
    stop: asyncio.Event | None = None,
    on_listening: Callable[[int], None] | None = None,
) -> None:
    """Serve until `stop` is set or the task is cancelled; raises `ConfigError` where the port is taken.

    `on_listening` is called with the port as soon as a page would be answered. Signal handlers are left to the caller. Ends within about four seconds whatever clients do.
    """
    config = _config(app, options)
    try:
        config.load()
    except OSError as error:
        msg = f"web.tls: {error.strerror or error}; want PEM files of a certificate and its key"
        raise ConfigError(msg) from error
    if not (options.is_tls or is_loopback(options.host)):
        _LOG.warning(
            "people sign in over an open connection: set web.tls, or public_url: https://…"
        )
    listener = listen(options)
    app.state.port = listener.getsockname()[1]
    server = _Server(config)
    serving = asyncio.create_task(server.serve(sockets=[listener]), name="web server")
    if on_listening is not None:
        on_listening(app.state.port)
    told = asyncio.create_task((stop or asyncio.Event()).wait(), name="web stop")
    try:
        await asyncio.wait({serving, told}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        # Cancelled or told: connections and the live hub are closed in order either way.
        server.should_exit = True
        told.cancel()
        await asyncio.wait({serving, told})
        listener.close()
    serving.result()


def listen(options: WebOptions) -> socket.socket:
    """Return the listening socket; raises `ConfigError`."""
    try:
        family, kind, proto, _, address = socket.getaddrinfo(
            options.host, options.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, kind, proto)
    except OSError as error:
        msg = f"web.host {options.host!r}: {error.strerror or error}; want a name or address of this machine"
        raise ConfigError(msg) from error
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        # Accepted connections inherit both.
        listener.setsockopt(socket.IPPROTO_TCP, _TCP_USER_TIMEOUT, _USER_TIMEOUT_MS)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER_BYTES)
        listener.bind(address)
        listener.listen(1024)
        listener.setblocking(False)  # noqa: FBT003 - the library's signature
    except OSError as error:
        listener.close()
        msg = (
            f"web.port {options.port} on {options.host!r}: {error.strerror or error}; "
            "end what uses it, or set another port"
        )
        raise ConfigError(msg) from error
    return listener


def _config(app: FastAPI, options: WebOptions) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        ws=LiveProtocol,
        ws_per_message_deflate=False,
        ws_max_size=65_536,
        ws_ping_interval=5.0,
        ws_ping_timeout=8.0,
        timeout_graceful_shutdown=3,
        access_log=False,
        log_config=None,
        server_header=False,
        proxy_headers=False,
        lifespan="on",
        ssl_certfile=None if options.tls is None else options.tls.certificate,
        ssl_keyfile=None if options.tls is None else options.tls.key,
        ssl_ciphers=_CIPHERS,
    )


class _Server(uvicorn.Server):
    """A server that leaves the signals to who runs it."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave them alone."""
        yield
