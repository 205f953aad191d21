"""Ports: found free, or refused by name."""

from __future__ import annotations

import errno
import socket


class PortBusyError(OSError):
    """Somebody else listens on the port; the text names it."""


def free_port(host: str = "127.0.0.1") -> int:
    """Return a TCP port that nobody uses now."""
    with socket.socket() as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])


def require_free(host: str, port: int, *, what: str) -> None:
    """Raise PortBusyError where `what` could not listen on the port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            if error.errno not in (errno.EADDRINUSE, errno.EACCES, errno.EADDRNOTAVAIL):
                raise
            msg = f"{what}: port {port} on {host} cannot be used ({error.strerror})"
            raise PortBusyError(error.errno, msg) from error
