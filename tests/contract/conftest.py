"""Every store's contract on SQLite and on PostgreSQL, each test on a database of its own."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.store import Store
from tests.peers.postgres import Postgres

BOTH = ["sqlite", pytest.param("postgresql", marks=pytest.mark.peer)]


async def _migrate(url: str) -> None:
    await (await Store.open(url)).close()


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    with Postgres() as server:
        yield server


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite database with all tables and nothing in them."""
    file = tmp_path_factory.mktemp("migrated") / "state.db"
    asyncio.run(_migrate(f"sqlite:///{file}"))
    return file


@pytest.fixture(scope="session")
def migrated_template(postgres: Postgres) -> str:
    """The name of a PostgreSQL database with all tables and nothing in them."""
    url = postgres.new_database()
    asyncio.run(_migrate(url))
    return url.rpartition("/")[2]


@pytest.fixture(params=BOTH)
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database without tables."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/empty.db"
    server: Postgres = request.getfixturevalue("postgres")
    return server.new_database()


@pytest.fixture(params=BOTH)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database with all tables and nothing in them: the steps are not run anew by each of hundreds of tests."""
    if request.param == "sqlite":
        file: Path = request.getfixturevalue("migrated_file")
        shutil.copyfile(file, tmp_path / "state.db")
        return f"sqlite:///{tmp_path}/state.db"
    template: str = request.getfixturevalue("migrated_template")
    server: Postgres = request.getfixturevalue("postgres")
    return server.new_database(template=template)
