"""The OPC UA server of a machine that takes job orders: state, counters, a receiver and its responses."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, timedelta
from typing import Any, Final

from asyncua import ua
from asyncua.common.node import Node
from asyncua.common.utils import Buffer
from asyncua.server.server import Server
from asyncua.ua.object_ids import ObjectIds
from asyncua.ua.ua_binary import struct_from_binary, struct_to_binary

from simulators.jobs.machine import OVER, Job, JobMachine, Refusal
from simulators.jobs.structures import (
    ENCODINGS,
    NAMESPACE,
    Isa95JobOrder,
    Isa95JobOrderAndState,
    Isa95JobResponse,
    Isa95Parameter,
    Isa95State,
    Isa95WorkMaster,
)
from simulators.net import require_free
from simulators.opcua.space import CopiedServer

MACHINES: Final = "urn:taktline:sim:machining"
METHODS: Final = ("Start", "RevokeStart", "Pause", "Resume", "Stop", "Abort", "Cancel")
_EPOCH: Final = ua.DateTime(1970, 1, 1, tzinfo=UTC)
_PRODUCTION: Final = 1
_COUNT: Final = ua.VariantType.UInt16


class JobServer:
    """Serves one `JobMachine`; `step` lets plant time pass and writes what changed.

    Errors: `start` raises PortBusyError where the port is taken.
    """

    def __init__(self, *, machine: JobMachine, name: str, host: str, port: int) -> None:
        self.machine, self.name = machine, name
        self._host, self._port = host, port
        self._server: Server | None = None
        self._nodes: dict[str, Node] = {}
        self._shown: dict[str, object] = {}
        self._jobs_index = self._index = 0
        self._now_ns = 0

    @property
    def endpoint(self) -> str:
        """The address clients open."""
        return f"opc.tcp://{self._host}:{self._port}/"

    async def start(self) -> None:
        """Listen."""
        require_free(self._host, self._port, what=f"OPC UA server of {self.name}")
        server = Server(CopiedServer())
        await server.init()
        server.set_endpoint(self.endpoint)
        server.set_server_name(f"{self.name} simulator")
        server.set_security_policy([ua.SecurityPolicyType.NoSecurity])
        server.set_identity_tokens([ua.AnonymousIdentityToken])
        await server.set_application_uri(f"urn:taktline:sim:{self.name.lower()}")
        self._jobs_index = await server.register_namespace(NAMESPACE)
        self._index = await server.register_namespace(MACHINES)
        await self._populate(server)
        await server.start()
        self._server = server

    async def stop(self) -> None:
        """Close every connection and stop listening; jobs and counters stay."""
        server, self._server = self._server, None
        self._shown.clear()
        if server is not None:
            await server.stop()

    async def step(self, *, delta_s: float, stamp_ns: int) -> None:
        """Let plant time pass and show what came of it."""
        self._now_ns = stamp_ns
        self.machine.step(delta_s=delta_s, now_ns=stamp_ns)
        await self.show(stamp_ns)

    async def show(self, stamp_ns: int) -> None:
        """Write what differs from what clients see."""
        if self._server is None:
            return
        machine = self.machine
        plain: dict[str, tuple[object, ua.VariantType]] = {
            "State": (machine.state, ua.VariantType.Int32),
            "Mode": (_PRODUCTION, ua.VariantType.Int32),
            "GoodCount": (machine.good_total, _COUNT),
            "RejectCount": (machine.reject_total, _COUNT),
        }
        for name, (value, kind) in plain.items():
            await self._write(name, value, ua.Variant(value, kind), stamp_ns)
        listed = [self._entry(each) for each in machine.jobs.values()]
        answers = [self._answer(each) for each in machine.jobs.values() if each.state in OVER]
        for name, shown in (("JobOrderList", listed), ("JobOrderResponseList", answers)):
            key = tuple(each.Body for each in shown)
            variant = ua.Variant(shown, ua.VariantType.ExtensionObject, is_array=True)
            await self._write(name, key, variant, stamp_ns)

    async def _write(self, name: str, key: object, variant: ua.Variant, stamp_ns: int) -> None:
        if self._shown.get(name) == key or self._server is None:
            return
        stamp = _EPOCH + timedelta(microseconds=stamp_ns // 1_000)
        value = ua.DataValue(Value=variant, SourceTimestamp=stamp)
        await self._server.write_attribute_value(self._nodes[name].nodeid, value)
        self._shown[name] = key

    async def _populate(self, server: Server) -> None:
        folder = await server.nodes.objects.add_object(self._id(self.name), self.name)
        zero = ua.Variant(0, ua.VariantType.Int32)
        for name in ("State", "Mode"):
            self._nodes[name] = await folder.add_variable(
                self._id(f"{self.name}.{name}"), name, zero
            )
        for name in ("GoodCount", "RejectCount"):
            count = ua.Variant(0, _COUNT)
            self._nodes[name] = await folder.add_variable(
                self._id(f"{self.name}.{name}"), name, count
            )
        receiver = await folder.add_object(self._id(f"{self.name}.Receiver"), "JobOrderControl")
        provider = await folder.add_object(self._id(f"{self.name}.Results"), "JobOrderResults")
        for owner, name in ((receiver, "JobOrderList"), (provider, "JobOrderResponseList")):
            empty = ua.Variant([], ua.VariantType.ExtensionObject, is_array=True)
            node_id, shown = (
                self._id(f"{self.name}.{name}"),
                ua.QualifiedName(name, self._jobs_index),
            )
            # A property would not be found as a component.
            self._nodes[name] = await owner.add_variable(
                node_id, shown, empty, datatype=ua.NodeId(ua.Int32(ObjectIds.Structure))
            )
        text = [ua.VariantType.String, ua.VariantType.LocalizedText]
        order = [ua.VariantType.ExtensionObject, ua.VariantType.LocalizedText]
        for name, takes in (("StoreAndStart", order), *((each, text) for each in METHODS)):
            await receiver.add_method(
                self._id(f"{self.name}.{name}"), ua.QualifiedName(name, self._jobs_index),
                self._method(name), takes, [ua.VariantType.UInt64],
            )  # fmt: skip

    def _method(self, name: str) -> Callable[..., Awaitable[Sequence[ua.Variant]]]:
        async def call(
            _parent: ua.NodeId, given: ua.Variant, _comment: ua.Variant
        ) -> list[ua.Variant]:
            if name == "StoreAndStart":
                done = self._store(given.Value)
            else:
                done = self.machine.obey(name, str(given.Value), now_ns=self._now_ns)
            await self.show(self._now_ns)
            return [ua.Variant(int(done), ua.VariantType.UInt64)]

        return call

    def _store(self, given: Any) -> Refusal:
        order = struct_from_binary(Isa95JobOrder, Buffer(given.Body))
        parameters = {str(e.ID): e.Value.Value for e in order.JobOrderParameters or []}
        masters = order.WorkMasterID or [Isa95WorkMaster()]
        product = str(masters[0].ID).partition("/")[0]
        quantity = parameters.get("Quantity", 0)
        return self.machine.store_and_start(str(order.JobOrderID), product, int(quantity))

    def _entry(self, job: Job) -> ua.ExtensionObject:
        quantity = ua.Variant(float(job.qty), ua.VariantType.Double)
        order = Isa95JobOrder(
            JobOrderID=ua.String(job.id),
            WorkMasterID=[Isa95WorkMaster(ID=ua.String(job.product))],
            JobOrderParameters=[Isa95Parameter(ID=ua.String("Quantity"), Value=quantity)],
        )
        both = Isa95JobOrderAndState(JobOrder=order, State=[_state(job)])
        return self._wrapped("ISA95JobOrderAndState", both)

    def _answer(self, job: Job) -> ua.ExtensionObject:
        made = {"ProducedQuantity": job.good + job.reject, "GoodQuantity": job.good}
        answer = Isa95JobResponse(
            JobResponseID=ua.String(f"{job.id}/response"),
            JobOrderID=ua.String(job.id),
            StartTime=_time(job.started_ns),
            EndTime=_time(job.ended_ns),
            JobState=[_state(job)],
            JobResponseData=[
                Isa95Parameter(
                    ID=ua.String(name), Value=ua.Variant(float(n), ua.VariantType.Double)
                )
                for name, n in made.items()
            ],
        )
        return self._wrapped("ISA95JobResponse", answer)

    def _wrapped(self, kind: str, body: Any) -> ua.ExtensionObject:
        encoding = ua.NodeId(ua.Int32(ENCODINGS[kind]), ua.Int16(self._jobs_index))
        return ua.ExtensionObject(TypeId=encoding, Body=ua.ByteString(struct_to_binary(body)))

    def _id(self, text: str) -> ua.NodeId:
        return ua.NodeId(ua.String(text), ua.Int16(self._index))


def _state(job: Job) -> Isa95State:
    text = ua.LocalizedText(job.state.name.title().replace("_", ""))
    return Isa95State(StateText=text, StateNumber=ua.UInt32(job.state))


def _time(time_ns: int | None) -> ua.DateTime | None:
    return None if time_ns is None else _EPOCH + timedelta(microseconds=time_ns // 1_000)
