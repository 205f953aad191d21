"""Reads the meters of preventive triggers now and then: running hours from state intervals, cycles from counters."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Final

from gateway.clock import NS_PER_S, Clock
from gateway.errors import NotConnectedError, NotFoundError, StorageError
from gateway.maintenance import meters
from gateway.maintenance.changes import Changes
from gateway.maintenance.options import CyclesOptions, HoursOptions, MaintenanceOptions
from gateway.performance import KpiBucket
from gateway.ports import Performance
from gateway.store import Store

log = logging.getLogger(__name__)

HOUR_NS: Final = 3600 * NS_PER_S
RUNNING: Final = frozenset({"apt", "asut"})
"""Time classes in which a machine runs: production and set-up (ISO 22400)."""
INTERVALS_AT_ONCE: Final = 1000
HOURS_AT_ONCE: Final = 24 * 31


class Watch:
    """Evaluates every trigger; what was counted up to a moment is never counted again."""

    def __init__(
        self,
        options: MaintenanceOptions,
        *,
        store: Store,
        clock: Clock,
        performance: Performance,
        changes: Changes,
        told: Callable[[], Awaitable[None]],
    ) -> None:
        self._options = options
        self._store = store
        self._clock = clock
        self._performance = performance
        self._changes = changes
        self._told = told
        self._failing = False

    async def look(self) -> int:
        """Read every meter once; return how many orders were opened."""
        opened = 0
        for name, trigger in self._options.triggers.items():
            if isinstance(trigger, HoursOptions | CyclesOptions):
                for machine in trigger.machines:
                    opened += await self._meter(name, trigger, machine)
        opened += await self._drift()
        if opened:
            await self._changes.refresh()
        return opened

    async def run(self) -> None:
        """Look until cancelled; a store that is away is tried again."""
        while True:
            try:
                await self.look()
                if self._failing:
                    log.info("the store answers again, preventive triggers go on")
                self._failing = False
            except (StorageError, NotConnectedError) as error:
                if not self._failing:
                    log.warning("preventive triggers wait for the store: %s", error)
                self._failing = True
            await self._clock.sleep(self._options.look_every_s)

    async def _drift(self) -> int:
        now_ns = self._clock.now_ns()
        taken, told = await self._store.run(
            partial(meters.drift, options=self._options, now_ns=now_ns)
        )
        if told:
            await self._told()
        return taken if told else 0

    async def _meter(self, name: str, trigger: HoursOptions | CyclesOptions, machine: str) -> int:
        now_ns = self._clock.now_ns()
        row = await self._store.run(
            partial(meters.meter, trigger=name, machine=machine, now_ns=now_ns)
        )
        read = self._hours if isinstance(trigger, HoursOptions) else self._cycles
        try:
            as_of_ns, added = await read(machine, row.as_of_ns, now_ns)
        except NotFoundError:
            return 0  # the machine has sent no state and no counter yet
        if as_of_ns <= row.as_of_ns:
            return 0
        opened = await self._store.run(
            partial(
                meters.count,
                name=name,
                trigger=trigger,
                machine=machine,
                before_ns=row.as_of_ns,
                as_of_ns=as_of_ns,
                added=added,
                now_ns=now_ns,
            )
        )
        for number in opened:
            log.info("trigger %s opened work order %d at %s", name, number, machine)
        return len(opened)

    async def _hours(self, machine: str, after_ns: int, now_ns: int) -> tuple[int, float]:
        """Return up to when states are settled, and the running hours until then."""
        found = await self._performance.intervals(
            machine, start_ns=after_ns, end_ns=now_ns, limit=INTERVALS_AT_ONCE
        )
        as_of_ns, running_ns = after_ns, 0
        for each in found:
            if each.provisional:
                break
            start_ns = max(each.start_ns, after_ns)
            if each.booked in RUNNING:
                running_ns += max(0, each.end_ns - start_ns)
            as_of_ns = max(as_of_ns, each.end_ns)
        return as_of_ns, running_ns / HOUR_NS

    async def _cycles(self, machine: str, after_ns: int, now_ns: int) -> tuple[int, float]:
        """Return the last whole hour whose counters are in, and the pieces until then."""
        start_ns = -(-after_ns // HOUR_NS) * HOUR_NS
        settled_ns = now_ns - round(self._options.lateness_s * NS_PER_S)
        end_ns = min(settled_ns // HOUR_NS * HOUR_NS, start_ns + HOURS_AT_ONCE * HOUR_NS)
        if end_ns <= start_ns:
            return after_ns, 0.0
        report = await self._performance.kpis(
            machine, start_ns=start_ns, end_ns=end_ns, bucket=KpiBucket.HOUR
        )
        pieces = 0.0
        for bucket in report.buckets:
            if start_ns <= bucket.start_ns and bucket.end_ns <= end_ns:
                off = bucket.off_plan
                pieces += bucket.sums["pq"] + off["good"] + off["scrap"]
        return end_ns, pieces
