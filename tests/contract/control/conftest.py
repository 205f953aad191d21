"""The guard on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.peers.control_house import ControlHouse, control_house
from tests.peers.postgres import Postgres


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    with Postgres() as server:
        yield server


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.peer)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database without tables; what asks no store takes SQLite alone."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/control.db"
    server: Postgres = request.getfixturevalue("postgres")
    return server.new_database()


@pytest.fixture
async def house(tmp_path: Path, url: str) -> AsyncIterator[ControlHouse]:
    async with control_house(tmp_path, url=url) as made:
        yield made
