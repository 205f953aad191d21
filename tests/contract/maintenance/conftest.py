"""An open store on each database."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from gateway.store import Store


@pytest.fixture
async def store(url: str) -> AsyncIterator[Store]:
    opened = await Store.open(url)
    yield opened
    await opened.close()
