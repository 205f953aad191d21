"""Turns what rules report into issues: one open issue a cause, each report counted once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection

from gateway.deviation import IssueState
from gateway.issues.evidence import want
from gateway.issues.ledger import Ledger
from gateway.issues.report import Clearing, Deviation


def apply(
    connection: Connection, changes: Sequence[Deviation | Clearing], *, now_ns: int
) -> list[int]:
    """Apply reports in order; return the numbers of the issues they changed, replays left out."""
    if not changes:
        return []
    ledger = Ledger(
        connection,
        causes=sorted({change.cause for change in changes}),
        keys=[change.key for change in changes],
    )
    numbers: list[int] = []
    for change in changes:
        if ledger.known(change.key):
            continue
        if isinstance(change, Deviation):
            numbers.append(_raise(ledger, change, now_ns=now_ns))
        else:
            numbers += _clear(ledger, change)
    ledger.write()
    return numbers


def _raise(ledger: Ledger, deviation: Deviation, *, now_ns: int) -> int:
    """Open an issue, or add to the open one of the same cause."""
    living = ledger.of_cause(deviation.cause)
    row = next((one for one in living if one["state"] != IssueState.CLOSED), None)
    if row is None:
        row, action = _open(ledger, deviation), "opened"
    else:
        action = "joined" if row["active"] else "recurred"
        changes = {
            "holding": sorted({*row["holding"], deviation.member}),
            "occurrences": row["occurrences"] + (0 if row["active"] else 1),
            "active": True,
            "cleared_ns": None,
        }
        ledger.change(row, changes)
    detail = {
        "signal": deviation.signal,
        "explanation": deviation.explanation,
        "onset_ns": deviation.onset_ns,
        "value": deviation.value,
        "limits": dict(deviation.limits),
    }
    ledger.event(
        row,
        {
            "time_ns": deviation.time_ns,
            "action": action,
            "by": f"rule:{deviation.rule}",
            "detail": detail,
            "key": deviation.key,
        },
    )
    want(ledger, row["number"], deviation.evidence, now_ns=now_ns)
    return int(row["number"])


def _open(ledger: Ledger, deviation: Deviation) -> dict[str, Any]:
    return ledger.open(
        {
            "number": ledger.next("issue"),
            "state": IssueState.OPEN,
            "title": deviation.title,
            "severity": deviation.severity,
            "type": deviation.type,
            "cause": deviation.cause,
            "rule": deviation.rule,
            "rule_version": deviation.rule_version,
            "asset": deviation.asset,
            "signal": deviation.signal,
            "onset_ns": deviation.onset_ns,
            "opened_ns": deviation.time_ns,
            "active": True,
            "holding": [deviation.member],
            "cleared_ns": None,
            "closed_ns": None,
            "occurrences": 1,
            "value": deviation.value,
            "limits": dict(deviation.limits),
            "explanation": deviation.explanation,
            "revision": 0,
        }
    )


def _clear(ledger: Ledger, clearing: Clearing) -> list[int]:
    """Note that a condition no longer holds, in the newest issue that has it; a closed one too."""
    for row in ledger.of_cause(clearing.cause):
        if clearing.member not in row["holding"]:
            continue
        left = [member for member in row["holding"] if member != clearing.member]
        changes: dict[str, Any] = {"holding": left, "active": bool(left)}
        if not left:
            changes["cleared_ns"] = clearing.time_ns
        ledger.change(row, changes)
        detail = {"condition": clearing.member, "value": clearing.value, "left": len(left)}
        ledger.event(
            row,
            {
                "time_ns": clearing.time_ns,
                "action": clearing.ending if not left else "eased",
                "by": f"rule:{clearing.rule}",
                "detail": detail,
                "key": clearing.key,
            },
        )
        return [int(row["number"])]
    return []
