"""Which oracle watches a signal for a rule, with the signals that feed it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeAlias

from rules.events import Event
from rules.expression.spec import ExpressionSpec
from rules.families.motion.spec import (
    RangeSpec,
    RateOfChangeSpec,
    SpikeSpec,
    StaleSpec,
    StateDurationSpec,
    StuckSpec,
)
from rules.families.seasonal_spec import SeasonalSpec
from rules.reference_expression import ExpressionWatch
from rules.reference_motion import (
    ChangeWatch,
    DurationWatch,
    RangeWatch,
    SpikeWatch,
    StaleWatch,
    StuckWatch,
    watches_of,
)
from rules.reference_parts import Delayed, Watch
from rules.reference_seasonal import SeasonalWatch
from rules.spc.attribute_spec import AttributeSpec
from rules.spc.multi_spec import MultiSpec
from rules.spc.reference import SpcWatch
from rules.spc.reference_attributes import AttributeWatch
from rules.spc.reference_multi import MultiWatch
from rules.spc.spec import SpcSpec
from rules.spec import NS_PER_S, CycleSpec, SignalInfo, Spec, StopsSpec
from rules.throughput.reference import paced

Watched: TypeAlias = "Iterable[tuple[Watch, Sequence[int]]]"


def further(
    spec: Spec, index: int, signals: Sequence[SignalInfo], start_ns: int, out: list[Event]
) -> Watched:
    """Yield what watches a signal for a rule of charts, motion or expressions."""
    if isinstance(spec, StaleSpec):
        yield StaleWatch(spec, (spec.id, spec.version, index, ""), out, start_ns), [index]
    elif not signals[index].numeric:
        return
    elif isinstance(spec, SpcSpec):
        yield from _charts(spec, index, signals, start_ns, out)
    elif isinstance(spec, AttributeSpec):
        yield from _attributes(spec, index, signals, start_ns, out)
    elif isinstance(spec, MultiSpec):
        yield from _several(spec, index, signals, start_ns, out)
    elif isinstance(spec, CycleSpec | StopsSpec):
        yield paced(spec, index, signals, start_ns, out)
    elif isinstance(spec, SeasonalSpec):
        yield SeasonalWatch(spec, (spec.id, spec.version, index, ""), out, start_ns), [index]
    elif isinstance(spec, ExpressionSpec):
        yield from _expression(spec, index, signals, out)
    else:
        yield from _motion(spec, index, signals, start_ns, out)


def _several(
    spec: MultiSpec, index: int, signals: Sequence[SignalInfo], start_ns: int, out: list[Event]
) -> Watched:
    group = [index, *(_companion(signals, index, name) for name in spec.with_signals)]
    roles = {signal: role for role, signal in enumerate(group) if signal is not None}
    if len(roles) == len(group):
        event = (spec.id, spec.version, index, "")
        yield MultiWatch(spec, event, out, roles, start_ns), [*roles]


def _expression(
    spec: ExpressionSpec, index: int, signals: Sequence[SignalInfo], out: list[Event]
) -> Watched:
    named = {"value": signals[index].path, **dict(spec.inputs)}
    found = [_companion(signals, index, named.get(n, n)) for n in spec.program.inputs]
    roles = {signal: role for role, signal in enumerate(found) if signal is not None}
    if len(roles) == len(found):
        yield ExpressionWatch(spec, _delayed(spec, index, "", out), roles), [*roles]


def _charts(
    spec: SpcSpec, index: int, signals: Sequence[SignalInfo], start_ns: int, out: list[Event]
) -> Watched:
    roles: dict[int, tuple[str, ...]] = {}
    named = (
        (spec.stream_signal, "stream"),
        (spec.subgroup_signal, "group"),
        (spec.part_signal, "part"),
    )
    for name, role in named:
        key = _companion(signals, index, name)
        if name is not None and key is None:
            return
        if key is not None:
            roles[key] = (*roles.get(key, ()), role)
    for stream in spec.streams or (None,):
        side = "" if stream is None else f"{spec.stream_signal} {stream:g}"
        event = (spec.id, spec.version, index, side)
        watch = SpcWatch(spec, event, out, start_ns, roles=roles, stream=stream)
        yield watch, [index, *roles]


def _attributes(
    spec: AttributeSpec, index: int, signals: Sequence[SignalInfo], start_ns: int, out: list[Event]
) -> Watched:
    size = _companion(signals, index, spec.size_signal)
    if spec.size_signal is not None and size is None:
        return
    roles = {index: 0} | ({} if size is None else {size: 1})
    bits = {signal: signals[signal].counter_bits for signal in roles}
    event = (spec.id, spec.version, index, "")
    yield AttributeWatch(spec, event, out, roles, bits, start_ns), [*roles]


def _motion(
    spec: Spec, index: int, signals: Sequence[SignalInfo], start_ns: int, out: list[Event]
) -> Watched:
    if isinstance(spec, RateOfChangeSpec):
        for side, limit, sign in watches_of((spec.rise, spec.fall)):
            delayed = _delayed(spec, index, side, out)
            delayed.limit = sign * limit
            yield ChangeWatch(spec, delayed, sign), [index]
    elif isinstance(spec, RangeSpec):
        slot = round(spec.window_s * NS_PER_S) // 60
        for side, limit, sign in watches_of((spec.most, spec.least)):
            delayed = _delayed(spec, index, side, out)
            delayed.limit = limit
            yield RangeWatch(spec, delayed, sign, (start_ns // slot + 1) * slot), [index]
    elif isinstance(spec, StuckSpec):
        run = _companion(signals, index, spec.while_signal)
        delayed = _after(spec, index, out)
        delayed.limit = spec.band
        watch = StuckWatch(spec, delayed, index, run, spec.while_signal is None)
        yield watch, [index] if run is None else [index, run]
    elif isinstance(spec, StateDurationSpec):
        delayed = _after(spec, index, out)
        delayed.limit = round(spec.after_s * NS_PER_S) / NS_PER_S
        yield DurationWatch(spec, delayed), [index]
    elif isinstance(spec, SpikeSpec):
        yield SpikeWatch(spec, (spec.id, spec.version, index, ""), out), [index]


def _companion(signals: Sequence[SignalInfo], index: int, name: str | None) -> int | None:
    paths = {info.path: at for at, info in enumerate(signals)}
    if name is None or "/" in name:
        return paths.get(name or "")
    return paths.get(f"{signals[index].path.rpartition('/')[0]}/{name}")


def _after(spec: StuckSpec | StateDurationSpec, index: int, out: list[Event]) -> Delayed:
    event = (spec.id, spec.version, index, "")
    return Delayed(event, round(spec.after_s * NS_PER_S), 0, out)


def _delayed(
    spec: RateOfChangeSpec | RangeSpec | ExpressionSpec,
    index: int,
    side: str,
    out: list[Event],
) -> Delayed:
    return Delayed(
        (spec.id, spec.version, index, side),
        round(spec.on_delay_s * NS_PER_S),
        round(spec.off_delay_s * NS_PER_S),
        out,
    )
