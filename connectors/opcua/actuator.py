"""The way to the machines of one OPC UA server, across its connections."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence

from connectors.opcua.options import OpcUaOptions
from connectors.opcua.orders import Orders
from gateway.actuator import Order
from gateway.command import Present
from gateway.errors import NotConnectedError, NotSentError


class OpcUaActuator:
    """Implements `Actuator` over whatever connection stands now; without one nothing is sent, nor kept for later."""

    def __init__(self, options: OpcUaOptions, *, orders: Callable[[], Orders | None]) -> None:
        self._orders = orders
        lists = [each.signal for each in options.jobs]
        self._reads = frozenset([*(node.signal for node in options.nodes), *lists])
        self._writes = options.writable()

    def writes(self) -> Collection[str]:
        """Return every configured node's signal, the configured methods and receivers of job orders."""
        return self._writes

    def reads(self) -> Collection[str]:
        """Return every configured node's signal, and the receivers whose list can be asked for."""
        return self._reads

    async def ask(self, paths: Sequence[str]) -> Mapping[str, Present]:
        """Read from the server now; raises `NotConnectedError`."""
        orders = self._orders()
        if orders is None:
            raise NotConnectedError("there is no connection")
        return await orders.ask(paths)

    async def check(self, order: Order) -> None:
        """Build the order and throw it away; raises `CommandRefusedError` or `NotSentError`."""
        await self._now().check(order)

    async def carry_out(self, order: Order) -> str:
        """Send it over the connection that stands now, once."""
        return await self._now().carry_out(order)

    def _now(self) -> Orders:
        orders = self._orders()
        if orders is None:
            raise NotSentError("there is no connection")
        return orders
