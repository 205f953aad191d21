"""The audit's head leaves for syslog, by UDP and by the host's own socket; one that is not there is an error."""

from __future__ import annotations

import re
import socket
from pathlib import Path

import pytest
from pydantic import ValidationError

from gateway.access.options import AccessOptions
from gateway.audit.port import Entry, Recorded
from gateway.audit.syslog import SyslogAnchor
from gateway.errors import StorageError

HELD = Recorded(
    seq=311, time_ns=1_767_225_600_250_000_000, mac="9f" * 32,
    entry=Entry(actor="anna", kind="person", action="sign_in"),
)  # fmt: skip
WANTED = rb"<109>1 2026-01-01T00:00:00\.250\+00:00 - taktline - audit - seq=311 mac=(9f){32}"


def test_by_udp() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver:
        receiver.bind(("127.0.0.1", 0))
        receiver.settimeout(30)
        SyslogAnchor(f"udp://127.0.0.1:{receiver.getsockname()[1]}").send(HELD)
        assert re.fullmatch(WANTED, receiver.recv(2000))


def test_by_the_host_s_own_socket(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as receiver:
        receiver.bind(str(tmp_path / "log"))
        receiver.settimeout(30)
        SyslogAnchor(f"unix:{tmp_path}/log").send(HELD)
        assert re.fullmatch(WANTED, receiver.recv(2000))
    with pytest.raises(StorageError, match="syslog unix:"):
        SyslogAnchor(f"unix:{tmp_path}/nothing").send(HELD)


@pytest.mark.parametrize("address", ["host", "tcp://host:514", "udp://", "unix:log", "http://x"])
def test_an_address_that_is_none_is_told(address: str) -> None:
    with pytest.raises(ValidationError, match="udp://host:port or unix:/path"):
        AccessOptions.model_validate({"audit_syslog": address})
