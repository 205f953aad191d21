"""A demo broker on loopback: amqtt, with the ways it loses messages mended from outside.

Good for a demo and for tests, not for a plant (use Mosquitto there). Its limits:

- MQTT 3.1.1 only; a client that asks for version 5 or 3.1 is refused.
- Sessions, retained messages and queues live in memory: a restart of the broker forgets them.
- The queue of an absent persistent session is bounded by memory only; a session ends after an hour.
- Redelivered messages may come in another order and carry another packet id, without the DUP flag.
- No encryption; without a user name everybody on the machine may connect.

What plain amqtt 0.12.1 does, and what is done about it here:

- Its anonymous sessions never persist, even with a client id and `clean_session=False`: own sign-in plugin.
- A QoS 1 or 2 message not acknowledged within 5 s, or in flight when the connection ends, is forgotten:
  sent again while the client is there, kept for its session otherwise.
- What waits for a session comes back with the RETAIN flag set: sent without it.
- Messages that a publisher got a PUBACK for are dropped if it disconnects before they were passed on:
  passed on first.
- Its shutdown may wait for ever for a session that was taken over: ended after a second.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import hmac
import threading
from dataclasses import dataclass
from typing import Any, Final

from amqtt.broker import Broker, RetainedApplicationMessage
from amqtt.errors import AMQTTError
from amqtt.plugins.base import BaseAuthPlugin

from simulators.net import require_free

SESSION_EXPIRY_S: Final = 3_600
SHUTDOWN_S: Final = 1.0


class DemoBroker:
    """A broker with an event loop and a thread of its own, so that its end is certain.

    Without `username` everybody may connect. Errors: `start` raises PortBusyError.
    """

    def __init__(
        self,
        *,
        host: str = "127.0.0.1",
        port: int,
        username: str | None = None,
        password: str | None = None,
    ) -> None:
        self.host = host
        self.port = port
        self._credentials = {"username": username, "password": password}
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._end: asyncio.Event | None = None

    async def start(self) -> None:
        """Listen and serve until `stop`."""
        require_free(self.host, self.port, what="MQTT broker")
        ready: concurrent.futures.Future[None] = concurrent.futures.Future()
        self._thread = threading.Thread(
            target=self._run, args=(ready,), name="demo-broker", daemon=True
        )
        self._thread.start()
        await asyncio.wrap_future(ready)

    async def stop(self) -> None:
        """Close every connection and stop listening; takes up to two seconds."""
        thread, self._thread = self._thread, None
        if thread is not None and self._loop is not None and self._end is not None:
            self._loop.call_soon_threadsafe(self._end.set)
            await asyncio.to_thread(thread.join, 2 * SHUTDOWN_S)

    def _run(self, ready: concurrent.futures.Future[None]) -> None:
        try:
            with asyncio.Runner() as runner:
                runner.run(self._serve(ready))
        except AMQTTError as error:
            ready.set_exception(error)

    async def _serve(self, ready: concurrent.futures.Future[None]) -> None:
        config: dict[str, Any] = {
            "listeners": {"default": {"type": "tcp", "bind": f"{self.host}:{self.port}"}},
            "session_expiry_interval": SESSION_EXPIRY_S,
            "plugins": {f"{__name__}.LoopbackAuth": self._credentials},
        }
        broker = _KeepingBroker(config)
        self._loop = asyncio.get_running_loop()
        self._end = asyncio.Event()
        await broker.start()
        ready.set_result(None)
        await self._end.wait()
        broker.close_listeners()
        # amqtt's shutdown may wait for ever for the reader of a session that was taken over.
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(broker.shutdown(), SHUTDOWN_S)
        await broker.abort_connections()


class LoopbackAuth(BaseAuthPlugin):  # type: ignore[misc]  # amqtt is untyped here
    """Accepts everybody, or one user where the configuration names one."""

    @dataclass
    class Config:
        """The user to accept; None accepts everybody."""

        username: str | None = None
        password: str | None = None

    async def authenticate(self, *, session: Any) -> bool:
        """Whether the session's user name and password are the configured ones."""
        wanted = (self.config.username, self.config.password)
        if wanted[0] is None:
            return True
        given = (session.username, session.password)
        return all(
            hmac.compare_digest((a or "").encode(), (b or "").encode())
            for a, b in zip(wanted, given, strict=True)
        )


class _Redelivery:
    """Stands in for a session's handler and publishes until the client has acknowledged."""

    def __init__(self, broker: _KeepingBroker, session: Any) -> None:
        self._broker = broker
        self._session = session

    async def mqtt_publish(
        self,
        topic: str,
        data: bytes,
        qos: int | None,
        retain: bool,  # noqa: FBT001 (amqtt calls it so)
    ) -> Any:
        session = self._session
        while True:
            handler = self._broker.handler_of(session)
            if handler is None:
                return None
            try:
                return await handler.mqtt_publish(topic, data, qos, retain)
            except (TimeoutError, asyncio.CancelledError):
                if not qos or session.clean_session or _is_cancelling():
                    raise
                is_back = session.transitions.state == "connected"
                if is_back and self._broker.handler_of(session) is not handler:
                    continue
                await session.retained_messages.put(
                    RetainedApplicationMessage(None, topic, data, qos)
                )
                if is_back:
                    self._broker.resume_soon(session)
                return None


class _KeepingBroker(Broker):  # type: ignore[misc]  # amqtt is untyped here
    """amqtt's broker that keeps what it acknowledged and what nobody acknowledged to it."""

    def __init__(self, config: dict[str, Any]) -> None:
        super().__init__(config)
        self._writers: set[asyncio.StreamWriter] = set()

    async def stream_connected(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, listener_name: str
    ) -> None:
        self._writers.add(writer)
        try:
            await super().stream_connected(reader, writer, listener_name)
        finally:
            # amqtt leaves some of its connections open when it is done with them.
            writer.close()
            self._writers.discard(writer)

    async def abort_connections(self) -> None:
        """End what amqtt's shutdown does not know of: clients in the middle of their sign-in."""
        writers = tuple(self._writers)
        for writer in writers:
            writer.transport.abort()
        ends = (writer.wait_closed() for writer in writers)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(asyncio.gather(*ends, return_exceptions=True), SHUTDOWN_S)

    def close_listeners(self) -> None:
        """Accept no more connections."""
        for server in self._servers.values():
            server.instance.close()

    def handler_of(self, session: Any) -> Any:
        return super()._get_handler(session)

    def _get_handler(self, session: Any) -> Any:
        return _Redelivery(self, session) if self.handler_of(session) else None

    def resume_soon(self, session: Any) -> None:
        """Send what waits for a session that is still there."""
        task = asyncio.ensure_future(self._publish_session_retained_messages(session))
        self._tasks_queue.append(task)

    async def _publish_session_retained_messages(self, session: Any) -> None:
        waiting = []
        while not session.retained_messages.empty():
            waiting.append(session.retained_messages.get_nowait())
        route = _Redelivery(self, session)
        for kept in waiting:
            task = asyncio.ensure_future(
                route.mqtt_publish(kept.topic, kept.data, kept.qos, retain=False)
            )
            self._tasks_queue.append(task)

    async def _handle_disconnect(self, client_session: Any, handler: Any, waiter: Any) -> None:
        queue = client_session.delivered_message_queue
        while not queue.empty():
            accepted: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
            accepted.set_result(queue.get_nowait())
            await self._handle_message_delivery(client_session, handler, accepted)
        await super()._handle_disconnect(client_session, handler, waiter)


def _is_cancelling() -> bool:
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
