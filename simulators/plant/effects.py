"""Turns scenario events into what the model can apply."""

from __future__ import annotations

from collections.abc import Iterable

from simulators.plant.events import Drift, Event, Jam, MicroStops, Spike, Step
from simulators.plant.faults import Offset


def offset_of(event: Drift | Step | Spike, t_s: float) -> Offset:
    """Return the offset over time that a drift, step or spike beginning at `t_s` means."""
    if isinstance(event, Drift):
        return Offset(
            start_s=t_s,
            height=event.rate_per_s * event.for_s,
            ramp_s=event.for_s,
            hold_s=event.hold_s,
            recover_s=event.recover_s,
        )
    return Offset(start_s=t_s, height=event.offset, ramp_s=0.0, hold_s=event.for_s, recover_s=0.0)


def expand(events: Iterable[Event]) -> list[Event]:
    """Replace each series of micro-stops by its single stops."""
    expanded: list[Event] = []
    for event in events:
        if not isinstance(event, MicroStops):
            expanded.append(event)
            continue
        for index in range(event.count):
            stop = Jam(
                kind="jam",
                at_s=event.at_s + index * event.every_s,
                machine=event.machine,
                for_s=event.stop_s,
                reason=event.reason,
                state="held",
            )
            expanded.append(stop)
    return expanded
