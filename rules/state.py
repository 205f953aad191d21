"""What the rules remember, and how it is written down."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from rules.families.base import Key

FORMAT: Final = 1


class StateError(ValueError):
    """These bytes are no state this version can read."""


@dataclass(frozen=True, slots=True, eq=False)
class Memory:
    """The state of one family: a row of each column for every key; without keys there may be no columns."""

    keys: tuple[Key, ...]
    columns: Mapping[str, NDArray[Any]]


@dataclass(frozen=True, slots=True, eq=False)
class State:
    """The state of all rules at engine time `now_ns`; treat as immutable."""

    now_ns: int
    memories: Mapping[str, Memory]


def dump(state: State) -> bytes:
    """Write a state as bytes: a numpy archive with its keys as JSON."""
    head: dict[str, Any] = {"format": FORMAT, "now_ns": state.now_ns}
    head["keys"] = {name: memory.keys for name, memory in state.memories.items()}
    arrays = {
        f"{name}/{column}": array
        for name, memory in state.memories.items()
        if memory.keys
        for column, array in memory.columns.items()
    }
    out = io.BytesIO()
    np.savez(out, head=np.frombuffer(json.dumps(head).encode(), np.uint8), **arrays)  # type: ignore[arg-type]  # column names are no keywords of savez
    return out.getvalue()


def _head(written: NDArray[np.uint8]) -> dict[str, Any]:
    head: dict[str, Any] = json.loads(written.tobytes())
    if head["format"] != FORMAT:
        raise StateError(f"rule state has format {head['format']}, want {FORMAT}")
    return head


def load(data: bytes) -> State:
    """Read a state back; raises `StateError`."""
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as archive:
            head = _head(archive["head"])
            columns: dict[str, dict[str, NDArray[Any]]] = {name: {} for name in head["keys"]}
            for full in archive.files[1:]:
                name, _, column = full.partition("/")
                columns[name][column] = archive[full]
            memories = {
                name: Memory(tuple(Key(*key) for key in keys), columns[name])
                for name, keys in head["keys"].items()
            }
            return State(int(head["now_ns"]), memories)
    except StateError:
        raise
    except (ValueError, TypeError, KeyError, EOFError, OSError, zipfile.BadZipFile) as error:
        raise StateError(f"rule state cannot be read: {error}") from error
