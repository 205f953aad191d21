"""The audit: append-only in the database, and every forgery named by the chain."""

from __future__ import annotations

import sqlite3
import stat
from pathlib import Path

import pytest
from sqlalchemy import delete, insert, update

from gateway.audit.key import InstallKey
from gateway.audit.log import AuditLog
from gateway.audit.port import Entry, Wanted
from gateway.audit.verify import verify
from gateway.clock import ManualClock
from gateway.errors import ConfigError, StorageError
from gateway.store import Store
from gateway.store.access_tables import audit
from gateway.store.tables import counter
from tests.contract.access.conftest import Office


def entry(n: int) -> Entry:
    return Entry(actor=f"p{n % 2}", kind="person", action="close_issue", target=f"issue {n}")


async def fill(office: Office, count: int = 5) -> None:
    for n in range(1, count + 1):
        assert await office.audit.record(entry(n)) == n


async def test_entries_are_found_newest_first_and_the_chain_holds(office: Office) -> None:
    await fill(office)
    found = await office.audit.search(Wanted(actor="p1", limit=2))
    assert [each.seq for each in found] == [5, 3]
    assert [e.seq for e in await office.audit.search(Wanted(text="issue 4"))] == [4]
    assert [e.seq for e in await office.audit.search(Wanted(text="%"))] == []
    assert [e.seq for e in await office.audit.search(Wanted(before_seq=3))] == [2, 1]
    verdict = await verify(office.store, key=office.key)
    assert (verdict.entries, verdict.bad_seq) == (5, None)


async def test_the_database_refuses_to_change_or_delete(office: Office) -> None:
    await fill(office)
    for work in (delete(audit), update(audit).values(actor="nobody")):
        with pytest.raises(StorageError, match="append-only"):
            await office.store.run(lambda connection, work=work: connection.execute(work))


async def _unlock(store: Store) -> None:
    """Do what somebody with the database's own rights can do."""

    def drop(connection: object) -> None:
        run = connection.exec_driver_sql  # type: ignore[attr-defined]  # a Connection
        if connection.dialect.name == "sqlite":  # type: ignore[attr-defined]  # a Connection
            run("DROP TRIGGER audit_no_UPDATE")
            run("DROP TRIGGER audit_no_DELETE")
        else:
            run("DROP TRIGGER audit_append_only ON audit")

    await store.run(drop)


@pytest.mark.parametrize("column", ["actor", "target", "detail", "time_ns", "outcome", "mac"])
async def test_a_changed_entry_is_named(office: Office, column: str) -> None:
    await fill(office)
    await _unlock(office.store)
    forged: dict[str, object] = {column: 7 if column == "time_ns" else "ok"}
    if column == "mac":
        forged = {"mac": "0" * 64}
    await office.store.run(lambda c: c.execute(update(audit).where(audit.c.seq == 3), forged))
    verdict = await verify(office.store, key=office.key)
    assert (verdict.entries, verdict.bad_seq, verdict.fault) == (2, 3, "was changed")


@pytest.mark.parametrize("gone", [1, 3, 5])
async def test_a_deleted_entry_is_named(office: Office, gone: int) -> None:
    await fill(office)
    await _unlock(office.store)
    await office.store.run(lambda c: c.execute(delete(audit).where(audit.c.seq == gone)))
    verdict = await verify(office.store, key=office.key)
    assert verdict.bad_seq == gone
    assert "is missing" in verdict.fault


async def test_a_chain_forged_without_the_key_is_named(office: Office, tmp_path: Path) -> None:
    await fill(office, 2)
    other = AuditLog(
        office.store, key=InstallKey.create(tmp_path / "other.key"), clock=office.clock
    )
    await other.record(entry(3))
    verdict = await verify(office.store, key=office.key)
    assert (verdict.bad_seq, verdict.fault) == (3, "was changed")


async def test_only_the_anchor_shows_an_end_cut_off_by_the_databases_owner(
    office: Office, tmp_path: Path
) -> None:
    anchor = tmp_path / "anchor"
    office.audit = AuditLog(office.store, key=office.key, clock=office.clock, anchor=anchor)
    await fill(office)
    assert stat.S_IMODE(anchor.stat().st_mode) == 0o600
    assert (await verify(office.store, key=office.key, anchor=anchor)).bad_seq is None
    await _unlock(office.store)

    def cut(connection: object) -> None:
        run = connection.execute  # type: ignore[attr-defined]  # a Connection
        run(delete(audit).where(audit.c.seq > 3))
        run(update(counter).where(counter.c.name == "audit").values(value=3))

    await office.store.run(cut)
    assert (await verify(office.store, key=office.key)).bad_seq is None
    assert (await verify(office.store, key=office.key, anchor=anchor)).bad_seq == 4


async def test_what_cannot_be_anchored_is_an_error(office: Office, tmp_path: Path) -> None:
    log = AuditLog(office.store, key=office.key, clock=office.clock, anchor=tmp_path)
    with pytest.raises(StorageError, match="anchor"):
        await log.record(entry(1))


async def test_hostile_text_is_stored_and_bounded(office: Office) -> None:
    hostile = Entry(actor="\x00\ud800", kind="p" * 99, action="x" * 999, detail="y" * 100_000)
    await office.audit.record(hostile)
    (held,) = await office.audit.search(Wanted())
    assert len(held.entry.detail) <= 2000
    assert "sha256" in held.entry.detail
    assert (await verify(office.store, key=office.key)).bad_seq is None


async def test_rows_of_a_forger_do_not_stop_the_check(office: Office) -> None:
    await fill(office, 1)
    row = dict.fromkeys(
        ("actor", "kind", "action", "target", "address", "outcome", "detail", "mac"), "x"
    )
    await office.store.run(lambda c: c.execute(insert(audit), {**row, "seq": 2, "time_ns": 0}))
    assert (await verify(office.store, key=office.key)).bad_seq == 2


async def test_a_full_or_locked_database_refuses(tmp_path: Path) -> None:
    store = await Store.open(f"sqlite:///{tmp_path}/s.db", busy_timeout_s=0.05)
    key = InstallKey.create(tmp_path / "k")
    log = AuditLog(store, key=key, clock=ManualClock())
    holder = sqlite3.connect(tmp_path / "s.db")
    holder.execute("BEGIN IMMEDIATE")
    try:
        with pytest.raises(StorageError):
            await log.record(entry(1))
    finally:
        holder.close()
        await store.close()


def test_the_key_is_its_owners_alone(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "k"
    made = InstallKey.create(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert InstallKey.create(path).derive("x") == made.derive("x") != made.derive("y")
    assert str(made.derive("x")) not in repr(made)
    path.chmod(0o640)
    with pytest.raises(ConfigError, match="chmod 600"):
        InstallKey.load(path)
    path.chmod(0o600)
    path.write_bytes(b"\x00" * 32)
    with pytest.raises(ConfigError, match="random bytes"):
        InstallKey.load(path)
    path.unlink()
    with pytest.raises(ConfigError, match="is missing"):
        InstallKey.load(path)
