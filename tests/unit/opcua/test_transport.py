"""No server can make the client hold more than its bounds."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Callable
from typing import cast

import pytest
from asyncua import ua
from asyncua.crypto.security_policies import SecurityPolicyNone
from asyncua.ua.uaerrors import UaError

from connectors.opcua.faults import status_name, translate
from connectors.opcua.wire.reader import DecodeError
from connectors.opcua.wire.transport import CHUNK_BYTES, CappedLimits, CappedProtocol
from gateway.errors import BackOffError, NotConnectedError, RefusedError
from tests.peers.opcua_wire import status_error

_none = cast("Callable[[], object]", SecurityPolicyNone)


class Transport:
    """Remembers that it was cut."""

    def __init__(self) -> None:
        self.aborted = False

    def abort(self) -> None:
        self.aborted = True


def protocol() -> tuple[CappedProtocol, Transport]:
    made = CappedProtocol(timeout_s=1, policy=_none(), max_message_bytes=100_000)
    transport = Transport()
    made.connection_made(transport)  # type: ignore[arg-type]  # only abort() is used
    return made, transport


@pytest.mark.parametrize("size", [0, 7, CHUNK_BYTES + 1, 0xFFFF_FFFF])
async def test_a_chunk_of_impossible_size_cuts_the_connection(size: int) -> None:
    made, transport = protocol()
    made.data_received(b"MSGF" + struct.pack("<I", size))
    assert transport.aborted


async def test_a_partial_chunk_waits_for_its_rest() -> None:
    made, transport = protocol()
    for byte in b"MSGF" + struct.pack("<I", 500) + b"x" * 100:
        made.data_received(bytes([byte]))
    assert not transport.aborted


async def test_an_acknowledge_does_not_lift_the_limits() -> None:
    limits = CappedLimits(CHUNK_BYTES, CHUNK_BYTES, 13, 100_000)
    limits.update_client_limits(ua.Acknowledge())
    limits.update_client_limits(
        ua.Acknowledge(0, 2**31, 2**31, 2**31, 2**31)  # type: ignore[arg-type]  # plain numbers on the wire
    )
    assert limits == CappedLimits(CHUNK_BYTES, CHUNK_BYTES, 13, 100_000)


async def test_the_hello_states_our_limits() -> None:
    made, _ = protocol()
    sent: list[bytes] = []
    made.transport.write = sent.append  # type: ignore[union-attr, method-assign]  # a fake
    asking = asyncio.create_task(made.send_hello("opc.tcp://h:1"))
    await asyncio.sleep(0)
    receive, send, message, chunks = struct.unpack_from("<IIII", sent[0], 12)
    assert (receive, send, message, chunks) == (CHUNK_BYTES, CHUNK_BYTES, 100_000, 13)
    asking.cancel()


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("BadUserAccessDenied", RefusedError),
        ("BadIdentityTokenRejected", RefusedError),
        ("BadCertificateUntrusted", RefusedError),
        ("BadSecurityChecksFailed", RefusedError),
        ("BadTooManySessions", BackOffError),
        ("BadTooManySubscriptions", BackOffError),
        ("BadTcpServerTooBusy", BackOffError),
        ("BadSessionIdInvalid", NotConnectedError),
        ("BadServerHalted", NotConnectedError),
    ],
)
def test_a_status_code_names_the_next_move(name: str, kind: type[Exception]) -> None:
    error = translate(status_error(name), "connecting")
    assert type(error) is kind
    assert name in str(error)


def test_other_failures_mean_not_connected() -> None:
    assert type(translate(TimeoutError(), "x")) is NotConnectedError
    assert type(translate(DecodeError("bad"), "x")) is NotConnectedError
    assert type(translate(UaError("Server certificate mismatch"), "x")) is RefusedError
    assert type(translate(UaError("No matching endpoints: 1, 2"), "x")) is RefusedError
    assert status_name(0x1234_5678) == "0x12345678"


def test_a_failed_connection_is_told_in_the_words_of_the_system():
    refused = ConnectionRefusedError(111, "Connect call failed ('127.0.0.1', 4840)")
    assert str(translate(refused, "connecting")) == "connecting: Connection refused"
    assert str(translate(TimeoutError(), "connecting")) == "connecting: no answer in time"
