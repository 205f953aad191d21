"""Average run length of sets of run rules, by the exact Markov chain of their counters (Champ & Woodall 1987)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import sparse, special
from scipy.sparse.linalg import spsolve

from rules.spc import runrules
from rules.spc.runrules import RunRule, Runs

EDGES: Final = np.array([-3.0, -2.0, -1.0, 0.0, 1.0, 2.0, 3.0])
ZONES: Final = np.array([-3.5, -2.5, -1.5, -0.5, 0.5, 1.5, 2.5, 3.5])
"""A point for each zone between the edges."""

USED: Final = {
    RunRule.N1: ((), ()),
    RunRule.N2: ((0, 1), ()),
    RunRule.N5: ((), (0, 1)),
    RunRule.N6: ((), (2, 3)),
    RunRule.N7: ((4,), ()),
    RunRule.N8: ((5, 6, 7), ()),
    RunRule.WE4: ((0, 1), ()),
}
"""Counters and registers that decide each rule; trends and alternations (N3, N4) depend on more than the zone."""

States = NDArray[np.uint8]


def arl(rules: Iterable[RunRule], *, shift: float = 0.0) -> float:
    """Return the mean number of points until one of the rules first fires, from a start without history.

    Raises `ValueError` for rules 3 and 4, whose run lengths are known by simulation only.
    """
    chosen = frozenset(rules)
    if not chosen or not chosen <= {*USED}:
        raise ValueError("run lengths are computed for one or more of N1, N2, N5 to N8 and WE4")
    counters = sorted({c for rule in chosen for c in USED[rule][0]})
    registers = sorted({r for rule in chosen for r in USED[rule][1]})
    source, target, zone = _chain(runrules.mask(chosen), counters, registers)
    bounds = special.ndtr(np.concatenate([[-np.inf], EDGES, [np.inf]]) - shift)
    share = np.diff(bounds)[zone]
    count = int(source.max(initial=0)) + 1
    stays = sparse.csc_matrix((share, (source, target)), shape=(count, count))
    lengths = spsolve(sparse.eye(count, format="csc") - stays, np.ones(count))
    return float(lengths[0])


def _chain(
    bits: int, counters: list[int], registers: list[int]
) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.intp]]:
    """Return (state, next state, zone) of every step that fires nothing; state 0 is the start."""
    number = {bytes(len(counters) + len(registers)): 0}
    rows: list[tuple[int, int, int]] = []
    frontier = np.zeros((len(counters) + len(registers), 1), np.uint8)
    while frontier.shape[1]:
        begun = [number[column.tobytes()] for column in frontier.T]
        new: list[States] = []
        for zone, z in enumerate(ZONES):
            fired, after = _move(frontier, z, counters, registers)
            for at in np.flatnonzero((fired & bits) == 0).tolist():
                state = after[:, at].copy()
                name = state.tobytes()
                if name not in number:
                    number[name] = len(number)
                    new.append(state)
                rows.append((begun[at], number[name], zone))
        frontier = np.stack(new, axis=1) if new else frontier[:, :0]
    table = np.array(rows, np.intp).reshape(-1, 3)
    return table[:, 0], table[:, 1], table[:, 2]


def _move(
    states: States, z: float, counters: list[int], registers: list[int]
) -> tuple[NDArray[np.uint16], States]:
    """Take one point in every state with the run rules themselves, and keep what decides the chosen rules."""
    runs = Runs.none(states.shape[1])
    runs.counters[counters] = states[: len(counters)]
    runs.history[registers] = states[len(counters) :]
    fired = runrules.step(runs, np.full(states.shape[1], z))
    after = np.concatenate([runs.counters[counters].astype(np.uint8), runs.history[registers]])
    return fired, after
