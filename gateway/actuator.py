"""What writes to a machine. Only the control guard, the composition root and connectors may import this."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from gateway.command import Present, Value


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What is to be done, once: values by signal path, after which nobody may still act on it, and its id."""

    id: str
    values: Mapping[str, Value]
    expires_ns: int


class Actuator(Protocol):
    """The way to the machines of one connector. It never queues and never tries again."""

    def writes(self) -> Collection[str]:
        """Return the paths it can write, or call, now and later."""
        ...

    def reads(self) -> Collection[str]:
        """Return the paths whose value it can ask the machine for."""
        ...

    async def ask(self, paths: Sequence[str]) -> Mapping[str, Present]:
        """Return what the machine holds now; a path it cannot tell has a problem. Raises `NotConnectedError`."""
        ...

    async def check(self, order: Order) -> None:
        """Raise `CommandRefusedError` or `NotSentError` for an order that cannot be sent; sends nothing."""
        ...

    async def carry_out(self, order: Order) -> str:
        """Send an order and return what the machine answered.

        Raises `NotSentError` where it did not leave, `CommandRefusedError` where the machine refused all of it,
        and `UnansweredError` where nobody knows, a part taken and a part refused included.
        """
        ...


@runtime_checkable
class Actuated(Protocol):
    """A connector that can also write."""

    @property
    def actuator(self) -> Actuator:
        """The way to its machines."""
        ...


class Actuators(Protocol):
    """Who reaches which machine now."""

    def writer(self, path: str) -> Actuator | None:
        """Return what can write this path and is connected, or None."""
        ...

    def reader(self, path: str) -> Actuator | None:
        """Return what can ask for this path and is connected, or None."""
        ...
