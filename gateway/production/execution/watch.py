"""Asks machines for their own list of jobs while one is there: at the start, and again and again."""

from __future__ import annotations

import asyncio
import logging
from typing import Final

from gateway.clock import Clock
from gateway.errors import TaktlineError
from gateway.production.execution.book import AT_MACHINE, Book
from gateway.production.execution.desk import ExecutionDesk
from gateway.production.execution.machines import JobMachines
from gateway.production.execution.options import ExecutionOptions
from gateway.production.execution.port import Way

_log = logging.getLogger(__name__)
_ASK_S: Final = 10.0


class JobWatch:
    """Follows jobs at machines that take them. A list is asked for; nothing is ever sent from here."""

    def __init__(
        self,
        desk: ExecutionDesk,
        *,
        book: Book,
        machines: JobMachines,
        options: ExecutionOptions,
        clock: Clock,
    ) -> None:
        self._desk, self._book, self._machines = desk, book, machines
        self._every_s, self._clock = options.poll_s, clock
        self._failing: set[str] = set()

    async def run(self) -> None:
        """Follow until cancelled; a machine that cannot be asked is asked again."""
        begun = False
        while True:
            try:
                if not begun:
                    await self._desk.reconcile()
                    begun = True
                await self.look()
            except TaktlineError as error:
                _log.warning("jobs cannot be followed for now: %s", error)
            await self._clock.sleep(self._every_s)

    async def look(self) -> None:
        """Ask every machine that has a job for its list, once, side by side."""
        await self._book.open()
        machines = {
            each.machine
            for each in self._book.runs.values()
            if each.state in AT_MACHINE and each.way is Way.JOB_CONTROL
        }
        await asyncio.gather(*(self._ask(each) for each in sorted(machines)))

    async def _ask(self, machine: str) -> None:
        path = self._desk.machine_path(machine)
        try:
            async with asyncio.timeout(_ASK_S):
                listed = await self._machines.jobs(path)
        except (TaktlineError, TimeoutError) as error:
            if machine not in self._failing:
                _log.warning("%s does not tell its jobs: %s", machine, error or "no answer")
            self._failing.add(machine)
            return
        if machine in self._failing:
            self._failing.discard(machine)
            _log.info("%s tells its jobs again", machine)
        await self._desk.saw(machine, listed)
