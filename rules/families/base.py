"""What every family of rules has in common: instances bound to signals, and their state as columns."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import DTypeLike, NDArray

from rules.columns import Rows
from rules.events import EventKind
from rules.routing import Index, Routes
from rules.spec import Spec, pattern

Arrays: TypeAlias = "dict[str, NDArray[Any]]"
"""Columns by name, one row an instance."""


class Key(NamedTuple):
    """What an instance is known by across recompilation and restarts."""

    rule: str
    version: str
    signal: int
    side: str


class Instance(NamedTuple):
    """One rule on one signal (and side): its parameters by name and the (signal, role) pairs that feed it.

    `shared` is what all instances of a rule have in common and no array can hold, such as a program.
    """

    key: Key
    params: Mapping[str, Any]
    links: Sequence[tuple[int, int]]
    shared: Any = None


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """The instances of one family, as columns; `which` is the place of each one's own in `shared`."""

    keys: tuple[Key, ...]
    params: Arrays
    routes: Routes
    shared: tuple[Any, ...]
    which: Index


class Hits(NamedTuple):
    """Conditions that completed, as columns; see `rules.events.Event`. Without `code` it is 0."""

    instance: Index
    kind: EventKind
    time_ns: NDArray[np.int64]
    onset_ns: NDArray[np.int64]
    value: NDArray[np.float64]
    limit: NDArray[np.float64]
    serial: NDArray[np.int64]
    code: NDArray[np.int64] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """One kind of rule. All functions are pure; `step` gets arrays it may change and hands them back.

    `params` and `columns` name the parameters and the state of an instance with their types. `bind` raises
    `SpecError`; `initial(block, now_ns)`; `step(block, state, rows, now_ns)`; `shift(block, state, by_ns,
    now_ns)` moves timers over a time nobody watched; `active(state)` tells which conditions hold.
    """

    name: str
    spec: type
    params: Mapping[str, DTypeLike]
    columns: Mapping[str, DTypeLike]
    bind: Callable[[Any, Signals], Sequence[Instance]]
    initial: Callable[[Block, int], Arrays]
    step: Callable[[Block, Arrays, Rows, int], tuple[Arrays, list[Hits]]]
    shift: Callable[[Block, Arrays, int, int], Arrays]
    active: Callable[[Arrays], NDArray[np.bool_]]


class Signals:
    """The signals there are, found by glob, by path and by machine."""

    def __init__(self, paths: Sequence[str], numeric: Sequence[bool], bits: Sequence[int]) -> None:
        self.paths = paths
        self.numeric = numeric
        self.bits = bits
        self.index = {path: index for index, path in enumerate(paths)}
        self._machines: dict[str, list[int]] = {}
        for index, path in enumerate(paths):
            self._machines.setdefault(path.rpartition("/")[0], []).append(index)

    def match(self, spec: Spec) -> list[int]:
        """Return the indices that any of the spec's globs covers, in index order."""
        patterns = [pattern(glob) for glob in spec.signals]
        return [
            index
            for index, path in enumerate(self.paths)
            if any(one.fullmatch(path) for one in patterns)
        ]

    def neighbours(self, index: int) -> Sequence[int]:
        """Return every signal of the same machine, the given one included."""
        return self._machines[self.paths[index].rpartition("/")[0]]

    def companion(self, index: int, name: str) -> int | None:
        """Return the signal of that full path, or of that name on the same machine, where there is one."""
        path = name if "/" in name else f"{self.paths[index].rpartition('/')[0]}/{name}"
        return self.index.get(path)
