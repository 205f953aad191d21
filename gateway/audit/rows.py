"""Entries as rows: how one is appended in a transaction, and how they are read back."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import Any, Final

from sqlalchemy import Connection, RowMapping, insert, select, update
from sqlalchemy.sql import ColumnElement

from gateway.audit.chain import START, link
from gateway.audit.port import Entry, Outcome, Recorded, Wanted
from gateway.store.access_tables import audit
from gateway.store.tables import counter

MAX_TEXT: Final = 2000


def append(connection: Connection, key: bytes, entry: Entry, *, time_ns: int) -> Recorded:
    """Add an entry to the chain inside the caller's transaction, which holds the counter until its end."""
    clean = _clean(entry)
    where = counter.c.name == "audit"
    connection.execute(update(counter).where(where).values(value=counter.c.value + 1))
    seq = int(connection.execute(select(counter.c.value).where(where)).scalar_one())
    before = connection.execute(select(audit.c.mac).where(audit.c.seq == seq - 1)).scalar()
    mac = link(key, before or START, seq=seq, time_ns=time_ns, entry=clean)
    row = {
        "seq": seq,
        "time_ns": time_ns,
        "actor": clean.actor,
        "kind": clean.kind,
        "action": clean.action,
        "target": clean.target,
        "address": clean.address,
        "outcome": clean.outcome.value,
        "detail": clean.detail,
        "mac": mac,
    }
    connection.execute(insert(audit), row)
    return Recorded(seq=seq, time_ns=time_ns, entry=clean, mac=mac)


def find(connection: Connection, wanted: Wanted) -> list[Recorded]:
    """Return entries, newest first."""
    wishes: list[ColumnElement[bool]] = [audit.c.time_ns >= wanted.start_ns]
    if wanted.end_ns is not None:
        wishes.append(audit.c.time_ns < wanted.end_ns)
    if wanted.before_seq is not None:
        wishes.append(audit.c.seq < wanted.before_seq)
    if wanted.actor:
        wishes.append(audit.c.actor == wanted.actor)
    if wanted.action:
        wishes.append(audit.c.action == wanted.action)
    if wanted.outcome is not None:
        wishes.append(audit.c.outcome == wanted.outcome.value)
    if wanted.text:
        either = audit.c.target.contains(wanted.text, autoescape=True)
        wishes.append(either | audit.c.detail.contains(wanted.text, autoescape=True))
    query = select(audit).where(*wishes).order_by(audit.c.seq.desc()).limit(wanted.limit)
    return [recorded(row) for row in connection.execute(query).mappings()]


def after(connection: Connection, seq: int, *, limit: int) -> list[Recorded]:
    """Return the entries after a number, oldest first."""
    query = select(audit).where(audit.c.seq > seq).order_by(audit.c.seq).limit(limit)
    return [recorded(row) for row in connection.execute(query).mappings()]


def recorded(row: RowMapping) -> Recorded:
    """Return a row as an entry of the chain."""
    held: dict[str, Any] = dict(row)
    try:
        outcome = Outcome(held["outcome"])
    except ValueError:
        # Only a forger writes such a word; the chain will not fit it.
        outcome = Outcome.UNKNOWN
    entry = Entry(
        actor=held["actor"],
        kind=held["kind"],
        action=held["action"],
        target=held["target"],
        address=held["address"],
        outcome=outcome,
        detail=held["detail"],
    )
    return Recorded(seq=held["seq"], time_ns=held["time_ns"], entry=entry, mac=held["mac"])


def _clean(entry: Entry) -> Entry:
    """Return an entry that every database stores as it is: bounded, no NUL, no lone surrogate."""
    return replace(
        entry,
        actor=_text(entry.actor, 200),
        kind=_text(entry.kind, 16),
        action=_text(entry.action, 64),
        target=_text(entry.target, MAX_TEXT),
        address=_text(entry.address, 200),
        detail=_text(entry.detail, MAX_TEXT),
    )


def _text(given: str, limit: int) -> str:
    clean = given.replace("\x00", "\ufffd").encode(errors="replace").decode()
    if len(clean) <= limit:
        return clean
    if limit < 100:
        return clean[:limit]
    whole = hashlib.sha256(clean.encode()).hexdigest()
    return f"{clean[: limit - 80]}… sha256 {whole}"
