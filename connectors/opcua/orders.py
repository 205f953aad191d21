"""What is sent to the machines of one connection: typed writes without timestamps, method calls, and reads."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
from asyncua import ua
from asyncua.ua.attribute_ids import AttributeIds
from asyncua.ua.uaerrors import UaStatusCodeError

from connectors.opcua.address import Address, parse
from connectors.opcua.faults import PEER_ERRORS, status_name, translate
from connectors.opcua.jobs.control import JobControl
from connectors.opcua.options import MethodOptions, NodeOptions, OpcUaOptions
from connectors.opcua.wire.transport import RawSession
from gateway.actuator import Order
from gateway.command import Present, Value
from gateway.errors import CommandRefusedError, NotConnectedError, NotSentError, UnansweredError
from gateway.model import DataType

_REFUSALS: Final = (
    "BadNotWritable", "BadTypeMismatch", "BadOutOfRange", "BadUserAccessDenied", "BadNodeIdUnknown",
    "BadNodeIdInvalid", "BadAttributeIdInvalid", "BadIndexRange", "BadWriteNotSupported", "BadNotSupported",
    "BadSecurityModeInsufficient", "BadInvalidArgument", "BadArgumentsMissing", "BadTooManyArguments",
    "BadMethodInvalid", "BadInvalidState", "BadNotExecutable", "BadStateNotActive", "BadLocked",
    "BadNotReadable", "BadServiceUnsupported", "BadNotImplemented", "BadTooManyOperations",
    "BadRequestTooLarge", "BadNothingToDo", "BadDataEncodingUnsupported", "BadEncodingError",
)  # fmt: skip
"""Codes by which a server says that it did nothing; any other bad code leaves open what the device did."""

_INTEGERS: Final[Mapping[ua.VariantType, tuple[int, int]]] = {
    ua.VariantType.SByte: (-(2**7), 2**7 - 1),
    ua.VariantType.Byte: (0, 2**8 - 1),
    ua.VariantType.Int16: (-(2**15), 2**15 - 1),
    ua.VariantType.UInt16: (0, 2**16 - 1),
    ua.VariantType.Int32: (-(2**31), 2**31 - 1),
    ua.VariantType.UInt32: (0, 2**32 - 1),
    ua.VariantType.Int64: (-(2**63), 2**63 - 1),
    ua.VariantType.UInt64: (0, 2**64 - 1),
}
_FLOATS: Final = {ua.VariantType.Float: np.float32, ua.VariantType.Double: np.float64}
_FLOAT32_MAX: Final = float(np.finfo(np.float32).max)


class Orders:
    """Lives as long as one connection: its node ids are those of this server's present namespace table."""

    def __init__(
        self, session: RawSession, namespaces: Sequence[str], options: OpcUaOptions
    ) -> None:
        self._session = session
        self._namespaces = namespaces
        self._nodes = {node.signal: node for node in options.nodes}
        self._methods = {method.signal: method for method in options.methods}
        self._jobs = {each.signal: JobControl(session, namespaces, each) for each in options.jobs}
        self._types: dict[str, ua.VariantType] = {}

    async def ask(self, paths: Sequence[str]) -> dict[str, Present]:
        """Read these signals' nodes; raises `NotConnectedError`."""
        lists = {path: await self._list(path) for path in paths if path in self._jobs}
        if lists:
            rest = [path for path in paths if path not in lists]
            return lists | (await self.ask(rest) if rest else {})
        nodes = {path: self._id(self._nodes[path].address) for path in paths}
        known = {path: node for path, node in nodes.items() if node is not None}
        found = dict.fromkeys(paths, Present(value=None, problem="is no node of this server"))
        if known:
            values = await self._read(list(known.values()), AttributeIds.Value)
            for path, value in zip(known, values, strict=True):
                found[path] = _present(self._nodes[path], value)
        return found

    async def _list(self, path: str) -> Present:
        try:
            return await self._jobs[path].ask()
        except NotSentError as error:
            return Present(value=None, problem=str(error))

    async def check(self, order: Order) -> None:
        """Raise where an order cannot be built: unknown node, type, or a value that does not fit it."""
        for path, value in order.values.items():
            if path in self._jobs:
                self._jobs[path].check(value)
            elif path in self._methods:
                self._call(self._methods[path], value)
            else:
                await self._written(path, value)

    async def carry_out(self, order: Order) -> str:
        """Send the writes in one request, or the one call; return the server's answer."""
        if any(path in self._jobs for path in order.values):
            if len(order.values) > 1:
                raise NotSentError("a job order is sent by itself")
            ((path, value),) = order.values.items()
            return await self._jobs[path].carry_out(value)
        if any(path in self._methods for path in order.values):
            if len(order.values) > 1:
                raise NotSentError("a method is called by itself")
            ((path, value),) = order.values.items()
            return await self._call_one(self._call(self._methods[path], value))
        written = [await self._written(path, value) for path, value in order.values.items()]
        return await self._write(list(order.values), written)

    async def _write(self, paths: Sequence[str], values: Sequence[ua.WriteValue]) -> str:
        parameters = ua.WriteParameters(NodesToWrite=list(values))
        try:
            results = await self._session.write(parameters)
        except PEER_ERRORS as error:
            raise _unsure(error, "write") from error
        names = [status_name(int(result.value)) for result in results]
        if len(names) != len(paths):
            raise UnansweredError(f"the server answered {len(names)} of {len(paths)} writes")
        return _answer(dict(zip(paths, names, strict=True)))

    async def _call_one(self, request: ua.CallMethodRequest) -> str:
        try:
            (result,) = await self._session.call([request])
        except PEER_ERRORS as error:
            raise _unsure(error, "call") from error
        return _answer({"the method": status_name(int(result.StatusCode.value))})

    def _call(self, method: MethodOptions, value: Value) -> ua.CallMethodRequest:
        wanted = method.calls.get(int(value)) if isinstance(value, int) else None
        if wanted is None:
            raise CommandRefusedError(f"{method.signal}: no method is configured for {value}")
        owner, called = self._id(parse(method.object)), self._id(parse(wanted))
        if owner is None or called is None:
            raise NotSentError(f"{method.signal}: the server does not have the method's namespace")
        return ua.CallMethodRequest(ObjectId=owner, MethodId=called, InputArguments=[])

    async def _written(self, path: str, value: Value) -> ua.WriteValue:
        node, options = self._id(self._nodes[path].address), self._nodes[path]
        if node is None:
            raise NotSentError(f"{path}: the server does not have the node's namespace")
        variant = ua.Variant(_raw(options, value, kind := await self._type(path, node)), kind)
        # Controllers refuse timestamps of a client (BadWriteNotSupported): only the value is sent.
        data = ua.DataValue(Value=variant, StatusCode=None)
        return ua.WriteValue(NodeId=node, AttributeId=AttributeIds.Value, Value=data)

    async def _type(self, path: str, node: ua.NodeId) -> ua.VariantType:
        """Return what the node holds, by its DataType, read once a connection."""
        known = self._types.get(path)
        if known is not None:
            return known
        try:
            (declared,) = await self._read([node], AttributeIds.DataType)
            (rank,) = await self._read([node], AttributeIds.ValueRank)
            found = _builtin(declared)
            if found is None:
                # A type derived from a built-in one (an enumeration, a duration): its value tells which.
                (held,) = await self._read([node], AttributeIds.Value)
                found = held.Value.VariantType if held.Value is not None else None
        except NotConnectedError as error:
            raise NotSentError(str(error)) from error
        if rank.Value is not None and isinstance(rank.Value.Value, int) and rank.Value.Value >= 0:
            raise CommandRefusedError(f"{path}: the node is an array, which is not written")
        if found is None or found is ua.VariantType.Null:
            raise CommandRefusedError(f"{path}: the node's data type cannot be told")
        self._types[path] = found
        return found

    async def _read(
        self, nodes: Sequence[ua.NodeId], attribute: AttributeIds
    ) -> list[ua.DataValue]:
        """Read one attribute of some nodes from the device, not from the server's cache."""
        parameters = ua.ReadParameters(
            MaxAge=ua.Double(0.0),
            TimestampsToReturn=ua.TimestampsToReturn.Neither,
            NodesToRead=[ua.ReadValueId(NodeId=node, AttributeId=attribute) for node in nodes],
        )
        try:
            found = await self._session.read(parameters)
        except PEER_ERRORS as error:
            raise NotConnectedError(str(translate(error, "read"))) from error
        if len(found) != len(nodes):
            raise NotConnectedError(f"the server answered {len(found)} of {len(nodes)} reads")
        return found

    def _id(self, address: Address) -> ua.NodeId | None:
        return address.resolve(self._namespaces)


def _builtin(declared: ua.DataValue) -> ua.VariantType | None:
    """Return the built-in type that a DataType attribute names, or None where it names another."""
    held = declared.Value.Value if declared.Value is not None else None
    if not isinstance(held, ua.NodeId) or held.NamespaceIndex != 0:
        return None
    number = held.Identifier
    if not isinstance(number, int) or not 1 <= number <= 12:
        return None
    return ua.VariantType(number)


def _raw(options: NodeOptions, value: Value, kind: ua.VariantType) -> Value:
    """Return a value as the node holds it; raises `CommandRefusedError` where it does not fit."""
    path = options.signal
    if kind is ua.VariantType.Boolean:
        if isinstance(value, bool):
            return value
        raise CommandRefusedError(f"{path}: the node holds true or false, not {value!r}")
    if kind is ua.VariantType.String:
        if isinstance(value, str):
            return value
        raise CommandRefusedError(f"{path}: the node holds text, not {value!r}")
    if isinstance(value, bool | str):
        raise CommandRefusedError(f"{path}: the node holds {kind.name}, not {value!r}")
    raw = (value - options.offset) / options.scale if options.data_type is DataType.FLOAT else value
    if kind in _FLOATS:
        if not np.isfinite(raw) or (kind is ua.VariantType.Float and abs(raw) > _FLOAT32_MAX):
            raise CommandRefusedError(f"{path}: {raw!r} does not fit {kind.name}")
        return float(raw)
    if kind not in _INTEGERS:
        raise CommandRefusedError(f"{path}: a node of type {kind.name} is not written")
    low, high = _INTEGERS[kind]
    if not np.isfinite(raw) or raw != int(raw) or not low <= raw <= high:
        raise CommandRefusedError(f"{path}: {raw!r} is no {kind.name} from {low} to {high}")
    return int(raw)


def _present(options: NodeOptions, value: ua.DataValue) -> Present:
    code = int(value.StatusCode.value) if value.StatusCode is not None else 0
    if code >> 30:
        return Present(value=None, age_s=0.0, problem=f"is not good: {status_name(code)}")
    held = value.Value.Value if value.Value is not None else None
    shown = _engineering(options, held)
    problem = "" if shown is not None else "has no usable value"
    return Present(value=shown, age_s=0.0, problem=problem)


def _engineering(options: NodeOptions, held: object) -> Value | None:
    """Return what a node holds as its signal means it, or None where it does not fit that."""
    if options.data_type is DataType.STRING:
        return held if isinstance(held, str) else None
    if not isinstance(held, bool | int | float) or not np.isfinite(held):
        return None
    if options.data_type is DataType.BOOLEAN:
        return bool(held)
    if options.data_type in {DataType.INTEGER, DataType.ENUM}:
        return int(held) if held == int(held) else None
    return float(held) * options.scale + options.offset


def _answer(names: Mapping[str, str]) -> str:
    """Return the one good answer; raises for refusals, and for what leaves open what was done."""
    bad = {path: name for path, name in names.items() if not name.startswith("Good")}
    if not bad:
        return ", ".join(sorted(set(names.values())))
    told = "; ".join(f"{path}: {name}" for path, name in bad.items())
    if len(bad) == len(names) and all(name.startswith(_REFUSALS) for name in bad.values()):
        raise CommandRefusedError(told)
    raise UnansweredError(f"{len(names) - len(bad)} of {len(names)} were taken; {told}")


def _unsure(error: BaseException, doing: str) -> Exception:
    """Return what a failed request means: refused as a whole, or nobody knows."""
    if isinstance(error, UaStatusCodeError) and status_name(error.code).startswith(_REFUSALS):
        return CommandRefusedError(f"{doing}: {status_name(error.code)}")
    if isinstance(error, asyncio.TimeoutError):
        return UnansweredError(f"{doing}: no answer in time")
    return UnansweredError(str(translate(error, doing)))
