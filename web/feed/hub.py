"""The live hub."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from web.options import WebOptions
from web.services import Services


class Hub:
    """What follows the journal for all live clients."""

    def __init__(self, services: Services, options: WebOptions, *, build: str) -> None:
        self.failure = ""

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Follow."""
        yield
