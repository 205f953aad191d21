"""Notifications as people read and steer them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from gateway.deviation import Issue
from gateway.model import Principal
from gateway.notice import (
    ChannelStatus,
    Contact,
    DeliveriesWanted,
    Delivery,
    LinkOffer,
    TeamStatus,
)


class Notifications(Protocol):
    """Channels, teams, messages and how people want to be told. Every method raises `StorageError` or
    `NotConnectedError` where the store is away.
    """

    async def channels(self) -> Sequence[ChannelStatus]:
        """Return every channel and how it is doing."""
        ...

    async def teams(self, at_ns: int) -> Sequence[TeamStatus]:
        """Return every team, and who is on duty at a moment and after it."""
        ...

    async def deliveries(self, wanted: DeliveriesWanted) -> Sequence[Delivery]:
        """Return messages, newest first."""
        ...

    async def retry(self, message: int) -> Delivery:
        """Put a message that was given up into the outbox again; raises `NotFoundError`, `ConflictError`."""
        ...

    async def test(self, channel: str, *, by: str) -> Delivery:
        """Send a test at once, to the asker's own address where the channel is personal, and return what came of it.

        Raises `NotFoundError`, `InvalidRequestError`, `BackOffError` where one was asked for a moment ago.
        """
        ...

    async def contact(self, person: str) -> Contact:
        """Return how a person wants to be told."""
        ...

    async def set_contact(self, contact: Contact) -> Contact:
        """Keep how a person wants to be told; raises `ConflictError`, `InvalidRequestError`."""
        ...

    async def inbox(self, person: str, *, limit: int) -> Sequence[Delivery]:
        """Return what a person was told on the page, newest first."""
        ...

    async def seen(self, person: str, message: int) -> None:
        """Note that a person has read a message; raises `NotFoundError`."""
        ...

    async def offer(self, secret: str) -> LinkOffer:
        """Say what a signed link would do, doing nothing; raises `InvalidRequestError`, `NotFoundError`."""
        ...

    async def redeem(self, secret: str) -> tuple[Principal, Issue]:
        """Acknowledge by a signed link; raises as `offer`, and `ConflictError` where somebody has."""
        ...
