"""The monitored items of one subscription: made in batches, watched for vanishing, made again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final

from asyncua import ua
from asyncua.ua.attribute_ids import AttributeIds
from asyncua.ua.object_ids import ObjectIds
from asyncua.ua.status_codes import StatusCodes
from asyncua.ua.uaerrors import UaStatusCodeError

from connectors.opcua.address import STANDARD_NAMESPACE, Address
from connectors.opcua.options import Deadband, NodeOptions, OpcUaOptions, Trigger
from connectors.opcua.wire.transport import RawSession
from gateway.quality import BAD_NODE_ID_UNKNOWN

HEARTBEAT: Final = 0
NAMESPACES: Final = 1
SYSTEM_NODES: Final = (
    Address(STANDARD_NAMESPACE, "i", ObjectIds.Server_ServerStatus_CurrentTime),
    Address(STANDARD_NAMESPACE, "i", ObjectIds.Server_NamespaceArray),
)
"""Followed beside the configured nodes, with the client handles that come after theirs."""

NODE_GONE: Final = frozenset({0x8033_0000, BAD_NODE_ID_UNKNOWN})
_TOO_MANY_AT_ONCE: Final = frozenset(
    {
        StatusCodes.BadTooManyOperations,
        StatusCodes.BadRequestTooLarge,
        StatusCodes.BadEncodingLimitsExceeded,
    }
)
_FILTER_REFUSED: Final = frozenset(
    {
        StatusCodes.BadFilterNotAllowed,
        StatusCodes.BadMonitoredItemFilterInvalid,
        StatusCodes.BadMonitoredItemFilterUnsupported,
        StatusCodes.BadDeadbandFilterInvalid,
    }
)
_BATCHES_A_ROUND: Final = 5
_HEARTBEAT_MS: Final = 1000.0


class Items:
    """Keeps which position has a living item; a node without one is the caller's to try again."""

    def __init__(self, session: RawSession, subscription: int, options: OpcUaOptions) -> None:
        self._session = session
        self._subscription = subscription
        self._options = options
        self._ids: dict[int, tuple[ua.NodeId, int]] = {}
        self._batch = options.max_items_per_request
        self._asked = 0
        self._revised: Counter[str] = Counter()

    def remarks(self) -> tuple[str, ...]:
        """Return what the server granted otherwise than asked, with how many nodes it concerns."""
        return tuple(f"{n} of the nodes: {what}" for what, n in sorted(self._revised.items()))

    async def create(self, wanted: Mapping[int, ua.NodeId]) -> dict[int, int]:
        """Make an item for each position; return the status code of those the server refused."""
        refused = await self._create_all(wanted, filtered=True)
        bare = {at: wanted[at] for at, code in refused.items() if code in _FILTER_REFUSED}
        if bare:
            self._revised["deadband refused, every change is sent"] += len(bare)
            refused = {at: code for at, code in refused.items() if at not in bare}
            refused |= await self._create_all(bare, filtered=False)
        return refused

    async def create_system(self) -> None:
        """Follow the server's clock and namespace table; a server that refuses them is still read."""
        nodes = self._options.nodes
        wanted = [
            _request(address.resolve([STANDARD_NAMESPACE]), len(nodes) + n, _HEARTBEAT_MS, 1, None)
            for n, address in enumerate(SYSTEM_NODES)
        ]
        results = await self._send(wanted)
        for result, what in zip(results, ("the server's clock", "namespace table"), strict=True):
            if not result.StatusCode.is_good():
                self._revised[f"{what} cannot be followed ({result.StatusCode.name})"] += 1

    async def vanished(self) -> dict[int, int]:
        """Ask whether nodes of living items still exist; return the status code of those that do not.

        Each call asks for the next few batches in turn, so that a small controller is not kept busy by it.
        """
        gone: dict[int, int] = {}
        living = list(self._ids.items())
        first = self._asked if self._asked < len(living) else 0
        self._asked = first + self._batch * _BATCHES_A_ROUND
        for start in range(first, min(self._asked, len(living)), self._batch):
            part = living[start : start + self._batch]
            values = await self._session.read_attributes(
                [node for _, (node, _) in part], AttributeIds.NodeClass
            )
            for (at, _), value in zip(part, values, strict=True):
                code = int(value.StatusCode.value) if value.StatusCode is not None else 0
                if code in NODE_GONE:
                    gone[at] = code
        return gone

    async def remove(self, positions: Sequence[int]) -> None:
        """Delete the items of nodes that are gone, as far as the server still knows them."""
        ids = [self._ids.pop(at)[1] for at in positions if at in self._ids]
        if ids:
            await self._session.delete_monitored_items(
                ua.DeleteMonitoredItemsParameters(
                    SubscriptionId=ua.UInt32(self._subscription),
                    MonitoredItemIds=[ua.UInt32(number) for number in ids],
                )
            )

    async def _create_all(
        self, wanted: Mapping[int, ua.NodeId], *, filtered: bool
    ) -> dict[int, int]:
        refused: dict[int, int] = {}
        left = list(wanted.items())
        while left:
            part, left = left[: self._batch], left[self._batch :]
            requests = [self._item(at, node, filtered=filtered) for at, node in part]
            try:
                results = await self._send(requests)
            except UaStatusCodeError as error:
                if error.code not in _TOO_MANY_AT_ONCE or self._batch == 1:
                    raise
                self._batch = max(1, self._batch // 2)
                left = part + left
                continue
            for (at, node), request, result in zip(part, requests, results, strict=True):
                if result.StatusCode.is_good():
                    self._ids[at] = (node, int(result.MonitoredItemId))
                    self._compare(request.RequestedParameters, result)
                else:
                    refused[at] = int(result.StatusCode.value)
        return refused

    async def _send(
        self, requests: list[ua.MonitoredItemCreateRequest]
    ) -> list[ua.MonitoredItemCreateResult]:
        return await self._session.create_monitored_items(
            ua.CreateMonitoredItemsParameters(
                SubscriptionId=ua.UInt32(self._subscription),
                TimestampsToReturn=ua.TimestampsToReturn.Both,
                ItemsToCreate=requests,
            )
        )

    def _item(self, at: int, node: ua.NodeId, *, filtered: bool) -> ua.MonitoredItemCreateRequest:
        options, own = self._options, self._options.nodes[at]
        return _request(
            node,
            at,
            options.sampling_of(own),
            options.queue_of(own),
            _filter(own, options) if filtered else None,
        )

    def _compare(self, asked: ua.MonitoringParameters, got: ua.MonitoredItemCreateResult) -> None:
        if got.RevisedSamplingInterval > asked.SamplingInterval * 1.01:
            what = (
                f"sampled every {got.RevisedSamplingInterval:g} ms, not {asked.SamplingInterval:g}"
            )
            self._revised[what] += 1
        if got.RevisedQueueSize < asked.QueueSize:
            what = f"server queue of {got.RevisedQueueSize}, not {asked.QueueSize}"
            self._revised[what] += 1


def _request(
    node: ua.NodeId | None,
    handle: int,
    sampling_ms: float,
    queue_size: int,
    item_filter: ua.DataChangeFilter | None,
) -> ua.MonitoredItemCreateRequest:
    request = ua.MonitoredItemCreateRequest()
    request.ItemToMonitor.NodeId = node or ua.NodeId()
    request.ItemToMonitor.AttributeId = AttributeIds.Value
    request.MonitoringMode = ua.MonitoringMode.Reporting
    request.RequestedParameters = ua.MonitoringParameters(
        ClientHandle=ua.UInt32(handle),
        SamplingInterval=ua.Double(sampling_ms),
        QueueSize=ua.UInt32(queue_size),
    )
    if item_filter is not None:
        request.RequestedParameters.Filter = item_filter
    return request


def _filter(node: NodeOptions, options: OpcUaOptions) -> ua.DataChangeFilter | None:
    """Return the filter a node needs, or None where the standard's default is what we want."""
    deadband: Deadband | None = node.deadband or options.deadband
    if deadband is None and options.trigger is Trigger.STATUS_VALUE:
        return None
    made = ua.DataChangeFilter()
    made.Trigger = (
        ua.DataChangeTrigger.StatusValue
        if options.trigger is Trigger.STATUS_VALUE
        else ua.DataChangeTrigger.StatusValueTimestamp
    )
    if deadband is not None:
        kind = ua.DeadbandType.Absolute if deadband.absolute else ua.DeadbandType.Percent
        made.DeadbandType = ua.UInt32(kind.value)
        made.DeadbandValue = ua.Double(deadband.absolute or deadband.percent or 0.0)
    return made
