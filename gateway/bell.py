"""Tells who waits that something changed."""

from __future__ import annotations

import asyncio


class Bell:
    """A number that rises, and who waits for it."""

    def __init__(self) -> None:
        self.revision = 0
        self._changed = asyncio.Condition()

    async def ring(self, revision: int) -> None:
        """Say that changes up to a number are committed."""
        async with self._changed:
            self.revision = max(self.revision, revision)
            self._changed.notify_all()

    async def wait(self, after: int) -> None:
        """Return once a greater number was said."""
        async with self._changed:
            await self._changed.wait_for(lambda: self.revision > after)
