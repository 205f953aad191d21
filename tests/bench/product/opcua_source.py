"""A cheap OPC UA load: an asyncua server whose data-change notifications are encoded by numpy, not item by item.

Sessions, subscriptions, publish requests and acknowledgements are the library's. Only the body of a notification is
made here: the samples that are due, each with its own source time spread over the time since the last notification.
The library's own server spends about 60 µs of processor on a change and would be what is measured.

Run: python -m tests.bench.product.opcua_source PORT SIGNALS REPORT; orders come by standard input.
"""

from __future__ import annotations

import asyncio
import sys
import time
from pathlib import Path
from typing import Any, ClassVar, Final

import numpy as np
from asyncua import ua
from asyncua.server import subscription_service
from asyncua.server.internal_subscription import InternalSubscription
from asyncua.server.server import Server

from tests.bench.product.orders import Orders, Ticker, report
from tests.bench.product.sent import SentFile, opcua_value

NAMESPACE: Final = "urn:taktline:bench"
_DATA_CHANGE: Final = ua.NodeId.from_string("i=811")
"""DataChangeNotification, binary."""
_ITEM: Final = np.dtype(
    [
        ("handle", "<u4"),
        ("mask", "u1"),
        ("type", "u1"),
        ("value", "<f8"),
        ("source", "<i8"),
        ("server", "<i8"),
    ]
)
_VALUE_AND_TIMES: Final = 0x0D
_DOUBLE: Final = 11
_FILETIME_EPOCH: Final = 116_444_736_000_000_000

orders = Orders()
sent: dict[str, int] = {"samples": 0, "initial": 0}
ticker = Ticker(orders, 0)
logs: list[SentFile] = []


class LoadSubscription(InternalSubscription):
    """The library's subscription, with the load's notifications in place of changed variables.

    The newest one takes the load: one whose client went away lives on at the server for a while, and what it would
    make would be samples that no client was ever to see.
    """

    newest: ClassVar[LoadSubscription | None] = None
    _seen = -1
    _next = 0
    _began_ns = 0
    _body = b""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        LoadSubscription.newest = self
        self._template = np.zeros(0, _ITEM)
        self._numbers = np.zeros(0, np.int64)

    def has_published_results(self) -> bool:
        """Make the next notification, where none waits; say whether there is anything to publish."""
        if not self._body:
            self._fill()
        return bool(self._body) or bool(super().has_published_results())

    def _pop_triggered_datachanges(self, result: ua.PublishResult) -> None:
        mine = self._mine()
        sent["initial"] += sum(mid in mine for mid in self._triggered_datachanges)
        super()._pop_triggered_datachanges(result)
        if self._body:
            body = ua.ExtensionObject(TypeId=_DATA_CHANGE, Body=ua.ByteString(self._body))
            result.NotificationMessage.NotificationData.append(body)
            self._body = b""

    def _mine(self) -> dict[int, tuple[int, int]]:
        """Return the client's handle and the variable's number of each of our monitored items."""
        return {
            mid: (item.client_handle, int(item.read_value_id.NodeId.Identifier[1:]))
            for mid, item in self.monitored_item_srv._monitored_items.items()
            if item.read_value_id.NodeId.NamespaceIndex == 2  # ours is the first after the server's
        }

    def _fit(self) -> None:
        """Make the template anew where items came or went, as they do while a client subscribes."""
        if len(self.monitored_item_srv._monitored_items) == self._seen:
            return
        self._seen = len(self.monitored_item_srv._monitored_items)
        mine = np.array(list(self._mine().values()), np.int64).reshape(-1, 2)
        self._template, self._numbers = np.zeros(len(mine), _ITEM), mine[:, 1]
        self._template["handle"] = mine[:, 0]
        self._template["mask"], self._template["type"] = _VALUE_AND_TIMES, _DOUBLE

    def _fill(self) -> None:
        if orders.rate <= 0 or LoadSubscription.newest is not self:
            return
        self._fit()
        began_ns, self._began_ns = self._began_ns or time.time_ns(), time.time_ns()
        due = ticker.due()
        if not due or not len(self._template):
            return
        at = (self._next + np.arange(due)) % len(self._template)
        self._next = int(at[-1]) + 1
        items = self._template[at]
        times = np.linspace(began_ns, self._began_ns, due + 1)[1:].astype(np.int64) // 100
        items["source"] = items["server"] = times + _FILETIME_EPOCH
        items["value"] = opcua_value(times, self._numbers[at])
        size = np.int32(due).tobytes()
        self._body = size + items.tobytes() + np.int32(0).tobytes()
        sent["samples"] += due
        logs[0].add(self._numbers[at], times)


async def serve(port: int, signals: int, path: Path) -> None:
    """Serve until told to end; the report tells what was sent and what it took."""
    logs.append(SentFile(path.with_suffix(".sent")))
    setattr(subscription_service, "InternalSubscription", LoadSubscription)  # noqa: B010 - not exported
    server = Server()
    await server.init()
    server.set_endpoint(f"opc.tcp://127.0.0.1:{port}/")
    server.set_security_policy([ua.SecurityPolicyType.NoSecurity])
    index = await server.register_namespace(NAMESPACE)
    folder = await server.nodes.objects.add_folder(
        ua.NodeId.from_string(f"ns={index};s=Bench"), f"{index}:Bench"
    )
    for number in range(signals):
        name = f"V{number}"
        await folder.add_variable(
            ua.NodeId.from_string(f"ns={index};s={name}"),
            f"{index}:{name}",
            50.0,
            ua.VariantType.Double,
        )
    async with server:
        orders.listen()
        while not orders.ended.is_set():
            logs[0].flush()
            report(path, {**sent, "skipped": ticker.skipped, "cpu_s": time.process_time()})
            await asyncio.sleep(0.25)
    logs[0].flush()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3])))
