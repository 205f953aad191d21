"""The guard on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.peers.control_house import ControlHouse, control_house


@pytest.fixture
async def house(tmp_path: Path, url: str) -> AsyncIterator[ControlHouse]:
    async with control_house(tmp_path, url=url) as made:
        yield made
