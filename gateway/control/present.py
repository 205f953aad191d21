"""What machines hold now: asked of the machine where it can be asked, else the newest value that came by itself."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence

import numpy as np

from gateway.actuator import Actuator, Actuators
from gateway.clock import NS_PER_S, Clock
from gateway.command import Present, Value
from gateway.errors import NotConnectedError, NotFoundError
from gateway.model import DataType, SampleBatch, Signal
from gateway.ports import Catalogue, LatestValues, Presence
from gateway.quality import name, severity

_NONE = Present(value=None, problem="has no value yet")
_SILENT = Present(value=None, problem="has reported nothing since")


class Presents:
    """Reads present values; what is bad, uncertain, old or not connected comes with its problem."""

    def __init__(
        self,
        *,
        catalogue: Catalogue,
        latest: LatestValues,
        presence: Presence,
        actuators: Actuators,
        clock: Clock,
    ) -> None:
        self._catalogue = catalogue
        self._latest = latest
        self._presence = presence
        self._actuators = actuators
        self._clock = clock

    def signals(self, paths: Collection[str]) -> dict[str, Signal | None]:
        """Return the signals at these paths, None where there is none yet."""
        return {path: self._signal(path) for path in paths}

    def _signal(self, path: str) -> Signal | None:
        try:
            return self._catalogue.signal(self._catalogue.index(path))
        except NotFoundError:
            return None

    async def ask(self, wanted: Mapping[str, float], *, after_ns: int = 0) -> dict[str, Present]:
        """Return what each path holds now; `wanted` gives the oldest age that counts where nobody can be asked.

        Only what was received after `after_ns` counts: what was just read was, unless it says how old it is.
        """
        found: dict[str, Present] = {}
        asked: dict[int, tuple[Actuator, list[str]]] = {}
        for path in wanted:
            reader = self._actuators.reader(path)
            if reader is not None:
                asked.setdefault(id(reader), (reader, []))[1].append(path)
        for reader, paths in asked.values():
            try:
                found |= self._since(await reader.ask(paths), after_ns)
            except NotConnectedError as error:
                away = Present(value=None, problem=f"cannot be asked for: {error}")
                found |= dict.fromkeys(paths, away)
        rest = {path: age for path, age in wanted.items() if path not in found}
        return found | self.kept(rest, after_ns=after_ns)

    def _since(self, told: Mapping[str, Present], after_ns: int) -> Mapping[str, Present]:
        """Return what a reader told, without what it had heard by then already."""
        now_ns = self._clock.now_ns()
        return {
            path: _SILENT
            if not each.problem and now_ns - (each.age_s or 0.0) * NS_PER_S < after_ns
            else each
            for path, each in told.items()
        }

    async def after(self, paths: Sequence[str], *, after_ns: int) -> dict[str, Present]:
        """Return what is shown since a moment: asked for now, or received after it."""
        return await self.ask(dict.fromkeys(paths, math.inf), after_ns=after_ns)

    def glance(self, wanted: Mapping[str, float]) -> dict[str, Present]:
        """Return what is known without asking; no age is too old of a machine that tells each change."""
        ages = {
            path: age if self._actuators.reader(path) is None else math.inf
            for path, age in wanted.items()
        }
        return self.kept(ages)

    def kept(self, wanted: Mapping[str, float], *, after_ns: int = 0) -> dict[str, Present]:
        """Return the newest values that came by themselves, those received after `after_ns`."""
        if not wanted:
            return {}
        rows = self._latest.latest().rows
        away = set(self._presence.absent().tolist())
        return {
            path: self._kept(path, rows, away, max_age_s, after_ns)
            for path, max_age_s in wanted.items()
        }

    def _kept(
        self, path: str, rows: SampleBatch, away: set[int], max_age_s: float, after_ns: int
    ) -> Present:
        try:
            index = self._catalogue.index(path)
        except NotFoundError:
            return Present(value=None, problem="is no signal of this gateway")
        row = int(np.searchsorted(rows.signal, index))
        if row >= len(rows) or int(rows.signal[row]) != index or rows.received_ns[row] <= after_ns:
            return _NONE
        age_s = (self._clock.now_ns() - int(rows.received_ns[row])) / NS_PER_S
        value = _value(rows, row, self._catalogue.signal(index).data_type)
        problem = _problem(rows, row, away=index in away, age_s=age_s, max_age_s=max_age_s)
        if value is None and not problem:
            problem = "has no usable value"
        return Present(value=value, age_s=max(0.0, age_s), problem=problem)


def _problem(rows: SampleBatch, row: int, *, away: bool, age_s: float, max_age_s: float) -> str:
    if away:
        return "is not connected"
    if int(severity(rows.quality[row : row + 1])[0]):
        return f"is not good: {name(int(rows.quality[row]))}"
    if age_s < -1:
        return "was received in the future: the gateway's clock was set back"
    if age_s > max_age_s:
        return f"is {age_s:.0f} s old, at most {max_age_s:g} s"
    return ""


def _value(rows: SampleBatch, row: int, data_type: DataType) -> Value | None:
    side = rows.side.get(row)
    if isinstance(side, str | int):
        return side
    value = float(rows.value[row])
    if not np.isfinite(value):
        return None
    return typed(value, data_type)


def typed(value: float, data_type: DataType) -> Value:
    """Return a number of a column as its type means it."""
    if data_type is DataType.BOOLEAN:
        return bool(value)
    if data_type in {DataType.INTEGER, DataType.ENUM}:
        return int(value)
    return value
