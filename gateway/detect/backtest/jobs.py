"""Backtests as jobs: one runs at a time, a few are kept, each can be cancelled."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from gateway.backtest import (
    Backtest,
    BacktestReport,
    BacktestRequest,
    BacktestState,
    PeriodCount,
    Sweep,
)
from gateway.clock import NS_PER_S, Clock
from gateway.detect.backtest import replay, tally
from gateway.detect.backtest.tally import Tally
from gateway.detect.backtest.variations import made, settings, suggestion, variations
from gateway.detect.options import RuleOptions
from gateway.deviation import Issue
from gateway.errors import ConflictError, InvalidRequestError, NotFoundError, TaktlineError
from gateway.model import Principal, Signal
from gateway.ports import Catalogue, History, Issues, Progress

log = logging.getLogger(__name__)

KEPT: Final = 20
SHOWN: Final = 1000
MAX_SPAN_NS: Final = 400 * 86_400 * NS_PER_S
MAX_ISSUES: Final = 10_000
ENDED: Final = frozenset({BacktestState.DONE, BacktestState.FAILED, BacktestState.CANCELLED})


async def backtest(
    request: BacktestRequest,
    *,
    rules: Mapping[str, RuleOptions],
    catalogue: Catalogue,
    history: History,
    issues: Issues | None,
    time_zone: str,
    progress: Progress,
) -> BacktestReport:
    """Run a rule and its variations over history in one pass; raises `InvalidRequestError` and history's errors."""
    values = settings(request, rules)
    base, signals = made(values), tuple(catalogue.all())
    changes = variations(request, base, signals)
    tried = {"0": base} | {str(n): made({**values, **c}) for n, c in enumerate(changes, start=1)}
    started = replay.begin(tried, signals, start_ns=request.start_ns)
    wanted = replay.fed(started)
    total = await history.count(wanted, start_ns=request.start_ns, end_ns=request.end_ns)
    tallies = {number: Tally() for number in tried}
    done = 0
    progress(0, total)
    async for rows, events in replay.replay(
        started, history, signals, start_ns=request.start_ns, end_ns=request.end_ns
    ):
        for event in events:
            tallies[event.rule].take(event)
        done += rows
        progress(done, max(done, total))
    machines = {signals[key.signal].machine for key in replay.instances(started)}
    known = [] if issues is None else await _issues(issues, request, machines)
    real = tally.real_times(known, kind=base.issue_type, end_ns=request.end_ns)
    real = [one for one in real if one.asset in machines]
    return await asyncio.to_thread(
        _report, request, base, changes, tallies, signals, real, done, len(wanted), time_zone
    )


async def _issues(issues: Issues, request: BacktestRequest, machines: set[str]) -> list[Issue]:
    """Return the real issues of these machines that began in the range."""
    found: list[Issue] = []
    before: int | None = None
    while len(found) < MAX_ISSUES:
        page = await issues.list(states=[], limit=500, before=before)
        found += [
            one
            for one in page
            if request.start_ns <= one.onset_ns < request.end_ns
            and (one.asset in machines or any(child.asset in machines for child in one.children))
        ]
        if len(page) < 500:
            break
        before = page[-1].number
    return found


def _report(  # noqa: PLR0917 - it hands on what one pass gathered
    request: BacktestRequest,
    base: RuleOptions,
    changes: Sequence[Mapping[str, object]],
    tallies: Mapping[str, Tally],
    signals: Sequence[Signal],
    real: Sequence[tally.Real],
    rows: int,
    watched: int,
    time_zone: str,
) -> BacktestReport:
    span_s = (request.end_ns - request.start_ns) / NS_PER_S
    compared = {
        number: tally.compare(one, signals, real, tolerance_s=request.tolerance_s)
        for number, one in tallies.items()
    }
    outcomes = [
        tally.outcome(
            tallies[str(number)],
            compared[str(number)],
            real,
            changes=changed,
            span_s=span_s,
        )
        for number, changed in enumerate([{}, *changes])
    ]
    hit = {alarm.issue for alarm in compared["0"]}

    def counted(starts: Sequence[tuple[int, int]]) -> tuple[PeriodCount, ...]:
        return tally.per_period(
            tallies["0"],
            start_ns=request.start_ns,
            end_ns=request.end_ns,
            zone=time_zone,
            starts=starts,
        )

    return BacktestReport(
        version=base.version(),
        settings=base.model_dump(mode="json"),
        rows=rows,
        signals=watched,
        outcome=outcomes[0],
        alarms=tuple(compared["0"][:SHOWN]),
        missed_issues=tuple(sorted({one.issue for one in real} - hit))[:SHOWN],
        per_shift=counted(request.shift_starts),
        per_day=counted(((0, 0),)),
        curve=tuple(outcomes[1:]),
        suggestion=(
            suggestion(outcomes[0], outcomes[1:]) if request.sweep is Sweep.NUISANCE else None
        ),
    )


class BacktestDesk:
    """The `Backtests` port; `rules` returns the rules that are configured now."""

    def __init__(
        self,
        *,
        rules: Callable[[], Mapping[str, RuleOptions]],
        catalogue: Catalogue,
        history: History,
        issues: Issues,
        clock: Clock,
        time_zone: str,
    ) -> None:
        self._rules = rules
        self._catalogue = catalogue
        self._history = history
        self._issues = issues
        self._clock = clock
        self._time_zone = time_zone
        self._jobs: dict[str, Backtest] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._turn = asyncio.Semaphore(1)

    def start(self, request: BacktestRequest, *, by: Principal) -> Backtest:
        """Queue a backtest; see `gateway.ports.Backtests`."""
        if not 0 < request.end_ns - request.start_ns <= MAX_SPAN_NS:
            raise InvalidRequestError("want a range that ends after its start, of at most 400 days")
        base = made(settings(request, self._rules()))
        variations(request, base, tuple(self._catalogue.all()))
        self._make_room()
        job = Backtest(
            id=secrets.token_hex(8),
            state=BacktestState.WAITING,
            request=request,
            by=by.name,
            created_ns=self._clock.now_ns(),
            rows_done=0,
            rows_total=None,
            error="",
            report=None,
        )
        self._jobs[job.id] = job
        task = asyncio.create_task(self._run(job.id), name=f"backtest {job.id}")
        self._tasks[job.id] = task
        task.add_done_callback(lambda ended: self._ended(job.id, ended))
        return job

    def get(self, key: str) -> Backtest:
        """Return a backtest; raises `NotFoundError`."""
        job = self._jobs.get(key)
        if job is None:
            raise NotFoundError(f"there is no backtest {key[:40]!r}; the last {KEPT} are kept")
        return job

    def list(self) -> Sequence[Backtest]:
        """Return the backtests that are kept, newest first, without their reports."""
        return [replace(job, report=None) for job in reversed(self._jobs.values())]

    async def cancel(self, key: str) -> Backtest:
        """End a backtest that waits or runs; one that has ended stays as it is."""
        self.get(key)
        task = self._tasks.get(key)
        if task is not None:
            task.cancel()
            await asyncio.wait([task])
        return self.get(key)

    async def close(self) -> None:
        """End what still runs."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)

    def _make_room(self) -> None:
        if len(self._jobs) < KEPT:
            return
        ended = next((key for key, job in self._jobs.items() if job.state in ENDED), None)
        if ended is None:
            raise ConflictError(f"{KEPT} backtests wait or run already: cancel one first")
        del self._jobs[ended]

    def _change(self, key: str, **changes: object) -> None:
        self._jobs[key] = replace(self._jobs[key], **changes)  # type: ignore[arg-type]  # fields by name

    async def _run(self, key: str) -> None:
        def progress(done: int, total: int) -> None:
            self._change(key, rows_done=done, rows_total=total)

        async with self._turn:
            self._change(key, state=BacktestState.RUNNING)
            try:
                report = await backtest(
                    self._jobs[key].request,
                    rules=self._rules(),
                    catalogue=self._catalogue,
                    history=self._history,
                    issues=self._issues,
                    time_zone=self._time_zone,
                    progress=progress,
                )
            except TaktlineError as error:
                self._change(key, state=BacktestState.FAILED, error=str(error))
                return
            self._change(key, state=BacktestState.DONE, report=report)

    def _ended(self, key: str, task: asyncio.Task[None]) -> None:
        """Forget the task; a defect must not leave its job running for ever."""
        self._tasks.pop(key, None)
        if task.cancelled():
            self._change(key, state=BacktestState.CANCELLED)
        elif (error := task.exception()) is not None:
            log.error("backtest %s stopped by a defect", key, exc_info=error)
            said = "a defect of the gateway; its log describes it"
            self._change(key, state=BacktestState.FAILED, error=said)
