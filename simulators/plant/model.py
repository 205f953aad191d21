"""The whole plant in plant time: line, cell and scenario, advanced one update period at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from simulators.plant.cell import Machining, Room, build_cell
from simulators.plant.effects import expand, offset_of
from simulators.plant.events import (
    BadQuality,
    ClockSkew,
    CounterReset,
    Disconnect,
    Drift,
    Event,
    Jam,
    RenumberNamespaces,
    Slow,
    Spike,
    Step,
    TransportEvent,
)
from simulators.plant.events import Stuck as StuckEvent
from simulators.plant.faults import FaultBoard, Reading, Stuck, Untrusted
from simulators.plant.line import STEP_S, Line

NS_PER_S: Final = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Sample:
    """Every reading of one device, and by how much its clock is off."""

    readings: dict[str, Reading]
    skew_ns: int


@dataclass(frozen=True, slots=True)
class Tick:
    """The plant at one moment: nanoseconds since the start, samples by device, what to unplug."""

    elapsed_ns: int
    samples: dict[str, Sample]
    transport: tuple[TransportEvent, ...]


class PlantModel:
    """Deterministic: seed, events and period give the same ticks for ever."""

    def __init__(
        self,
        *,
        seed: int,
        events: Sequence[Event] = (),
        repeat_s: float | None = None,
        period_s: float = 0.25,
    ) -> None:
        self._steps = round(period_s / STEP_S)
        if self._steps < 1 or abs(self._steps * STEP_S - period_s) > 1e-9:
            msg = f"period_s must be a multiple of {STEP_S} s, not {period_s}"
            raise ValueError(msg)
        self.line = Line(seed=seed)
        self.cell: dict[str, Machining | Room] = build_cell(seed=seed)
        self._schedule = _Schedule(expand(events), repeat_s=repeat_s)
        self._period_ns = round(period_s * NS_PER_S)
        self._elapsed_ns = 0
        self._skews: dict[str, tuple[float, float]] = {}
        self.line.warm_up()

    def advance(self) -> Tick:
        """Let one update period pass and return what the plant shows then."""
        transport: list[TransportEvent] = []
        for event in self._schedule.due(self._elapsed_ns / NS_PER_S):
            if isinstance(event, Disconnect | RenumberNamespaces):
                transport.append(event)
            else:
                self._apply(event)
        for _ in range(self._steps):
            self.line.step()
        for device in self.cell.values():
            device.step(delta_s=self._steps * STEP_S)
        self._elapsed_ns += self._period_ns
        return Tick(self._elapsed_ns, self._sample(), tuple(transport))

    def initial(self) -> Tick:
        """Return what the plant shows before the first period; call it at most once, first."""
        return Tick(0, self._sample(), ())

    def _sample(self) -> dict[str, Sample]:
        t_s = self._elapsed_ns / NS_PER_S
        devices = {**self.line.gauges, **self.cell}
        return {
            key: Sample(device.sample(t_s), self._skew_ns(key, t_s))
            for key, device in devices.items()
        }

    def _skew_ns(self, key: str, t_s: float) -> int:
        offset_s, end_s = self._skews.get(key, (0.0, 0.0))
        return round(offset_s * NS_PER_S) if t_s < end_s else 0

    def _board(self, key: str) -> FaultBoard:
        return self.line.gauges[key].faults if key in self.line.gauges else self.cell[key].faults

    def _apply(self, event: Event) -> None:
        t_s = self._elapsed_ns / NS_PER_S
        match event:
            case Drift() | Step() | Spike():
                self._board(event.machine).add(event.signal, offset_of(event, t_s))
            case StuckEvent():
                self._board(event.machine).add(event.signal, Stuck(t_s + event.for_s))
            case BadQuality():
                self._distrust(event, t_s)
            case ClockSkew():
                self._skews[event.machine] = (event.offset_s, t_s + event.for_s)
            case Jam() | Slow() | CounterReset():
                self._disturb(event)
            case _:
                msg = f"no effect is known for {event.kind}"
                raise ValueError(msg)

    def _distrust(self, event: BadQuality, t_s: float) -> None:
        board = self._board(event.machine)
        names = [event.signal] if event.signal else list(self._signals(event.machine, t_s))
        for name in names:
            board.add(name, Untrusted(t_s + event.for_s, event.code))

    def _signals(self, key: str, t_s: float) -> dict[str, Reading]:
        device = self.line.gauges[key] if key in self.line.gauges else self.cell[key]
        return device.sample(t_s)

    def _disturb(self, event: Jam | Slow | CounterReset) -> None:
        machine = self.line.machines.get(event.machine)
        tool = self.cell.get(event.machine)
        match event:
            case Jam() if machine and event.state == "aborted":
                machine.abort(for_s=event.for_s, reason=event.reason)
            case Jam() if machine:
                machine.hold(for_s=event.for_s, reason=event.reason)
            case Slow() if machine:
                machine.slow_down(factor=event.factor, for_s=event.for_s)
            case CounterReset() if machine:
                self.line.gauges[event.machine].reset_counters()
            case Jam() if isinstance(tool, Machining):
                tool.hold(for_s=event.for_s)
            case Slow() if isinstance(tool, Machining):
                tool.slow_down(factor=event.factor, for_s=event.for_s)
            case CounterReset() if isinstance(tool, Machining):
                tool.reset_counters()
            case _:
                msg = f"{event.kind} has no effect on {event.machine}"
                raise ValueError(msg)


class _Schedule:
    """Gives each event out once when its time has come, and all again each `repeat_s`."""

    def __init__(self, events: Sequence[Event], *, repeat_s: float | None) -> None:
        self._events = sorted(events, key=lambda event: event.at_s)
        self._repeat_s = repeat_s
        self._base_s = 0.0
        self._next = 0

    def due(self, t_s: float) -> Iterator[Event]:
        """Yield what begins at or before plant time `t_s` and was not given out yet."""
        while self._events:
            if self._next == len(self._events):
                if self._repeat_s is None:
                    return
                self._next = 0
                self._base_s += self._repeat_s
            event = self._events[self._next]
            if self._base_s + event.at_s > t_s:
                return
            self._next += 1
            yield event
