"""What can be wrong with a measured value: drift, step, spike, stuck sensor, bad quality."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from typing import Protocol

Value = float | int | bool | str | tuple[float, ...]


class Status(IntEnum):
    """OPC UA status codes that the plant sends."""

    GOOD = 0
    UNCERTAIN_LAST_USABLE_VALUE = 0x40900000
    BAD_WAITING_FOR_INITIAL_DATA = 0x80320000
    BAD_SENSOR_FAILURE = 0x808C0000
    BAD_DEVICE_FAILURE = 0x808B0000
    BAD_OUT_OF_SERVICE = 0x808D0000
    BAD_INVALID_STATE = 0x80AF0000


@dataclass(frozen=True, slots=True)
class Reading:
    """A value as the machine shows it; None where the status is bad."""

    value: Value | None
    status: Status = Status.GOOD


class Fault(Protocol):
    """One disturbance of one signal between two plant times (seconds)."""

    def over(self, t_s: float) -> bool:
        """Whether the disturbance has ended."""
        ...

    def apply(self, reading: Reading, t_s: float) -> Reading:
        """Return the disturbed reading."""
        ...


def shifted(value: Value | None, offset: float) -> Value | None:
    """Add `offset` to a number or to each element; whole numbers stay whole, text stays as it is."""
    if isinstance(value, tuple):
        return tuple(element + offset for element in value)
    if isinstance(value, bool | str) or value is None:
        return value
    return value + round(offset) if isinstance(value, int) else value + offset


@dataclass(frozen=True, slots=True)
class Offset:
    """A trapezoid: ramps up at `rate_per_s` for `ramp_s`, holds, then returns within `recover_s`."""

    start_s: float
    height: float
    ramp_s: float
    hold_s: float
    recover_s: float

    def over(self, t_s: float) -> bool:
        """Whether the offset is back at zero."""
        return t_s >= self.start_s + self.ramp_s + self.hold_s + self.recover_s

    def at(self, t_s: float) -> float:
        """The offset at plant time `t_s`, in the signal's unit."""
        since_s = t_s - self.start_s
        if since_s < self.ramp_s:
            return self.height * max(0.0, since_s) / self.ramp_s
        left_s = since_s - self.ramp_s - self.hold_s
        if left_s < 0:
            return self.height
        return self.height * (1.0 - left_s / self.recover_s) if left_s < self.recover_s else 0.0

    def apply(self, reading: Reading, t_s: float) -> Reading:
        """Return the shifted reading."""
        return Reading(shifted(reading.value, self.at(t_s)), reading.status)


@dataclass(slots=True)
class Stuck:
    """A sensor that repeats the first value it is asked for until `end_s`."""

    end_s: float
    _held: Reading | None = field(default=None, init=False)

    def over(self, t_s: float) -> bool:
        """Whether the sensor moves again."""
        return t_s >= self.end_s

    def apply(self, reading: Reading, t_s: float) -> Reading:  # noqa: ARG002 (the port's shape)
        """Return the held reading."""
        if self._held is None:
            self._held = reading
        return self._held


@dataclass(frozen=True, slots=True)
class Untrusted:
    """A value with a bad or uncertain status until `end_s`; a bad one has no value."""

    end_s: float
    status: Status

    def over(self, t_s: float) -> bool:
        """Whether the status is good again."""
        return t_s >= self.end_s

    def apply(self, reading: Reading, t_s: float) -> Reading:  # noqa: ARG002 (the port's shape)
        """Return the reading with the bad status."""
        return Reading(None if self.status >> 31 else reading.value, self.status)


class FaultBoard:
    """The disturbances of one device, by signal, applied in the order they began."""

    def __init__(self) -> None:
        self._faults: dict[str, list[Fault]] = {}

    def add(self, signal: str, fault: Fault) -> None:
        """Disturb `signal` until the fault is over."""
        self._faults.setdefault(signal, []).append(fault)

    def apply(self, signal: str, value: Value, t_s: float) -> Reading:
        """Return what the signal shows at plant time `t_s` where `value` is the truth."""
        reading = Reading(value)
        faults = self._faults.get(signal)
        if not faults:
            return reading
        active = [fault for fault in faults if not fault.over(t_s)]
        self._faults[signal] = active
        for fault in active:
            reading = fault.apply(reading, t_s)
        return reading

    def offset(self, signal: str, t_s: float) -> float:
        """The sum of the offsets now on `signal`, in its unit."""
        faults = self._faults.get(signal, ())
        return sum(f.at(t_s) for f in faults if isinstance(f, Offset) and not f.over(t_s))
