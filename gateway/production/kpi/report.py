"""KPIs from sums: gathered by hour, shift or day, added up, and divided only at the very end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Final, NamedTuple

import numpy as np

from gateway.clock import NS_PER_S
from gateway.performance import KpiBucket, KpiReport, Kpis
from gateway.production.kpi.records import Kept, Row
from gateway.production.kpi.roster import Machine
from gateway.production.kpi.timetable import PlanKind, Timetable
from rules.throughput.pieces import HOUR_NS
from rules.throughput.ratios import Elements, MinorStops, elements, losses, ratios, too_fast
from rules.throughput.sums import CLASSES, Field, Vector
from rules.throughput.window import Track

MARGIN_NS: Final = 36 * HOUR_NS
"""How far a shift or a local day reaches beyond an hour of it."""

_KINDS: Final = tuple(kind.value for kind in PlanKind)
_PIECES: Final = (Field.GOOD, Field.SCRAP, Field.REWORK, Field.UNCOVERED)


class Bucket(NamedTuple):
    """What rows are gathered under; sorts by time."""

    start_ns: int
    end_ns: int
    label: str
    shift: str
    day: str


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Scope:
    """Whose KPIs are asked for, and how they are to be read."""

    machines: Mapping[str, Machine]
    timetables: Mapping[str, Timetable]
    bucket: KpiBucket
    minor_stops: MinorStops
    now_ns: int


def buckets(
    kept: Kept, scope: Scope, *, start_ns: int, end_ns: int
) -> list[tuple[Bucket, list[int]]]:
    """Return the rows of each bucket that lies in [start, end) or touches it, each bucket whole."""
    tables = scope.timetables
    by_hour = scope.bucket is KpiBucket.HOUR
    known: dict[object, Bucket] = {}
    groups: dict[Bucket, list[int]] = {}
    for place, row in enumerate(kept.rows):
        what = row.bucket_ns if by_hour else (tables[row.unit], row.shift, row.day, row.shift_ns)
        bucket = known.get(what)
        if bucket is None:
            bucket = known[what] = _bucket(row, scope)
        groups.setdefault(bucket, []).append(place)
    return [
        (bucket, groups[bucket])
        for bucket in sorted(groups)
        if bucket.start_ns < end_ns and bucket.end_ns > start_ns
    ]


def _bucket(row: Row, scope: Scope) -> Bucket:
    if scope.bucket is KpiBucket.HOUR:
        moment = datetime.fromtimestamp(row.bucket_ns // NS_PER_S, UTC)
        label = moment.strftime("%Y-%m-%dT%H:%MZ")
        return Bucket(row.bucket_ns, row.bucket_ns + HOUR_NS, label, "", "")
    timetable, day = scope.timetables[row.unit], date.fromisoformat(row.day)
    if scope.bucket is KpiBucket.SHIFT and row.shift:
        ends = [s.end_ns for s in timetable.shifts(day) if s.name == row.shift]
        end_ns = ends[0] if ends else row.shift_ns + HOUR_NS
        return Bucket(row.shift_ns, end_ns, f"{row.day} {row.shift}", row.shift, row.day)
    start_ns, end_ns = timetable.day_span(day)
    label = row.day if scope.bucket is KpiBucket.DAY else f"{row.day} without shift"
    return Bucket(start_ns, end_ns, label, "", row.day)


def kpis(kept: Kept, places: Sequence[int], bucket: Bucket, scope: Scope) -> Kpis:
    """Return the KPIs of some rows."""
    busy, down, off = _by_kind(kept, places)
    rest = down + off
    units = {kept.rows[place].unit for place in places}
    machines = [scope.machines[unit] for unit in sorted(units)]
    e = elements(
        busy,
        minor_stops=scope.minor_stops,
        planned_down_s=float(down[:CLASSES].sum()) / NS_PER_S,
        calendar_s=float((busy + rest)[:CLASSES].sum()) / NS_PER_S,
        scrap_known=all(Track.REJECT in machine.roles for machine in machines),
    )
    found = ratios(e)
    return Kpis(
        label=bucket.label,
        start_ns=bucket.start_ns,
        end_ns=bucket.end_ns,
        shift=bucket.shift,
        day=bucket.day,
        kpis=found,
        sums=_sums(e, busy, down),
        losses=losses(e),
        off_plan={
            "seconds": float(rest[: Field.UNKNOWN].sum()) / NS_PER_S,
            "good": float(rest[Field.GOOD]),
            "scrap": float(rest[Field.SCRAP]),
        },
        coverage=found["coverage"],
        target_pieces=_target(e, machines),
        version=max((kept.rows[place].version for place in places), default=1),
        provisional=bucket.end_ns > scope.now_ns,
        remarks=tuple(_remarks(e, busy, machines)),
    )


def planned(kept: Kept, places: Sequence[int]) -> bool:
    """Tell whether in some rows anything was planned or made."""
    off = PlanKind.OFF.value
    return any(kept.rows[place].plan != off for place in places) or bool(
        kept.sums[list(places)][:, list(_PIECES)].any()
    )


def _by_kind(kept: Kept, places: Sequence[int]) -> list[Vector]:
    """Return the sums of planned busy time, of planned down time, and of the rest."""
    chosen = kept.sums[places]
    kinds = np.array([kept.rows[place].plan for place in places], "U4")
    return [chosen[kinds == kind].sum(axis=0) for kind in _KINDS]


def _sums(e: Elements, busy: Vector, down: Vector) -> dict[str, float]:
    return {
        "pot_s": e.pot,
        "pbt_s": e.pbt,
        "apt_s": e.apt,
        "asut_s": e.asut,
        "adet_s": e.adet,
        "adet_internal_s": e.adet_internal,
        "adet_external_s": e.adet_external,
        "minor_stop_s": e.minor,
        "adot_s": e.adot,
        "unknown_s": e.unseen,
        "planned_down_s": float(down[:CLASSES].sum()) / NS_PER_S,
        "calendar_s": e.calendar,
        "repair_s": e.repair,
        "planned_run_time_s": e.ideal,
        "good_run_time_s": e.good_ideal,
        "pq": e.pq,
        "gq": e.gq,
        "sq": e.sq,
        "rq": e.rq,
        "start_up_sq": e.start_up_sq,
        "uncovered_pieces": float(busy[Field.UNCOVERED]),
        "suspect_pieces": float(busy[Field.SUSPECT]),
        "stops": float(busy[Field.STOPS]),
        "minor_stops": float(busy[Field.MINOR_STOPS]),
        "failures": e.failures,
        "illegal_changes": float(busy[Field.ILLEGAL]),
        "counter_resets": float(busy[Field.RESETS]),
    }


def _target(e: Elements, machines: Sequence[Machine]) -> float | None:
    """Return what one machine was to make in the planned time so far; lines have no sum of targets."""
    wanted = machines[0].settings.target_per_min if len(machines) == 1 else None
    return None if wanted is None else wanted * (e.pbt + e.unseen) / 60


def _remarks(e: Elements, busy: Vector, machines: Sequence[Machine]) -> list[str]:
    found = []
    blind = [m.path for m in machines if Track.REJECT not in m.roles]
    if blind:
        found.append(f"Quality and OEE are not known: no reject counter at {', '.join(blind)}.")
    if not e.rated:
        found.append(
            f"Effectiveness and OEE are not known: {busy[Field.UNRATED]:g} pieces have no planned run time;"
            " set run_time_s or a target speed."
        )
    if too_fast(e):
        found.append("Effectiveness is above 1: the planned run time or a counter is wrong.")
    if e.unseen > 0:
        found.append(f"{e.unseen:.0f} s of planned time were not seen and are in no KPI.")
    if busy[Field.UNCOVERED] > 0:
        found.append(
            f"{busy[Field.UNCOVERED]:g} pieces were counted across time that was not seen; they are in no KPI."
        )
    if busy[Field.SUSPECT] > 0:
        found.append(f"{busy[Field.SUSPECT]:g} pieces came faster than the machine can make them.")
    if len(machines) > 1:
        found.append("Pieces are the sum over machines, not the output of the line.")
    return found


def report_of(unit: str, kept: Kept, scope: Scope, *, start_ns: int, end_ns: int) -> KpiReport:
    """Return every bucket that touches [start, end), whole, and the total."""
    found = buckets(kept, scope, start_ns=start_ns, end_ns=end_ns)
    each = [kpis(kept, places, bucket, scope) for bucket, places in found if planned(kept, places)]
    span = (
        min((bucket.start_ns for bucket, _ in found), default=start_ns),
        max((bucket.end_ns for bucket, _ in found), default=end_ns),
    )
    everything = [place for _, places in found for place in places]
    total = kpis(kept, everything, Bucket(*span, "total", "", ""), scope)
    machines = scope.machines.values()
    return KpiReport(
        unit=unit,
        machines=tuple(scope.machines),
        bucket=scope.bucket,
        minor_stops=scope.minor_stops.value,
        minor_stop_s=tuple(sorted({m.definition.minor_ns / NS_PER_S for m in machines})),
        time_zone=next(iter(scope.timetables.values())).time_zone,
        buckets=tuple(each),
        total=total,
    )
