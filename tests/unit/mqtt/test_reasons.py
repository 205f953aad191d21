"""Each refusal leads to the right next move."""

import ssl

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.reasoncodes import ReasonCode

from connectors.mqtt.client import PahoClient
from connectors.mqtt.frames import FrameError
from connectors.mqtt.reasons import connack_error, disconnect_error, thread_error
from gateway.errors import BackOffError, NotConnectedError, RefusedError


@pytest.mark.parametrize(
    ("code", "kind"),
    [(134, RefusedError), (135, RefusedError), (136, NotConnectedError), (137, BackOffError)],
)
def test_login(code, kind):
    assert type(connack_error("b:1", ReasonCode(PacketTypes.CONNACK, identifier=code))) is kind


@pytest.mark.parametrize(
    ("code", "kind"),
    [(142, RefusedError), (139, NotConnectedError), (137, BackOffError), (130, RefusedError)],
)
def test_goodbye(code, kind):
    reason = ReasonCode(PacketTypes.DISCONNECT, identifier=code)
    assert type(disconnect_error("b:1", reason, said_by_broker=True)) is kind
    assert type(disconnect_error("b:1", reason, said_by_broker=False)) is NotConnectedError


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (ConnectionRefusedError(111, "Connection refused"), NotConnectedError),
        (ssl.SSLCertVerificationError("x"), RefusedError),
        (ssl.SSLEOFError(8, "EOF"), NotConnectedError),
        (ssl.SSLError(1, "WRONG_VERSION_NUMBER"), RefusedError),
        (FrameError("x"), NotConnectedError),
        (KeyError("x"), NotConnectedError),
    ],
)
def test_end_of_the_thread(error, kind):
    assert type(thread_error("b:1", error)) is kind


def test_what_we_replace_of_paho_is_still_there():
    for name in (
        "_packet_read",
        "_thread_main",
        "_packet_queue",
        "_packet_handle",
        "_sock_recv",
        "_reset_sockets",
    ):
        assert hasattr(mqtt.Client, name)
    assert {"_packet_read", "_thread_main"} <= vars(PahoClient).keys()
