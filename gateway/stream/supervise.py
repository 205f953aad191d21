"""The one who connects, backs off, reads, acknowledges and reports, for every connector."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Sequence
from dataclasses import replace

from gateway.clock import NS_PER_S, Clock
from gateway.errors import (
    BackOffError,
    EndedError,
    InvalidRequestError,
    NotConnectedError,
    RefusedError,
    StorageError,
    TaktlineError,
)
from gateway.model import DeadLetter, Intake, SampleBatch
from gateway.ports import Catalogue, Connector, Rereads, Session
from gateway.status import ConnectorState, ConnectorStatus, UnknownSource
from gateway.stream.journal import Journal, JournalState
from gateway.stream.ledger import GapLedger
from gateway.stream.link import lifecycle
from gateway.stream.link.ages import Ages, newest_lag_s
from gateway.stream.link.backoff import BackOff
from gateway.stream.link.deadline import within
from gateway.stream.link.gaps import GapTracker
from gateway.stream.link.intakes import InFlight
from gateway.stream.link.rates import RateMeter
from gateway.stream.link.words import reason
from gateway.stream.options import SupervisorOptions
from gateway.stream.stamp import Stamper

_log = logging.getLogger(__name__)
_HOLDING = (JournalState.FULL, JournalState.FAILING, JournalState.CLOSED)


class Supervisor:
    """Keeps one connector alive; `run` ends only when cancelled or when the source has ended.

    Every row is stamped, journaled, then acknowledged, in that order. Whatever the connector raises becomes a
    state, a log record and a back-off.

    `away` is why its signals have had no data until now, where that is not the gateway's own absence.
    """

    def __init__(
        self,
        connector: Connector,
        *,
        journal: Journal,
        catalogue: Catalogue,
        clock: Clock,
        options: SupervisorOptions,
        stamp: Stamper,
        ledger: GapLedger,
        away: str = "",
        rng: random.Random | None = None,
    ) -> None:
        self._connector = connector
        self._journal = journal
        self._clock = clock
        self._options = options
        self._stamp = stamp
        self._rng = rng or random.Random()  # noqa: S311 - it spreads retries, it guards nothing
        self._back_off = BackOff(options.back_off, rng=self._rng)
        self._gaps = GapTracker(ledger, last_ns=journal.last_source_ns())
        self._ages = Ages(catalogue, clock)
        self._rate = RateMeter(clock)
        self._in_flight: InFlight | None = None
        self._state = ConnectorState.STOPPED
        self._since_ns = clock.now_ns()
        self._told = ""
        self._last_error = ""
        self._last_error_ns: int | None = None
        self._next_try_ns: int | None = None
        self._samples = self._batches = self._dead_letters = self._losses = 0
        self._lag_s: float | None = None
        self._heard_s: float | None = None
        self._ending = False
        self._away = away

    @property
    def name(self) -> str:
        """The connector's name."""
        return self._connector.name

    @property
    def state(self) -> ConnectorState:
        """Where the connector is in its life cycle."""
        return self._state

    def signals(self) -> Sequence[int]:
        """Return the signals that the connector feeds, as far as they are known now."""
        return self._connector.signals()

    async def run(self) -> None:
        """Connect, read and acknowledge until cancelled, or until the source has no more to give."""
        start = self._away or (
            "the gateway was stopped"
            if self._journal.stopped_cleanly
            else "the gateway ended without a clean stop"
        )
        try:
            await self._begin_gaps(start)
            while self._state is not ConnectorState.ENDED:
                wait_s = await self._attempt(start)
                await self._clock.sleep(wait_s)
        finally:
            await self._close()
            if self._state is not ConnectorState.ENDED:
                self._to(ConnectorState.STOPPED)

    def status(self) -> ConnectorStatus:
        """Return state and figures now."""
        connector, stamped = self._connector, self._stamp.figures
        signals = connector.signals()
        figures = connector.figures()
        extra = {
            **figures.extra,
            "in_flight": len(self._in_flight or ()),
            "duplicates": stamped.duplicates,
            "nudged_times": stamped.nudged,
            "replaced_times": stamped.replaced_times,
            "out_of_range": stamped.out_of_range,
        }
        if stamped.skew_s is not None:
            extra["clock_skew_s"] = stamped.skew_s
        heard_s = self._heard_s
        return ConnectorStatus(
            name=connector.name,
            kind=connector.kind,
            target=connector.target,
            state=self._state,
            since_ns=self._since_ns,
            last_error=self._last_error,
            last_error_ns=self._last_error_ns,
            next_try_ns=self._next_try_ns,
            attempts=self._back_off.attempts,
            samples=self._samples,
            samples_per_s=self._rate.per_s(),
            batches=self._batches,
            dead_letters=self._dead_letters,
            losses=self._losses,
            lag_s=self._lag_s,
            silent_s=None if heard_s is None else self._clock.monotonic_s() - heard_s,
            signals=len(signals),
            stale_signals=self._ages.stale(signals),
            figures=replace(figures, extra=extra),
            troubles=tuple(connector.troubles()),
        )

    def decode_again(self, letter: DeadLetter) -> SampleBatch:
        """Return the rows of a dead letter by today's mappings; raises `InvalidRequestError`."""
        if not isinstance(self._connector, Rereads):
            kind = self._connector.kind
            msg = f"a message of {kind} cannot be read outside the session it came in; it is kept as it is"
            raise InvalidRequestError(msg)
        return self._connector.decode_again(letter)

    async def take_again(self, batch: SampleBatch) -> int:
        """Journal rows that were read once more; return how many were new."""
        fresh = self._stamp.stamp(batch)
        if len(fresh):
            await self._journal.append(Intake(batch=fresh))
        return len(fresh)

    def unknown_sources(self) -> Sequence[UnknownSource]:
        """Return what sent this connector data without being configured."""
        return self._connector.unknown_sources()

    async def _attempt(self, start: str) -> float:
        """Live one session from connect to its end; return how long to wait before the next, in seconds."""
        self._to(ConnectorState.CONNECTING)
        self._next_try_ns = None
        connected_s: float | None = None
        error: Exception = NotConnectedError("the session ended")
        self._gaps.connecting(now_ns=self._clock.now_ns())
        try:
            session = await within(
                self._clock, self._options.connect_timeout_s, self._connector.connect()
            )
            connected_s = self._clock.monotonic_s()
            await self._begin_gaps(start)
            await self._session(session)
        except Exception as exc:  # noqa: BLE001 - whatever a connector raises must not end the gateway
            error = exc
        lived_s = 0.0 if connected_s is None else self._clock.monotonic_s() - connected_s
        if connected_s is not None and lived_s >= self._options.stable_after_s:
            self._back_off.reset()
        wait_s = self._failed(error)
        await self._close()
        await self._begin_gaps(f"{self._state.value}: {self._last_error}")
        return wait_s

    async def _session(self, session: Session) -> None:
        """Read and acknowledge until something raises; what is in flight reaches the disk either way."""
        self._stamp.new_session()
        self._gaps.connected(session, now_ns=self._clock.now_ns())
        self._heard_s = self._clock.monotonic_s()
        flight = self._in_flight = InFlight(
            limit=self._options.max_in_flight,
            committed=self._committed,
            acknowledge=self._connector.acknowledge,
        )
        self._look()
        jobs = {"read": self._read_on(flight), "watch": self._watch(flight)}
        tasks = [asyncio.create_task(job, name=f"{self.name}:{what}") for what, job in jobs.items()]
        acker = asyncio.create_task(flight.acknowledge_on(), name=f"{self.name}:acknowledge")
        try:
            await asyncio.wait([*tasks, acker], return_when=asyncio.FIRST_COMPLETED)
            _raise_first([*tasks, acker])
        except asyncio.CancelledError:
            self._ending = True
            await _end(tasks)
            await self._drain(flight, acker)
            raise
        finally:
            await _end([*tasks, acker])
            await self._settle(flight)

    async def _read_on(self, flight: InFlight) -> None:
        while True:
            await flight.slot()
            intake = await self._connector.read()
            self._heard_s = self._clock.monotonic_s()
            self._ages.note(intake.batch)
            ended = self._gaps.ended_by(intake.batch, now_ns=self._clock.now_ns())
            stamped = replace(intake, batch=self._stamp.stamp(intake.batch))
            flight.submit(self._journal, stamped, ended=ended)

    async def _watch(self, flight: InFlight) -> None:
        while True:
            await self._clock.sleep(self._options.tick_s)
            self._look()
            limit_s = self._options.silent_reconnect_s
            if limit_s is None or flight.blocked or self._heard_s is None:
                continue
            silent_s = self._clock.monotonic_s() - self._heard_s
            if silent_s > limit_s:
                msg = f"no data for {silent_s:.0f} s although connected"
                raise NotConnectedError(msg)

    def _look(self) -> None:
        """Say how the session is doing: held by the journal, missing some sources, or live."""
        if self._journal.state in _HOLDING and self._in_flight:
            self._to(
                ConnectorState.HELD, f"the journal is {self._journal.state}: {self._journal.error}"
            )
        elif troubles := self._connector.troubles():
            first = troubles[0]
            self._to(
                ConnectorState.DEGRADED,
                f"{len(troubles)} sources do not deliver, first {first.source}: {first.reason}",
            )
        else:
            self._to(ConnectorState.LIVE)

    def _committed(self, intake: Intake) -> None:
        """Count what is on disk now."""
        batch = intake.batch
        self._gaps.journaled(batch)
        self._dead_letters += len(intake.dead_letters)
        self._losses += len(intake.losses)
        if len(batch):
            self._samples += len(batch)
            self._batches += 1
            self._rate.add(len(batch))
            self._lag_s = newest_lag_s(batch)

    def _failed(self, error: Exception) -> float:
        """Take the state that this error asks for and return the wait in seconds."""
        self._last_error, self._last_error_ns = reason(error), self._clock.now_ns()
        unexpected = None if isinstance(error, TaktlineError | TimeoutError) else error
        if unexpected is not None:
            self._last_error = f"unexpected {type(error).__name__}: {self._last_error}"
        if unexpected is not None or isinstance(error, StorageError):
            self._stamp.forget()  # rows that it has seen may never have reached the disk
        if isinstance(error, EndedError):
            self._to(ConnectorState.ENDED, self._last_error)
            return 0.0
        if isinstance(error, RefusedError):
            self._back_off.attempts += 1
            wait_s = self._options.refused_retry_s * self._rng.uniform(0.5, 1.0)
            self._to(ConnectorState.REFUSED, self._last_error)
        else:
            quiet_s = error.wait_s if isinstance(error, BackOffError) else 0.0
            wait_s = self._back_off.next_s(at_least_s=quiet_s)
            self._to(ConnectorState.BACKING_OFF, self._last_error, unexpected=unexpected)
        self._next_try_ns = self._clock.now_ns() + round(wait_s * NS_PER_S)
        return wait_s

    def _to(
        self, state: ConnectorState, why: str = "", *, unexpected: Exception | None = None
    ) -> None:
        if state is self._state:
            return
        lifecycle.check(self._state, state)
        self._state, self._since_ns = state, self._clock.now_ns()
        # The way back through "connecting" is no news while an outage lasts.
        if state is ConnectorState.CONNECTING or state.value == self._told:
            return
        self._told = state.value
        good = state in (ConnectorState.LIVE, ConnectorState.STOPPED, ConnectorState.ENDED)
        _log.log(
            logging.INFO if good else logging.WARNING,
            "connector %s is %s%s",
            self.name,
            state.value,
            f": {why}" if why else "",
            extra={"connector": self.name, "target": self._connector.target, "state": state.value},
            exc_info=unexpected,
        )

    async def _begin_gaps(self, cause: str) -> None:
        try:
            await self._gaps.begin(self._connector.signals(), cause=cause)
        except StorageError as exc:
            # The journal is closed: the next start opens these gaps from what is on disk.
            _log.warning("connector %s: gaps not noted: %s", self.name, reason(exc))

    async def _drain(self, flight: InFlight, acker: asyncio.Task[None]) -> None:
        """At the end, give what was read a chance to be stored and acknowledged; a held journal gives it none."""
        if acker.done() or self._journal.state in _HOLDING:
            return
        try:
            await within(self._clock, self._options.close_timeout_s, flight.emptied())
        except TimeoutError:
            _log.warning(
                "connector %s: %d reads were not acknowledged before the end",
                self.name,
                len(flight),
                extra={"connector": self.name},
            )

    async def _settle(self, flight: InFlight) -> None:
        """Let what is on its way to disk arrive, so that gaps begin where the data really ends."""
        if self._ending and self._journal.state in _HOLDING:
            return  # the peer keeps what was not acknowledged, and the next start begins at what is on disk
        try:
            await within(self._clock, self._options.close_timeout_s, flight.settle())
        except TimeoutError:
            return  # the journal is held; its state says so, and gaps begin at what is on disk

    async def _close(self) -> None:
        try:
            await within(self._clock, self._options.close_timeout_s, self._connector.close())
        except Exception as exc:  # noqa: BLE001 - a connector that cannot close is left behind
            _log.warning(
                "connector %s could not be closed: %s",
                self.name,
                reason(exc),
                extra={"connector": self.name},
            )


def _raise_first(tasks: Sequence[asyncio.Task[None]]) -> None:
    for task in tasks:
        if task.cancelled():
            raise NotConnectedError("a task of the connector was cancelled from inside")
        if task.done():
            task.result()


async def _end(tasks: Sequence[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
