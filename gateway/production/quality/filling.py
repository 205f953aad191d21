"""What a value does to its check: passed, failed with a nonconformance and an issue, or still open."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from sqlalchemy import Connection, Row, insert, select

from gateway.deviation import IssueType, Severity
from gateway.issues.records import next_number
from gateway.issues.report import Clearing, Deviation, Ending
from gateway.production.lifecycle import moved
from gateway.production.quality import records
from gateway.production.quality.model import (
    NC,
    Checklist,
    ChecklistItem,
    CheckState,
    Gate,
    ItemKind,
    NcState,
    Result,
)
from gateway.production.quality.records import Reading
from gateway.production.quality.suspects import last_good
from gateway.store.quality_tables import check_run, lot_run, nonconformance

Report: TypeAlias = "Callable[[Connection, Sequence[Deviation | Clearing]], None]"
"""Hands deviations to the issues within the same transaction."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What came of a value: the newest revision, and whether issues were told."""

    revision: int
    told: bool


def fill(
    connection: Connection,
    row: Row[Any],
    checklist: Checklist,
    *,
    item: ChecklistItem,
    reading: Reading,
    now_ns: int,
    report: Report,
    version: int | None = None,
) -> Done:
    """Keep a value and what follows from it; raises `ConflictError`."""
    passed = records.keep_result(connection, row.number, item, reading, now_ns=now_ns)
    results = records.results_of(connection, [row.number])[row.number]
    reached = records.judged(checklist.items, results)
    values = records.moved(row, reached, now_ns=now_ns)
    records.change(connection, check_run, row, values, version)
    detail = {"item": item.id, "value": reading.value, "text": reading.text, "passed": passed}
    revision = records.note(
        connection, kind="check", number=row.number, time_ns=now_ns, action="filled",
        by=reading.by or "signal", detail=detail,
    )  # fmt: skip
    # A hard gate does not wait for the rest of the check.
    hard = records.failed_items(checklist.items, results, gate=Gate.HARD)
    if not hard and reached is not CheckState.FAILED:
        return Done(revision=revision, told=False)
    return _nonconforming(
        connection, row, checklist, results, fresh=not passed, now_ns=now_ns, report=report
    )


def _nonconforming(
    connection: Connection,
    row: Row[Any],
    checklist: Checklist,
    results: Sequence[Result],
    *,
    fresh: bool,
    now_ns: int,
    report: Report,
) -> Done:
    """Open the check's nonconformance, or add to it what failed since; `fresh` says that the newest value failed.

    What fails after a disposition was proposed or decided opens it again: nobody has decided on that.
    """
    failed = records.failed_items(checklist.items, results)
    hard = any(each.gate is Gate.HARD for each in failed)
    values: dict[str, Any] = {
        "items": [each.id for each in failed],
        "gate": (Gate.HARD if hard else Gate.SOFT).value,
        "makers": sorted(_makers(connection, row, results)),
        "title": _title(checklist, failed, results),
    }
    query = select(nonconformance).where(nonconformance.c.check == row.number)
    held = connection.execute(query).first()
    deviation = _deviation(connection, row, checklist, failed, results, now_ns)
    if held is not None:
        action, number = "added", int(held.number)
        if fresh and held.state != NcState.OPEN:
            action, what = "reopened", f"nonconformance {number}"
            values |= _undone(moved(NC, what=what, now=NcState(held.state), to=NcState.OPEN))
            report(connection, [replace(deviation, key=f"{deviation.key}-{held.version}")])
        records.change(connection, nonconformance, held, values, None)
    else:
        action = "opened"
        number = next_number(connection, "nonconformance")
        from_pos, from_ns = last_good(connection, row)
        connection.execute(
            insert(nonconformance).values(
                **values, number=number, check=row.number, checklist=checklist.id,
                machine=row.machine, state=NcState.OPEN.value, from_pos=from_pos, from_ns=from_ns, opened_ns=now_ns,
                disposition="", reason="", proposer="", signatures=[], outcome={}, version=1,
            )
        )  # fmt: skip
        report(connection, [deviation])
    revision = records.note(
        connection, kind="nc", number=number, time_ns=now_ns, action=action, by="gateway",
        detail={"check": row.number, "items": values["items"]},
    )  # fmt: skip
    return Done(revision=revision, told=action != "added")


def _undone(state: NcState) -> dict[str, Any]:
    """Return the columns of a nonconformance that nothing is decided on."""
    return {
        "state": state.value, "disposition": "", "reason": "", "proposer": "", "signatures": [],
        "outcome": {}, "to_pos": None, "to_ns": None, "closed_ns": None,
    }  # fmt: skip


def _makers(connection: Connection, row: Row[Any], results: Sequence[Result]) -> set[str]:
    """Return who made or checked what failed: they do not decide on it."""
    begun = select(lot_run.c.begun_by).where(lot_run.c.id == row.lot_run)
    return {
        connection.execute(begun).scalar_one(),
        *(each.by for each in results if each.by),
    }


def said(item: ChecklistItem, result: Result) -> str:
    """Return a value in words, with what was wanted."""
    if item.kind is ItemKind.NUMBER:
        bounds = [
            *([] if item.low is None else [f"at least {item.low:g}"]),
            *([] if item.high is None else [f"at most {item.high:g}"]),
        ]
        wanted = f", want {' and '.join(bounds)}" if bounds else ""
        return f"{item.text}: {result.value:g} {item.unit}".rstrip() + wanted
    if item.kind is ItemKind.YES_NO:
        return f"{item.text}: {'yes' if result.value == 1 else 'no'}"
    return f"{item.text}: {result.text or 'nothing'}"


def _title(checklist: Checklist, failed: Sequence[ChecklistItem], results: Sequence[Result]) -> str:
    held = records.standing(results)
    return f"{checklist.title}: {'; '.join(said(each, held[each.id]) for each in failed)}"[:400]


def _deviation(  # noqa: PLR0917 - private, called once above
    connection: Connection,
    row: Row[Any],
    checklist: Checklist,
    failed: Sequence[ChecklistItem],
    results: Sequence[Result],
    now_ns: int,
) -> Deviation:
    """Return a failed check as rules report what they find, so that it is owned, told and escalated like that."""
    held = records.standing(results)
    first = failed[0]
    lot = connection.execute(select(lot_run.c.lot).where(lot_run.c.id == row.lot_run)).scalar_one()
    limits = {"low": first.low, "high": first.high}
    signal = f"{row.machine}/{first.signal}" if first.signal else ""
    hard = any(each.gate is Gate.HARD for each in failed)
    return Deviation(
        key=f"check-{row.number}",
        cause=cause_of(row.checklist, row.machine),
        member=f"check {row.number}",
        rule=f"checklist.{checklist.id}",
        rule_version=str(checklist.version),
        asset=row.machine,
        signal=signal,
        severity=Severity.P2 if hard else Severity.P3,
        type=IssueType.QUALITY,
        title=_title(checklist, failed, results),
        explanation=(
            f"Check {row.number} of {checklist.title} at piece {row.piece} of lot {lot} failed: "
            + "; ".join(said(each, held[each.id]) for each in failed)
            + (". Its lot is blocked and nothing more is dispatched to the machine." if hard else ".")
        ),
        onset_ns=row.due_ns,
        time_ns=now_ns,
        value=held[first.id].value,
        limits={name: value for name, value in limits.items() if value is not None},
        family="checklist",
    )  # fmt: skip


def cause_of(checklist: str, machine: str) -> str:
    """Return what groups failed checks into one issue."""
    return f"checklist.{checklist}@{machine}"


def cleared(row: Row[Any], *, now_ns: int) -> Clearing:
    """Return that the failed check of a nonconformance holds nothing up any more."""
    key = hashlib.sha256(f"check-{row.check} cleared {row.version}".encode()).hexdigest()[:40]
    return Clearing(
        key=key, cause=cause_of(row.checklist, row.machine), member=f"check {row.check}",
        rule=f"checklist.{row.checklist}", ending=Ending.CLEARED, time_ns=now_ns, value=None,
    )  # fmt: skip
