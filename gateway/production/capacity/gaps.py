"""Where the plan does not fit: each gap by name, with remedies computed from what is free elsewhere."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

import numpy as np

from gateway.production.capacity.load import Key, Loads, Missing, ResourceKind, Row
from gateway.production.floor import Floor
from gateway.production.lifecycle import LotState
from gateway.production.model import Equipment

_WEEK_MIN: Final = 7 * 1440
_SLACK_MIN: Final = 1e-6


class GapKind(StrEnum):
    """What is short."""

    OVERLOAD = "overload"
    MACHINE = "no machine"
    STANDARD_TIME = "no standard time"
    ROUTING = "no routing"
    SKILL = "missing skill"
    CALIBRATION = "expired calibration"
    TOOL = "no tool"
    MATERIAL = "short material"


class RemedyKind(StrEnum):
    """What a person can decide on."""

    OVERTIME = "overtime"
    ALTERNATIVE = "alternative"
    SPLIT = "split"
    LATER = "later date"
    PROCURE = "procure"
    RELEASE = "release lot"
    QUALIFY = "qualify person"
    CALIBRATE = "calibrate"
    REDUCE = "reduce demand"


@dataclass(frozen=True, slots=True, kw_only=True)
class Remedy:
    """One way to close a gap; `amount` in the gap's unit closes it as far as that goes."""

    kind: RemedyKind
    text: str
    amount: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """One shortage in one week: `short` in minutes, or in the material's unit."""

    id: str
    kind: GapKind
    resource: str
    week: date
    short: float
    message: str
    orders: tuple[str, ...]
    remedies: tuple[Remedy, ...]


def find_gaps(floor: Floor, loads: Loads) -> tuple[Gap, ...]:
    """Return every gap, by week and name."""
    found = [_absence(floor, each) for each in loads.missing]
    for key, row in loads.rows.items():
        kind, name = key
        if kind is ResourceKind.MATERIAL:
            found += _short_material(floor, loads, name, row)
        elif kind is not ResourceKind.WORK_CENTRE:  # its machines are named one by one
            for week in np.flatnonzero(row.load > row.available + _SLACK_MIN).tolist():
                found.append(_overload(floor, loads, key, week))
    return tuple(sorted(found, key=lambda each: (each.week, each.id)))


def _overload(floor: Floor, loads: Loads, key: Key, week: int) -> Gap:
    kind, name = key
    row, monday = loads.rows[key], loads.weeks[week]
    load, available = float(row.load[week]), float(row.available[week])
    short = load - available
    percent = f"{100 * load / available:.1f} %" if available else "no time at all"
    return Gap(
        id=f"overload:{kind}:{name}:{monday}",
        kind=GapKind.OVERLOAD,
        resource=name,
        week=monday,
        short=short,
        message=f"{kind} {name} is loaded {load:,.1f} of {available:,.1f} min ({percent}) in the week"
        f" of {monday}: {short:,.1f} min are missing",
        orders=tuple(dict.fromkeys(row.causes.get(week, ()))),
        remedies=_remedies(floor, loads, key, week),
    )


def _remedies(floor: Floor, loads: Loads, key: Key, week: int) -> tuple[Remedy, ...]:
    kind, name = key
    row = loads.rows[key]
    short = float(row.load[week] - row.available[week])
    spare = row.available - row.load
    found = []
    if kind is ResourceKind.MACHINE:
        closed = _WEEK_MIN - float(row.available[week])
        hours = min(short, closed)
        found.append(
            Remedy(kind=RemedyKind.OVERTIME, amount=hours, text=f"work {hours:,.0f} min overtime")
        )
        found += _alternatives(floor, loads, name, week, short)
    else:
        found.append(
            Remedy(kind=RemedyKind.OVERTIME, amount=short, text=f"work {short:,.0f} min overtime")
        )
    earlier = [at for at in range(week) if spare[at] > _SLACK_MIN]
    if earlier and row.piece_s.get(week):
        moved = min(short, float(spare[earlier[-1]]))
        pieces = math.ceil(moved * 60 / row.piece_s[week])
        found.append(
            Remedy(
                kind=RemedyKind.SPLIT, amount=moved,
                text=f"make {pieces} pieces ({moved:,.0f} min) in the week of"
                f" {loads.weeks[earlier[-1]]}",
            )
        )  # fmt: skip
    later = [at for at in range(week + 1, len(loads.weeks)) if spare[at] >= short]
    if later:
        found.append(
            Remedy(
                kind=RemedyKind.LATER, amount=short,
                text=f"move {short:,.0f} min to the week of {loads.weeks[later[0]]}",
            )
        )  # fmt: skip
    found.append(_reduce(short, "min"))
    return tuple(found)


def _alternatives(floor: Floor, loads: Loads, name: str, week: int, short: float) -> list[Remedy]:
    by_id: dict[str, Equipment] = {each.id: each for each in floor.machines}
    mine, found = by_id[name], []
    for each in floor.machines:
        if each.id == name or each.work_centre != mine.work_centre:
            continue
        row = loads.rows[ResourceKind.MACHINE, each.id]
        free = float(row.available[week] - row.load[week])
        if free > _SLACK_MIN:
            amount = min(short, free)
            text = f"move {amount:,.0f} min to {each.id}, which has {free:,.0f} min free"
            found.append(Remedy(kind=RemedyKind.ALTERNATIVE, amount=amount, text=text))
    return sorted(found, key=lambda each: -each.amount)


def _reduce(short: float, unit: str) -> Remedy:
    return Remedy(
        kind=RemedyKind.REDUCE, amount=short, text=f"take out orders worth {short:,.1f} {unit}"
    )


def _short_material(floor: Floor, loads: Loads, name: str, row: Row) -> list[Gap]:
    """Return the first week in which what was released does not last, and each later one's own share."""
    found: list[Gap] = []
    needed = np.cumsum(row.load)
    told = 0.0
    for week in np.flatnonzero(needed > row.available + _SLACK_MIN).tolist():
        short = float(needed[week] - row.available[week]) - told
        if short <= _SLACK_MIN:
            continue
        told += short
        monday = loads.weeks[week]
        remedies = [
            Remedy(
                kind=RemedyKind.RELEASE, amount=min(short, each.qty),
                text=f"release lot {each.lot} ({each.qty:g} {each.uom}) from quarantine",
            )
            for each in floor.lots
            if each.material == name and each.state is LotState.QUARANTINE
        ]  # fmt: skip
        remedies.append(
            Remedy(
                kind=RemedyKind.PROCURE, amount=short, text=f"procure {short:,.1f} before {monday}"
            )
        )
        found.append(
            Gap(
                id=f"material:{name}:{monday}", kind=GapKind.MATERIAL, resource=name, week=monday,
                short=short,
                message=f"{name}: {short:,.1f} short in the week of {monday}"
                f" ({float(row.available[week]):,.1f} released)",
                orders=tuple(dict.fromkeys(row.causes.get(week, ()))),
                remedies=(*remedies, _reduce(short, "of it")),
            )
        )  # fmt: skip
    return found


_KINDS: Final = {
    "skill": GapKind.SKILL,
    "calibration": GapKind.CALIBRATION,
    "tool": GapKind.TOOL,
    "machine": GapKind.MACHINE,
    "standard time": GapKind.STANDARD_TIME,
    "routing": GapKind.ROUTING,
}


def _absence(floor: Floor, missing: Missing) -> Gap:
    remedies = [_reduce(0.0, "of it")]
    if missing.what == "skill":
        remedies = [*_training(floor, missing), *remedies]
    if missing.what == "calibration":
        until = missing.week + timedelta(days=6)
        remedies = [
            Remedy(
                kind=RemedyKind.CALIBRATE, amount=0.0, text=f"calibrate {each.id} before {until}"
            )
            for each in floor.tools
            if each.tool_class == missing.name
        ] + remedies
    if missing.what == "tool":
        remedies.insert(
            0, Remedy(kind=RemedyKind.PROCURE, amount=0.0, text=f"procure a {missing.name}")
        )
    return Gap(
        id=f"{missing.what}:{missing.name}:{missing.week}", kind=_KINDS[missing.what],
        resource=missing.name, week=missing.week, short=0.0, message=missing.message,
        orders=missing.orders, remedies=tuple(remedies),
    )  # fmt: skip


def _training(floor: Floor, missing: Missing) -> list[Remedy]:
    found = []
    for person in floor.people:
        for has in person.skills:
            if has.skill != missing.name:
                continue
            if has.level < missing.level:
                text = f"qualify {person.id} from level {has.level} to {missing.level}"
            else:
                text = f"renew {missing.name} of {person.id}, which ended on {has.valid_to}"
            found.append(Remedy(kind=RemedyKind.QUALIFY, amount=0.0, text=text))
    return found
