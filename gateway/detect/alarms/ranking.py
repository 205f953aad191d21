"""The ranking of nuisances: what the journal tells, with what history says of the values between alarms."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from gateway.alarm import Alarm, Nuisance
from gateway.detect.alarms.journal import Columns
from gateway.detect.alarms.metrics import Spells, measure, spells
from gateway.detect.alarms.nuisance import LEAST, gaps, rank, within
from gateway.detect.options import RuleOptions
from gateway.errors import NotFoundError
from gateway.ports import Catalogue, History

GAPS: Final = 50
"""How many times between alarms are looked up in history, for each alarm."""

LOOKED_UP: Final = 20
"""How many of the worst alarms are looked up in history."""


class Ranking:
    """`rules` are the settings as configured now; without a history no deadband is suggested."""

    def __init__(self, history: History | None, catalogue: Catalogue | None) -> None:
        self.rules: Mapping[str, RuleOptions] = {}
        self._history = history
        self._catalogue = catalogue

    async def of(
        self, rows: tuple[Mapping[int, Alarm], Columns], *, start_ns: int, end_ns: int, limit: int
    ) -> Sequence[Nuisance]:
        """Rank the alarms of a range; raises history's errors."""
        alarms, columns = rows
        events = await asyncio.to_thread(lambda: spells(*columns, end_ns=end_ns))
        figures = await asyncio.to_thread(
            lambda: measure(events, alarms, start_ns=start_ns, end_ns=end_ns)
        )
        worst = figures.worst[:limit]
        mine = within(events, start_ns=start_ns, end_ns=end_ns)
        settings = {rule: options.model_dump(mode="json") for rule, options in self.rules.items()}
        excursions: dict[int, NDArray[np.float64]] = {}
        for actor in worst[:LOOKED_UP]:
            one = alarms[actor.alarm]
            limit_value = settings.get(one.rule, {}).get(one.side)
            if actor.raised >= LEAST and isinstance(limit_value, int | float):
                excursions[actor.alarm] = await self._excursions(mine, one, float(limit_value))
        return await asyncio.to_thread(
            lambda: rank(mine, worst, alarms, settings, excursions, span_ns=end_ns - start_ns)
        )

    async def _excursions(self, events: Spells, one: Alarm, limit: float) -> NDArray[np.float64]:
        """Return how far the value came back each time before it was raised again, in its unit."""
        if self._history is None or self._catalogue is None:
            return np.empty(0)
        try:
            index = self._catalogue.index(one.signal)
        except NotFoundError:
            return np.empty(0)
        found = []
        for start_ns, end_ns in gaps(events, one.number, most=GAPS):
            (told,) = await self._history.buckets(
                [index], start_ns=start_ns, end_ns=end_ns, max_points=1
            )
            if len(told.low) and np.isfinite(told.low[0]):
                back = limit - told.low[0] if one.side == "high" else told.high[0] - limit
                found.append(max(0.0, float(back)))
        return np.array(found)
