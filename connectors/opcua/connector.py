"""The connector: a new client for every connect, node ids built from namespace URIs, columns out."""

from __future__ import annotations

from collections.abc import Sequence

from connectors.opcua.actuator import OpcUaActuator
from connectors.opcua.buffer import RowBuffer
from connectors.opcua.faults import PEER_ERRORS, Troubles, translate
from connectors.opcua.link import Link
from connectors.opcua.options import OpcUaOptions
from connectors.opcua.orders import Orders
from connectors.opcua.receiver import Receiver
from connectors.opcua.rows import RowMaker
from connectors.opcua.security import SecurityOptions, diagnose, secure
from connectors.opcua.wire.transport import RawClient
from gateway.clock import Clock
from gateway.errors import NotConnectedError, RefusedError, TaktlineError
from gateway.model import Intake
from gateway.ports import Catalogue, Session
from gateway.status import ConnectorFigures, SourceTrouble, UnknownSource


class OpcUaConnector:
    """Reads one OPC UA server by one subscription; the supervisor calls `connect` again after every failure.

    Rows that arrived before a failure are still read before the failure is raised.
    """

    kind = "opcua"

    def __init__(
        self, *, name: str, options: OpcUaOptions, catalogue: Catalogue, clock: Clock
    ) -> None:
        self.name = name
        self.target = options.endpoint
        self._options = options
        self._clock = clock
        nodes = options.nodes
        signals = catalogue.register([node.to_signal(node.signal) for node in nodes])
        self._signals: list[int] = signals.tolist()
        self._buffer = RowBuffer(options.buffer_rows)
        self._troubles = Troubles(nodes)
        self._receiver = Receiver(
            name=name,
            nodes=len(nodes),
            maker=RowMaker(nodes, signals, clock.now_ns()),
            buffer=self._buffer,
            troubles=self._troubles,
            clock=clock,
        )
        self._link: Link | None = None
        self._connects = 0
        self.actuator = OpcUaActuator(options, orders=self._orders)

    async def connect(self) -> Session:
        """Make one attempt; raises `NotConnectedError`, `BackOffError` or `RefusedError`."""
        await self.close()
        options = self._options
        client = self._client()
        self._link = Link(
            client=client,
            options=options,
            receiver=self._receiver,
            clock=self._clock,
            wake=self._buffer.ready,
        )
        open_now = False
        try:
            await self._enter(client)
            remarks = await self._link.open()
            open_now = True
        except PEER_ERRORS as error:
            raise await self._reason(error) from error
        finally:
            if not open_now:
                await self.close()
        self._connects += 1
        return Session(resumed=False, remarks=remarks)

    def _client(self) -> RawClient:
        return RawClient(
            self._options.endpoint,
            timeout_s=self._options.request_timeout_s,
            silent_s=self._options.silent_s,
            max_message_bytes=self._options.max_message_bytes,
        )

    async def _reason(self, error: Exception) -> TaktlineError:
        """Return why a connect failed; a server that only hangs up may be another than the trusted one."""
        told = translate(error, f"connecting to {self.target}")
        security, timeout_s = self._options.security, self._options.request_timeout_s
        if isinstance(security, SecurityOptions) and isinstance(told, NotConnectedError):
            reason = await diagnose(self._client(), security, timeout_s=timeout_s)
            if reason is not None:
                return RefusedError(f"{self.target}: {reason}")
        return told

    async def _enter(self, client: RawClient) -> None:
        options = self._options
        client.session_timeout = int(options.session_timeout_s * 1000)
        if isinstance(options.security, SecurityOptions):
            await secure(client, options.security, now_ns=self._clock.now_ns())
        if options.username:
            client.set_user(options.username)
            client.set_password(options.password.get_secret_value())
        await client.connect()

    async def read(self) -> Intake:
        """Return what has arrived; raises `NotConnectedError` once everything is read and the link has failed."""
        while True:
            intake = self._buffer.take()
            if intake is not None:
                return intake
            if self._link is None:
                msg = f"{self.name} is not connected"
                raise NotConnectedError(msg)
            if self._link.failure is not None:
                raise self._link.failure
            await self._buffer.ready.wait()

    async def acknowledge(self, receipt: object) -> None:
        """Do nothing: OPC UA acknowledges messages, which happens as they arrive."""

    async def close(self) -> None:
        """Leave the server within a few seconds; what was read before stays in the buffer."""
        link, self._link = self._link, None
        if link is not None:
            await link.close()
        self._buffer.ready.set()

    def _orders(self) -> Orders | None:
        link = self._link
        return link.orders if link is not None and link.failure is None else None

    def signals(self) -> Sequence[int]:
        """Return the indices of the configured signals."""
        return self._signals

    def figures(self) -> ConnectorFigures:
        """Return the counts of buffer, receiver and connection."""
        extra = self._receiver.figures() | {"connects": float(self._connects)}
        if self._link is not None:
            extra |= self._link.figures()
        return ConnectorFigures(
            queue_depth=self._buffer.rows,
            queue_limit=self._buffer.limit,
            drops=self._buffer.drops,
            unknown=self._receiver.unknown,
            extra=extra,
        )

    def troubles(self) -> Sequence[SourceTrouble]:
        """Return nodes that are missing, refused or send what does not fit."""
        return self._troubles.all()

    def unknown_sources(self) -> Sequence[UnknownSource]:
        """Return nothing: a server sends only what was asked for."""
        return ()
