"""What must hold of a case in its database at any moment: state, form and everything else as the history tells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Row, create_engine, func, select

from gateway.corrective import VerificationState
from gateway.deviation import IssueState
from gateway.store.issue_tables import (
    issue_action,
    issue_attachment,
    issue_case,
    issue_similar,
    issue_verification,
)
from gateway.store.tables import counter, issue, issue_event

TIMES = {"onset_ns", "due_ns", "frozen_ns"}


def _read(path: Path, work: Any) -> Any:
    engine = create_engine(f"sqlite:///{path}")
    try:
        with engine.connect() as connection:
            return work(connection)
    finally:
        engine.dispose()


def is_watched(path: Path) -> bool:
    """Tell whether the data is being held against a fix."""
    watching = issue_verification.c.state == VerificationState.WATCHING
    query = select(func.count()).select_from(issue_verification).where(watching)
    return bool(_read(path, lambda c: c.execute(query).scalar_one()))


def held_together(path: Path) -> None:
    """Raise `AssertionError` where anything stands that the history does not tell, or the other way round."""
    _read(path, _check)


def _check(connection: Connection) -> None:
    events = connection.execute(select(issue_event).order_by(issue_event.c.seq)).all()
    row = connection.execute(select(issue)).one()
    assert [event.seq for event in events] == list(range(1, len(events) + 1))
    newest = select(counter.c.value).where(counter.c.name == "revision")
    assert connection.execute(newest).scalar_one() == row.revision == len(events)
    state, version = IssueState.OPEN.value, 0
    fields: dict[str, Any] = {}
    for event in events:
        detail: Mapping[str, Any] = event.detail
        if "to" in detail:
            assert detail["from"] == state
            state = detail["to"]
        version = max(version, detail.get("version", 0))
        if event.action == "edited":
            fields |= {name: after for name, (_, after) in detail["changes"].items()}
    assert (row.state, row.version) == (state, version)
    assert (row.verified, row.closed_ns is not None) == (state == "closed", state == "closed")
    kept = dict(connection.execute(select(issue_case.c.fields)).scalar() or {})
    assert {**kept, **({"owner": row.owner} if row.owner else {})} == fields
    _check_parts(connection, events, row)


def _check_parts(connection: Connection, events: Sequence[Row[Any]], row: Row[Any]) -> None:
    """Hold everything beside the issue against the entries that tell of it."""
    told = [event.action for event in events]
    actions = connection.execute(select(issue_action)).all()
    assert len(actions) == told.count("action_added")
    assert sum(each.done_ns is not None for each in actions) == told.count("action_done")
    files = connection.execute(select(func.count()).select_from(issue_attachment)).scalar_one()
    assert files == told.count("file_added")
    proofs = connection.execute(select(issue_verification)).all()
    assert len(proofs) == told.count("proof_chosen")
    met = [each for each in proofs if each.state == VerificationState.MET]
    assert len(met) == told.count("verified")
    watched = row.state == "verifying" and not met
    assert [each.state == VerificationState.WATCHING for each in proofs] == [watched] * len(proofs)
    similar = connection.execute(select(issue_similar)).all()
    assert bool(similar) == ("similar_proposed" in told)
    checked = sum(each.checked_ns is not None for each in similar)
    assert checked == told.count("similar_checked")


def outcome(path: Path) -> list[Any]:
    """Return what became of a case: its history without times, and how the proof was watched."""

    def work(connection: Connection) -> list[Any]:
        events = connection.execute(select(issue_event).order_by(issue_event.c.seq))
        proof = connection.execute(select(issue_verification)).one()
        story = [
            [e.action, e.by, {k: v for k, v in e.detail.items() if k not in TIMES}] for e in events
        ]
        return [*story, [proof.state, proof.watched_ns, proof.progress]]

    found: list[Any] = _read(path, work)
    return found
