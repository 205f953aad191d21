"""Holds chosen criteria against the data, round by round: what is met may be closed, what failed opens again.

Similar machines are looked for as a round begins and once more when it is met, so that nothing closes unseen.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import numpy as np
from sqlalchemy import ColumnElement, Connection, Row, and_, func, select, update

from gateway.clock import NS_PER_S, Clock
from gateway.corrective import Template, VerificationState
from gateway.deviation import IssueState
from gateway.errors import NotConnectedError, NotFoundError, StorageError, TaktlineError
from gateway.failpoint import failpoint
from gateway.issues.around.counted import named, pieces, words
from gateway.issues.case.desk import locked, move
from gateway.issues.desk import IssueDesk
from gateway.issues.lifecycle import IssueAction
from gateway.issues.opening.options import IssueOptions
from gateway.issues.records import add_event, find
from gateway.issues.verify import rounds, similar
from gateway.issues.verify.criteria import (
    Verdict,
    capable,
    fewer_defects,
    less_loss,
    no_recurrence,
)
from gateway.performance import KpiBucket
from gateway.ports import Catalogue, History, Performance, Presence
from gateway.quality import SEVERITY_GOOD
from gateway.store import Store
from gateway.store.tables import issue, issue_event

log = logging.getLogger(__name__)

LOOK_EVERY_S: Final = 10.0
LONGEST_STEP: Final = 3
"""A look counts at most so many times its interval as watched: a gateway that was away did not watch."""

ONSETS: Final = ("opened", "recurred", "reopened")
BY: Final = "gateway"
HOUR_NS: Final = 3600 * NS_PER_S
VALUES_LIMIT: Final = 50_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """Where proofs are looked for."""

    history: History
    catalogue: Catalogue
    performance: Performance
    presence: Presence


class Watcher:
    """Looks at every watched round, `run` every few seconds."""

    def __init__(
        self,
        *,
        issues: IssueDesk,
        store: Store,
        sources: Sources,
        options: IssueOptions,
        clock: Clock,
        every_s: float = LOOK_EVERY_S,
    ) -> None:
        self._issues = issues
        self._store = store
        self._sources = sources
        self._options = options
        self._clock = clock
        self._every_s = every_s
        self._failing = ""

    async def look(self) -> int:
        """Look at every watched round once; return how many ended. Raises `StorageError`, `NotConnectedError`."""
        ended = 0
        for row in await self._store.run(rounds.watched):
            try:
                ended += await self._look(row)
                self._failing = ""
            except (StorageError, NotConnectedError):
                raise
            except TaktlineError as error:
                if self._failing != str(error):
                    log.warning("the proof of issue %d waits: %s", row.issue, error)
                self._failing = str(error)
        return ended

    async def run(self) -> None:
        """Look until cancelled; history or a store that is away is tried again."""
        failing = False
        while True:
            try:
                await self.look()
                if failing:
                    log.info("proofs are looked at again")
                failing = False
            except (StorageError, NotConnectedError) as error:
                if not failing:
                    log.warning("proofs wait: %s", error)
                failing = True
            await self._clock.sleep(self._every_s)

    async def _look(self, row: Row[Any]) -> int:
        now_ns = self._clock.now_ns()
        found = await self._store.run(lambda c: find(c, row.issue))
        watched_ns = row.watched_ns + self._watched_since(row, found.signal, now_ns)
        verdict = await self._verdict(row, found, watched_ns=watched_ns, now_ns=now_ns)
        keep = partial(self._keep, row=row, verdict=verdict, watched_ns=watched_ns, now_ns=now_ns)
        if (
            verdict.state is VerificationState.WATCHING
            and not _tells_news(row, verdict)
            and row.progress
        ):
            await self._store.run(keep)
            return 0
        await self._issues.change(keep)
        return int(verdict.state is not VerificationState.WATCHING)

    def _watched_since(self, row: Row[Any], signal: str, now_ns: int) -> int:
        """Return how much of the time since the last look somebody was watching: the source was there."""
        since = row.looked_ns if row.looked_ns is not None else now_ns
        passed = max(0, now_ns - since)
        longest = round(LONGEST_STEP * self._every_s * NS_PER_S)
        try:
            index = self._sources.catalogue.index(signal)
        except NotFoundError:
            return 0
        away = np.isin(index, self._sources.presence.absent()).item()
        return 0 if away else min(passed, longest)

    async def _verdict(
        self, row: Row[Any], found: Row[Any], *, watched_ns: int, now_ns: int
    ) -> Verdict:
        settings: Mapping[str, Any] = row.settings
        match Template(row.template):
            case Template.NO_RECURRENCE:
                again = await self._store.run(
                    lambda c: onsets(c, found.recurrence, after_ns=row.started_ns, before_ns=now_ns)
                )
                return no_recurrence(settings, watched_ns=watched_ns, came_again=again)
            case Template.CAPABILITY:
                index = self._sources.catalogue.index(found.signal)
                batch = await self._sources.history.rows(
                    [index], start_ns=row.started_ns, end_ns=now_ns, limit=VALUES_LIMIT
                )
                good = (batch.quality >> 30 == SEVERITY_GOOD) & np.isfinite(batch.value)
                values = batch.value[good][: int(settings["most"])]
                return capable(settings, values.tolist())
            case Template.LOSS:
                return await self._loss(row, found, now_ns=now_ns)
            case Template.DEFECTS:
                made = await pieces(
                    self._sources.history,
                    self._sources.catalogue,
                    found.asset,
                    start_ns=row.started_ns,
                    end_ns=now_ns,
                )
                return fewer_defects(settings, bad=made.rejected or 0, made=made.made or 0)

    async def _loss(self, row: Row[Any], found: Row[Any], *, now_ns: int) -> Verdict:
        span_ns = round(row.settings["baseline_days"] * 86_400 * NS_PER_S)
        before = await self._hours(found.asset, found.onset_ns - span_ns, found.opened_ns)
        after = await self._hours(found.asset, row.started_ns, now_ns)
        return less_loss(row.settings, before, after)

    async def _hours(self, asset: str, start_ns: int, end_ns: int) -> list[tuple[str, float]]:
        """Return (product, part of planned time lost) of every whole hour that was planned."""
        report = await self._sources.performance.kpis(
            asset, start_ns=start_ns, end_ns=end_ns, bucket=KpiBucket.HOUR
        )
        named_by = named(self._sources.catalogue, asset, self._options.product_signal)
        product = await words(
            self._sources.history,
            self._sources.catalogue,
            named_by,
            start_ns=start_ns - 30 * 24 * HOUR_NS,
            end_ns=end_ns,
        )
        rows = []
        for hour in report.buckets:
            oee = hour.kpis.get("oee")
            whole = hour.start_ns >= start_ns and hour.end_ns <= end_ns and not hour.provisional
            if oee is not None and whole:
                rows.append((product.at(hour.start_ns), 1.0 - oee))
        return rows

    def _keep(
        self,
        connection: Connection,
        *,
        row: Row[Any],
        verdict: Verdict,
        watched_ns: int,
        now_ns: int,
    ) -> None:
        """Keep the look, and what follows of its end, in one transaction."""
        held = locked(connection, row.issue)
        if held.state != IssueState.VERIFYING:
            return
        kept = rounds.keep(
            connection,
            row,
            state=verdict.state,
            progress=verdict.progress(),
            watched_ns=watched_ns,
            now_ns=now_ns,
        )
        if not kept:
            return
        detail = {"template": row.template, **verdict.progress()}
        number = row.issue
        new = 0
        if not row.progress or verdict.state is VerificationState.MET:
            signals = self._sources.catalogue.all()
            new = similar.propose(connection, held, signals, by=BY, now_ns=now_ns)
        if verdict.state is VerificationState.FAILED:
            move(connection, held, IssueAction.FAIL, by=BY, now_ns=now_ns, detail=detail)
            _next_version(connection, held)
        elif verdict.state is VerificationState.MET:
            told = {**detail, "version": held.version + 1}
            add_event(connection, number, time_ns=now_ns, action="verified", by=BY, detail=told)
            _next_version(connection, held)
        elif _tells_news(row, verdict):
            add_event(connection, number, time_ns=now_ns, action="progress", by=BY, detail=detail)
        if new and verdict.state is VerificationState.WATCHING:
            _next_version(connection, held)
        failpoint("proofs.before_commit")


def _next_version(connection: Connection, row: Row[Any]) -> None:
    following = {"version": row.version + 1}
    connection.execute(update(issue).where(issue.c.number == row.number).values(**following))


def _tells_news(row: Row[Any], verdict: Verdict) -> bool:
    """Tell the history of every tenth of the way only."""
    before = float(row.progress.get("part", 0.0)) if row.progress else 0.0
    return int(10 * verdict.part) > int(10 * before)


def onsets(connection: Connection, recurrence: str, *, after_ns: int, before_ns: int) -> int:
    """Return how often what has a recurrence key began in (after, before], over all issues."""
    began = _began(recurrence, after_ns) & (issue_event.c.time_ns <= before_ns)
    query = select(func.count()).select_from(_JOINED).where(began)
    return int(connection.execute(query).scalar_one())


def first_onset(connection: Connection, recurrence: str, *, after_ns: int) -> int | None:
    """Return when what has a recurrence key began first after a time."""
    query = select(func.min(issue_event.c.time_ns)).select_from(_JOINED)
    return connection.execute(query.where(_began(recurrence, after_ns))).scalar()


_JOINED: Final = issue_event.join(issue, issue_event.c.issue == issue.c.number)


def _began(recurrence: str, after_ns: int) -> ColumnElement[bool]:
    return and_(
        issue.c.recurrence == recurrence,
        issue_event.c.action.in_(ONSETS),
        issue_event.c.time_ns > after_ns,
        issue_event.c.by.startswith("rule:"),
    )
