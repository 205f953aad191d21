"""Runs every rule over columns of samples: arrays in, events out."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from rules.columns import Columns, prepare
from rules.compile import Table
from rules.events import Event, EventKind
from rules.families.base import Arrays, Block, Family, Hits
from rules.state import Memory, State


def start(table: Table, *, now_ns: int) -> State:
    """Return the state of a table that has seen nothing, at engine time `now_ns`."""
    return State(
        now_ns,
        {
            name: Memory(block.keys, family.initial(block, now_ns))
            for name, (family, block) in table.blocks.items()
        },
    )


def step(table: Table, state: State, columns: Columns) -> tuple[State, list[Event]]:
    """Take the rows in order, then let time pass to `columns.now_ns`; return the new state and its events.

    The state must be of this table (`start`, `adopt` or `step`). The outcome does not depend on how a stream
    was cut into steps. Events are ordered by time.
    """
    rows, now_ns = prepare(columns, since_ns=state.now_ns)
    events: list[Event] = []
    memories: dict[str, Memory] = {}
    for name, (family, block) in table.blocks.items():
        memory = state.memories[name]
        if block.keys:
            arrays: Arrays = {key: array.copy() for key, array in memory.columns.items()}
            arrays, hits = family.step(block, arrays, rows, now_ns)
            events += _events(block, hits)
            memory = Memory(block.keys, arrays)
        memories[name] = memory
    return State(now_ns, memories), sorted(events)


def adopt(table: Table, state: State) -> tuple[State, list[Event]]:
    """Carry a state over to a table of other rules or signals.

    What has the same rule, version, signal and side goes on; what is new starts at the state's time. A condition
    that held and is no longer watched gives a `withdrawn` event.
    """
    events: list[Event] = []
    memories: dict[str, Memory] = {}
    for name, (family, block) in table.blocks.items():
        fresh = family.initial(block, state.now_ns)
        old = state.memories.get(name)
        if old is not None and {*old.columns} == {*fresh}:
            memories[name] = Memory(block.keys, _carry(block, fresh, old))
            events += _withdrawn(family, block, old, state.now_ns)
        else:
            memories[name] = Memory(block.keys, fresh)
    return State(state.now_ns, memories), sorted(events)


def shift(table: Table, state: State, *, now_ns: int) -> State:
    """Move engine time to `now_ns`, forwards or back, over a time nobody watched.

    Delays keep what they had elapsed and stand until the next usable value; windows start anew.
    """
    by_ns = now_ns - state.now_ns
    memories = dict(state.memories)
    for name, (family, block) in table.blocks.items():
        if block.keys:
            columns = dict(state.memories[name].columns)
            memories[name] = Memory(block.keys, family.shift(block, columns, by_ns, now_ns))
    return State(now_ns, memories)


def active(table: Table, state: State) -> dict[str, int]:
    """Return how many conditions of each rule hold now, for rules that have any."""
    counts: dict[str, int] = {}
    for name, (family, block) in table.blocks.items():
        if not block.keys:
            continue
        for position in np.flatnonzero(family.active(dict(state.memories[name].columns))).tolist():
            rule = block.keys[position].rule
            counts[rule] = counts.get(rule, 0) + 1
    return counts


def _events(block: Block, hits: list[Hits]) -> list[Event]:
    events: list[Event] = []
    for hit in hits:
        columns = zip(
            hit.instance.tolist(),
            hit.time_ns.tolist(),
            hit.onset_ns.tolist(),
            hit.value.tolist(),
            hit.limit.tolist(),
            hit.serial.tolist(),
            [0] * len(hit.serial) if hit.code is None else hit.code.tolist(),
            strict=True,
        )
        for position, time_ns, onset_ns, value, limit, serial, code in columns:
            key = block.keys[position]
            events.append(
                Event(
                    time_ns,
                    key.rule,
                    key.version,
                    key.signal,
                    key.side,
                    hit.kind,
                    onset_ns,
                    value,
                    limit,
                    serial,
                    code,
                )
            )
    return events


def _carry(block: Block, fresh: Arrays, old: Memory) -> Arrays:
    where = {key: position for position, key in enumerate(old.keys)}
    pairs = [(new, where[key]) for new, key in enumerate(block.keys) if key in where]
    if not pairs:
        return fresh
    to, source = np.array(pairs, np.intp).T
    for name, array in fresh.items():
        array[to] = old.columns[name][source]
    return fresh


def _withdrawn(family: Family, block: Block, old: Memory, now_ns: int) -> list[Event]:
    kept = frozenset(block.keys)
    columns: dict[str, NDArray[Any]] = dict(old.columns)
    return [
        Event(
            now_ns,
            key.rule,
            key.version,
            key.signal,
            key.side,
            EventKind.WITHDRAWN,
            now_ns,
            float("nan"),
            float("nan"),
            int(columns["serial"][position]),
        )
        for position in np.flatnonzero(family.active(columns)).tolist()
        if (key := old.keys[position]) not in kept
    ]
