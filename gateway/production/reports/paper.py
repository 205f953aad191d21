"""A report on paper."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Final
from xml.sax.saxutils import escape
from zoneinfo import ZoneInfo

from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import getSampleStyleSheet
from reportlab.lib.units import mm
from reportlab.platypus import Flowable, Paragraph, SimpleDocTemplate, Table, TableStyle

from gateway.production.reports.text import KPIS, minutes, share, target_said, title, when
from gateway.report import Report, ReportLine

_STYLES: Final = getSampleStyleSheet()
_WIDE: Final = 174 * mm


def as_pdf(report: Report, *, zone: ZoneInfo, site: str) -> bytes:
    """Return a report as PDF bytes; times are the plant's."""
    parts: list[Flowable] = [
        _head(f"{site}: {title(report)}", 1),
        _text(
            f"{when(report.start_ns, zone)} to {when(report.end_ns, zone)} {report.time_zone},"
            f" made {when(report.made_ns, zone)}"
            + ("" if report.is_over else "; it is not over yet")
        ),
        _machines([report.total, *report.lines]),
        _head("Targets"),
        *_list([target_said(each) for each in report.targets], "No target is configured."),
        _head("Losses"),
        *_list(
            [f"{name.replace('_', ' ')}: {minutes(s)}" for name, s in report.total.losses.items()],
            "No loss is known.",
        ),
        _head("Issues"),
        *_list(
            [
                f"{each.severity} {each.number} {'new, ' if each.is_new else ''}{each.state}: {each.title}"
                f" ({each.asset})"
                for each in report.issues
            ],
            "No issue is open.",
        ),
        _head("Quality"),
        _text(f"Checks that wait: {report.checks_due}, {report.checks_late} of them late."),
        *_list(report.held, "Nothing is held up."),
        _head("Next jobs"),
        *_list(
            [
                f"{when(each.start_ns, zone)} {each.machine}: {each.job}, {each.qty} {each.product}"
                for each in report.next_jobs
            ],
            "No schedule is published for the next hours.",
        ),
        *([_head("Remarks"), *_list(report.remarks, "")] if report.remarks else []),
    ]
    held = io.BytesIO()
    document = SimpleDocTemplate(
        held, pagesize=A4, leftMargin=18 * mm, rightMargin=18 * mm, topMargin=16 * mm,
        bottomMargin=16 * mm, title=title(report), author=site,
    )  # fmt: skip
    document.build(parts)
    return held.getvalue()


def _machines(lines: Sequence[ReportLine]) -> Table:
    head = [
        "",
        *(each.capitalize() if each != "oee" else "OEE" for each in KPIS),
        "Pieces",
        "Planned",
        "Good",
    ]
    rows = [
        [
            _text(each.unit.rpartition("/")[2] or "All together"),
            *(share(each.kpis[name]) for name in KPIS),
            f"{each.pieces:.0f}",
            "-" if each.target_pieces is None else f"{each.target_pieces:.0f}",
            f"{each.good:.0f}",
        ]
        for each in lines
    ]
    table = Table([head, *rows], colWidths=[_WIDE - 7 * 19 * mm, *[19 * mm] * 7], repeatRows=1)
    table.setStyle(
        TableStyle(
            [
                ("FONTSIZE", (0, 0), (-1, -1), 7.5),
                ("ALIGN", (1, 0), (-1, -1), "RIGHT"),
                ("LINEBELOW", (0, 0), (-1, -1), 0.25, colors.lightgrey),
                ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
            ]
        )
    )
    return table


def _list(lines: Sequence[str], nothing: str) -> list[Flowable]:
    return [_text(each) for each in lines] or [_text(nothing)]


def _head(text: str, level: int = 3) -> Paragraph:
    return Paragraph(_safe(text), _STYLES[f"Heading{level}"])


def _text(text: str) -> Paragraph:
    return Paragraph(_safe(text), _STYLES["BodyText"])


def _safe(text: str) -> str:
    return escape("".join(c for c in text if c.isprintable()))
