"""Sends each configured report once, when its shift or day has ended."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final, TypeAlias

from gateway.clock import NS_PER_S, Clock
from gateway.errors import NotConnectedError, NotFoundError, StorageError
from gateway.production.reports.desk import ReportDesk
from gateway.production.reports.options import ReportOptions
from gateway.report import ReportAsked

log = logging.getLogger(__name__)

LOOK_S: Final = 30.0
OLDEST_NS: Final = 12 * 3600 * NS_PER_S
"""What ended longer ago is not sent any more: a gateway that was off for days sends no old news."""

Tell: TypeAlias = "Callable[[str, Sequence[str], str, str], Awaitable[int]]"
"""Puts a message (key, to whom, subject, body) into the outbox once; returns how many were new."""


class ReportSchedule:
    """Looks now and then whether something has ended; the outbox's keys see to it that nothing goes twice."""

    def __init__(
        self,
        reports: Mapping[str, ReportOptions],
        *,
        desk: ReportDesk,
        tell: Tell,
        clock: Clock,
        page: str,
    ) -> None:
        self._reports, self._desk, self._tell = reports, desk, tell
        self._clock, self._page = clock, page
        self._done: set[str] = set()
        self._failing = False

    async def run(self) -> None:
        """Look for ever; a store that is away is tried again."""
        while self._reports:
            try:
                await self.look()
            except (NotConnectedError, StorageError) as error:
                if not self._failing:
                    log.warning("reports wait: %s", error)
                self._failing = True
            else:
                self._failing = False
            await self._clock.sleep(LOOK_S)

    async def look(self) -> int:
        """Send what is due; return how many messages are new."""
        sent = 0
        for name, options in self._reports.items():
            asked = ReportAsked(kind=options.kind, unit=options.unit)
            now_ns = self._clock.now_ns()
            try:
                span = self._desk.span(asked)
                due_ns = span.end_ns + round(options.after_s * NS_PER_S)
                key = f"report {name} {span.end_ns}"
                if key in self._done or not due_ns <= now_ns < due_ns + OLDEST_NS:
                    continue
                subject, body = self._desk.text(await self._desk.report(asked))
            except NotFoundError as error:
                log.debug(
                    "report %s: %s", name, error
                )  # no shift or machine yet: nothing to tell of
                continue
            sent += await self._tell(key, options.to, subject, body + self._link(asked, span.label))
            self._done.add(key)
        return sent

    def _link(self, asked: ReportAsked, label: str) -> str:
        if not self._page:
            return ""
        day, _, shift = label.partition(" ")
        unit = f"&unit={asked.unit}" if asked.unit else ""
        named = f"&shift={shift}" if shift else ""
        return f"\n\n{self._page}/reports?kind={asked.kind.value}&day={day}{named}{unit}"
