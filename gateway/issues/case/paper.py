"""A case on paper: the 8D report with its evidence drawn, as a PDF document."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from xml.sax.saxutils import escape
from zoneinfo import ZoneInfo

from reportlab.graphics.shapes import Drawing, Line, PolyLine, String
from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import getSampleStyleSheet
from reportlab.lib.units import mm
from reportlab.platypus import Flowable, Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle

from gateway.clock import NS_PER_S
from gateway.corrective import Case
from gateway.deviation import EvidenceSeries, IssueEvent

WIDTH: Final = 170 * mm
HEIGHT: Final = 55 * mm
MOST_EVENTS: Final = 200
MOST_POINTS: Final = 800
_LEVELS: Final = frozenset({"deadband", "after_s", "target"})
_STYLES: Final = getSampleStyleSheet()
_FORM: Final[Sequence[tuple[str, str]]] = (
    ("D1-D2 Team and problem", "problem."),
    ("D3 Containment", "containment."),
    ("Suspect quantity", "suspect."),
    ("D4 Root cause", "cause."),
    ("D5 Plan", "plan."),
    ("D6 Implementation", "implementation."),
    ("D7-D8 Closing", "closing."),
)


class _Paper:
    """Builds the document's parts with one time zone."""

    def __init__(self, zone: ZoneInfo) -> None:
        self.zone = zone
        self.parts: list[Flowable] = []

    def when(self, time_ns: float | None) -> str:
        """Return a time as people of the plant say it."""
        if time_ns is None:
            return "-"
        at = datetime.fromtimestamp(time_ns / NS_PER_S, self.zone)
        return f"{at:%Y-%m-%d %H:%M:%S %Z}"

    def head(self, text: str, level: int = 2) -> None:
        self.parts.append(Paragraph(_safe(text), _STYLES[f"Heading{level}"]))

    def text(self, text: str) -> None:
        self.parts.append(Paragraph(_safe(text).replace("\n", "<br/>"), _STYLES["BodyText"]))

    def table(self, rows: Sequence[Sequence[str]], widths: Sequence[float]) -> None:
        if not rows:
            return
        cells = [
            [Paragraph(_safe(each).replace("\n", "<br/>"), _STYLES["BodyText"]) for each in row]
            for row in rows
        ]
        table = Table(cells, colWidths=[width * mm for width in widths])
        table.setStyle(
            TableStyle(
                [
                    ("VALIGN", (0, 0), (-1, -1), "TOP"),
                    ("LINEBELOW", (0, 0), (-1, -1), 0.25, colors.lightgrey),
                    ("TOPPADDING", (0, 0), (-1, -1), 1),
                    ("BOTTOMPADDING", (0, 0), (-1, -1), 2),
                ]
            )
        )
        self.parts.append(table)


def paper(case: Case, events: Sequence[IssueEvent], *, zone: ZoneInfo, site: str) -> bytes:
    """Return the case as PDF bytes; times are the plant's."""
    made = _Paper(zone)
    issue = case.issue
    made.head(f"{site}: issue {issue.number}, {issue.title}", 1)
    _facts(made, case)
    for series in issue.evidence:
        made.head(f"Evidence: {series.path} {series.unit}".strip(), 3)
        made.parts.append(_chart(series, case, made))
    _context(made, case.context)
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


def _facts(made: _Paper, case: Case) -> None:
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


def _chart(series: EvidenceSeries, case: Case, made: _Paper) -> Drawing:
    """Draw samples with the limits and the onset; what is not a number breaks the line."""
    issue = case.issue
    drawing = Drawing(WIDTH, HEIGHT)
    pairs = list(zip(series.time_ns, series.value, strict=True))
    step = max(1, len(pairs) // MOST_POINTS)
    pairs = _thinned(pairs, step)
    levels = {}
    if series.path == issue.signal:
        levels = {name: value for name, value in issue.limits.items() if name not in _LEVELS}
    known = [value for _, value in pairs if value is not None] + list(levels.values())
    if not known or len(pairs) < 2:
        drawing.add(String(4, HEIGHT / 2, "No numbers to draw", fontSize=8))
        return drawing
    low, high = min(known), max(known)
    margin = 0.05 * (high - low) or 1.0
    low, high = low - margin, high + margin
    first, last = pairs[0][0], max(pairs[-1][0], pairs[0][0] + 1)
    left, bottom, right, top = 34.0, 14.0, WIDTH - 4, HEIGHT - 4

    def x(time_ns: int) -> float:
        return left + (right - left) * (time_ns - first) / (last - first)

    def y(value: float) -> float:
        return bottom + (top - bottom) * (value - low) / (high - low)

    corners = [left, bottom, right, bottom, right, top, left, top, left, bottom]
    drawing.add(PolyLine(corners, strokeColor=colors.grey, strokeWidth=0.5))
    for name, value in levels.items():
        drawing.add(Line(left, y(value), right, y(value), strokeColor=colors.red, strokeWidth=0.6))
        drawing.add(String(left + 2, y(value) + 1.5, f"{name} {value:g}", fontSize=6))
    if first <= issue.onset_ns <= last:
        at = x(issue.onset_ns)
        drawing.add(Line(at, bottom, at, top, strokeDashArray=[2, 2], strokeColor=colors.black))
        drawing.add(String(at + 2, top - 7, "onset", fontSize=6))
    run: list[float] = []
    ended: list[tuple[int, float | None]] = [*pairs, (0, None)]
    for time_ns, sample in ended:
        if sample is not None:
            run += [x(time_ns), y(sample)]
        elif len(run) >= 4:
            drawing.add(PolyLine(run, strokeColor=colors.darkblue, strokeWidth=0.8))
            run = []
        else:
            run = []
    drawing.add(String(2, top - 6, f"{high:.4g}", fontSize=6))
    drawing.add(String(2, bottom, f"{low:.4g}", fontSize=6))
    drawing.add(String(left, 4, made.when(first), fontSize=6))
    drawing.add(String(right - 96, 4, made.when(last), fontSize=6))
    return drawing


def _thinned(
    pairs: Sequence[tuple[int, float | None]], step: int
) -> list[tuple[int, float | None]]:
    """Return at most the lowest and highest of each few, so that no spike is lost."""
    if step < 3:
        return list(pairs)
    kept: list[tuple[int, float | None]] = []
    for start in range(0, len(pairs), 2 * step):
        some = pairs[start : start + 2 * step]
        known = [pair for pair in some if pair[1] is not None]
        if not known:
            kept.append(some[0])
            continue
        ends = {
            min(known, key=lambda pair: pair[1] or 0.0),
            max(known, key=lambda pair: pair[1] or 0.0),
        }
        kept += sorted(ends)
    return kept


def _context(made: _Paper, context: Mapping[str, Any] | None) -> None:
    if context is None:
        return
    made.head("When it opened")
    names = ("product", "order", "operator", "tool", "recipe")
    made.table([(name, str(context.get(name) or "-")) for name in names], (40, 130))
    changes = context.get("changes", [])[:30]
    made.table(
        [(made.when(each["time_ms"] * 1e6), each["by"], each["text"]) for each in changes],
        (48, 30, 92),
    )


def _children(made: _Paper, case: Case) -> None:
    if case.issue.children:
        made.head("Along the line")
        made.table(
            [
                (child.asset, child.title, child.consequence or child.relation)
                for child in case.issue.children
            ],
            (60, 80, 30),
        )


def _section(made: _Paper, title: str, prefix: str, fields: Mapping[str, object]) -> None:
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


def _actions(made: _Paper, case: Case) -> None:
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


def _proof(made: _Paper, case: Case) -> None:
    if case.verifications:
        made.head("Verification by data")
    for proof in case.verifications:
        settings = ", ".join(f"{name} {value}" for name, value in proof.settings.items())
        made.text(
            f"Round {proof.round}, {proof.template} ({settings}): {proof.state}."
            f" {proof.progress.get('text', '')}"
        )


def _history(made: _Paper, events: Sequence[IssueEvent]) -> None:
    made.head("History")
    shown = [event for event in events if event.action != "evidence"][-MOST_EVENTS:]
    made.table([(made.when(e.time_ns), e.by, e.action) for e in shown], (52, 60, 58))
    made.parts.append(Spacer(1, 2 * mm))


def _safe(text: str) -> str:
    return escape(text)
