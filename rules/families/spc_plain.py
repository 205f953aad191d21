"""Charts of single values that monitor: their points of a step judged side by side, without subgroups to fill."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from rules.columns import Rows
from rules.families import spc_judge as phase_two
from rules.families.base import Arrays, Block, Hits
from rules.families.bulk import Flags, Groups, Sorted
from rules.families.spc_learn import BY_MOVING_RANGE, MONITORING, Point
from rules.routing import Index

JUDGED = (*phase_two.COLUMNS, "centre", "sigma", "phi", "last")


def take_plain(  # noqa: PLR0917 - columns of one length
    block: Block,
    s: Arrays,
    rows: Rows,
    row: Index,
    instance: Index,
    role: NDArray[np.int8],
    hits: list[Hits],
) -> Index:
    """Judge the rows of plain charts as a rectangle of instances by points, and return the meetings that are left.

    Plain is a chart of single values without keys that monitors, all of whose rows of this step are usable.
    """
    groups = Groups.of(instance)
    told = Sorted.of(groups, rows, row, role)
    plain = _plain(block, s, groups, told)
    count = groups.end - groups.begin
    if not plain.any():
        return np.arange(len(row))
    # Those with fewer points than most go row by row, and so do the points that others have beyond.
    points = int(np.median(count[plain]))
    chosen = plain & (count >= points)
    who, begin = groups.who[chosen], groups.begin[chosen]
    part, side = (s, block) if len(who) == len(block.keys) else _apart(block, s, who)
    everyone, none = np.arange(len(who)), np.zeros(len(who))
    ones, seen = np.ones(len(who), np.int64), list[Hits]()
    for turn in range(points):
        t, value = told.t[begin + turn], told.value[begin + turn]
        phase_two.judge(side, part, Point(everyone, t, t, value, ones, none, none), seen)
    for name in JUDGED if part is not s else ():
        s[name][who] = part[name]
    hits += [hit._replace(instance=who[hit.instance]) for hit in seen]
    done = np.zeros(len(groups.meeting), np.bool_)
    done[(begin[:, None] + np.arange(points)).ravel()] = True
    return np.sort(groups.meeting[~done])


def _apart(block: Block, s: Arrays, who: Index) -> tuple[Arrays, Block]:
    """Return state and parameters of some instances by themselves, as columns in their order."""
    params = {name: array[who] for name, array in block.params.items() if name != "parts"}
    return {name: s[name][who] for name in JUDGED}, replace(block, params=params)


def _plain(block: Block, s: Arrays, groups: Groups, told: Sorted) -> Flags:
    who, p = groups.who, block.params
    plain: Flags = (p["size"][who] == 1) & (p["slot_ns"][who] == 0) & (p["every"][who] == 1)
    plain &= (p["kind"][who] == BY_MOVING_RANGE) & (s["phase"][who] == MONITORING)
    plain &= (s["listens"][who] == 1) & np.isnan(p["parts"][who, 0, 0]) & (s["open"][who] == 0)
    plain &= (s["skip"][who] == 0) & groups.every(told.usable & (told.role == 0))
    return plain
