"""Which machines there are, which signal plays which part on them, and what decides their numbers."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from gateway.clock import NS_PER_S
from gateway.model import DataType, SampleBatch, Signal, SignalRole
from gateway.production.kpi.options import ProductionOptions, StateModel, UnitOptions
from gateway.quality import SEVERITY_BAD, severity
from rules.throughput.classes import MACHINERY_MAP, PACKML_MAP, ClassMap
from rules.throughput.pieces import Definition
from rules.throughput.window import COUNTERS, Rows, Track

_TRACKS: Final[Mapping[SignalRole, Track]] = {
    SignalRole.STATE: Track.STATE,
    SignalRole.MODE: Track.MODE,
    SignalRole.SPEED: Track.SPEED,
    SignalRole.TARGET_SPEED: Track.TARGET,
    SignalRole.GOOD_COUNT: Track.GOOD,
    SignalRole.REJECT_COUNT: Track.REJECT,
}
_PER_RUN_TIME: Final = 10.0
"""How many times its planned speed a machine is believed to reach, where nothing else is said."""

_NUMERIC: Final = frozenset({DataType.FLOAT, DataType.INTEGER, DataType.BOOLEAN, DataType.ENUM})


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Machine:
    """A machine that has a state or a counter, its roles, and how its numbers are named."""

    path: str
    roles: Mapping[Track, Signal]
    settings: UnitOptions
    definition: Definition


class Roster:
    """Machines by the signals known when it was built; `unit` and `track` are by signal index (-1: none)."""

    def __init__(self, signals: Sequence[Signal], options: ProductionOptions) -> None:
        self.known = len(signals)
        self._unit: NDArray[np.int32] = np.full(len(signals), -1, np.int32)
        self._track: NDArray[np.uint8] = np.full(len(signals), Track.PRESENCE, np.uint8)
        self.machines: list[Machine] = []
        members: dict[str, list[int]] = {}
        for index, signal in enumerate(signals):
            members.setdefault(signal.machine, []).append(index)
        for path, indices in members.items():
            roles = self._roles(signals, indices)
            if roles.keys() & {Track.STATE, *COUNTERS}:
                self._unit[indices] = len(self.machines)
                settings = options.unit(path)
                definition = define(roles, settings, options)
                self.machines.append(
                    Machine(path=path, roles=roles, settings=settings, definition=definition)
                )

    def _roles(self, signals: Sequence[Signal], indices: Sequence[int]) -> dict[Track, Signal]:
        roles: dict[Track, Signal] = {}
        for index in indices:
            signal = signals[index]
            track = None if signal.role is None else _TRACKS.get(signal.role)
            if track is not None and track not in roles and signal.data_type in _NUMERIC:
                roles[track] = signal
                self._track[index] = track
        return roles

    def split(self, batch: SampleBatch) -> list[tuple[Machine, Rows, int]]:
        """Return the rows of each machine in a batch, and when the first of them was received.

        Nothing happens after it was received: a later source time is cut. Bad values of state and speed say so,
        other bad values say nothing.
        """
        inside = batch.signal < self.known
        unit = np.where(inside, self._unit[np.where(inside, batch.signal, 0)], -1)
        mine = np.flatnonzero(unit >= 0)
        if len(mine) == 0:
            return []
        mine = mine[np.argsort(unit[mine], kind="stable")]
        cuts = np.flatnonzero(np.diff(unit[mine])) + 1
        return [
            (
                self.machines[int(unit[rows[0]])],
                self._rows(batch, rows),
                int(batch.received_ns[rows].min()),
            )
            for rows in np.split(mine, cuts)
        ]

    def _rows(self, batch: SampleBatch, rows: NDArray[np.intp]) -> Rows:
        track = self._track[batch.signal[rows]]
        bad = severity(batch.quality[rows]) >= SEVERITY_BAD
        value = np.where(bad, np.nan, batch.value[rows])
        silent = np.isnan(value) & ~np.isin(track, (Track.STATE, Track.SPEED, Track.PRESENCE))
        presence = track == Track.PRESENCE
        keep = ~silent & ~(presence & bad)
        time_ns = np.minimum(batch.source_ns[rows], batch.received_ns[rows])
        return Rows(track[keep], time_ns[keep], np.where(presence, np.nan, value)[keep])


def define(
    roles: Mapping[Track, Signal], unit: UnitOptions, options: ProductionOptions
) -> Definition:
    """Return what decides a machine's numbers."""
    minor_s = options.minor_stop_s if unit.minor_stop_s is None else unit.minor_stop_s
    hold_s = options.unknown_after_s if unit.unknown_after_s is None else unit.unknown_after_s
    counters = [roles.get(track) for track in COUNTERS]
    return Definition(
        classes=_classes(unit),
        minor_ns=round(minor_s * NS_PER_S),
        hold_ns=round(hold_s * NS_PER_S),
        lateness_ns=round(options.lateness_s * NS_PER_S),
        run_time_ns=None if unit.run_time_s is None else round(unit.run_time_s * NS_PER_S),
        bits=tuple((signal.counter_bits or 0) if signal else 0 for signal in counters),
        max_per_s=(_greatest_per_s(unit),) * len(COUNTERS),
        known_edges=unit.state_model is not StateModel.MACHINERY and not unit.states,
    )


def _greatest_per_s(unit: UnitOptions) -> float:
    if unit.max_per_min is not None:
        return unit.max_per_min / 60
    return math.inf if unit.run_time_s is None else _PER_RUN_TIME / unit.run_time_s


def _classes(unit: UnitOptions) -> ClassMap:
    model = MACHINERY_MAP if unit.state_model is StateModel.MACHINERY else PACKML_MAP
    states = {n: booking.time_class for n, booking in unit.states.items()}
    idle = {n: booking.time_class for n, booking in unit.idle_states.items()}
    changed = replace(
        model,
        states={**model.states, **states},
        modes={**model.modes, **{n: booking.time_class for n, booking in unit.modes.items()}},
        idle={**(model.idle or {**model.states, **states}), **idle} if idle or model.idle else None,
        zero_speed=model.zero_speed if unit.zero_speed is None else unit.zero_speed,
    )
    if unit.failure_states is not None:
        changed = replace(changed, failures=frozenset(unit.failure_states))
    return changed
