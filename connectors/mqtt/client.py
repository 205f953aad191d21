"""The protocol client: paho-mqtt with our own receive path, acknowledgement in bulk, and a thread that reports its end."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable
from typing import Final

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion

from connectors.mqtt.frames import Framer, Message, Packet
from connectors.mqtt.inbox import Inbox
from gateway.clock import Clock

CHUNK: Final = 65_536
PAUSE_S: Final = 0.05
_PUBREL: Final = 0x60
_SUCCESS: Final = MQTTErrorCode.MQTT_ERR_SUCCESS


class PahoClient(mqtt.Client):
    """paho's client for one connection; it never reconnects.

    What it replaces, and why: `_packet_read` takes 64 KiB from the socket at a time and cuts publishes out of it
    (paho makes three system calls and about 18 µs of bookkeeping a message); QoS 2 is handed on with the PUBLISH,
    so that PUBREC can wait for the disk (paho sends PUBREC first, and a new client loses the message that a kill
    leaves between PUBREC and PUBREL); `_ssl_wrap_socket` closes what it opened; `_thread_main` connects once and tells how it ended.
    """

    def __init__(
        self,
        *,
        client_id: str,
        v5: bool,
        keeps_session: bool,
        framer: Framer,
        inbox: Inbox,
        clock: Clock,
        on_burst: Callable[[], None],
        on_end: Callable[[BaseException | None], None],
    ) -> None:
        super().__init__(
            CallbackAPIVersion.VERSION2,
            client_id=client_id,
            clean_session=None if v5 else not keeps_session,
            protocol=MQTTProtocolVersion.MQTTv5 if v5 else MQTTProtocolVersion.MQTTv311,
            reconnect_on_failure=False,
            manual_ack=True,
        )
        self._framer = framer
        self._inbox = inbox
        self._clock = clock
        self._on_burst = on_burst
        self._on_end = on_end
        self._closing = threading.Event()
        self._lost: BaseException | None = None

    @property
    def is_running(self) -> bool:
        """Whether the network thread was started and has not ended."""
        return self._thread is not None and self._thread.is_alive()

    def leave(self) -> bool:
        """Say goodbye to the broker and let the thread end; return whether there was anyone to say it to."""
        # The thread may be closing its sockets at this very moment: then there is nobody left to say it to.
        with contextlib.suppress(OSError):
            if self.disconnect() == _SUCCESS:
                return True
        self._closing.set()
        return False

    def cut(self) -> None:
        """End the connection under the thread, for a peer that does not take our goodbye."""
        self._closing.set()
        sock = self._sock
        if isinstance(sock, socket.socket):
            # A socket that is already down is what we want.
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)

    def acknowledge(self, messages: Iterable[Message]) -> None:
        """Queue one write with the PUBACK or PUBREC of each message, in their order."""
        acks = b"".join(
            bytes((0x40 if message.qos == 1 else 0x50, 2, message.mid >> 8, message.mid & 255))
            for message in messages
            if message.qos
        )
        if acks and self._sock is not None:
            # A connection that ends at this very moment takes no acknowledgement: the broker delivers again.
            with contextlib.suppress(OSError):
                self._packet_queue(mqtt.PUBACK, acks, 0, 1)

    def _thread_main(self) -> None:
        failure: BaseException | None = None
        try:
            self.reconnect()
            while not self._closing.is_set() and self.loop(1.0) == _SUCCESS:
                pass
            failure = self._lost
        except Exception as error:  # noqa: BLE001 - the thread's boundary: `on_end` hands it to read(), which raises it
            failure = error
        finally:
            self._reset_sockets()
            self._on_end(failure)

    def _ssl_wrap_socket(self, tcp_sock: socket.socket) -> ssl.SSLSocket:
        """Do the handshake; unlike paho's own, leave no open socket behind a refused certificate."""
        context = self._ssl_context or ssl.create_default_context()
        with contextlib.ExitStack() as undo:
            undo.enter_context(tcp_sock)
            wrapped = undo.enter_context(
                context.wrap_socket(
                    tcp_sock, server_hostname=self._host, do_handshake_on_connect=False
                )
            )
            wrapped.settimeout(self._connect_timeout)
            wrapped.do_handshake()
            undo.pop_all()
        return wrapped

    def _packet_read(self) -> MQTTErrorCode:
        if self._inbox.full and not self._inbox.wait_for_room(PAUSE_S):
            self._still_alive()
            return MQTTErrorCode.MQTT_ERR_AGAIN
        try:
            chunk = self._sock_recv(CHUNK)
        except BlockingIOError:
            return MQTTErrorCode.MQTT_ERR_AGAIN
        except OSError as error:
            self._lost = error
            return MQTTErrorCode.MQTT_ERR_CONN_LOST
        if not chunk:
            return MQTTErrorCode.MQTT_ERR_CONN_LOST
        with self._msgtime_mutex:
            self._last_bytes_received = time.monotonic()
        result = self._take(self._framer.feed(chunk, self._clock.now_ns()))
        if self._framer.broken is not None:
            self._lost = self._framer.broken
            return MQTTErrorCode.MQTT_ERR_PROTOCOL
        return result

    def _take(self, items: list[Message | Packet]) -> MQTTErrorCode:
        burst = [item for item in items if type(item) is Message]
        if burst:
            self._inbox.put(burst)
            self._on_burst()
        if len(burst) < len(items):
            for item in items:
                if type(item) is Packet:
                    result = self._control(item)
                    if result != _SUCCESS:
                        return result
        return _SUCCESS

    def _control(self, packet: Packet) -> MQTTErrorCode:
        if packet.header & 0xF0 == _PUBREL and len(packet.body) >= 2:
            return self._packet_queue(mqtt.PUBCOMP, b"\x70\x02" + packet.body[:2], 0, 2)
        self._in_packet = {
            "command": packet.header,
            "have_remaining": 1,
            "remaining_count": [],
            "remaining_mult": 1,
            "remaining_length": len(packet.body),
            "packet": bytearray(packet.body),
            "to_process": 0,
            "pos": 0,
        }
        return self._packet_handle()

    def _still_alive(self) -> None:
        """Keep paho from ending a connection that only we ourselves do not read."""
        self._ping_t = 0.0
        with self._msgtime_mutex:
            self._last_bytes_received = time.monotonic()
