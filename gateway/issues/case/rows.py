"""A case as rows: what stands beside an issue in the database, read and written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select

from gateway.corrective import (
    Action,
    ActionKind,
    Attachment,
    ChecklistStep,
    SimilarMachine,
    Template,
    Verification,
    VerificationState,
)
from gateway.deviation import IssueState
from gateway.issues.case.gates import Held
from gateway.issues.context import ContextState
from gateway.issues.evidence import EvidenceState
from gateway.store.issue_tables import (
    issue_action,
    issue_attachment,
    issue_case,
    issue_context,
    issue_similar,
    issue_verification,
)
from gateway.store.tables import evidence, issue

LISTED = tuple(column for column in issue_attachment.c if column.name != "data")


def read_fields(connection: Connection, number: int) -> dict[str, Any]:
    """Return the form of an issue."""
    held = connection.execute(select(issue_case.c.fields).where(issue_case.c.issue == number))
    return dict(held.scalar() or {})


def write_fields(connection: Connection, number: int, fields: Mapping[str, Any]) -> None:
    """Keep the form of an issue."""
    connection.execute(delete(issue_case).where(issue_case.c.issue == number))
    connection.execute(insert(issue_case).values(issue=number, fields=dict(fields)))


def actions_of(connection: Connection, number: int) -> list[Action]:
    """Return the actions of an issue, in the order in which they were added."""
    query = select(issue_action).where(issue_action.c.issue == number).order_by(issue_action.c.id)
    return [action_of(dict(row)) for row in connection.execute(query).mappings()]


def action_of(fields: Mapping[str, Any]) -> Action:
    """Build an action from the columns of its row."""
    steps = tuple(ChecklistStep(**step) for step in fields["checklist"])
    return Action(**{**fields, "kind": ActionKind(fields["kind"]), "checklist": steps})


def attachments_of(connection: Connection, number: int) -> list[Attachment]:
    """Return the files of an issue, without their content."""
    query = select(*LISTED).where(issue_attachment.c.issue == number)
    rows = connection.execute(query.order_by(issue_attachment.c.id)).mappings()
    return [Attachment(**row) for row in rows]


def verifications_of(connection: Connection, number: int) -> list[Verification]:
    """Return the proofs of an issue, the newest first."""
    query = select(issue_verification).where(issue_verification.c.issue == number)
    rows = connection.execute(query.order_by(issue_verification.c.round.desc()))
    return [to_verification(row) for row in rows]


def to_verification(row: Row[Any]) -> Verification:
    """Build a proof from its row."""
    fields = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's public name for it
    return Verification(
        **fields | {"template": Template(row.template), "state": VerificationState(row.state)}
    )


def current(verifications: Sequence[Verification]) -> Verification | None:
    """Return the proof that counts: the newest that was neither withdrawn nor failed."""
    gone = {VerificationState.WITHDRAWN, VerificationState.FAILED}
    return next((one for one in verifications if one.state not in gone), None)


def similar_of(connection: Connection, number: int) -> list[SimilarMachine]:
    """Return the machines proposed as similar, those that show the pattern first."""
    query = select(issue_similar).where(issue_similar.c.issue == number)
    query = query.order_by(issue_similar.c.seen.desc(), issue_similar.c.asset)
    found = []
    for row in connection.execute(query).mappings():
        fields = {name: value for name, value in row.items() if name != "issue"}
        found.append(SimilarMachine(**fields))
    return found


def context_of(connection: Connection, number: int) -> dict[str, Any] | None:
    """Return what was so when an issue opened, None until it is frozen."""
    query = select(issue_context).where(issue_context.c.issue == number)
    row = connection.execute(query).first()
    return dict(row.body) if row is not None and row.state == ContextState.FROZEN else None


def repeats_of(connection: Connection, row: Row[Any]) -> list[int]:
    """Return the other issues of the same recurrence key, oldest first."""
    if not row.recurrence:
        return []
    same = (issue.c.recurrence == row.recurrence) & (issue.c.number != row.number)
    counts = issue.c.state.not_in([IssueState.REJECTED, IssueState.DUPLICATE])
    query = select(issue.c.number).where(same, counts).order_by(issue.c.number)
    return list(connection.execute(query).scalars())


def held(connection: Connection, row: Row[Any]) -> Held:
    """Return what the gates of an issue look at."""
    unread = select(evidence.c.signal).where(
        evidence.c.issue == row.number, evidence.c.state == EvidenceState.WANTED
    )
    unfrozen = select(issue_context.c.issue).where(
        issue_context.c.issue == row.number, issue_context.c.state == ContextState.WANTED
    )
    waits = connection.execute(unread).first() or connection.execute(unfrozen).first()
    return Held(
        owner=row.owner,
        fields=read_fields(connection, row.number),
        actions=actions_of(connection, row.number),
        verification=current(verifications_of(connection, row.number)),
        similar=similar_of(connection, row.number),
        frozen=waits is None,
    )
