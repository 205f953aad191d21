"""A case on paper: the 8D report with its evidence drawn, as a PDF document."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any, Final
from zoneinfo import ZoneInfo

from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.platypus import SimpleDocTemplate, Spacer

from gateway.corrective import Case
from gateway.deviation import IssueEvent
from gateway.issues.case.drawn import chart, states
from gateway.issues.case.sheet import Sheet

MOST_EVENTS: Final = 200
_FORM: Final[Sequence[tuple[str, str]]] = (
    ("D1-D2 Team and problem", "problem."),
    ("D3 Containment", "containment."),
    ("Suspect quantity", "suspect."),
    ("D4 Root cause", "cause."),
    ("D5 Plan", "plan."),
    ("D6 Implementation", "implementation."),
    ("D7-D8 Closing", "closing."),
)


def paper(case: Case, events: Sequence[IssueEvent], *, zone: ZoneInfo, site: str) -> bytes:
    """Return the case as PDF bytes; times are the plant's."""
    made = Sheet(zone)
    issue = case.issue
    made.head(f"{site}: issue {issue.number}, {issue.title}", 1)
    _facts(made, case)
    for series in issue.evidence:
        made.head(f"Evidence: {series.path} {series.unit}".strip(), 3)
        made.parts.append(chart(series, case, made))
    _context(made, case)
    _children(made, case)
    for title, prefix in _FORM:
        _section(made, title, prefix, case.fields)
    _actions(made, case)
    _proof(made, case)
    _history(made, events)
    held = io.BytesIO()
    document = SimpleDocTemplate(
        held,
        pagesize=A4,
        leftMargin=20 * mm,
        rightMargin=20 * mm,
        topMargin=18 * mm,
        bottomMargin=18 * mm,
        title=f"Issue {issue.number}",
        author=site,
    )
    document.build(made.parts)
    return held.getvalue()


def _facts(made: Sheet, case: Case) -> None:
    issue = case.issue
    limits = ", ".join(f"{name} {value:g}" for name, value in issue.limits.items())
    made.text(issue.explanation)
    rows = [
        ("State", f"{issue.state}, {issue.severity}, {issue.type}, version {issue.version}"),
        ("Where", issue.asset),
        ("Signal", issue.signal or "-"),
        ("Rule", f"{issue.rule}, version {issue.rule_version}; limits: {limits or '-'}"),
        ("Owner, team", f"{issue.owner or '-'}, {issue.team or '-'}"),
        ("Onset", made.when(issue.onset_ns)),
        (
            "Opened, acknowledged",
            f"{made.when(issue.opened_ns)}, {made.when(issue.acknowledged_ns)}",
        ),
        ("Cleared, closed", f"{made.when(issue.cleared_ns)}, {made.when(issue.closed_ns)}"),
        ("Repeat", f"{issue.repeat}; same: {', '.join(map(str, case.repeats)) or 'none'}"),
    ]
    made.table(rows, (40, 130))


def _context(made: Sheet, case: Case) -> None:
    context: Mapping[str, Any] | None = case.context
    if context is None:
        return
    made.head("When it opened")
    names = ("product", "order", "operator", "shift", "tool", "recipe")
    rows = [(name, str(context.get(name) or "-")) for name in names]
    on_duty = [
        f"{team}: {', '.join(people)}" for team, people in context.get("on_duty", {}).items()
    ]
    made.table([*rows, ("on duty", "; ".join(on_duty) or "-")], (40, 130))
    if context.get("states"):
        made.head("States before the onset", 3)
        made.parts.append(states(context["states"], case.issue.onset_ns, made))
    changes = context.get("changes", [])[:30]
    if changes:
        made.head("Changes in the day before", 3)
    made.table(
        [(made.when(each["time_ms"] * 1e6), each["by"], each["text"]) for each in changes],
        (48, 30, 92),
    )
    work = context.get("maintenance", [])
    if work:
        made.head("Maintenance in the month before", 3)
    made.table([_order(each, made) for each in work], (48, 30, 92))
    for each in context.get("missing", []):
        made.text(f"Not read: {each}")


def _order(order: Mapping[str, Any], made: Sheet) -> tuple[str, str, str]:
    parts = f"; {', '.join(order['parts'])}" if order["parts"] else ""
    told = f"{order['number']}: {order['title']} ({order['kind']}, {order['state']}){parts}"
    return made.when(order["time_ms"] * 1e6), order["by"], told


def _children(made: Sheet, case: Case) -> None:
    if case.issue.children:
        made.head("Along the line")
        made.table(
            [
                (child.asset, child.title, child.consequence or child.relation)
                for child in case.issue.children
            ],
            (60, 80, 30),
        )


def _section(made: Sheet, title: str, prefix: str, fields: Mapping[str, object]) -> None:
    rows = []
    for name, value in fields.items():
        if name.startswith(prefix):
            word = name.removeprefix(prefix).replace("_", " ")
            if name.endswith("_ms") and isinstance(value, int | float):
                rows.append((word.removesuffix(" ms"), made.when(value * 1e6)))
            else:
                rows.append((word, _words(value)))
    if rows:
        made.head(title)
        made.table(rows, (40, 130))


def _words(value: object) -> str:
    if isinstance(value, Mapping):
        return "\n".join(f"{name}: {_words(each)}" for name, each in value.items())
    if isinstance(value, list | tuple):
        return "\n".join(f"{place}. {each}" for place, each in enumerate(value, start=1))
    return f"{value:g}" if isinstance(value, float) else str(value)


def _actions(made: Sheet, case: Case) -> None:
    if case.actions:
        made.head("Actions")
        made.table(
            [
                (
                    f"{action.kind}: {action.title}",
                    action.owner,
                    f"due {made.when(action.due_ns)}",
                    f"done {made.when(action.done_ns)}" if action.done_ns else "open",
                )
                for action in case.actions
            ],
            (72, 28, 36, 34),
        )
    for machine in case.similar:
        made.text(
            f"Similar: {machine.asset}, seen {machine.seen}. {machine.finding or 'not checked'}"
        )
    for file in case.attachments:
        made.text(f"File: {file.name}, {file.size} bytes, SHA-256 {file.sha256}")


def _proof(made: Sheet, case: Case) -> None:
    if case.verifications:
        made.head("Verification by data")
    for proof in case.verifications:
        settings = ", ".join(f"{name} {value}" for name, value in proof.settings.items())
        made.text(
            f"Round {proof.round}, {proof.template} ({settings}): {proof.state}."
            f" {proof.progress.get('text', '')}"
        )


def _history(made: Sheet, events: Sequence[IssueEvent]) -> None:
    made.head("History")
    shown = [event for event in events if event.action != "evidence"][-MOST_EVENTS:]
    made.table([(made.when(e.time_ns), e.by, e.action) for e in shown], (52, 60, 58))
    made.parts.append(Spacer(1, 2 * mm))
