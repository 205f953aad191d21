"""A report as text and as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from gateway.clock import NS_PER_S
from gateway.performance import TargetStanding
from gateway.production.tables.sheets import neutral
from gateway.report import Report, ReportLine

KPIS: Final = ("oee", "availability", "effectiveness", "quality")


def when(time_ns: int, zone: ZoneInfo) -> str:
    """Return a time as people of the plant say it."""
    return f"{datetime.fromtimestamp(time_ns / NS_PER_S, zone):%Y-%m-%d %H:%M}"


def share(value: float | None) -> str:
    """Return a share in percent, and that it is not known where it is not."""
    return "not known" if value is None else f"{100 * value:.1f} %"


def minutes(seconds: float) -> str:
    """Return a length of time in minutes."""
    return f"{seconds / 60:.0f} min"


def title(report: Report) -> str:
    """Return what a report is called."""
    what = "Shift hand-over" if report.kind == "shift" else "Daily report"
    return f"{what} {report.label}{f', {report.unit}' if report.unit else ''}"


def target_said(each: TargetStanding) -> str:
    """Return a target in a sentence."""
    sign = "at least" if each.higher_is_better else "at most"
    value = "not known" if each.value is None else f"{each.value:.4g}"
    state = "OFF TARGET" if each.is_off else "not known" if each.value is None else "on target"
    return (
        f"{each.name} ({each.kpi} of {each.unit or 'the plant'}): {value}, want {sign} {each.target:g}:"
        f" {state}. {each.owner}: {each.action}"
    )


def line_said(line: ReportLine) -> str:
    """Return how a machine did in a sentence."""
    wanted = "" if line.target_pieces is None else f" of {line.target_pieces:.0f} planned"
    lost = ", ".join(
        f"{name.replace('_', ' ')} {minutes(s)}" for name, s in list(line.losses.items())[:3]
    )
    return (
        f"{line.unit or 'All together'}: OEE {share(line.kpis['oee'])},"
        f" {line.pieces:.0f} pieces{wanted}, {line.good:.0f} good"
        + (f"; lost: {lost}" if lost else "")
    )


def as_text(report: Report, *, zone: ZoneInfo, site: str) -> tuple[str, str]:
    """Return subject and body of a message."""
    return f"{site}: {title(report)}", "\n".join(_told(report, zone))


def _told(report: Report, zone: ZoneInfo) -> Iterator[str]:
    yield f"{when(report.start_ns, zone)} to {when(report.end_ns, zone)} {report.time_zone}"
    yield line_said(report.total)
    off = [each for each in report.targets if each.is_off]
    if off:
        yield ""
        yield from (target_said(each) for each in off)
    if report.lines:
        yield ""
        yield from (line_said(each) for each in report.lines[:10])
    if report.issues:
        yield ""
        new = sum(1 for each in report.issues if each.is_new)
        yield f"Issues: {len(report.issues)}, {new} new"
        yield from (
            f"{each.severity} {each.number} {each.title} ({each.state})"
            for each in report.issues[:10]
        )
    if report.held or report.checks_due:
        yield ""
        yield f"Checks that wait: {report.checks_due}, {report.checks_late} late"
        yield from report.held[:10]
    if report.next_jobs:
        yield ""
        yield "Next jobs"
        yield from (
            f"{when(each.start_ns, zone)} {each.machine}: {each.job}, {each.qty} {each.product}"
            for each in report.next_jobs[:10]
        )
    if report.remarks:
        yield ""
        yield from report.remarks


def as_csv(report: Report, *, zone: ZoneInfo) -> bytes:
    """Return a report as CSV: section, subject, figure, value; nothing in it is run by a spreadsheet."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(["section", "subject", "figure", "value", "unit"])
    for row in _rows(report, zone):
        writer.writerow([f"{e:g}" if isinstance(e, float) else neutral(e) for e in row])
    return out.getvalue().encode()


def _rows(report: Report, zone: ZoneInfo) -> Iterator[Sequence[object]]:
    yield "report", report.unit, "kind", report.kind.value, ""
    yield "report", report.unit, "label", report.label, ""
    yield "report", report.unit, "from", when(report.start_ns, zone), report.time_zone
    yield "report", report.unit, "to", when(report.end_ns, zone), report.time_zone
    for part, line in [("total", report.total), *(("machine", each) for each in report.lines)]:
        for name in KPIS:
            yield part, line.unit, name, line.kpis[name], "share"
        yield part, line.unit, "pieces", line.pieces, "pieces"
        yield part, line.unit, "good", line.good, "pieces"
        yield part, line.unit, "planned", line.target_pieces, "pieces"
        yield part, line.unit, "coverage", line.coverage, "share"
        for name, seconds in line.losses.items():
            yield part, line.unit, f"loss {name}", seconds, "s"
    for target in report.targets:
        yield "target", target.name, "value", target.value, target.kpi
        yield "target", target.name, "target", target.target, target.kpi
        yield "target", target.name, "owner", target.owner, ""
        yield "target", target.name, "off target", "yes" if target.is_off else "no", ""
    for issue in report.issues:
        yield "issue", issue.number, issue.severity, issue.title, issue.state
    for message in report.held:
        yield "held up", "", "", message, ""
    yield "checks", "", "due", report.checks_due, ""
    yield "checks", "", "late", report.checks_late, ""
    for job in report.next_jobs:
        yield "next job", job.job, job.machine, job.qty, when(job.start_ns, zone)
    for remark in report.remarks:
        yield "remark", "", "", remark, ""
