"""Which state of a machine is which time of ISO 22400: data, per machine, never an `if`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from types import MappingProxyType
from typing import Final

import numpy as np
from numpy.typing import NDArray


class TimeClass(IntEnum):
    """Where a moment of a work unit is booked."""

    APT = 0
    """Producing."""
    ASUT = 1
    """Set-up."""
    ADET_INTERNAL = 2
    """Delayed by its own trouble."""
    ADET_EXTERNAL = 3
    """Delayed by its neighbours: starved or blocked."""
    MINOR = 4
    """Part of a delay shorter than the threshold; the switch says whether it counts as delay or as run time."""
    ADOT = 5
    """Available, but without an order."""
    UNKNOWN = 6
    """Not seen: no data, or none that can be believed."""


class ZeroSpeed(StrEnum):
    """What speed 0 in a producing state means."""

    DELAY = "delay"
    IGNORE = "ignore"


PACKML: Final[Mapping[int, TimeClass]] = MappingProxyType(
    dict.fromkeys((6,), TimeClass.APT)
    | dict.fromkeys((3, 15, 16), TimeClass.ASUT)
    | dict.fromkeys((5, 13, 14), TimeClass.ADET_EXTERNAL)
    | dict.fromkeys((1, 2, 7, 8, 9, 10, 11, 12), TimeClass.ADET_INTERNAL)
    | dict.fromkeys((4, 17), TimeClass.ADOT)
)
"""ISA-TR88 states by the numbers of OPC 30050; unholding belongs to the hold."""

MACHINERY: Final[Mapping[int, TimeClass]] = MappingProxyType(
    {
        0: TimeClass.UNKNOWN,
        1: TimeClass.ADET_INTERNAL,
        2: TimeClass.ADET_INTERNAL,
        3: TimeClass.APT,
    }
)
"""OPC 40001-1 machinery item states with an order: not available, out of service, not executing, executing."""

MACHINERY_IDLE: Final[Mapping[int, TimeClass]] = MappingProxyType(
    {0: TimeClass.UNKNOWN, 1: TimeClass.ADOT, 2: TimeClass.ADOT, 3: TimeClass.APT}
)
"""The same without an order: not executing is no delay of anything."""

_NOT_PRODUCTION: Final[Mapping[int, TimeClass]] = MappingProxyType(
    {2: TimeClass.ADET_INTERNAL, 3: TimeClass.ADET_INTERNAL}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassMap:
    """`states` by number; `idle` takes their place while it is known that there is no order; `modes` overrule both.

    A mode that is not named leaves the state's class. A state that is not named is unknown time. `failures` are
    the states that make a long stop a failure.
    """

    states: Mapping[int, TimeClass]
    idle: Mapping[int, TimeClass] | None = None
    modes: Mapping[int, TimeClass] = field(default_factory=dict)
    zero_speed: ZeroSpeed = ZeroSpeed.DELAY
    failures: frozenset[int] = frozenset()


PACKML_MAP: Final = ClassMap(states=PACKML, modes=_NOT_PRODUCTION, failures=frozenset({1, 8, 9}))
"""Maintenance and manual operation in planned time are delays; clearing an abort still belongs to the failure."""

MACHINERY_MAP: Final = ClassMap(
    states=MACHINERY,
    idle=MACHINERY_IDLE,
    modes=MappingProxyType({1: TimeClass.ADET_INTERNAL, 2: TimeClass.ASUT}),
    failures=frozenset({1}),
)
"""OPC 40001-1: operation modes are 0 none, 1 maintenance, 2 set-up, 3 processing."""


def classify(
    classes: ClassMap,
    *,
    state: NDArray[np.float64],
    mode: NDArray[np.float64],
    standing: NDArray[np.bool_],
    without_order: NDArray[np.bool_],
) -> NDArray[np.uint8]:
    """Return the class of each moment; NaN in `state` is unknown, in `mode` "as the state says"."""
    found = _look_up(classes.states, state)
    if classes.idle is not None:
        found = np.where(without_order, _look_up(classes.idle, state), found)
    for number, overruled in classes.modes.items():
        found = np.where((mode == number) & ~np.isnan(state), overruled, found)
    if classes.zero_speed is ZeroSpeed.DELAY:
        found = np.where((found == TimeClass.APT) & standing, TimeClass.ADET_INTERNAL, found)
    return found.astype(np.uint8)


def _look_up(table: Mapping[int, TimeClass], state: NDArray[np.float64]) -> NDArray[np.uint8]:
    found = np.full(len(state), TimeClass.UNKNOWN, np.uint8)
    for number, booked in table.items():
        found[state == number] = booked
    return found
