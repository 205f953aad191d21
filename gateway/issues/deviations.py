"""Turns what rules report into issues: one open issue a cause, each report counted once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Connection

from gateway.deviation import IssueState
from gateway.issues.evidence import want
from gateway.issues.groups import attach, child_token, find_group
from gateway.issues.ledger import Ledger
from gateway.issues.report import Clearing, Deviation
from gateway.issues.topology import Topology

NOWHERE: Final = Topology()


def apply(
    connection: Connection,
    changes: Sequence[Deviation | Clearing],
    *,
    now_ns: int,
    topology: Topology = NOWHERE,
) -> list[int]:
    """Apply reports in order; return the numbers of the issues they changed, replays left out."""
    if not changes:
        return []
    raised = {change.asset for change in changes if isinstance(change, Deviation)}
    ledger = Ledger(
        connection,
        causes=sorted({change.cause for change in changes}),
        keys=[change.key for change in changes],
        assets=topology.connected(raised),
    )
    numbers: list[int] = []
    for change in changes:
        if ledger.known(change.key):
            continue
        if isinstance(change, Deviation):
            numbers.append(_raise(ledger, topology, change, now_ns=now_ns))
        else:
            numbers += _clear(ledger, change)
    ledger.write()
    return numbers


def _raise(ledger: Ledger, topology: Topology, deviation: Deviation, *, now_ns: int) -> int:
    """Open an issue, or add to the open one of the same cause or of the group it belongs to."""
    row, action = _place(ledger, topology, deviation)
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


def _place(ledger: Ledger, topology: Topology, deviation: Deviation) -> tuple[dict[str, Any], str]:
    """Return the issue that holds a deviation now, and what its history says of that."""
    living = [one for one in ledger.of_cause(deviation.cause) if one["state"] != IssueState.CLOSED]
    own = next((one for one in living if one["cause"] == deviation.cause), None)
    if own is not None:
        action = "joined" if own["active"] else "recurred"
        changes = {
            "holding": sorted({*own["holding"], deviation.member}),
            "occurrences": own["occurrences"] + (0 if own["active"] else 1),
            "active": True,
            "cleared_ns": None,
        }
        ledger.change(own, changes)
        return own, action
    group = next((one for one in living if one["active"]), None)
    group = group or find_group(ledger, topology, deviation)
    if group is None:
        return _open(ledger, deviation), "opened"
    return group, attach(ledger, topology, group, deviation)


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
        own = row["cause"] == clearing.cause
        token = clearing.member if own else child_token(clearing.cause, clearing.member)
        if token not in row["holding"]:
            continue
        left = [member for member in row["holding"] if member != token]
        changes: dict[str, Any] = {"holding": left, "active": bool(left)}
        if not left:
            changes["cleared_ns"] = clearing.time_ns
        ledger.change(row, changes)
        for child in () if own else ledger.children(row["number"]):
            if (child["cause"], child["member"]) == (clearing.cause, clearing.member):
                ledger.change_child(child, {"active": False, "cleared_ns": clearing.time_ns})
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
