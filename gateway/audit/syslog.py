"""Sends number and code of each audit entry to a syslog receiver, where whoever owns this host cannot take it back."""

from __future__ import annotations

import socket
from datetime import UTC, datetime
from typing import Final
from urllib.parse import urlsplit

from gateway.audit.port import Recorded
from gateway.clock import NS_PER_S
from gateway.errors import StorageError

_NOTICE_FROM_AUDIT: Final = 13 * 8 + 5
"""Priority of RFC 5424: facility 13 (log audit), severity 5 (notice)."""

_PORT: Final = 514
_TIMEOUT_S: Final = 2.0


class SyslogAnchor:
    """A receiver of RFC 5424 messages: `udp://host:port`, or `unix:/dev/log` of this host's own service.

    UDP does not tell whether anybody took the message: the anchor file on another disk does.
    """

    def __init__(self, address: str) -> None:
        self._address = address
        parts = urlsplit(address)
        self._unix = parts.path if parts.scheme == "unix" else ""
        self._to = (parts.hostname or "", parts.port or _PORT)

    def send(self, held: Recorded) -> None:
        """Send one entry's number and code; raises `StorageError` where it cannot leave."""
        at = datetime.fromtimestamp(held.time_ns / NS_PER_S, UTC).isoformat(timespec="milliseconds")
        told = f"<{_NOTICE_FROM_AUDIT}>1 {at} - taktline - audit - seq={held.seq} mac={held.mac}"
        try:
            self._deliver(told.encode("ascii"))
        except OSError as error:
            msg = f"the audit's syslog {self._address}: {error.strerror or error}"
            raise StorageError(msg) from error

    def _deliver(self, message: bytes) -> None:
        if self._unix:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
                sender.settimeout(_TIMEOUT_S)
                sender.sendto(message, self._unix)
            return
        ((family, kind, protocol, _, to), *_) = socket.getaddrinfo(
            *self._to, type=socket.SOCK_DGRAM
        )
        with socket.socket(family, kind, protocol) as sender:
            sender.settimeout(_TIMEOUT_S)
            sender.sendto(message, to)
