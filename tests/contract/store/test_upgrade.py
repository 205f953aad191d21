"""Data of an older version are brought to this one, or left exactly as they were."""

from __future__ import annotations

import asyncio
import hashlib
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
import yaml
from alembic import command as alembic
from sqlalchemy import create_engine

from gateway.access.office import open_office
from gateway.access.rights import Grant, Role
from gateway.audit.port import Entry
from gateway.clock import ManualClock, SystemClock
from gateway.commands.backup import command, make
from gateway.commands.backup.manifest import Manifest, wanted
from gateway.commands.backup.upgrade import RolledBackError
from gateway.config.schema import load
from gateway.errors import ConfigError, InvalidRequestError
from gateway.store import Store, migrate
from gateway.stream.journal import Journal
from gateway.stream.lock import DirectoryLock
from gateway.stream.options import JournalOptions

BEFORE = "0013"


def schema(data_dir: Path) -> str:
    with closing(sqlite3.connect(data_dir / "taktline.db")) as db:
        return str(db.execute("SELECT version_num FROM alembic_version").fetchone()[0])


def sums(data_dir: Path) -> dict[str, str]:
    return {name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in wanted(data_dir)}


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """The data folder of a gateway with users and audit, as an older version left it."""
    data_dir = tmp_path / "data"
    file = tmp_path / "taktline.yaml"
    file.write_text(yaml.safe_dump({"plant": {"site": "test"}, "data_dir": str(data_dir)}))

    async def fill() -> None:
        journal = Journal.open(
            data_dir / "journal", clock=ManualClock(), options=JournalOptions.model_validate({})
        )
        await journal.close()
        store = await Store.open(f"sqlite:///{data_dir}/taktline.db")
        office = await open_office(
            store, load(file).options.access, data_dir=data_dir, clock=SystemClock(), site="test"
        )
        await office.desk.add_user("anna", [Grant(Role.ADMINISTRATOR)])
        for n in range(3):
            await office.audit.record(Entry(actor="anna", kind="person", action=f"a{n}"))
        office.close()
        await store.close()

    asyncio.run(fill())
    settings = migrate._config()
    engine = create_engine(f"sqlite:///{data_dir}/taktline.db")
    with engine.begin() as connection:
        settings.attributes["connection"] = connection
        alembic.downgrade(settings, BEFORE)
    engine.dispose()
    assert schema(data_dir) == BEFORE
    return file


def test_data_are_backed_up_brought_up_and_examined(config: Path, tmp_path: Path) -> None:
    data_dir, before = tmp_path / "data", sums(tmp_path / "data")
    said = command.upgrade(config, tmp_path / "before.tar")
    assert f"schema {BEFORE} (this version brings {migrate.newest()})" in said
    assert "3 entries, unbroken" in said
    assert schema(data_dir) == migrate.newest()
    assert (tmp_path / "before.tar").stat().st_mode & 0o077 == 0
    again = command.upgrade(config, tmp_path / "again.tar")
    assert BEFORE not in again.splitlines()[1], "nothing is left to be done"
    assert before.keys() <= sums(data_dir).keys()


def test_what_cannot_be_brought_up_is_put_back_as_it_was(config: Path, tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    with closing(sqlite3.connect(data_dir / "taktline.db")) as db:
        db.execute("DROP TRIGGER audit_no_UPDATE")
        db.execute("UPDATE audit SET actor = 'nobody' WHERE seq = 2")
        db.commit()
    before = sums(data_dir)
    with pytest.raises(RolledBackError, match=r"entry 2 was changed.*is as it was before"):
        command.upgrade(config, tmp_path / "before.tar")
    assert sums(data_dir) == before
    assert schema(data_dir) == BEFORE
    (aside,) = tmp_path.glob("data.failed-*")
    assert schema(aside) == migrate.newest()


def test_nothing_is_touched_without_a_backup(config: Path, tmp_path: Path) -> None:
    data_dir, before = tmp_path / "data", sums(tmp_path / "data")
    (tmp_path / "before.tar").write_text("an older backup")
    with pytest.raises(InvalidRequestError, match="never takes the place"):
        command.upgrade(config, tmp_path / "before.tar")
    with DirectoryLock(data_dir), pytest.raises(ConfigError, match="in use"):
        command.upgrade(config, tmp_path / "other.tar")
    assert sums(data_dir) == before


def test_no_gateway_may_begin_while_the_backup_is_read_again(
    config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it would write then is in no backup: putting back would lose it."""
    read_again, tried = make._read_again, []

    def reads(draft: Path, made: Manifest) -> None:
        with pytest.raises(ConfigError, match="in use"):
            DirectoryLock(tmp_path / "data")
        tried.append(draft)
        read_again(draft, made)

    monkeypatch.setattr(make, "_read_again", reads)
    command.upgrade(config, tmp_path / "before.tar")
    assert len(tried) == 1
