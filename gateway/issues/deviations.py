"""Turns what rules report into issues: one open issue a cause, each report counted once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Connection

from gateway.deviation import ENDED, IssueState, Severity
from gateway.issues.context import want_context
from gateway.issues.evidence import want
from gateway.issues.groups import attach, child_token, find_group
from gateway.issues.ledger import Ledger
from gateway.issues.opening import Opening, Policy, Repeats, recurrence_key
from gateway.issues.opening.options import Opens
from gateway.issues.report import Clearing, Deviation
from gateway.issues.topology import Topology

NOWHERE: Final = Topology()
EVERYTHING: Final = Policy()
"""Every deviation opens an issue, as its rule classed it."""


def apply(
    connection: Connection,
    changes: Sequence[Deviation | Clearing],
    *,
    now_ns: int,
    topology: Topology = NOWHERE,
    policy: Policy = EVERYTHING,
) -> list[int]:
    """Apply reports in order; return the numbers of the issues they changed, replays left out."""
    if not changes:
        return []
    deviations = [change for change in changes if isinstance(change, Deviation)]
    raised = {change.asset for change in deviations}
    ledger = Ledger(
        connection,
        causes=sorted({change.cause for change in changes}),
        keys=[change.key for change in changes],
        assets=topology.connected(raised),
        recurrences=sorted({recurrence_key(change) for change in deviations}),
        since_ns=now_ns - policy.window_ns,
    )
    numbers: list[int] = []
    for change in changes:
        if ledger.known(change.key):
            continue
        if isinstance(change, Deviation):
            numbers += _raise(ledger, topology, policy, change, now_ns=now_ns)
        else:
            numbers += _clear(ledger, change)
    ledger.write()
    return numbers


def _raise(
    ledger: Ledger, topology: Topology, policy: Policy, reported: Deviation, *, now_ns: int
) -> list[int]:
    """Open an issue, or add to the open one of the same cause or of the group it belongs to."""
    opening = policy.decide(reported)
    deviation = opening.classed(reported)
    placed = _place(ledger, topology, deviation)
    if placed is None and opening.opens is not Opens.ISSUE:
        return []
    row, action = placed or _open(ledger, policy, opening, deviation)
    detail = {
        "signal": deviation.signal,
        "explanation": deviation.explanation,
        "onset_ns": deviation.onset_ns,
        "value": deviation.value,
        "limits": dict(deviation.limits),
        "severity": str(row["severity"]),
    }
    if action in {"opened", "reopened"}:
        detail |= {name: row[name] for name in ("team", "repeat", "previous") if row[name]}
        want_context(ledger, row, now_ns=now_ns)
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
    return [int(row["number"])]


def _place(
    ledger: Ledger, topology: Topology, deviation: Deviation
) -> tuple[dict[str, Any], str] | None:
    """Return the issue that holds a deviation now, and what its history says of that; None where there is none."""
    living = [one for one in ledger.of_cause(deviation.cause) if one["state"] not in ENDED]
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
        return None
    return group, attach(ledger, topology, group, deviation)


def _open(
    ledger: Ledger, policy: Policy, opening: Opening, deviation: Deviation
) -> tuple[dict[str, Any], str]:
    """Open an issue, linked to the one before of the same kind, or open that one again."""
    recurrence = recurrence_key(deviation)
    # What still holds under another rule is the same occurrence, not one before it.
    before = [row for row in ledger.repeats(recurrence) if not row["active"]]
    known = sum(int(row["repeat"]) for row in before[-1:])
    repeat = 1 + (len(before) if policy.repeats is Repeats.LINK else max(len(before), known))
    severity = policy.severity_of(deviation.severity, repeat)
    last = before[-1] if before else None
    if last is not None and last["state"] == IssueState.CLOSED and policy.repeats is Repeats.REOPEN:
        return _reopen(ledger, last, deviation, severity=severity, repeat=repeat), "reopened"
    fields = {
        "number": ledger.next("issue"),
        "state": IssueState.OPEN,
        "title": deviation.title,
        "severity": severity,
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
        "stage_ns": deviation.time_ns,
        "acknowledged_ns": None,
        "team": opening.team,
        "owner": "",
        "recurrence": recurrence,
        "repeat": repeat,
        "previous": None if last is None else last["number"],
        "duplicate_of": None,
        "version": 0,
        "verified": False,
    }
    return ledger.open(fields), "opened"


def _reopen(
    ledger: Ledger,
    row: dict[str, Any],
    deviation: Deviation,
    *,
    severity: Severity,
    repeat: int,
) -> dict[str, Any]:
    changes = {
        "state": IssueState.REOPENED,
        "stage_ns": deviation.time_ns,
        "closed_ns": None,
        "verified": False,
        "active": True,
        "cleared_ns": None,
        "holding": sorted({*row["holding"], deviation.member}),
        "occurrences": row["occurrences"] + 1,
        "severity": min(str(severity), str(row["severity"])),
        "cause": deviation.cause,
        "repeat": repeat,
        "version": row["version"] + 1,
    }
    ledger.live_again(row, changes)
    return row


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
