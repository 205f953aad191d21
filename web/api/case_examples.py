"""Examples of corrective action for the OpenAPI document."""

from __future__ import annotations

from typing import Any, Final

from web.api.issues import ISSUE_EXAMPLE

_AT: Final = 1767247203000.0

CASE: Final[dict[str, Any]] = {
    "issue": ISSUE_EXAMPLE | {"state": "verifying", "owner": "anna", "version": 12},
    "fields": {
        "problem.what": "Fill weight 12 g above its limit",
        "cause.five_why": ["The nozzle leaked.", "Its seal was worn."],
    },
    "moves": [
        {
            "action": "advance",
            "to": "closed",
            "missing": [{"what": "verification", "text": "Nothing came again for 2.0 of 37.5 d."}],
        }
    ],
    "actions": [
        {
            "issue": 17,
            "id": 1,
            "kind": "corrective",
            "title": "Replace the nozzle",
            "owner": "anna",
            "due_ms": _AT + 86_400_000,
            "checklist": [{"text": "Lock out", "done": True}],
            "done_ms": None,
            "done_by": "",
            "created_ms": _AT,
            "created_by": "anna",
            "version": 1,
        }
    ],
    "attachments": [
        {
            "issue": 17,
            "id": 1,
            "name": "nozzle.jpg",
            "media": "image/jpeg",
            "size": 48_211,
            "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
            "added_by": "anna",
            "added_ms": _AT,
        }
    ],
    "verifications": [
        {
            "issue": 17,
            "round": 1,
            "template": "no_recurrence",
            "settings": {"events": 3, "days": 12.5},
            "state": "watching",
            "chosen_by": "anna",
            "chosen_ms": _AT,
            "started_ms": _AT,
            "watched_ms": 172_800_000.0,
            "looked_ms": _AT,
            "ended_ms": None,
            "progress": {"part": 0.16, "text": "Nothing came again for 2.0 d of 12.5 d."},
        }
    ],
    "similar": [
        {
            "asset": "plant/bottling/line2/filler",
            "signal": "plant/bottling/line2/filler/fill_weight",
            "seen": 2,
            "issues": [11],
            "finding": "",
            "checked_by": "",
            "checked_ms": None,
        }
    ],
    "repeats": [11],
    "context": {
        "product": "juice-1l",
        "shift": "early",
        "on_duty": {"line1": ["ben"]},
        "states": [],
        "changes": [],
        "maintenance": [],
        "missing": [],
    },
}
MINE: Final[dict[str, Any]] = {
    "name": "anna",
    "issues": [ISSUE_EXAMPLE | {"evidence": []}],
    "actions": [{"action": CASE["actions"][0], "title": "Fill weight high", "severity": "P2"}],
    "mentions": [{"issue": 17, "time_ms": _AT, "by": "ben", "text": "@anna the seal is here"}],
}
LEARNING: Final[dict[str, Any]] = {
    "start_ms": _AT,
    "end_ms": _AT + 604_800_000,
    "by": "asset",
    "bars": [
        {
            "name": "plant/bottling/line1/filler",
            "issues": 4,
            "hours": 2.5,
            "pieces": 120.0,
            "cost": 54.0,
            "numbers": [11, 17],
        }
    ],
    "trend": [{"start_ms": _AT, "opened": 4, "closed": 1, "mtta_s": 95.0, "mttr_s": 86_400.0}],
    "backlog": [
        {
            "recurrence": "limit plant/bottling/line1/filler/fill_weight#high",
            "title": "Fill weight above its limit",
            "asset": "plant/bottling/line1/filler",
            "issues": [11, 17],
            "hours": 2.5,
            "cost": 54.0,
            "per_week_before": 2.0,
            "effect": None,
            "state": "in_work",
        }
    ],
    "currency": "EUR",
    "remarks": [],
}
HINT: Final[dict[str, Any]] = {
    "practice": "firefighting",
    "title": "Many issues end without a proven cause",
    "trigger": "More than 30% of the issues that ended in 30 days.",
    "evidence": ["4 of 9 (44%): issues 3, 5, 8, 11"],
    "link": "/issues?state=closed",
    "assets": [],
    "figures": {"ended": 9.0, "unproven": 4.0, "share": 0.44},
}
