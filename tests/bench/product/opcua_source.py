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
from typing import Any, Final

import numpy as np
from asyncua import ua
from asyncua.server import subscription_service
from asyncua.server.internal_subscription import InternalSubscription
from asyncua.server.server import Server

from tests.bench.product.orders import Orders, Ticker, report

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
tickers: list[Ticker] = []


class LoadSubscription(InternalSubscription):
    """The library's subscription, with the load's notifications in place of changed variables."""

    _template: np.ndarray[Any, Any] | None = None
    _next = 0
    _began_ns = 0
    _body = b""

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

    def _mine(self) -> dict[int, int]:
        """Return the client's handle of each of our monitored items."""
        return {
            mid: item.client_handle
            for mid, item in self.monitored_item_srv._monitored_items.items()
            if item.read_value_id.NodeId.NamespaceIndex == 2  # ours is the first after the server's
        }

    def _fill(self) -> None:
        if orders.rate <= 0:
            return
        if self._template is None:
            handles = list(self._mine().values())
            self._template = np.zeros(len(handles), _ITEM)
            self._template["handle"] = handles
            self._template["mask"], self._template["type"] = _VALUE_AND_TIMES, _DOUBLE
            self._ticker = Ticker(orders, len(handles))
            tickers.append(self._ticker)
            self._began_ns = time.time_ns()
        began_ns, self._began_ns = self._began_ns, time.time_ns()
        due = self._ticker.due()
        if not due or not len(self._template):
            return
        at = (self._next + np.arange(due)) % len(self._template)
        self._next = int(at[-1]) + 1
        items = self._template[at]
        times = np.linspace(began_ns, self._began_ns, due + 1)[1:].astype(np.int64) // 100
        items["source"] = items["server"] = times + _FILETIME_EPOCH
        items["value"] = 50 + np.round(20 * np.sin(times / 1e8 + at), 2)
        size = np.int32(due).tobytes()
        self._body = size + items.tobytes() + np.int32(0).tobytes()
        sent["samples"] += due


async def serve(port: int, signals: int, path: Path) -> None:
    """Serve until told to end; the report tells what was sent and what it took."""
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
            skipped = sum(ticker.skipped for ticker in tickers)
            report(path, {**sent, "skipped": skipped, "cpu_s": time.process_time()})
            await asyncio.sleep(0.25)


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3])))
