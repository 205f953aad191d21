"""Expressions that stay false over a whole step: their inputs are carried forward and judged at once."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rules.columns import Rows
from rules.expression.evaluate import evaluate
from rules.expression.program import MOST_INPUTS
from rules.families.base import Arrays, Block
from rules.families.bulk import Groups, Sorted, left
from rules.families.counter import NEVER
from rules.families.motion.condition import Flags, Floats, Times, normal
from rules.routing import Index


def take_calm(  # noqa: PLR0917 - columns of one length
    block: Block, s: Arrays, rows: Rows, row: Index, instance: Index, role: NDArray[np.int8]
) -> Index:
    """Take the rows of instances whose condition holds at none of them, and return those that are left.

    Only where every input is known throughout, no row is refused, and the program keeps no cells: whatever else may
    happen is for the row by row step.
    """
    groups = Groups.of(instance)
    told = Sorted.of(groups, rows, row, role)
    taken = _eligible(block, s, groups, told)
    if taken.any():
        taken &= _stays_false(block, s, groups, told, taken)
        _carry(block, s, groups, told, taken)
    return left(groups, taken)


def _eligible(block: Block, s: Arrays, groups: Groups, told: Sorted) -> Flags:
    who, p = groups.who, block.params
    plain = np.array([not program.cells for program in block.shared], np.bool_)
    good = told.usable & (told.good | ~p["good_only"][who][groups.group])
    known = s["until"][who] >= told.t[groups.end - 1]
    eligible: Flags = plain[block.which[who]] & normal(s, who) & groups.every(good) & known
    return eligible


def _stays_false(block: Block, s: Arrays, groups: Groups, told: Sorted, asked: Flags) -> Flags:
    """Tell which of the instances that were asked for know at every row that their condition does not hold."""
    false = np.zeros(len(groups.meeting), np.bool_)
    which = block.which[groups.who][groups.group]
    for number in np.unique(which[asked[groups.group]]).tolist():
        program = block.shared[number]
        at = np.flatnonzero((which == number) & asked[groups.group])
        last = np.empty((len(at), len(program.inputs)))
        last_ns = np.empty((len(at), len(program.inputs)), np.int64)
        for source in range(len(program.inputs)):
            values, times = _forward(s, groups, told, source)
            last[:, source], last_ns[:, source] = values[at], times[at]
        out = evaluate(program, last, np.empty((len(at), 0)), last_ns, told.t[at])
        false[at] = out.result == 0.0
    return groups.every(false)


def _forward(s: Arrays, groups: Groups, told: Sorted, source: int) -> tuple[Floats, Times]:
    """Return the newest value of an input at every row, and when it came."""
    place = np.where(told.role == source, np.arange(len(told.role)), -1)
    newest = np.maximum.accumulate(place)
    fresh = newest >= groups.begin[groups.group]
    who = groups.who[groups.group]
    values = np.where(fresh, told.value[newest], s["last"][who, source])
    times = np.where(fresh, told.t[newest], s["last_ns"][who, source])
    return values, times


def _carry(block: Block, s: Arrays, groups: Groups, told: Sorted, taken: Flags) -> None:
    """Leave the inputs as the last row leaves them."""
    at = np.flatnonzero(taken[groups.group])
    i, role = groups.who[groups.group][at], told.role[at]
    # Where a place is written more than once the last word counts, which is the newest row.
    s["last"][i, role], s["last_ns"][i, role] = told.value[at], told.t[at]
    j = groups.who[taken]
    age = block.params["age_ns"][j]
    used = np.arange(MOST_INPUTS) < block.params["inputs"][j][:, None]
    oldest = np.where(used, s["last_ns"][j], NEVER).min(axis=1)
    s["until"][j] = np.where(age == NEVER, NEVER, np.minimum(oldest, NEVER - age) + age)
