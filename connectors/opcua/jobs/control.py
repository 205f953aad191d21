"""One job order receiver of one connection: its methods called once, its list and responses read."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final, TypeVar, cast

from asyncua import ua
from asyncua.common.utils import Buffer
from asyncua.ua.attribute_ids import AttributeIds
from asyncua.ua.ua_binary import struct_from_binary, struct_to_binary

from connectors.opcua.address import parse
from connectors.opcua.fallback import LIBRARY_RAISES
from connectors.opcua.faults import PEER_ERRORS, status_name, translate
from connectors.opcua.jobs.types import (
    JOB_ORDER,
    JOB_RESPONSE,
    NAMESPACE,
    ORDER_AND_STATE,
    JobOrder,
    JobOrderAndState,
    JobResponse,
    Parameter,
    WorkMaster,
)
from connectors.opcua.options import JobsOptions
from connectors.opcua.wire.transport import RawSession
from gateway.command import Present, Value
from gateway.errors import CommandRefusedError, NotConnectedError, NotSentError, UnansweredError

VERBS: Final = frozenset(
    {"StoreAndStart", "Start", "RevokeStart", "Pause", "Resume", "Stop", "Abort", "Cancel"}
)
_MOST: Final = 1000
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_HAS_COMPONENT: Final = ua.NodeId(ua.Int32(47))
_GOOD_COUNT: Final = "GoodQuantity"
_MADE_COUNT: Final = "ProducedQuantity"
T = TypeVar("T")


class JobControl:
    """Finds the methods by their browse names, as node ids of instances are each server's own."""

    def __init__(
        self, session: RawSession, namespaces: Sequence[str], options: JobsOptions
    ) -> None:
        self._session, self._options = session, options
        self._index = namespaces.index(NAMESPACE) if NAMESPACE in namespaces else -1
        self._receiver = parse(options.receiver).resolve(namespaces)
        self._provider = parse(options.provider).resolve(namespaces) if options.provider else None
        self._known: dict[tuple[str, str], ua.NodeId] = {}

    def check(self, value: Value) -> None:
        """Build the call and throw it away; raises `CommandRefusedError` where it is none."""
        self._call(value)

    def _call(self, value: Value) -> tuple[str, list[ua.Variant]]:
        """Return the method and its arguments; raises `CommandRefusedError`."""
        try:
            call = json.loads(str(value))
        except ValueError as error:
            raise CommandRefusedError(
                f"{self._options.signal}: no call as JSON: {error}"
            ) from error
        if not isinstance(call, dict) or call.get("verb") not in VERBS or not call.get("job"):
            raise CommandRefusedError(
                f"{self._options.signal}: want a verb ({', '.join(sorted(VERBS))}) and a job"
            )
        verb = str(call["verb"])
        try:
            return verb, self._arguments(verb, call)
        except LIBRARY_RAISES as error:
            raise CommandRefusedError(
                f"{self._options.signal}: no job order can be made of this call: {error}"
            ) from error

    async def carry_out(self, value: Value) -> str:
        """Call one method, once; a return status other than 0 is the machine's refusal."""
        verb, arguments = self._call(value)
        request = ua.CallMethodRequest(
            ObjectId=self._home(), MethodId=await self._to_send(verb),
            InputArguments=arguments,
        )  # fmt: skip
        try:
            (result,) = await self._session.call([request])
        except PEER_ERRORS as error:
            raise UnansweredError(f"{verb}: {translate(error, 'call')}") from error
        name = status_name(int(result.StatusCode.value))
        if not name.startswith("Good"):
            raise CommandRefusedError(f"{verb}: {name}")
        status = result.OutputArguments[0].Value if result.OutputArguments else 0
        if isinstance(status, int) and status != 0:
            raise CommandRefusedError(f"{verb}: return status {status}")
        return f"{name}, return status 0"

    async def ask(self) -> Present:
        """Return the machine's list as JSON text: each job with its state number, and how it ended."""
        listed = await self._structures(
            self._home(), "JobOrderList", ORDER_AND_STATE, JobOrderAndState
        )
        found: dict[str, dict[str, Any]] = {}
        for each in listed:
            state = each.State[0].StateNumber if each.State else 0
            found[str(each.JobOrder.JobOrderID)[:400]] = {"state": int(state)}
        if self._provider is not None:
            answers = await self._structures(
                self._provider, "JobOrderResponseList", JOB_RESPONSE, JobResponse
            )
            for answer in answers:
                found.setdefault(str(answer.JobOrderID)[:400], {}).update(_response(answer))
        text = json.dumps([{"job": job, **rest} for job, rest in found.items()])
        return Present(value=text, age_s=0.0)

    def _home(self) -> ua.NodeId:
        if self._receiver is None or self._index < 0:
            raise NotSentError(f"{self._options.signal}: the server has no namespace {NAMESPACE}")
        return self._receiver

    def _arguments(self, verb: str, call: Mapping[str, Any]) -> list[ua.Variant]:
        comment = ua.Variant(
            [ua.LocalizedText(str(call.get("said", "")))], ua.VariantType.LocalizedText
        )
        if verb != "StoreAndStart":
            return [ua.Variant(str(call["job"]), ua.VariantType.String), comment]
        kind = ua.NodeId(ua.Int32(JOB_ORDER), ua.Int16(self._index))
        body = struct_to_binary(_order(call))
        order = ua.ExtensionObject(TypeId=kind, Body=ua.ByteString(body))
        return [ua.Variant(order, ua.VariantType.ExtensionObject), comment]

    async def _to_send(self, verb: str) -> ua.NodeId:
        try:
            return await self._find(self._home(), verb)
        except NotConnectedError as error:
            raise NotSentError(str(error)) from error

    async def _find(self, home: ua.NodeId, name: str) -> ua.NodeId:
        """Return a component of an object by its browse name, looked up once a connection."""
        key = (home.to_string(), name)
        if key in self._known:
            return self._known[key]
        element = ua.RelativePathElement(
            ReferenceTypeId=_HAS_COMPONENT,
            IsInverse=False,  # type: ignore[arg-type]  # the library's Boolean is a class without values
            IncludeSubtypes=True,  # type: ignore[arg-type]  # as above
            TargetName=ua.QualifiedName(name, self._index),
        )
        path = ua.BrowsePath(StartingNode=home, RelativePath=ua.RelativePath(Elements=[element]))
        try:
            (result,) = await self._session.translate_browsepaths_to_nodeids([path])
        except PEER_ERRORS as error:
            raise NotConnectedError(str(translate(error, "browse"))) from error
        if not result.Targets:
            raise NotSentError(f"{self._options.signal}: the machine has no {name}")
        found = result.Targets[0].TargetId
        self._known[key] = ua.NodeId(found.Identifier, found.NamespaceIndex, found.NodeIdType)
        return self._known[key]

    async def _structures(
        self, home: ua.NodeId, name: str, encoding: int, kind: type[T]
    ) -> list[T]:
        """Read an array of structures; raises `NotConnectedError` where it cannot be read or is none."""
        try:
            node = await self._find(home, name)
        except NotSentError as error:
            raise NotConnectedError(str(error)) from error
        parameters = ua.ReadParameters(
            MaxAge=ua.Double(0.0),
            TimestampsToReturn=ua.TimestampsToReturn.Neither,
            NodesToRead=[ua.ReadValueId(NodeId=node, AttributeId=AttributeIds.Value)],
        )
        try:
            (value,) = await self._session.read(parameters)
        except PEER_ERRORS as error:
            raise NotConnectedError(str(translate(error, "read"))) from error
        held = value.Value.Value if value.Value is not None else None
        wanted = ua.NodeId(ua.Int32(encoding), ua.Int16(self._index))
        found = []
        for each in held[:_MOST] if isinstance(held, list) else []:
            if not isinstance(each, ua.ExtensionObject) or each.TypeId != wanted:
                raise NotConnectedError(f"{name} holds something else than {kind.__name__}")
            try:
                found.append(struct_from_binary(kind, Buffer(each.Body or b"")))
            except LIBRARY_RAISES as error:
                raise NotConnectedError(f"{name} cannot be read: {error!r}") from error
        return found


def _order(call: Mapping[str, Any]) -> JobOrder:
    master = f"{call.get('product', '')}/{call.get('op', '')}"
    quantity = ua.Variant(float(call.get("qty", 0)), ua.VariantType.Double)
    return JobOrder(
        JobOrderID=ua.String(str(call["job"])),
        WorkMasterID=[WorkMaster(ID=ua.String(master))],
        StartTime=_date(call.get("starts_ns", 0)),
        EndTime=_date(call.get("ends_ns", 0)),
        Priority=ua.Int16(int(call.get("priority", 0))),
        JobOrderParameters=[Parameter(ID=ua.String("Quantity"), Value=quantity)],
    )


def _date(time_ns: object) -> ua.DateTime:
    moment = _EPOCH + timedelta(microseconds=int(cast("int", time_ns)) // 1000)
    return ua.DateTime.fromtimestamp(moment.timestamp(), UTC)


def _response(answer: JobResponse) -> dict[str, Any]:
    """Return what a machine says of the end of a job; values that are no numbers say nothing."""
    numbers = {
        str(each.ID): float(each.Value.Value)
        for each in answer.JobResponseData or []
        if isinstance(each.Value.Value, int | float) and not isinstance(each.Value.Value, bool)
    }
    said: dict[str, Any] = {"good": numbers.get(_GOOD_COUNT), "made": numbers.get(_MADE_COUNT)}
    for name, moment in (("started_ns", answer.StartTime), ("ended_ns", answer.EndTime)):
        if moment is not None and moment.year > 1601:
            said[name] = _to_ns(moment)
    if answer.JobState:
        said["state"] = int(answer.JobState[0].StateNumber)
    return said


def _to_ns(moment: datetime) -> int:
    aware = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    return ((aware - _EPOCH) // timedelta(microseconds=1)) * 1000
