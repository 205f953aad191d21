"""Turns what rules report into issues: one open issue a cause, each report counted once."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection, insert, select, update

from gateway.deviation import IssueState
from gateway.issues.evidence import want
from gateway.issues.records import add_event, known_key, next_number
from gateway.issues.report import Clearing, Deviation
from gateway.store.tables import issue

SEARCHED: Final = 20
"""Newest issues of a cause among which a clearing looks for the one that holds its condition."""


def raise_one(connection: Connection, deviation: Deviation, *, now_ns: int) -> int | None:
    """Open an issue, or add to the open one of the same cause; return its number, None for a replay."""
    if known_key(connection, deviation.key):
        return None
    query = (
        select(issue)
        .where(issue.c.cause == deviation.cause, issue.c.state != IssueState.CLOSED)
        .order_by(issue.c.number.desc())
    )
    row = connection.execute(query).first()
    if row is None:
        number, action = _open(connection, deviation), "opened"
    else:
        number, action = int(row.number), "joined" if row.active else "recurred"
        changes = {
            "holding": sorted({*row.holding, deviation.member}),
            "active": True,
            "cleared_ns": None,
            "occurrences": row.occurrences + (0 if row.active else 1),
        }
        connection.execute(update(issue).where(issue.c.number == number).values(**changes))
    detail = {
        "signal": deviation.signal,
        "explanation": deviation.explanation,
        "onset_ns": deviation.onset_ns,
        "value": deviation.value,
        "limits": dict(deviation.limits),
    }
    add_event(
        connection,
        number,
        time_ns=deviation.time_ns,
        action=action,
        by=f"rule:{deviation.rule}",
        detail=detail,
        key=deviation.key,
    )
    want(connection, number, deviation.evidence, now_ns=now_ns)
    return number


def _open(connection: Connection, deviation: Deviation) -> int:
    number = next_number(connection, "issue")
    connection.execute(
        insert(issue).values(
            number=number,
            state=IssueState.OPEN,
            title=deviation.title,
            severity=deviation.severity,
            type=deviation.type,
            cause=deviation.cause,
            rule=deviation.rule,
            rule_version=deviation.rule_version,
            asset=deviation.asset,
            signal=deviation.signal,
            onset_ns=deviation.onset_ns,
            opened_ns=deviation.time_ns,
            active=True,
            holding=[deviation.member],
            occurrences=1,
            value=deviation.value,
            limits=dict(deviation.limits),
            explanation=deviation.explanation,
            revision=0,
        )
    )
    return number


def clear_one(connection: Connection, clearing: Clearing) -> int | None:
    """Note that a condition no longer holds; return the issue's number, None for a replay or where none has it."""
    if known_key(connection, clearing.key):
        return None
    query = (
        select(issue)
        .where(issue.c.cause == clearing.cause)
        .order_by(issue.c.number.desc())
        .limit(SEARCHED)
    )
    for row in connection.execute(query):
        if clearing.member not in row.holding:
            continue
        left = [member for member in row.holding if member != clearing.member]
        changes: dict[str, object] = {"holding": left, "active": bool(left)}
        if not left:
            changes["cleared_ns"] = clearing.time_ns
        connection.execute(update(issue).where(issue.c.number == row.number).values(**changes))
        add_event(
            connection,
            row.number,
            time_ns=clearing.time_ns,
            action=clearing.ending if not left else "eased",
            by=f"rule:{clearing.rule}",
            detail={"condition": clearing.member, "value": clearing.value, "left": len(left)},
            key=clearing.key,
        )
        return int(row.number)
    return None
