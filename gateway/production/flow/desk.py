"""The `Flow` port: lines by name or path, computed from what the KPI desk knows at the moment it is asked."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Final, Protocol

from gateway.clock import NS_PER_S, Clock
from gateway.errors import InvalidRequestError, NotFoundError
from gateway.flow import BottleneckTurn, FlowForecast, LineFlow, LineInfo, MachineFlow
from gateway.production.flow import ahead
from gateway.production.flow.machine import Told, now, output, pace_of, told
from gateway.production.kpi.desk import KpiDesk
from gateway.production.kpi.glimpse import Glimpse
from gateway.production.kpi.records import Kept
from rules.throughput.bottleneck import Bottleneck, Turn, Waiting, bottleneck, turning_point
from rules.throughput.doing import Doing
from rules.throughput.pieces import HOUR_NS
from rules.throughput.waits import Wait, Waits, attribute, waited

MAX_SPAN_NS: Final = 31 * 24 * HOUR_NS
_BEFORE_NS: Final = HOUR_NS
"""How much earlier spans are read, so that what a stop did to its neighbours after its end is seen."""


class LineSetting(Protocol):
    """What is configured of a line."""

    @property
    def machines(self) -> Sequence[str]:
        """Its machines in order."""
        ...

    @property
    def transport_s(self) -> float:
        """How long product takes from one machine to the next at most."""
        ...


class FlowDesk:
    """Answers from the books of the KPI desk, so that late data counts; nothing of its own is kept."""

    def __init__(
        self, lines: Mapping[str, LineSetting], *, performance: KpiDesk, clock: Clock
    ) -> None:
        self._lines = dict(lines)
        self._performance = performance
        self._clock = clock

    def lines(self) -> Sequence[LineInfo]:
        """Return the configured lines, then every other line that has machines; see `gateway.ports.Flow`."""
        named = [
            LineInfo(
                line=name, path=_above(line.machines), machines=tuple(line.machines), ordered=True
            )
            for name, line in self._lines.items()
        ]
        taken = {machine for line in named for machine in line.machines}
        rest: dict[str, list[str]] = {}
        for machine in self._performance.machines():
            if machine not in taken:
                rest.setdefault(machine.rpartition("/")[0], []).append(machine)
        return [
            *named,
            *(
                LineInfo(line=path, path=path, machines=tuple(machines), ordered=False)
                for path, machines in rest.items()
                if path
            ),
        ]

    async def flow(
        self, line: str, *, start_ns: int | None = None, end_ns: int | None = None
    ) -> LineFlow:
        """Return how a line flowed; see `gateway.ports.Flow`."""
        info = self._info(line)
        now_ns = self._clock.now_ns()
        until_ns = now_ns if end_ns is None else min(end_ns, now_ns)
        first_ns = until_ns - _BEFORE_NS if start_ns is None else start_ns
        if not 0 < until_ns - first_ns <= MAX_SPAN_NS:
            raise InvalidRequestError("want a range that ends after its start, of at most 31 days")
        sums_from_ns = min(first_ns, until_ns - ahead.LOOK_BACK_NS) - HOUR_NS
        glimpses, kept = await self._performance.glimpse(
            info.machines,
            start_ns=first_ns - 24 * HOUR_NS,
            end_ns=until_ns,
            sums_from_ns=sums_from_ns,
        )
        if not glimpses:
            raise NotFoundError(f"line {line[:100]!r}: none of its machines has told anything yet")
        if start_ns is None:
            first_ns = self._begins(glimpses, until_ns)
        first_ns = _on_edge(glimpses, first_ns)
        lag_ns = round(self._lag_s(line) * NS_PER_S)
        return await asyncio.to_thread(
            _computed, info, glimpses, kept, first_ns, until_ns, lag_ns, now_ns
        )

    async def forecast(self, line: str, *, wanted: float, done: float) -> FlowForecast:
        """Return when an order of so many pieces will be done; see `gateway.ports.Flow`."""
        if not (0 <= done <= wanted <= 1e12 and wanted > 0):
            raise InvalidRequestError("want a quantity above 0, and done between 0 and it")
        info = self._info(line)
        now_ns = self._clock.now_ns()
        glimpses, kept = await self._performance.glimpse(
            info.machines[-1:],
            start_ns=now_ns - HOUR_NS,
            end_ns=now_ns,
            sums_from_ns=now_ns - ahead.LOOK_BACK_NS,
        )
        last = glimpses.get(info.machines[-1])
        if last is None:
            raise NotFoundError(f"{info.machines[-1]} has told nothing yet")
        found = await asyncio.to_thread(
            lambda: ahead.of_order(last, kept, now_ns=now_ns, wanted=wanted, done=done)
        )
        if found is None:
            raise NotFoundError(
                f"{info.machines[-1]} has not run for long enough: four minutes with a good counter are needed"
            )
        return found

    def _info(self, line: str) -> LineInfo:
        known = self.lines()
        for info in known:
            if line in (info.line, info.path):
                return info
        told_ = ", ".join(info.line for info in known[:5]) or "none"
        raise NotFoundError(f"there is no line {line[:100]!r}; there are: {told_}")

    def _lag_s(self, line: str) -> float:
        for name, setting in self._lines.items():
            if line in (name, _above(setting.machines)):
                return setting.transport_s
        return 0.0

    def _begins(self, glimpses: Mapping[str, Glimpse], at_ns: int) -> int:
        """Return the start of the shift that is worked, at the latest an hour ago."""
        last = list(glimpses.values())[-1]
        shift = ahead.shift_at(last.timetable, at_ns)
        return at_ns - _BEFORE_NS if shift is None else min(shift.start_ns, at_ns - 1)


def _on_edge(glimpses: Mapping[str, Glimpse], start_ns: int) -> int:
    """Return the last edge of the sums at or before a time: a full hour, or where the plan changes."""
    hour_ns = start_ns // HOUR_NS * HOUR_NS
    return max(hour_ns, *(each.timetable.segment(start_ns).start_ns for each in glimpses.values()))


def _above(machines: Sequence[str]) -> str:
    """Return the deepest path that all machines lie below."""
    levels = [machine.split("/")[:-1] for machine in machines]
    same = []
    for parts in zip(*levels, strict=False):
        if len({*parts}) > 1:
            break
        same.append(parts[0])
    return "/".join(same)


def _computed(  # noqa: PLR0917 - it hands on what one reading gathered
    info: LineInfo,
    glimpses: Mapping[str, Glimpse],
    kept: Kept,
    start_ns: int,
    end_ns: int,
    lag_ns: int,
    now_ns: int,
) -> LineFlow:
    names = [name for name in info.machines if name in glimpses]
    line = [told(glimpses[name]) for name in names]
    active = {str(place): one.active.tolist() for place, one in enumerate(line)}
    earliest_ns = min((int(one.active[0, 0]) for one in line if len(one.active)), default=start_ns)
    # Turns are wanted before the window too: they explain waits that reach into it.
    whole = bottleneck(active, start=min(earliest_ns, start_ns), end=end_ns)
    within = bottleneck(active, start=start_ns, end=end_ns)
    found = (
        attribute([one.stood for one in line], lag_ns=lag_ns, turns=whole.turns)
        if info.ordered
        else [None] * len(line)
    )
    machines = tuple(
        _machine(name, names, one, waits, within, kept, start_ns=start_ns, end_ns=end_ns)
        for name, one, waits in zip(names, line, found, strict=True)
    )
    last = glimpses[names[-1]]
    forecast = ahead.of_shift(last, kept, now_ns=now_ns) if end_ns == now_ns else None
    main = max(within.sole.items(), key=lambda each: each[1], default=("", 0))[0]
    return LineFlow(
        line=info.line,
        path=info.path,
        ordered=info.ordered,
        start_ns=start_ns,
        end_ns=end_ns,
        machines=machines,
        bottleneck=_newest(names, within.turns, end_ns),
        main=names[int(main)] if main else "",
        turns=tuple(
            BottleneckTurn(machine=names[int(turn.unit)], start_ns=turn.start, end_ns=turn.end)
            for turn in within.turns
        ),
        shifting=within.shifting,
        shifting_s=within.shift_total / NS_PER_S,
        turning_point=_turning(machines, end_ns - start_ns) if info.ordered else "",
        forecast=forecast,
        remarks=tuple(_remarks(info, names, machines, forecast, last, now_ns)),
    )


def _newest(names: Sequence[str], turns: Sequence[Turn], end_ns: int) -> str:
    return names[int(turns[-1].unit)] if turns and turns[-1].end == end_ns else ""


def _machine(  # noqa: PLR0917 - it hands on what one reading gathered
    name: str,
    names: Sequence[str],
    one: Told,
    waits: Waits | None,
    within: Bottleneck,
    kept: Kept,
    *,
    start_ns: int,
    end_ns: int,
) -> MachineFlow:
    does, since_ns = now(one)
    made = output(kept, name, start_ns=start_ns, end_ns=end_ns)
    pace = pace_of(one.glimpse)
    wanted = pace.wanted_per_min
    place = str(names.index(name))
    kinds, roots, word, root = {}, {}, "", ""
    if waits is not None:
        total = waited(waits, start=start_ns, end=end_ns)
        kinds, roots = total.by_kind, total.by_root
        if does is Doing.WAITS and len(waits.spans):
            word = Wait(int(waits.kind[-1])).name.lower()
            root = names[int(waits.root[-1])] if waits.root[-1] >= 0 else ""
    return MachineFlow(
        machine=name,
        doing=does.name.lower(),
        since_ns=since_ns,
        wait=word,
        root=root,
        active_s=within.active_share[place] * (end_ns - start_ns) / NS_PER_S,
        sole_s=within.sole.get(place, 0) / NS_PER_S,
        starved_s=kinds.get(Wait.STARVED, 0) / NS_PER_S,
        blocked_s=kinds.get(Wait.BLOCKED, 0) / NS_PER_S,
        unexplained_s=kinds.get(Wait.UNEXPLAINED, 0) / NS_PER_S,
        by_root={names[at]: time / NS_PER_S for at, time in roots.items()},
        pieces=made.pieces,
        rate_per_min=60 * made.pieces / made.busy_s if made.busy_s > 0 else None,
        target_per_min=wanted,
        takt_s=None if wanted is None else 60 / wanted,
        cycle_s=pace.cycle_s,
        planned_cycle_s=pace.planned_s,
        drift=pace.drift,
        minor_stops=made.minor_stops,
        minor_stop_s=made.minor_stop_s,
    )


def _turning(machines: Sequence[MachineFlow], span_ns: int) -> str:
    span_s = span_ns / NS_PER_S
    line = [Waiting(each.blocked_s / span_s, each.starved_s / span_s) for each in machines]
    place = turning_point(line)
    return "" if place is None else machines[place].machine


def _remarks(  # noqa: PLR0917 - it hands on what one reading gathered
    info: LineInfo,
    names: Sequence[str],
    machines: Sequence[MachineFlow],
    forecast: FlowForecast | None,
    last: Glimpse,
    now_ns: int,
) -> list[str]:
    found = []
    if not info.ordered:
        found.append(
            "The order of these machines is not configured (lines:): starved and blocked cannot be told."
        )
    silent = [name for name in info.machines if name not in names]
    if silent:
        found.append(f"Nothing was heard of {', '.join(silent)} yet.")
    blind = [each.machine for each in machines if each.doing == "unseen"]
    if blind:
        found.append(f"Not seen now: {', '.join(blind)}.")
    if forecast is None and ahead.shift_at(last.timetable, now_ns) is None:
        found.append("No shift is worked now, so there is no forecast.")
    elif forecast is None:
        found.append(f"Too little is known of {last.machine.path} for a forecast yet.")
    elif forecast.wanted is None:
        found.append(
            f"No target: set production.units.{last.machine.path}.target_per_min for a shortfall."
        )
    return found
