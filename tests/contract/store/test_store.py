"""Transactions, migrations and a server that goes away."""

from __future__ import annotations

import asyncio
from functools import partial
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, insert, select, text

from gateway.errors import ConfigError, InvalidRequestError, NotConnectedError, StorageError
from gateway.store import (
    Store,
    access_tables,  # noqa: F401 - adds its tables to the metadata
    board_tables,  # noqa: F401 - as below
    chart_tables,  # noqa: F401 - as above
    control_tables,  # noqa: F401 - as above
    execution_tables,  # noqa: F401 - as above
    issue_tables,  # noqa: F401 - as above
    kpi_tables,  # noqa: F401 - as above
    maintenance_tables,  # noqa: F401 - as above
    notify_tables,  # noqa: F401 - as above
    production_tables,  # noqa: F401 - as above
    quality_tables,  # noqa: F401 - as above
    rule_tables,  # noqa: F401 - as above
)
from gateway.store.store import BeyondColumnsError
from gateway.store.tables import counter, metadata
from tests.peers.postgres import Postgres


def names(connection: Connection) -> set[str]:
    return set(connection.execute(select(counter.c.name)).scalars())


@pytest.fixture
def url(empty_url: str) -> str:
    """Here the steps themselves are tried."""
    return empty_url


async def test_the_migrated_schema_is_the_one_in_tables(url: str) -> None:
    store = await Store.open(url)

    def differences(connection: Connection) -> list[object]:
        return list(compare_metadata(MigrationContext.configure(connection), metadata))

    assert await store.run(differences) == []
    await store.close()


async def test_what_no_column_holds_is_the_mistake_of_who_asked(url: str) -> None:
    store = await Store.open(url)
    beyond = {"name": "x", "value": 2**63}
    with pytest.raises(BeyondColumnsError, match="beyond what is kept") as refused:
        await store.run(lambda connection: connection.execute(insert(counter), beyond))
    assert isinstance(refused.value, InvalidRequestError)
    assert "x" not in await store.run(names), "and the store goes on"
    await store.close()


async def test_work_is_committed_whole_or_not_at_all(url: str) -> None:
    store = await Store.open(url)

    def half(connection: Connection) -> None:
        connection.execute(insert(counter).values(name="half", value=1))
        raise LookupError

    with pytest.raises(LookupError):
        await store.run(half)
    with pytest.raises(StorageError):
        await store.run(lambda c: c.execute(insert(counter).values(name="issue", value=1)))
    with pytest.raises(StorageError):
        await store.run(lambda c: c.execute(text("SELECT * FROM nowhere")))
    await store.run(lambda c: c.execute(insert(counter).values(name="whole", value=1)))
    await store.close()
    store = await Store.open(url)
    assert {"issue", "revision", "whole"} <= await store.run(names)
    await store.close()


async def test_a_newer_schema_is_refused_in_clear_words(url: str) -> None:
    store = await Store.open(url)
    await store.run(lambda c: c.execute(text("UPDATE alembic_version SET version_num = '9999'")))
    await store.close()
    with pytest.raises(ConfigError, match="has schema 9999, this version knows up to 0"):
        await Store.open(url)


async def test_many_at_once_take_turns(url: str) -> None:
    store = await Store.open(url)

    def rise(connection: Connection) -> None:
        value = connection.execute(select(counter.c.value)).scalars().first()
        assert value is not None
        connection.execute(counter.update().values(value=value + 1))

    await asyncio.gather(*(store.run(rise) for _ in range(20)))
    assert await store.run(lambda c: c.execute(select(counter.c.value)).scalars().first()) == 20
    await store.close()
    await store.close()
    with pytest.raises(StorageError, match="closed"):
        await store.run(names)


@pytest.mark.peer
async def test_a_server_that_restarts_is_reported_and_found_again() -> None:
    with Postgres() as server:
        store = await Store.open(server.url)
        server.stop()
        with pytest.raises(NotConnectedError):
            await store.run(names)
        with pytest.raises(NotConnectedError):
            await Store.open(server.url)
        server.start()
        assert {"issue", "revision"} <= await store.run(names)

        def restart_inside(connection: Connection) -> None:
            connection.execute(insert(counter).values(name="half", value=1))
            server.stop()
            connection.execute(insert(counter).values(name="other half", value=1))

        with pytest.raises(NotConnectedError):
            await store.run(restart_inside)
        server.start()
        assert {"issue", "revision"} <= await store.run(names)
        await store.close()


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("nonsense", "cannot be read"),
        ("mysql://x/y", "no store speaks 'mysql'"),
        ("sqlite://", "names no file"),
        ("sqlite:///:memory:", "names no file"),
    ],
)
async def test_a_url_that_cannot_be_right_is_refused(url: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        await Store.open(url)


async def test_a_file_that_cannot_be_used_is_a_storage_error(tmp_path: Path) -> None:
    (tmp_path / "state.db").write_bytes(b"this is no database, whatever its name" * 100)
    with pytest.raises(StorageError, match="not a database"):
        await Store.open(f"sqlite:///{tmp_path}/state.db")
    with pytest.raises(StorageError):
        await Store.open(f"sqlite:///{tmp_path}/state.db/below/x.db")


def pragma(connection: Connection, *, name: str) -> object:
    return connection.execute(text(f"PRAGMA {name}")).scalar()


async def test_sqlite_syncs_fully_and_writes_ahead(tmp_path: Path) -> None:
    store = await Store.open(f"sqlite:///{tmp_path}/new/state.db")
    pragmas = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}
    for name, value in pragmas.items():
        assert await store.run(partial(pragma, name=name)) == value
    await store.close()
