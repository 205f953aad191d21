"""The relational store: one thread, one connection, one transaction a piece of work."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Self, TypeVar

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import (
    ArgumentError,
    DataError,
    DBAPIError,
    IntegrityError,
    NoSuchModuleError,
    ProgrammingError,
    SQLAlchemyError,
)
from sqlalchemy.pool import PoolProxiedConnection, QueuePool

from gateway.errors import ConfigError, InvalidRequestError, NotConnectedError, StorageError
from gateway.store.migrate import migrate

T = TypeVar("T")

DIALECTS = {
    "sqlite": "sqlite",
    "postgresql": "postgresql+psycopg",
    "postgres": "postgresql+psycopg",
}


class BeyondColumnsError(InvalidRequestError, StorageError):
    """A value that no column holds: who asked gave it, so asking again as it is changes nothing."""


class Store:
    """Issues, their history and evidence, and the rules' memory, in SQLite or PostgreSQL.

    Work runs in a thread of its own, one piece after another: SQLite has one writer, and numbers rise in the
    order in which they were committed.
    """

    def __init__(self, engine: Engine, *, shown: str) -> None:
        self._engine = engine
        self._shown = shown
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="store")
        self._closed = False

    @classmethod
    async def open(
        cls, url: str, *, connect_timeout_s: float = 5.0, busy_timeout_s: float = 5.0
    ) -> Self:
        """Open (for SQLite: create) the database and bring its schema up to date.

        `sqlite:///path` or `postgresql://user:password@host/name`. Raises `ConfigError` for a URL that cannot
        be right or a newer schema, `NotConnectedError` where a server is not there, `StorageError` for a file
        that cannot be used.
        """
        parsed = parsed_url(url)
        shown = parsed.render_as_string(hide_password=True)
        if parsed.drivername == "sqlite":
            engine = _sqlite(parsed, busy_timeout_s)
        else:
            engine = _postgres(parsed, connect_timeout_s)
        store = cls(engine, shown=shown)
        try:
            await store.run(lambda connection: migrate(connection, shown=shown))
        except BaseException:
            await store.close()
            raise
        return store

    async def run(self, work: Callable[[Connection], T]) -> T:
        """Run `work` in a transaction of its own: all of it is committed, or nothing.

        Raises `NotConnectedError` where the server went away, `StorageError` where the database refused;
        errors of `work` pass through. `work` may be run a second time on a new connection, if the first was
        found dead before anything was done.
        """
        if self._closed:
            raise StorageError(f"{self._shown} is closed")
        running = asyncio.get_running_loop().run_in_executor(self._thread, self._transact, work)
        try:
            return await asyncio.shield(running)
        except asyncio.CancelledError:
            await asyncio.wait([running])
            raise

    def _transact(self, work: Callable[[Connection], T]) -> T:
        try:
            with self._engine.begin() as connection:
                return work(connection)
        except (OverflowError, DataError) as error:
            said = str(getattr(error, "orig", error)).strip().partition("\n")[0]
            raise BeyondColumnsError(f"a number or text is beyond what is kept: {said}") from error
        except DBAPIError as error:
            said = str(error.orig).strip().partition("\n")[0]
            message = f"{self._shown}: {said}"
            if self._engine.dialect.name == "postgresql" and not isinstance(
                error, IntegrityError | ProgrammingError
            ):
                self._engine.dispose()
                raise NotConnectedError(message) from error
            raise StorageError(message) from error
        except SQLAlchemyError as error:
            raise StorageError(f"{self._shown}: {error}") from error

    async def close(self) -> None:
        """Let running work end, then release the connection; twice does no harm."""
        if self._closed:
            return
        self._closed = True
        await asyncio.get_running_loop().run_in_executor(self._thread, self._engine.dispose)
        self._thread.shutdown(wait=False)


def parsed_url(url: str) -> URL:
    """Return a store's URL with the driver that we use; raises `ConfigError`."""
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise ConfigError(
            "the store's URL cannot be read, want sqlite:///path or postgresql://user@host/name"
        ) from error
    backend = parsed.drivername.partition("+")[0]
    if backend not in DIALECTS:
        raise ConfigError(f"no store speaks {backend!r}, want sqlite or postgresql")
    return parsed.set(drivername=DIALECTS[backend])


def _sqlite(url: URL, busy_timeout_s: float) -> Engine:
    if not url.database or url.database == ":memory:":
        raise ConfigError("the store's URL names no file, want sqlite:///path/to/state.db")
    try:
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StorageError(f"{url.database}: {error}") from error
    engine = create_engine(
        url,
        poolclass=QueuePool,
        pool_size=1,
        max_overflow=0,
        connect_args={"timeout": busy_timeout_s},
    )

    @event.listens_for(engine, "connect")
    def _set_up(raw: PoolProxiedConnection, _record: object) -> None:
        raw.isolation_level = None  # type: ignore[attr-defined]  # sqlite3's: transactions are begun below
        cursor = raw.cursor()
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def _postgres(url: URL, connect_timeout_s: float) -> Engine:
    try:
        return create_engine(
            url,
            pool_size=1,
            max_overflow=0,
            pool_pre_ping=True,
            connect_args={"connect_timeout": max(2, round(connect_timeout_s))},
        )
    except (NoSuchModuleError, ModuleNotFoundError) as error:
        raise ConfigError(
            "PostgreSQL needs psycopg: install taktline with the extra 'postgres'"
        ) from error
