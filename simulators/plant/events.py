"""What a scenario can make happen, as strict models; times in plant seconds."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat

from simulators.plant.faults import Status

Seconds = Annotated[float, Field(gt=0, le=86_400, allow_inf_nan=False)]
Moment = Annotated[float, Field(ge=0, le=864_000, allow_inf_nan=False)]
Text = Annotated[str, Field(min_length=1, max_length=200)]


class _Event(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    at_s: Moment
    machine: Text


class Drift(_Event):
    """The signal moves away by `rate_per_s` for `for_s`, stays for `hold_s`, then comes back."""

    kind: Literal["drift"]
    signal: Text
    rate_per_s: FiniteFloat
    for_s: Seconds
    hold_s: Moment = 0.0
    recover_s: Moment = 0.0


class Step(_Event):
    """The signal jumps by `offset` and jumps back after `for_s`."""

    kind: Literal["step"]
    signal: Text
    offset: FiniteFloat
    for_s: Seconds


class Spike(_Event):
    """The signal jumps by `offset` for one or two samples."""

    kind: Literal["spike"]
    signal: Text
    offset: FiniteFloat
    for_s: Seconds = 0.5


class Stuck(_Event):
    """The signal repeats its value for `for_s`."""

    kind: Literal["stuck"]
    signal: Text
    for_s: Seconds


class Jam(_Event):
    """The machine stops for `for_s`: Aborted (a fault) or Held (an internal stop)."""

    kind: Literal["jam"]
    for_s: Seconds
    reason: Text = "Jam"
    state: Literal["aborted", "held"] = "aborted"


class MicroStops(_Event):
    """The machine is held `count` times, `every_s` apart, for `stop_s` each."""

    kind: Literal["micro_stops"]
    count: Annotated[int, Field(ge=1, le=1_000)]
    every_s: Seconds
    stop_s: Seconds
    reason: Text = "Short stop"


class Slow(_Event):
    """The machine runs at `factor` of its speed for `for_s`."""

    kind: Literal["slow"]
    factor: Annotated[float, Field(gt=0, le=2, allow_inf_nan=False)]
    for_s: Seconds


class CounterReset(_Event):
    """The counters start again from zero."""

    kind: Literal["counter_reset"]


class BadQuality(_Event):
    """The signal, or every signal, has a status other than good for `for_s`."""

    kind: Literal["bad_quality"]
    signal: Text | None = None
    for_s: Seconds
    status: Literal[
        "BadSensorFailure", "BadDeviceFailure", "BadOutOfService", "UncertainLastUsableValue"
    ] = "BadSensorFailure"

    @property
    def code(self) -> Status:
        """The OPC UA status code."""
        return _STATUS[self.status]


class ClockSkew(_Event):
    """The machine's time stamps are off by `offset_s` for `for_s`."""

    kind: Literal["clock_skew"]
    offset_s: FiniteFloat
    for_s: Seconds


class Disconnect(_Event):
    """The machine's server or publisher is away for `for_s`."""

    kind: Literal["disconnect"]
    for_s: Seconds


class RenumberNamespaces(_Event):
    """The machine's server restarts with `others` more namespaces registered before ours."""

    kind: Literal["renumber_namespaces"]
    others: Annotated[int, Field(ge=0, le=20)] = 1


_STATUS = {
    "BadSensorFailure": Status.BAD_SENSOR_FAILURE,
    "BadDeviceFailure": Status.BAD_DEVICE_FAILURE,
    "BadOutOfService": Status.BAD_OUT_OF_SERVICE,
    "UncertainLastUsableValue": Status.UNCERTAIN_LAST_USABLE_VALUE,
}

SignalEvent = Drift | Step | Spike | Stuck
TransportEvent = Disconnect | RenumberNamespaces
Event = (
    SignalEvent
    | Jam
    | MicroStops
    | Slow
    | CounterReset
    | BadQuality
    | ClockSkew
    | Disconnect
    | RenumberNamespaces
)
