"""Practices that records show (production.md §3), each with what set it off, its evidence and where to look.

A hint says what was seen, never who is to blame; no person is named in it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Connection, func, select

from gateway.alarm import Shelving
from gateway.clock import NS_PER_S
from gateway.corrective import Hint
from gateway.deviation import ENDED, IssueState
from gateway.store.control_tables import operation
from gateway.store.issue_tables import issue_action
from gateway.store.tables import alarm, alarm_event, issue, rule_version

HOUR_NS: Final = 3600 * NS_PER_S
DAY_NS: Final = 24 * HOUR_NS
SHIFT_NS: Final = 8 * HOUR_NS
UNVERIFIED_SHARE: Final = 0.30
FEWEST_ENDED: Final = 5
REPEATS: Final = 3
WRITES_A_SHIFT: Final = 3
QUIET_BEFORE_NS: Final = 1800 * NS_PER_S
SHELVINGS: Final = 3
SHELVED: Final = ("timed_shelved", "one_shot_shelved")
ADJUSTING: Final = "setpoint"
"""The kind of command by which people adjust a process; a recipe comes with a job."""

BY_PEOPLE: Final = "person"

WIDER: Final[Mapping[str, int]] = {
    "high": 1,
    "low": -1,
    "deadband": 1,
    "on_delay_s": 1,
    "threshold_fraction": -1,
    "target_per_min": -1,
    "after_s": 1,
}
"""Settings of rules, and in which direction they let more pass."""


def hints(connection: Connection, *, now_ns: int) -> list[Hint]:
    """Return every practice that the records show now."""
    return [
        *_firefighting(connection, now_ns),
        *_repeat_offenders(connection, now_ns),
        *_ended_unproven(connection, now_ns),
        *_tampering(connection, now_ns),
        *_silencing(connection, now_ns),
        *_goalposts(connection, now_ns),
        *_overdue(connection, now_ns),
    ]


def _firefighting(connection: Connection, now_ns: int) -> Iterator[Hint]:
    since = now_ns - 30 * DAY_NS
    query = select(issue.c.number, issue.c.verified).where(
        issue.c.closed_ns >= since, issue.c.state.in_([IssueState.CLOSED, IssueState.REJECTED])
    )
    rows = connection.execute(query.order_by(issue.c.number)).all()
    lacking = [row.number for row in rows if not row.verified]
    if len(rows) < FEWEST_ENDED or len(lacking) <= UNVERIFIED_SHARE * len(rows):
        return
    share = len(lacking) / len(rows)
    yield Hint(
        practice="firefighting",
        title="Many issues end without a proven cause",
        trigger=f"More than {UNVERIFIED_SHARE:.0%} of the issues that ended in 30 days.",
        evidence=[f"{len(lacking)} of {len(rows)} ({share:.0%}): issues {_listed(lacking)}"],
        link="/issues?state=closed",
        figures={"ended": len(rows), "unproven": len(lacking), "share": share},
    )


def _repeat_offenders(connection: Connection, now_ns: int) -> Iterator[Hint]:
    query = (
        select(issue.c.recurrence, func.count(), func.max(issue.c.asset), func.max(issue.c.title))
        .where(
            issue.c.opened_ns >= now_ns - 90 * DAY_NS,
            issue.c.recurrence != "",
            issue.c.state.not_in([IssueState.REJECTED, IssueState.DUPLICATE]),
        )
        .group_by(issue.c.recurrence)
        .having(func.count() >= REPEATS)
        .order_by(func.count().desc())
        .limit(10)
    )
    for key, count, asset, title in connection.execute(query):
        numbers = connection.execute(
            select(issue.c.number).where(issue.c.recurrence == key).order_by(issue.c.number)
        ).scalars()
        yield Hint(
            practice="firefighting",
            title=f"Comes again and again: {title}",
            trigger=f"The same signal, rule and direction {REPEATS} times in 90 days.",
            evidence=[f"{count} times: issues {_listed(list(numbers))}"],
            link=f"/issues?state=all&asset={asset}",
            assets=(asset,),
            figures={"times": count},
        )


def _ended_unproven(connection: Connection, now_ns: int) -> Iterator[Hint]:
    """Issues that were rejected and came again within a week."""
    query = select(issue).where(
        issue.c.state == IssueState.REJECTED,
        issue.c.closed_ns >= now_ns - 30 * DAY_NS,
        issue.c.recurrence != "",
    )
    found = []
    for row in connection.execute(query.order_by(issue.c.number)).all():
        again = connection.execute(
            select(issue.c.number).where(
                issue.c.recurrence == row.recurrence,
                issue.c.number > row.number,
                issue.c.opened_ns >= row.closed_ns,
                issue.c.opened_ns <= row.closed_ns + 7 * DAY_NS,
            )
        ).scalars()
        found += [
            f"issue {row.number} was rejected, issue {number} is the same" for number in again
        ]
    if found:
        yield Hint(
            practice="ended_without_proof",
            title="Rejected, and there again",
            trigger="An issue was rejected and its like opened within 7 days.",
            evidence=found[:20],
            link="/issues?state=closed",
            figures={"times": len(found)},
        )


def _tampering(connection: Connection, now_ns: int) -> Iterator[Hint]:
    """Set-points written again and again while nothing signalled: full compensation doubles the variance."""
    query = select(operation.c.machine, operation.c.title, operation.c.sent_ns).where(
        operation.c.sent_ns >= now_ns - 7 * DAY_NS,
        operation.c.kind == ADJUSTING,
        operation.c.by_kind == BY_PEOPLE,
    )
    writes = connection.execute(query.order_by(operation.c.sent_ns)).all()
    if not writes:
        return
    raised = _raised(connection, now_ns - 7 * DAY_NS - QUIET_BEFORE_NS)
    shifts: Counter[tuple[tuple[str, str], int]] = Counter()
    for row in writes:
        times = raised.get(row.machine, [])
        if not any(row.sent_ns - QUIET_BEFORE_NS <= time <= row.sent_ns for time in times):
            shifts[(row.machine, row.title), row.sent_ns // SHIFT_NS] += 1
    worst: dict[tuple[str, str], int] = {}
    for (target, _), count in shifts.items():
        worst[target] = max(worst.get(target, 0), count)
    for (machine, title), count in sorted(worst.items()):
        if count >= WRITES_A_SHIFT:
            yield Hint(
                practice="tampering",
                title="Adjusted while nothing was wrong",
                trigger=f"{WRITES_A_SHIFT} writes in 8 h, none with an alarm in the 30 min before.",
                evidence=[f"{title} at {machine}: {count} writes within 8 h"],
                link=f"/machine/{machine}",
                assets=(machine,),
                figures={"writes": count},
            )


def _raised(connection: Connection, since_ns: int) -> dict[str, list[int]]:
    query = (
        select(alarm.c.asset, alarm_event.c.time_ns)
        .join(alarm, alarm.c.number == alarm_event.c.alarm)
        .where(alarm_event.c.action == "raised", alarm_event.c.time_ns >= since_ns)
    )
    found: dict[str, list[int]] = {}
    for asset, time_ns in connection.execute(query):
        found.setdefault(asset, []).append(time_ns)
    return found


def _silencing(connection: Connection, now_ns: int) -> Iterator[Hint]:
    query = (
        select(alarm.c.number, alarm.c.title, alarm.c.asset, func.count())
        .join(alarm_event, alarm.c.number == alarm_event.c.alarm)
        .where(alarm_event.c.action.in_(SHELVED), alarm_event.c.time_ns >= now_ns - 7 * DAY_NS)
        .group_by(alarm.c.number, alarm.c.title, alarm.c.asset)
        .having(func.count() >= SHELVINGS)
        .order_by(func.count().desc())
        .limit(20)
    )
    for number, title, asset, count in connection.execute(query):
        yield Hint(
            practice="silencing",
            title=f"Shelved again and again: {title}",
            trigger=f"The same alarm shelved {SHELVINGS} times in 7 days.",
            evidence=[f"alarm {number} was shelved {count} times"],
            link=f"/alarms?asset={asset}",
            assets=(asset,),
            figures={"times": count},
        )
    shelved = select(alarm).where(alarm.c.shelving != Shelving.UNSHELVED)
    for row in connection.execute(shelved).all():
        since = connection.execute(
            select(func.max(alarm_event.c.time_ns)).where(
                alarm_event.c.alarm == row.number, alarm_event.c.action.in_(SHELVED)
            )
        ).scalar()
        if since is not None and now_ns - since > DAY_NS:
            hours = (now_ns - since) / HOUR_NS
            yield Hint(
                practice="silencing",
                title=f"Shelved for long: {row.title}",
                trigger="An alarm shelved for more than 24 h.",
                evidence=[f"alarm {row.number} since {hours:.0f} h"],
                link=f"/alarms?asset={row.asset}",
                assets=(row.asset,),
                figures={"hours": hours},
            )


def _goalposts(connection: Connection, now_ns: int) -> Iterator[Hint]:
    """Limits that were widened within a week of an issue of their rule."""
    query = select(rule_version).order_by(rule_version.c.rule, rule_version.c.revision)
    before: Any = None
    for row in connection.execute(query).all():
        loosened = (
            loosened_settings(before.settings, row.settings)
            if before is not None and before.rule == row.rule
            else []
        )
        before = row
        if not loosened or row.time_ns < now_ns - 30 * DAY_NS:
            continue
        issues = connection.execute(
            select(issue.c.number).where(
                issue.c.rule == row.rule,
                issue.c.opened_ns <= row.time_ns,
                issue.c.opened_ns >= row.time_ns - 7 * DAY_NS,
            )
        ).scalars()
        numbers = list(issues)
        if numbers:
            yield Hint(
                practice="moving_goalposts",
                title=f"Limits widened after an issue: {row.rule}",
                trigger="A rule lets more pass within 7 days of an issue it opened.",
                evidence=[*loosened, f"issues {_listed(numbers)}; reason given: {row.reason}"],
                link="/health",
                figures={"issues": len(numbers)},
            )


def loosened_settings(
    before: Mapping[str, Any] | None, after: Mapping[str, Any] | None
) -> list[str]:
    """Return what a rule lets pass more than before, in words."""
    if before is None:
        return []
    if after is None:
        return ["the rule was removed"]
    found = []
    for name, direction in WIDER.items():
        old, new = before.get(name), after.get(name)
        if isinstance(old, int | float) and isinstance(new, int | float):
            if direction * (new - old) > 0:
                found.append(f"{name} from {old:g} to {new:g}")
        elif old is not None and new is None and name in {"high", "low"}:
            found.append(f"{name} {old:g} was removed")
    if before.get("enabled") and not after.get("enabled"):
        found.append("the rule was switched off")
    return found


def _overdue(connection: Connection, now_ns: int) -> Iterator[Hint]:
    query = (
        select(issue_action.c.issue, issue_action.c.title, issue_action.c.due_ns)
        .join(issue, issue.c.number == issue_action.c.issue)
        .where(
            issue_action.c.done_ns.is_(None),
            issue_action.c.due_ns < now_ns - 7 * DAY_NS,
            issue.c.state.not_in([str(state) for state in ENDED]),
        )
        .order_by(issue_action.c.due_ns)
        .limit(20)
    )
    late = [
        f"issue {row.issue}: {row.title}, {(now_ns - row.due_ns) / DAY_NS:.0f} d late"
        for row in connection.execute(query)
    ]
    if late:
        yield Hint(
            practice="overdue_actions",
            title="Planned, and not done",
            trigger="Actions more than 7 days past their date.",
            evidence=late,
            link="/issues",
            figures={"actions": len(late)},
        )


def _listed(numbers: Sequence[int]) -> str:
    shown = ", ".join(str(number) for number in numbers[-12:])
    return f"… {shown}" if len(numbers) > 12 else shown
