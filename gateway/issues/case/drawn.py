"""Evidence as drawings of a printed document: samples with their limits, and the states of a machine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from reportlab.graphics.shapes import Drawing, Line, PolyLine, Rect, String
from reportlab.lib import colors
from reportlab.lib.units import mm

from gateway.corrective import Case
from gateway.deviation import EvidenceSeries
from gateway.issues.case.sheet import Sheet

WIDTH: Final = 170 * mm
HEIGHT: Final = 55 * mm
MOST_POINTS: Final = 800
_LEVELS: Final = frozenset({"deadband", "after_s", "target"})
_BOOKED: Final[Mapping[str, tuple[float, str]]] = {
    "apt": (0.35, "production"),
    "asut": (0.55, "set-up"),
    "minor": (0.75, "minor stop"),
}
"""How high time of a class stands, and what it is called; every other class stands highest."""


_SHADES: Final[Mapping[bool, Any]] = {
    True: {"fillColor": colors.lightgrey, "strokeColor": None},
    False: {"fillColor": colors.grey, "strokeColor": None},
}


def chart(series: EvidenceSeries, case: Case, made: Sheet) -> Drawing:
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


def states(found: Sequence[Mapping[str, Any]], onset_ns: int, made: Sheet) -> Drawing:
    """Draw the states before the onset: the higher, the further from production, with each name once."""
    drawing = Drawing(WIDTH, 22 * mm)
    first, last = found[0]["start_ms"], found[-1]["end_ms"]
    left, right, bottom, top = 34.0, WIDTH - 4, 20.0, 22 * mm - 4
    scale = (right - left) / max(last - first, 1.0)
    named: set[str] = set()
    for each in found:
        height, _ = _BOOKED.get(each["booked"], (1.0, ""))
        start = left + (each["start_ms"] - first) * scale
        width = max(0.3, (each["end_ms"] - each["start_ms"]) * scale)
        drawing.add(
            Rect(start, bottom, width, (top - bottom) * height, **_SHADES[each["booked"] == "apt"])
        )
        if each["state"] not in named and width > 12:
            named.add(each["state"])
            drawing.add(String(start + 1, bottom + 2, str(each["state"])[:24], fontSize=6))
    at = left + (onset_ns / 1e6 - first) * scale
    if left <= at <= right:
        drawing.add(Line(at, bottom, at, top, strokeDashArray=[2, 2], strokeColor=colors.black))
        drawing.add(String(at - 16, top - 6, "onset", fontSize=6))
    drawing.add(String(left, 10, made.when(first * 1e6), fontSize=6))
    drawing.add(String(right - 96, 10, made.when(last * 1e6), fontSize=6))
    return drawing
