"""What is remembered of a unit between commits, as bytes."""

from __future__ import annotations

import io
import zlib
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from rules.throughput.sums import WIDTH, Key, Vector
from rules.throughput.window import Points, Window

_FORMAT: Final = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """The last interval written down, which the next one may prolong."""

    start_ns: int
    end_ns: int
    state: float
    mode: float
    booked: int


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Memory:
    """A unit's window, the settled part of the sums still in play, and the versions of those shown."""

    window: Window
    base: dict[Key, Vector] = field(default_factory=dict)
    versions: dict[Key, int] = field(default_factory=dict)
    last: Settled | None = None


def dump(memory: Memory) -> bytes:
    """Return a memory as bytes that `load` reads."""
    window = memory.window
    last = memory.last
    columns: dict[str, NDArray[np.generic]] = {
        "format": np.array([_FORMAT]),
        "times": np.array([window.begin_ns, window.folded_ns, window.newest_ns], np.int64),
        "heard": window.heard,
        "broken": np.array(window.broken, np.bool_),
        "lengths": np.array([len(points.time_ns) for points in window.tracks], np.int64),
        "time_ns": np.concatenate([points.time_ns for points in window.tracks]),
        "value": np.concatenate([points.value for points in window.tracks]),
        "keys": np.array(list(memory.base), np.int64).reshape(-1, 3),
        "base": np.array(list(memory.base.values()), np.float64).reshape(-1, WIDTH),
        "shown": np.array(list(memory.versions), np.int64).reshape(-1, 3),
        "versions": np.array(list(memory.versions.values()), np.int64),
    }
    if last is not None:
        columns["span"] = np.array([last.start_ns, last.end_ns, last.booked], np.int64)
        columns["held"] = np.array([last.state, last.mode], np.float64)
    out = io.BytesIO()
    np.savez(out, allow_pickle=False, **columns)
    return zlib.compress(out.getvalue(), level=1)


def load(data: bytes) -> Memory:
    """Return what `dump` wrote."""
    with np.load(io.BytesIO(zlib.decompress(data)), allow_pickle=False) as held:
        begin_ns, folded_ns, newest_ns = held["times"].tolist()
        ends = np.cumsum(held["lengths"])[:-1]
        tracks = zip(np.split(held["time_ns"], ends), np.split(held["value"], ends), strict=True)
        window = Window(
            begin_ns=begin_ns,
            folded_ns=folded_ns,
            newest_ns=newest_ns,
            tracks=tuple(Points(*each) for each in tracks),
            heard=held["heard"],
            broken=tuple(held["broken"].tolist()),
        )
        keys = [Key(*key) for key in held["keys"].tolist()]
        shown = [Key(*key) for key in held["shown"].tolist()]
        last = None
        if "span" in held:
            (start_ns, end_ns, booked), (state, mode) = held["span"].tolist(), held["held"].tolist()
            last = Settled(start_ns=start_ns, end_ns=end_ns, state=state, mode=mode, booked=booked)
        return Memory(
            window=window,
            base=dict(zip(keys, held["base"], strict=True)),
            versions=dict(zip(shown, held["versions"].tolist(), strict=True)),
            last=last,
        )
