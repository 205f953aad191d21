"""The network thread may close its sockets at any moment: nobody who speaks to it then is harmed."""

from __future__ import annotations

import socket

import pytest

from connectors.mqtt.client import PahoClient
from connectors.mqtt.frames import Framer, Message
from connectors.mqtt.inbox import Inbox
from gateway.clock import ManualClock

MESSAGE = Message(b"t", b"1", 1, 7, dup=False, retain=False, received_ns=0, size=1, ids=())


@pytest.fixture
def closed() -> PahoClient:
    client = PahoClient(
        client_id="c",
        keeps_session=True,
        v5=True,
        framer=Framer(v5=True, max_payload_bytes=100, kept_bytes=10),
        inbox=Inbox(limit=10, limit_bytes=1000, window=10),
        clock=ManualClock(),
        on_burst=lambda: None,
        on_end=lambda _: None,
    )
    ours, theirs = socket.socketpair()
    ours.close()
    theirs.close()
    client._sock = client._sockpairW = ours
    return client


def test_a_goodbye_to_sockets_that_just_closed_is_said_to_nobody(closed: PahoClient) -> None:
    assert closed.leave() is False
    assert closed._closing.is_set()


def test_an_acknowledgement_that_comes_too_late_is_left_to_redelivery(closed: PahoClient) -> None:
    closed.acknowledge([MESSAGE])
    assert closed._out_packet, "it was on its way"
