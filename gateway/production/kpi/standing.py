"""How machines, lines and the plant stand in a shift: sums added up, and pieces against what is planned."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from gateway.clock import NS_PER_S
from gateway.performance import (
    Kpis,
    Level,
    PlannedPieces,
    PlanSource,
    ShiftPick,
    Standing,
)
from gateway.production.kpi.options import UnitOptions
from gateway.production.kpi.records import Kept
from gateway.production.kpi.report import Bucket, Scope, kpis
from gateway.production.kpi.timetable import Timetable, Worked

_S_PER_MIN: Final = 60.0


def chosen(timetable: Timetable, pick: ShiftPick, now_ns: int) -> Worked:
    """Return the shift that is meant."""
    return (
        timetable.now_worked(now_ns) if pick is ShiftPick.CURRENT else timetable.last_worked(now_ns)
    )


def standings(
    kept: Kept, scope: Scope, shifts: Mapping[str, Worked], lines: Iterable[Sequence[str]]
) -> tuple[Standing, ...]:
    """Return the plant, its lines and its machines; `shifts` by machine, `lines` in the order of flow."""
    places = _places(kept, shifts)
    machines = {unit: _machine(kept, scope, unit, shifts[unit], places[unit]) for unit in shifts}
    ends = {order[-1].rpartition("/")[0]: order[-1] for order in lines if order[-1] in machines}
    by_line: dict[str, list[str]] = {}
    for unit in machines:
        by_line.setdefault(unit.rpartition("/")[0], []).append(unit)
    found = []
    for line, units in by_line.items():
        last = units[0] if len(units) == 1 else ends.get(line)
        at = [] if last is None else [machines[last]]
        found.append(
            _together(
                kept,
                scope,
                unit=line,
                level=Level.LINE,
                members=[machines[unit] for unit in units],
                counted=at,
                places=places,
            )
        )
    counted = [machines[each.counted_at[0]] for each in found if each.planned is not None]
    plant = _together(
        kept,
        scope,
        unit="",
        level=Level.PLANT,
        members=list(machines.values()),
        counted=counted,
        places=places,
    )
    return (plant, *found, *machines.values())


def _places(kept: Kept, shifts: Mapping[str, Worked]) -> dict[str, list[int]]:
    """Return the rows of each machine that belong to its shift."""
    found: dict[str, list[int]] = {unit: [] for unit in shifts}
    for place, row in enumerate(kept.rows):
        worked = shifts[row.unit]
        if row.shift == worked.name and row.day == worked.day:
            found[row.unit].append(place)
    return found


def _machine(
    kept: Kept, scope: Scope, unit: str, worked: Worked, places: Sequence[int]
) -> Standing:
    figures = kpis(kept, places, _bucket(worked), scope)
    settings = scope.machines[unit].settings
    day_only = not scope.timetables[unit].has_shifts
    works = bool(worked.name) or day_only
    return Standing(
        unit=unit,
        level=Level.MACHINE,
        shift=worked.name,
        day=worked.day,
        day_only=day_only,
        start_ns=worked.start_ns,
        end_ns=worked.end_ns,
        breaks=worked.breaks,
        good=figures.sums["gq"] + figures.off_plan["good"],
        counted_at=(unit,),
        planned=_planned(settings, worked, scope.now_ns, figures) if works else None,
        target_per_min=settings.target_per_min,
        run_time_s=settings.run_time_s,
        members=1,
        known=1,
        kpis=figures,
    )


def _bucket(worked: Worked) -> Bucket:
    label = f"{worked.day} {worked.name}".rstrip()
    return Bucket(worked.start_ns, worked.end_ns, label, worked.name, worked.day)


def _planned(unit: UnitOptions, worked: Worked, now_ns: int, figures: Kpis) -> PlannedPieces | None:
    """Return what is wanted of planned time: by the target, else by the planned run time of a piece."""
    if unit.target_per_min is not None:
        per_s, source = unit.target_per_min / _S_PER_MIN, PlanSource.TARGET
    elif unit.run_time_s is not None:
        per_s, source = 1 / unit.run_time_s, PlanSource.RUN_TIME
    else:
        return None
    return PlannedPieces(
        shift=per_s * busy_s(worked, worked.end_ns),
        by_now=per_s * busy_s(worked, now_ns),
        seen=per_s * figures.sums["pbt_s"],
        source=source,
    )


def busy_s(worked: Worked, until_ns: int) -> float:
    """Return the planned busy seconds of a shift up to a moment."""
    until_ns = min(max(until_ns, worked.start_ns), worked.end_ns)
    rest = sum(max(0, min(closes, until_ns) - opens) for opens, closes in worked.breaks)
    return (until_ns - worked.start_ns - rest) / NS_PER_S


def _together(
    kept: Kept,
    scope: Scope,
    *,
    unit: str,
    level: Level,
    members: Sequence[Standing],
    counted: Sequence[Standing],
    places: Mapping[str, Sequence[int]],
) -> Standing:
    """Return a line or the plant: KPIs from the sums of all, pieces of those that are counted."""
    spans = {(each.shift, each.day, each.start_ns, each.end_ns) for each in members}
    shift, day, start_ns, end_ns = spans.pop() if len(spans) == 1 else ("", "", None, None)
    breaks = {each.breaks for each in members}
    bucket = Bucket(
        min((each.start_ns or 0 for each in members), default=0),
        max((each.end_ns or 0 for each in members), default=0),
        unit or "plant",
        shift,
        day,
    )
    known_at = _known_at(members)
    plans = [each.planned for each in counted]
    known = [plan for plan in plans if plan is not None]
    return Standing(
        unit=unit,
        level=level,
        shift=shift,
        day=day,
        day_only=all(each.day_only for each in members),
        start_ns=start_ns,
        end_ns=end_ns,
        breaks=breaks.pop() if len(breaks) == 1 else (),
        good=sum(each.good or 0 for each in counted) if counted else None,
        counted_at=tuple(each.unit for each in counted),
        planned=_sum(known) if known and len(known) == len(plans) else None,
        target_per_min=counted[0].target_per_min if len(counted) == 1 else None,
        run_time_s=counted[0].run_time_s if len(counted) == 1 else None,
        members=len(members),
        known=len(known_at),
        kpis=kpis(kept, [place for unit in known_at for place in places[unit]], bucket, scope),
    )


def _known_at(members: Sequence[Standing]) -> list[str]:
    """Return the machines whose sums make up the KPIs: those with an OEE, or all where none has or all have one."""
    found = [each.unit for each in members if each.kpis.kpis.get("oee") is not None]
    return found or [each.unit for each in members]


def _sum(plans: Sequence[PlannedPieces]) -> PlannedPieces:
    return PlannedPieces(
        shift=sum(each.shift for each in plans),
        by_now=sum(each.by_now for each in plans),
        seen=sum(each.seen for each in plans),
        source=plans[0].source,
    )
