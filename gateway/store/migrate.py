"""Brings a database to the schema of this version, and refuses a newer one."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from gateway.errors import ConfigError

ADVISORY_LOCK = 0x7A6B_746C
"""Number of the PostgreSQL lock under which one gateway at a time migrates."""


def migrate(connection: Connection, *, shown: str) -> None:
    """Run the missing steps in the connection's transaction; `shown` names the database in errors.

    Raises `ConfigError` where the schema was made by a newer version.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": ADVISORY_LOCK})
    config = _config()
    config.attributes["connection"] = connection
    scripts = ScriptDirectory.from_config(config)
    known = {script.revision for script in scripts.walk_revisions()}
    found = MigrationContext.configure(connection).get_current_heads()
    for revision in found:
        if revision not in known:
            raise ConfigError(
                f"{shown} has schema {revision}, this version knows up to"
                f" {scripts.get_current_head()}: start a version at least as new as the one that"
                " wrote it, or restore the backup made before the upgrade"
            )
    command.upgrade(config, "head")


def newest() -> str:
    """Return the newest revision that this version knows."""
    return str(ScriptDirectory.from_config(_config()).get_current_head())


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.set_main_option("path_separator", "os")
    return config
