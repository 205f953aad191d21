"""Conditions over several signals, written as expressions (see `rules.expression`)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import DTypeLike, NDArray

from rules.columns import Rows
from rules.expression.evaluate import evaluate
from rules.expression.program import MOST_CELLS, MOST_INPUTS, CellKind, Program, problem
from rules.expression.spec import Accepts, ExpressionSpec, OnBad
from rules.families import timers
from rules.families.base import Arrays, Block, Family, Hits, Instance, Key, Signals
from rules.families.counter import NEVER
from rules.families.expression_calm import take_calm
from rules.families.motion.condition import Times, Turn, delays, judge, numeric
from rules.routing import Index, expand, rounds
from rules.spec import NS_PER_S, SpecError, delay_ns, positive

VALUE: Final = "value"


def bind(spec: ExpressionSpec, signals: Signals) -> Sequence[Instance]:
    """Make one instance a matched signal whose machine has every input."""
    said = problem(spec.program)
    if said:
        raise SpecError(said)
    if spec.max_age_s is not None:
        positive("max_age_s", spec.max_age_s)
    params = {
        "age_ns": NEVER if spec.max_age_s is None else delay_ns("max_age_s", spec.max_age_s),
        "good_only": spec.accepts is Accepts.GOOD,
        "hold": spec.on_bad is OnBad.HOLD,
        "inputs": len(spec.program.inputs),
        **delays(spec),
    }
    found: list[Instance] = []
    missing: set[str] = set()
    for index in numeric(spec, signals, what="an expression"):
        inputs = _inputs(spec, signals, index, missing)
        if inputs is not None:
            key = Key(spec.id, spec.version, index, "")
            links = [(signal, role) for role, signal in enumerate(inputs)]
            found.append(Instance(key, params, links, spec.program))
    if missing and not found:
        raise SpecError(f"no machine it matches has {', '.join(sorted(missing))}")
    return found


def _inputs(
    spec: ExpressionSpec, signals: Signals, index: int, missing: set[str]
) -> Sequence[int] | None:
    """Return the signal of each input, or None where the machine lacks one; raises `SpecError`."""
    named = dict(spec.inputs)
    found: dict[int, str] = {}
    for name in spec.program.inputs:
        where = named.get(name, name)
        signal = index if name == VALUE and name not in named else signals.companion(index, where)
        if signal is None:
            missing.add(where)
            return None
        if not signals.numeric[signal]:
            raise SpecError(f"{signals.paths[signal]} is not a number: an expression needs numbers")
        if signal in found:
            raise SpecError(f"{name} and {found[signal]} are both {signals.paths[signal]}")
        found[signal] = name
    return list(found)


def initial(block: Block, now_ns: int) -> Arrays:
    """Know no input yet."""
    del now_ns
    count = len(block.keys)
    s = timers.initial(count)
    return s | {
        "last": np.full((count, MOST_INPUTS), np.nan),
        "last_ns": np.zeros((count, MOST_INPUTS), np.int64),
        "bad": np.zeros((count, MOST_INPUTS), np.int8),
        "cells": np.full((count, MOST_CELLS), np.nan),
        "until": np.full(count, -1, np.int64),
    }


def step(block: Block, s: Arrays, rows: Rows, now_ns: int) -> tuple[Arrays, list[Hits]]:
    """Take the rows in order, evaluating what they feed, then let time run to `now_ns`."""
    hits: list[Hits] = []
    row, instance, role = expand(block.routes, rows.signal)
    with np.errstate(all="ignore"):
        if len(row):
            kept = take_calm(block, s, rows, row, instance, role)
            row, instance, role = row[kept], instance[kept], role[kept]
        for turn in rounds(instance):
            at = row[turn]
            now = Turn(
                instance[turn],
                rows.time_ns[at],
                rows.source_ns[at],
                role[turn],
                rows.value[at],
                rows.usable[at],
                rows.good[at],
            )
            _pass(block, s, now.i, now.t, hits)
            _take(block, s, now)
            _evaluate(block, s, now.i, now.t, hits)
    everyone = np.arange(len(block.keys))
    _pass(block, s, everyone, np.full(len(everyone), now_ns, np.int64), hits)
    return s, hits


def _pass(block: Block, s: Arrays, i: Index, t: Times, hits: list[Hits]) -> None:
    """Let time pass to `t`; where an input grows too old on the way, delays stand from then on."""
    until = s["until"][i]
    timers.fire(block, s, i, np.minimum(t, until), hits)
    old = until < t
    timers.freeze(s, i[old], np.maximum(until[old], 0))


def _take(block: Block, s: Arrays, now: Turn) -> None:
    p = block.params
    taken = np.where(p["good_only"][now.i], now.good & now.usable, now.usable)
    refused = ~taken & ~p["hold"][now.i]
    s["bad"][now.i[refused], now.role[refused]] = 1
    for which in np.unique(block.which[now.i]).tolist():
        chosen = taken & (block.which[now.i] == which)
        _remember(s, now.only(chosen), block.shared[which])
    i, role = now.i[taken], now.role[taken]
    s["last"][i, role] = now.value[taken]
    s["last_ns"][i, role] = now.t[taken]
    s["bad"][i, role] = 0
    s["until"][now.i] = _until(block, s, now.i)


def _remember(s: Arrays, now: Turn, program: Program) -> None:
    """Move the cells of a program that read these inputs."""
    for number, cell in enumerate(program.cells):
        reads = now.role == cell.source
        i, t, x = now.i[reads], now.t[reads], now.value[reads]
        before, held = s["last"][i, cell.source], s["cells"][i, number]
        elapsed_s = (t - s["last_ns"][i, cell.source]) / NS_PER_S
        if cell.kind is CellKind.PREVIOUS:
            moved = before
        elif cell.kind is CellKind.RATE:
            moved = np.where(elapsed_s > 0.0, (x - before) / elapsed_s, held)
        else:
            kept = np.exp(-elapsed_s / cell.tau_s)
            known = ~np.isnan(before) & ~np.isnan(held)
            moved = np.where(known, held * kept + before * (1.0 - kept), x)
        s["cells"][i, number] = np.where(np.isfinite(moved), moved, np.nan)


def _until(block: Block, s: Arrays, i: Index) -> Times:
    """Return until when all inputs are known, -1 where one is not."""
    used = np.arange(MOST_INPUTS) < block.params["inputs"][i][:, None]
    unknown = used & (np.isnan(s["last"][i]) | (s["bad"][i] == 1))
    oldest = np.where(used, s["last_ns"][i], NEVER).min(axis=1)
    age = block.params["age_ns"][i]
    ends = np.where(age == NEVER, NEVER, np.minimum(oldest, NEVER - age) + age)
    until: Times = np.where(unknown.any(axis=1), -1, ends)
    return until


def _evaluate(block: Block, s: Arrays, i: Index, t: Times, hits: list[Hits]) -> None:
    known = s["until"][i] >= t
    timers.freeze(s, i[~known], t[~known])
    i, t = i[known], t[known]
    which = block.which[i]
    for number in np.unique(which).tolist():
        same = which == number
        j, at = i[same], t[same]
        out = evaluate(block.shared[number], s["last"][j], s["cells"][j], s["last_ns"][j], at)
        dark = np.isnan(out.result)
        timers.freeze(s, j[dark], at[dark])
        lit = ~dark
        s["value"][j[lit]], s["bound"][j[lit]] = out.left[lit], out.right[lit]
        holds: NDArray[np.bool_] = out.result[lit] != 0.0
        judge(block, s, j[lit], at[lit], holds, ~holds, hits)


def shift(block: Block, s: Arrays, by_ns: int, now_ns: int) -> Arrays:
    """Forget every input: what happened in a time nobody watched is unknown."""
    fresh = initial(block, now_ns)
    names = ("last", "last_ns", "bad", "cells", "until")
    return timers.shift(s, by_ns, now_ns) | {name: fresh[name] for name in names}


PARAMS: Final[dict[str, DTypeLike]] = {
    "age_ns": np.int64,
    "good_only": np.bool_,
    "hold": np.bool_,
    "inputs": np.int64,
    **timers.PARAMS,
}

FAMILY: Final = Family(
    name="expression",
    spec=ExpressionSpec,
    params=PARAMS,
    columns={
        "last": np.dtype((np.float64, (MOST_INPUTS,))),
        "last_ns": np.dtype((np.int64, (MOST_INPUTS,))),
        "bad": np.dtype((np.int8, (MOST_INPUTS,))),
        "cells": np.dtype((np.float64, (MOST_CELLS,))),
        "until": np.int64,
        **timers.COLUMNS,
    },
    bind=bind,
    initial=initial,
    step=step,
    shift=shift,
    active=timers.active,
)
