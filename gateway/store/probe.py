"""Looks at a relational store without creating or changing anything."""

from __future__ import annotations

import asyncio
from pathlib import Path

from alembic.runtime.migration import MigrationContext
from sqlalchemy import create_engine, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

from gateway.errors import NotConnectedError, StorageError
from gateway.store.migrate import newest
from gateway.store.store import parsed_url

_TIMEOUT_S = 5


async def probe(url: str) -> str:
    """Return what is there in one phrase: server and schema.

    Raises `ConfigError` for a URL that cannot be right, `NotConnectedError` where a server does not answer,
    `StorageError` for a file that cannot be read.
    """
    return await asyncio.to_thread(_probe, url)


def _probe(url: str) -> str:
    where = parsed_url(url)
    if where.drivername == "sqlite":
        path = Path(where.database or "")
        if not path.exists():
            return "not there yet, the first start makes it"
        engine = create_engine(
            f"sqlite:///file:{path.absolute()}?mode=ro&uri=true", poolclass=NullPool
        )
        error_class: type[Exception] = StorageError
        asked = "SELECT 'SQLite ' || sqlite_version()"
    else:
        engine = create_engine(
            where, poolclass=NullPool, connect_args={"connect_timeout": _TIMEOUT_S}
        )
        error_class = NotConnectedError
        asked = "SELECT 'PostgreSQL ' || current_setting('server_version')"
    try:
        with engine.connect() as connection:
            server = str(connection.execute(text(asked)).scalar_one())
            heads = MigrationContext.configure(connection).get_current_heads()
    except SQLAlchemyError as error:
        said = str(getattr(error, "orig", error)).strip().partition("\n")[0]
        msg = f"{where.render_as_string(hide_password=True)}: {said}"
        raise error_class(msg) from error
    schema = heads[0] if heads else "none yet"
    known = newest()
    return f"{server}, schema {schema}" + (
        "" if schema == known else f" (this version brings {known})"
    )
