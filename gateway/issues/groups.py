"""Attaches what begins along a line within a short time to the issue of what began first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from gateway.deviation import ENDED, IssueType
from gateway.issues.ledger import Ledger
from gateway.issues.report import ANDON, Deviation
from gateway.issues.topology import Consequence, Link, Relation, Topology

Fields = dict[str, Any]

TOLD: Final = (
    "title",
    "type",
    "cause",
    "rule",
    "rule_version",
    "asset",
    "signal",
    "onset_ns",
    "value",
    "limits",
    "explanation",
)
"""What an issue says of the deviation that began it."""

_CONSEQUENCES: Final = {
    Relation.UPSTREAM: Consequence.BLOCKED,
    Relation.DOWNSTREAM: Consequence.STARVED,
    Relation.SAME: Consequence.NONE,
}


def child_token(cause: str, member: str) -> str:
    """Return the name under which an issue holds a condition of another cause than its own."""
    return f"{cause} {member}"


def find_group(ledger: Ledger, topology: Topology, deviation: Deviation) -> Fields | None:
    """Return the open group that a deviation belongs to, the one that began first, or None."""
    if deviation.rule == ANDON:
        return None
    found = [
        row
        for row in ledger.active()
        if row["state"] not in ENDED
        and row["cause"] != deviation.cause
        and row["rule"] != ANDON
        and (link := topology.link(row["asset"], deviation.asset)) is not None
        and abs(deviation.onset_ns - row["onset_ns"]) <= link.window_ns
    ]
    return min(found, key=lambda row: (row["onset_ns"], row["number"]), default=None)


def attach(ledger: Ledger, topology: Topology, row: Fields, deviation: Deviation) -> str:
    """Add a deviation to a group, at its root where it began before it; return what the history says of that."""
    link = topology.link(row["asset"], deviation.asset) or Link(0, 0)
    ledger.change(row, {"active": True, "cleared_ns": None})
    severity = min(str(row["severity"]), str(deviation.severity))
    if _precedes(deviation, row, link):
        _become_root(ledger, topology, row, deviation)
        ledger.change(row, {"severity": severity})
        return "root_found"
    _child(ledger, row, _told(deviation), deviation.member, link)
    token = child_token(deviation.cause, deviation.member)
    ledger.change(row, {"holding": sorted({*row["holding"], token}), "severity": severity})
    return "attached"


def _precedes(deviation: Deviation, row: Mapping[str, Any], link: Link) -> bool:
    """Earlier first, then further upstream, then worse."""
    new = (deviation.onset_ns, link.steps, str(deviation.severity))
    return new < (row["onset_ns"], 0, str(row["severity"]))


def _become_root(ledger: Ledger, topology: Topology, row: Fields, deviation: Deviation) -> None:
    old = {name: row[name] for name in TOLD} | {"severity": str(row["severity"])}
    own = [member for member in row["holding"] if " " not in member]
    kept = [member for member in row["holding"] if " " in member]
    for child in ledger.children(row["number"]):
        link = topology.link(deviation.asset, child["asset"]) or Link(0, 0)
        ledger.change_child(child, _place(link, child["type"]))
    ledger.drop_child(row["number"], deviation.cause, deviation.member)
    back = topology.link(deviation.asset, old["asset"]) or Link(0, 0)
    for member in own:
        _child(ledger, row, old, member, back)
    tokens = {child_token(old["cause"], member) for member in own}
    told = {name: value for name, value in _told(deviation).items() if name != "severity"}
    ledger.change(row, {**told, "holding": sorted({*kept, *tokens, deviation.member})})
    ledger.know_cause(deviation.cause, row)


def _told(deviation: Deviation) -> Fields:
    told = {name: getattr(deviation, name) for name in TOLD}
    return told | {
        "severity": str(deviation.severity),
        "type": str(deviation.type),
        "limits": dict(deviation.limits),
    }


def _child(ledger: Ledger, row: Fields, told: Mapping[str, Any], member: str, link: Link) -> None:
    fields = {name: told[name] for name in (*TOLD, "severity")}
    place = _place(link, told["type"])
    ledger.put_child(
        {"issue": row["number"], "member": member, "active": True, "cleared_ns": None}
        | fields
        | place
    )
    ledger.know_cause(told["cause"], row)


def _place(link: Link, kind: str) -> Fields:
    stops = kind == IssueType.THROUGHPUT
    consequence = _CONSEQUENCES[link.relation] if stops else Consequence.NONE
    return {"relation": str(link.relation), "consequence": str(consequence)}
