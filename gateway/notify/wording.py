"""What messages say: the worst first, bounded, and never more than a person can read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo

from gateway.clock import NS_PER_S
from gateway.notify.notices import CLIMBING, NoticeKind

MOST_LINES: Final = 15
MOST_LINKS: Final = 5
_MOST_SUBJECT: Final = 150
_MOST_TITLE: Final = 200
_SAID: Final = {
    NoticeKind.OPENED: "is new",
    NoticeKind.ESCALATED: "nobody has acknowledged it",
    NoticeKind.REOPENED: "is open again",
    NoticeKind.PROOF_FAILED: "the data says that its fix has failed, it is open again",
    NoticeKind.TAKEN: "somebody has taken it",
    NoticeKind.OVER: "is closed",
    NoticeKind.PROVEN: "the data has proven its fix, so that somebody else may close it",
    NoticeKind.MENTIONED: "you are named in a comment",
    NoticeKind.ASSIGNED: "is yours now",
    NoticeKind.DUE: "is soon due",
    NoticeKind.OVERDUE: "is overdue",
}
_OF_THE_ISSUE: Final = CLIMBING | {NoticeKind.TAKEN, NoticeKind.OVER}
"""Of these the newest says all there is to say of an issue; each of the others is a matter of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """What a message tells of one issue."""

    issue: int
    severity: str
    kind: str
    level: str
    title: str
    asset: str
    time_ns: int


def subject(lines: Sequence[Line], *, site: str, total: int, digest: bool = False) -> str:
    """Return a subject of one line; `total` counts the issues, told or not."""
    worst = lines[0]
    if digest:
        text = f"[{site}] Daily digest: {total} {'issue' if total == 1 else 'issues'}"
    elif total == 1:
        text = f"[{site}] {worst.severity} {_clean(worst.title)}"
    else:
        text = f"[{site}] {worst.severity} {_clean(worst.title)} and {total - 1} more"
    return text[:_MOST_SUBJECT]


def body(lines: Sequence[Line], *, zone: ZoneInfo, total: int) -> str:
    """Return the text without links: a line for each matter, the worst first, and how many are not told."""
    told = [_line(line, zone) for line in lines[:MOST_LINES]]
    left = total - len(told)
    if left > 0:
        told.append(f"… and {left} more: the list of issues has them all.")
    return "\n".join(told)


def with_links(text: str, links: Mapping[int, str], page: str) -> str:
    """Return the text as it goes out: with the links that acknowledge, and the address of the page."""
    parts = [text]
    parts += [f"Acknowledge issue {number}: {link}" for number, link in links.items()]
    if page:
        parts.append(f"Open Taktline: {page}")
    return "\n\n".join(parts)


def test_message(channel: str, *, site: str, by: str) -> tuple[str, str]:
    """Return subject and text of a test."""
    return (
        f"[{site}] Test of the channel {channel}",
        f"This is a test, asked for by {by}. If you read it, {channel} works.",
    )


def worst_first(lines: Sequence[Line]) -> list[Line]:
    """Return how each issue stands by the newest said of it, and what else is told; the worst and oldest first."""
    newest = {_matter(line): line for line in sorted(lines, key=lambda each: each.time_ns)}
    return sorted(newest.values(), key=lambda each: (each.severity, each.time_ns, each.issue))


def _matter(line: Line) -> tuple[int, str, str]:
    whole = line.kind in _OF_THE_ISSUE
    return (line.issue, "", "") if whole else (line.issue, line.kind, line.title)


def _line(line: Line, zone: ZoneInfo) -> str:
    at = datetime.fromtimestamp(line.time_ns // NS_PER_S, UTC).astimezone(zone)
    said = _SAID[NoticeKind(line.kind)]
    return f"{line.severity} #{line.issue} {_clean(line.title)} at {line.asset}: {said} ({at:%d %b %H:%M %Z})"


def _clean(text: str) -> str:
    """Return text of a machine as one bounded line."""
    return "".join(each if each.isprintable() else " " for each in text)[:_MOST_TITLE]
