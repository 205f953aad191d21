"""The parts of a printed document, with times as people of the plant say them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from xml.sax.saxutils import escape
from zoneinfo import ZoneInfo

from reportlab.lib import colors
from reportlab.lib.styles import getSampleStyleSheet
from reportlab.lib.units import mm
from reportlab.platypus import Flowable, Paragraph, Table, TableStyle

from gateway.clock import NS_PER_S

_STYLES: Final = getSampleStyleSheet()


class Sheet:
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
        """Add a heading."""
        self.parts.append(Paragraph(safe(text), _STYLES[f"Heading{level}"]))

    def text(self, text: str) -> None:
        """Add a paragraph, its line breaks kept."""
        self.parts.append(Paragraph(safe(text).replace("\n", "<br/>"), _STYLES["BodyText"]))

    def table(self, rows: Sequence[Sequence[str]], widths: Sequence[float]) -> None:
        """Add a table with columns so wide, in mm; nothing without rows."""
        if not rows:
            return
        cells = [
            [Paragraph(safe(each).replace("\n", "<br/>"), _STYLES["BodyText"]) for each in row]
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


def safe(text: str) -> str:
    """Return text in which nothing is markup."""
    return escape(text)
