"""One machine's OPC UA server: string node ids in a namespace known by URI, anonymous, loopback."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, timedelta
from enum import Enum
from typing import Final

from asyncua import ua
from asyncua.server.server import Server

from simulators.net import require_free
from simulators.opcua.space import CopiedServer
from simulators.plant.faults import Reading, Status, Value
from simulators.plant.layout import Node
from simulators.sentlog import Sent, SentLog

NAMESPACE: Final = "urn:taktline:sim:bottling"
FIRST_POSITION: Final = 2
"""Where our namespace stands at first: 0 is OPC UA, 1 the server's own."""

DECOY: Final = -9_999
"""What a client reads that keeps a namespace index over a renumbering: same node id, other thing."""

WRITABLE: Final = "TargetSpeed"
_EPOCH: Final = ua.DateTime(1970, 1, 1, tzinfo=UTC)
_EMPTY: Final[dict[str, Value]] = {
    "Int32": 0,
    "UInt16": 0,
    "Double": 0.0,
    "String": "",
    "Boolean": False,
}


class Serving(Enum):
    """Whether the server listens."""

    DOWN = "down"
    UP = "up"


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerSpec:
    """What a server shows: machine name, variables, array sizes by variable, methods, where it listens."""

    machine: str
    nodes: Sequence[Node]
    array_sizes: Mapping[str, int]
    host: str
    port: int
    namespace: str = NAMESPACE
    methods: Sequence[str] = ()

    @property
    def endpoint(self) -> str:
        """The address clients open."""
        return f"opc.tcp://{self.host}:{self.port}/"

    @property
    def application_uri(self) -> str:
        """The server's own URI, different for each machine."""
        return f"urn:taktline:sim:{self.machine.lower()}"


class MachineServer:
    """Serves one machine's variables and methods; `write` sends only what changed, `obey` does what is called.

    Errors: `start` raises PortBusyError where the port is taken.
    """

    def __init__(
        self,
        *,
        spec: ServerSpec,
        sent_log: SentLog | None = None,
        obey: Callable[[str], bool] | None = None,
    ) -> None:
        self.spec = spec
        self._obey = obey
        self.state = Serving.DOWN
        self._sent_log = sent_log
        self._server: Server | None = None
        self._types = {node.name: ua.VariantType[node.data_type] for node in spec.nodes}
        self._ids: dict[str, ua.NodeId] = {}
        self._shown: dict[str, Reading] = {}
        self._latest: dict[str, tuple[Reading, int]] = {}

    def prime(self, readings: Mapping[str, Reading], *, stamp_ns: int) -> None:
        """Set what clients see from the first moment; without it they see BadWaitingForInitialData."""
        self._latest = {name: (reading, stamp_ns) for name, reading in readings.items()}
        if self._sent_log is not None:
            self._sent_log.write(*(self._sent(n, r, stamp_ns) for n, r in readings.items()))

    async def start(self, *, position: int = FIRST_POSITION) -> None:
        """Listen, with our namespace at index `position` (2 or higher)."""
        require_free(self.spec.host, self.spec.port, what=f"OPC UA server of {self.spec.machine}")
        server = Server(CopiedServer())
        await server.init()
        server.set_endpoint(self.spec.endpoint)
        server.set_server_name(f"{self.spec.machine} simulator")
        server.set_security_policy([ua.SecurityPolicyType.NoSecurity])
        server.set_identity_tokens([ua.AnonymousIdentityToken])
        await server.set_application_uri(self.spec.application_uri)
        await self._register(server, position)
        await server.start()
        self._server = server
        self.state = Serving.UP

    async def stop(self) -> None:
        """Close every connection and stop listening; takes up to a second."""
        server, self._server = self._server, None
        self.state = Serving.DOWN
        if server is not None:
            await server.stop()

    async def write(self, readings: Mapping[str, Reading], *, stamp_ns: int) -> int:
        """Write the readings that differ from what is shown; returns how many. None while down."""
        server = self._server
        if server is None:
            return 0
        changed = [(n, r) for n, r in readings.items() if self._shown.get(n) != r]
        for name, reading in changed:
            await self._show(server, name, reading, stamp_ns)
        if self._sent_log is not None and changed:
            self._sent_log.write(*(self._sent(name, r, stamp_ns) for name, r in changed))
        return len(changed)

    def written_target(self) -> float | None:
        """Return the target speed a client wrote since the last `write`, or None."""
        shown = self._shown.get(WRITABLE)
        if self._server is None or shown is None:
            return None
        now = self._server.read_attribute_value(self._ids[WRITABLE]).Value
        if now is None or not isinstance(now.Value, float) or now.Value == shown.value:
            return None
        return now.Value

    async def _show(self, server: Server, name: str, reading: Reading, stamp_ns: int) -> None:
        data_value = self._data_value(name, reading, stamp_ns)
        await server.write_attribute_value(self._ids[name], data_value)
        self._shown[name] = reading
        self._latest[name] = (reading, stamp_ns)

    def _data_value(self, name: str, reading: Reading, stamp_ns: int) -> ua.DataValue:
        stamp = _EPOCH + timedelta(microseconds=stamp_ns // 1_000)
        value = list(reading.value) if isinstance(reading.value, tuple) else reading.value
        # The address space refuses a null of a typed node, and itself drops the value of a bad status.
        variant = ua.Variant(value, self._types[name]) if value is not None else ua.Variant()
        return ua.DataValue(
            Value=variant,
            StatusCode=ua.StatusCode(ua.UInt32(reading.status)),
            SourceTimestamp=stamp,
            ServerTimestamp=ua.DateTime.now(UTC),
        )

    def _sent(self, name: str, reading: Reading, stamp_ns: int) -> Sent:
        return Sent(
            source=self.spec.machine.lower(),
            node=f"{self.spec.machine}.{name}",
            time_ns=stamp_ns,
            value=reading.value,
            status=int(reading.status),
        )

    async def _register(self, server: Server, position: int) -> None:
        self._shown = {}
        for number in range(FIRST_POSITION, position):
            other = await server.register_namespace(f"urn:taktline:sim:other:{number}")
            await self._populate(server, other, decoy=DECOY)
        index = await server.register_namespace(self.spec.namespace)
        self._ids = await self._populate(server, index, decoy=0)
        waiting = ua.DataValue(
            StatusCode=ua.StatusCode(ua.UInt32(Status.BAD_WAITING_FOR_INITIAL_DATA))
        )
        for nodeid in self._ids.values():
            await server.write_attribute_value(nodeid, waiting)
        for name, (reading, stamp_ns) in self._latest.items():
            await self._show(server, name, reading, stamp_ns)

    async def _populate(self, server: Server, index: int, *, decoy: int) -> dict[str, ua.NodeId]:
        machine = self.spec.machine
        folder = await server.nodes.objects.add_object(_nodeid(machine, index), machine)
        ids: dict[str, ua.NodeId] = {}
        for node in self.spec.nodes:
            nodeid = _nodeid(f"{machine}.{node.name}", index)
            value = _EMPTY[node.data_type]
            if decoy and node.data_type in ("Int32", "Double"):
                value = float(decoy) if node.data_type == "Double" else decoy
            size = self.spec.array_sizes.get(node.name, 0)
            variant = ua.Variant([value] * size if size else value, self._types[node.name])
            variable = await folder.add_variable(nodeid, node.name, variant)
            if node.name == WRITABLE and not decoy:
                await variable.set_writable()
            ids[node.name] = nodeid
        if not decoy:
            for name in self.spec.methods:
                called = _nodeid(f"{machine}.{name}", index)
                await folder.add_method(called, name, self._method(name))
        return ids

    def _method(self, name: str) -> Callable[[ua.NodeId], Awaitable[ua.StatusCode]]:
        async def call(_parent: ua.NodeId) -> ua.StatusCode:
            done = self._obey is not None and self._obey(name)
            return ua.StatusCode(ua.UInt32(Status.GOOD if done else Status.BAD_INVALID_STATE))

        return call


def _nodeid(text: str, index: int) -> ua.NodeId:
    return ua.NodeId(ua.String(text), ua.Int16(index))
