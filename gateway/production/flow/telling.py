"""Tells the flow of each line as signals of its own, so that any rule can watch it, and history keeps it."""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Mapping, Sequence
from typing import Final, Protocol

import numpy as np

from gateway.clock import NS_PER_S, Clock
from gateway.errors import NotConnectedError, StorageError
from gateway.flow import FlowForecast
from gateway.model import DataType, Intake, SampleBatch, Signal, SignalKind
from gateway.ports import Catalogue
from gateway.production.flow import ahead
from gateway.production.flow.machine import Told, told
from gateway.production.kpi.desk import KpiDesk
from gateway.production.kpi.glimpse import Glimpse
from rules.throughput.bottleneck import Bottleneck, Turn, bottleneck
from rules.throughput.waits import Wait, attribute, waited

log = logging.getLogger(__name__)

UNIT: Final = "flow"
"""The level of the path at which a line's own signals stand, beside its machines."""

BAD_NO_DATA: Final = 0x809B_0000
GOOD: Final = 0
FORECAST_EVERY_S: Final = 60.0
NAMES: Final = (
    ("bottleneck", "machine that is the bottleneck now, by its place in the line; 0 is none"),
    ("bottleneck_main", "machine that was alone the bottleneck for longest within the window"),
    (
        "bottleneck_moved",
        "1 while another machine is the main bottleneck than in the window before",
    ),
)
AHEAD: Final = (
    ("shift_expected", "pcs", "good pieces expected at the end of the shift"),
    ("shift_shortfall", "pcs", "expected shortfall of the shift against its target"),
    ("shift_shortfall_low", "pcs", "shortfall of the shift even at the best edge of the interval"),
    ("shift_shortfall_share", "%", "expected shortfall of the shift as a part of its target"),
)


class Appends(Protocol):
    """The journal as this module needs it."""

    async def append(self, intake: Intake) -> int:
        """Put an intake on disk."""
        ...


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

    @property
    def flow_every_s(self) -> float:
        """How often the flow is told; 0 is never."""
        ...

    @property
    def flow_window_s(self) -> float:
        """The sliding window of its shares."""
        ...


class FlowTeller:
    """Computes and journals the flow signals of every line that asks for it; `run` does so until cancelled."""

    def __init__(
        self,
        lines: Mapping[str, LineSetting],
        *,
        performance: KpiDesk,
        journal: Appends,
        catalogue: Catalogue,
        clock: Clock,
    ) -> None:
        self._lines = {name: line for name, line in lines.items() if line.flow_every_s > 0}
        self._performance = performance
        self._journal = journal
        self._catalogue = catalogue
        self._clock = clock
        self._forecast: dict[str, tuple[float, FlowForecast | None]] = {}

    async def run(self) -> None:
        """Tell each line at its pace until cancelled; a store that is away is tried again."""
        async with asyncio.TaskGroup() as tasks:
            for name, line in self._lines.items():
                tasks.create_task(self._tell_for_ever(name, line), name=f"flow of {name}")

    async def tell(self, name: str) -> None:
        """Compute and journal one line's flow as it is now."""
        line = self._lines[name]
        index = self._catalogue.register(_signals(line))
        values = await self._values(name, line)
        now_ns = self._clock.now_ns()
        value = np.array(values, np.float64)
        known = np.isfinite(value)
        batch = SampleBatch.of(
            signal=index,
            source_ns=np.full(len(value), now_ns),
            value=value,
            received_ns=now_ns,
            quality=np.where(known, GOOD, BAD_NO_DATA),
        )
        await self._journal.append(Intake(batch=batch))

    async def _tell_for_ever(self, name: str, line: LineSetting) -> None:
        failing = False
        while True:
            await self._clock.sleep(line.flow_every_s)
            try:
                await self.tell(name)
                if failing:
                    log.info("the flow of line %s is told again", name)
                failing = False
            except (StorageError, NotConnectedError) as error:
                if not failing:
                    log.warning("the flow of line %s cannot be told: %s", name, error)
                failing = True

    async def _values(self, name: str, line: LineSetting) -> list[float]:
        now_ns, now_s = self._clock.now_ns(), self._clock.monotonic_s()
        window_ns = round(line.flow_window_s * NS_PER_S)
        asked_s, forecast = self._forecast.get(name, (-math.inf, None))
        due = now_s - asked_s >= FORECAST_EVERY_S
        glimpses, kept = await self._performance.glimpse(
            line.machines,
            start_ns=now_ns - 4 * window_ns,
            end_ns=now_ns,
            sums_from_ns=now_ns - ahead.LOOK_BACK_NS if due else now_ns,
        )
        last = glimpses.get(line.machines[-1])
        if due:
            forecast = None if last is None else ahead.of_shift(last, kept, now_ns=now_ns)
            self._forecast[name] = (now_s, forecast)
        machines = [_heard(glimpses.get(each)) for each in line.machines]
        lag_ns = round(line.transport_s * NS_PER_S)
        shares = await asyncio.to_thread(_shares, machines, now_ns, window_ns, lag_ns)
        return [*shares, *_ahead(forecast)]


def _signals(line: LineSetting) -> list[Signal]:
    """Return a line's own signals, in the order of its values."""
    path = f"{line.machines[0].rpartition('/')[0]}/{UNIT}"
    names = [each.rpartition("/")[2] for each in line.machines]
    places = ((0, "none"), *((n, name) for n, name in enumerate(names, 1)))
    stale_s = max(60.0, 3 * line.flow_every_s)
    found = [
        Signal(
            path=f"{path}/{name}",
            kind=SignalKind.STATE,
            data_type=DataType.ENUM,
            labels=((0, "no"), (1, "yes")) if name.endswith("moved") else places,
            decimals=0,
            description=what,
            stale_after_s=stale_s,
        )
        for name, what in NAMES
    ]
    found += [
        Signal(
            path=f"{path}/{name}_{kind}",
            unit="%",
            low=0,
            high=100,
            decimals=1,
            description=f"part of the window in which {name} was {kind}",
            stale_after_s=stale_s,
        )
        for name in names
        for kind in ("starved", "blocked")
    ]
    found += [
        Signal(
            path=f"{path}/{name}", unit=unit, decimals=0, description=what, stale_after_s=stale_s
        )
        for name, unit, what in AHEAD
    ]
    return found


def _heard(glimpse: Glimpse | None) -> Told | None:
    """Read a machine, None where nothing is known of it in this time."""
    return told(glimpse) if glimpse is not None and len(glimpse.spans.start_ns) else None


def _shares(
    machines: Sequence[Told | None], now_ns: int, window_ns: int, lag_ns: int
) -> list[float]:
    """Return the bottleneck's places and the shares of waiting, NaN where nothing is known."""
    line = [each for each in machines if each is not None]
    active = {
        str(place): each.active.tolist() for place, each in enumerate(machines) if each is not None
    }
    start_ns = now_ns - window_ns
    whole = bottleneck(active, start=now_ns - 4 * window_ns, end=now_ns)
    within = bottleneck(active, start=start_ns, end=now_ns)
    before = bottleneck(active, start=start_ns - window_ns, end=start_ns)
    newest = within.turns[-1] if within.turns and within.turns[-1].end == now_ns else None
    main, earlier = _main(within), _main(before)
    moved = float(main != earlier) if main and earlier else math.nan
    values = [
        math.nan if not line else float(int(newest.unit) + 1 if newest else 0),
        float(main) if main else math.nan,
        moved,
    ]
    waits = attribute([each.stood for each in line], lag_ns=lag_ns, turns=_placed(whole, machines))
    found = iter(waits)
    for each in machines:
        if each is None:
            values += [math.nan, math.nan]
            continue
        total = waited(next(found), start=start_ns, end=now_ns)
        values += [100.0 * total.by_kind[kind] / window_ns for kind in (Wait.STARVED, Wait.BLOCKED)]
    return values


def _placed(found: Bottleneck, machines: Sequence[Told | None]) -> list[Turn]:
    """Return turns by the place among the machines that have told something."""
    known = [place for place, each in enumerate(machines) if each is not None]
    return [turn._replace(unit=str(known.index(int(turn.unit)))) for turn in found.turns]


def _main(found: Bottleneck) -> int:
    """Return who was alone the bottleneck for longest, counted from 1; 0 where nobody was."""
    unit = max(found.sole.items(), key=lambda each: each[1], default=None)
    return 0 if unit is None else int(unit[0]) + 1


def _ahead(forecast: FlowForecast | None) -> list[float]:
    if forecast is None:
        return [math.nan] * len(AHEAD)
    short, wanted = forecast.shortfall, forecast.wanted
    share = 100.0 * short / wanted if short is not None and wanted else None
    told_ = (forecast.expected, short, forecast.shortfall_low, share)
    return [math.nan if each is None else each for each in told_]
