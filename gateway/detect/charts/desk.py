"""Control charts over history: the points of a window, judged anew by the oracle against the limits in force."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final, Protocol

from sqlalchemy import Connection

from gateway.chart import (
    Baseline,
    BaselineState,
    Chart,
    ChartSummary,
)
from gateway.clock import Clock
from gateway.detect.charts import baselines
from gateway.detect.charts.baselines import ChartKey, Kept, basis
from gateway.detect.charts.drawing import Rows, draw, estimated, origin_of, summary
from gateway.detect.charts.live import LiveChart
from gateway.detect.options import RuleOptions, SpcRule
from gateway.errors import ConflictError, InvalidRequestError, NotFoundError
from gateway.ports import Catalogue, History
from gateway.store import Store
from rules.spec import SignalInfo

MOST_ROWS: Final = 40_000
"""Rows that one chart is made of, at most."""


class Keeper(Protocol):
    """What puts limits in force."""

    def limits(self, key: ChartKey) -> Kept | None:
        """Return the limits of a chart as they are written down."""
        ...

    async def put_limits(
        self, key: ChartKey, kept: Kept, *, replaces: str, also: Callable[[Connection], None]
    ) -> None:
        """Put limits in force, in the transaction of `also`."""
        ...


class ChartDesk:
    """The `Charts` port. `rules` gives the settings of each rule, `live` how the engine's charts stand.

    Limits are proposed and decided in `store` and put in force by `keeper`.
    """

    def __init__(
        self,
        *,
        rules: Callable[[], Mapping[str, RuleOptions]],
        live: Callable[[], Iterable[LiveChart]],
        catalogue: Catalogue,
        history: History,
        store: Store,
        clock: Clock,
        keeper: Keeper,
    ) -> None:
        self._store = store
        self._clock = clock
        self._keeper = keeper
        self._rules = rules
        self._live = live
        self._catalogue = catalogue
        self._history = history

    def list(self, *, asset: str = "") -> Sequence[ChartSummary]:
        """Return every chart whose signal is this path or lies below it."""
        rules = self._rules()
        found: list[ChartSummary] = []
        for one in self._live():
            signal = self._catalogue.signal(one.signal)
            rule = rules.get(one.rule)
            below = not asset or signal.path == asset or signal.path.startswith(f"{asset}/")
            if below and isinstance(rule, SpcRule):
                kept = self._keeper.limits(ChartKey(one.rule, signal.path, one.side))
                found.append(summary(one, rule, signal, origin_of(rule, kept)))
        return found

    async def chart(
        self, rule: str, signal: str, *, start_ns: int, end_ns: int, side: str = ""
    ) -> Chart:
        """Return a chart with its points of a window; raises `NotFoundError`, `InvalidRequestError`."""
        options, live, index = self._found(rule, signal, side)
        rows = await self._rows(options, index, start_ns=start_ns, end_ns=end_ns)
        known = self._catalogue.signal(index)
        kept = self._keeper.limits(ChartKey(rule, signal, side))
        origin = origin_of(options, kept)
        if kept is not None and live.limits is not None:
            live = replace(live, limits=replace(live.limits, said=kept.limits.said))
        span = (start_ns, end_ns)
        return await asyncio.to_thread(draw, options, live, known, rows, span, origin)

    async def baselines(self, rule: str, *, limit: int) -> Sequence[Baseline]:
        """Return the limits a rule's charts had and might get, newest first."""
        return await self._store.run(lambda c: baselines.of_rule(c, rule, limit))

    async def baseline(self, number: int) -> Baseline:
        """Return limits by their number; raises `NotFoundError`."""
        return await self._store.run(lambda c: baselines.shown(baselines.get(c, number)))

    async def propose(
        self,
        rule: str,
        signal: str,
        *,
        side: str,
        start_ns: int,
        end_ns: int,
        by: str,
        reason: str,
    ) -> Baseline:
        """Estimate limits from a window and propose them; raises `NotFoundError`, `InvalidRequestError`."""
        options, live, index = self._found(rule, signal, side)
        spec = options.to_spec(rule)
        if spec.limits is not None:
            raise InvalidRequestError(
                "the limits of this chart stand in the configuration: change them there"
            )
        rows = await self._rows(options, index, start_ns=start_ns, end_ns=end_ns, lead=False)
        limits = await asyncio.to_thread(estimated, spec, side, index, rows, end_ns)
        key = ChartKey(rule, signal, side)
        kept = Kept(basis(spec), limits, BaselineState.PROPOSED)
        replaces = "" if live.limits is None else live.limits.version
        number = await self._store.run(
            lambda c: baselines.write(
                c,
                key,
                kept,
                replaces=replaces,
                by=by,
                reason=reason,
                now_ns=self._clock.now_ns(),
                window=(start_ns, end_ns),
            )
        )
        return await self.baseline(number)

    async def approve(self, number: int, *, by: str, reason: str) -> Baseline:
        """Put proposed limits in force at once; the proposer may not."""
        row = await self._store.run(lambda c: baselines.get(c, number))
        if row.proposed_by == by:
            raise InvalidRequestError(
                f"{by} proposed these limits: somebody else must approve them"
            )
        self._open(row.state, number)
        options = self._rules().get(row.rule)
        if not isinstance(options, SpcRule) or basis(options.to_spec("")) != row.basis:
            raise ConflictError("the rule makes other points now: propose limits anew")
        kept = Kept(row.basis, baselines.limits_of(row), BaselineState.APPROVED)
        key = ChartKey(row.rule, row.signal, row.side)

        def decide(connection: Connection) -> None:
            self._decide(connection, number, BaselineState.APPROVED, by=by, reason=reason)

        await self._keeper.put_limits(key, kept, replaces=row.replaces, also=decide)
        return await self.baseline(number)

    async def reject(self, number: int, *, by: str, reason: str) -> Baseline:
        """Refuse proposed limits; raises `NotFoundError`, `ConflictError`."""
        row = await self._store.run(lambda c: baselines.get(c, number))
        self._open(row.state, number)
        await self._store.run(
            lambda c: self._decide(c, number, BaselineState.REJECTED, by=by, reason=reason)
        )
        return await self.baseline(number)

    @staticmethod
    def _open(state: str, number: int) -> None:
        if state != BaselineState.PROPOSED:
            raise ConflictError(f"limits {number} are {state} already")

    def _decide(
        self, connection: Connection, number: int, state: BaselineState, *, by: str, reason: str
    ) -> None:
        now_ns = self._clock.now_ns()
        if not baselines.decide(connection, number, state, by=by, reason=reason, now_ns=now_ns):
            raise ConflictError(f"limits {number} were decided meanwhile")

    def _keys(self, rule: SpcRule, index: int) -> Sequence[int]:
        """Return the signals that tell a chart's streams, subgroups and parts apart."""
        machine = self._catalogue.signal(index).machine
        paths = [name if "/" in name else f"{machine}/{name}" for name in rule.beside()]
        return [self._catalogue.index(path) for path in dict.fromkeys(paths)]

    def _infos(self, signals: Sequence[int]) -> Mapping[int, SignalInfo]:
        known = {signal: self._catalogue.signal(signal) for signal in signals}
        return {index: SignalInfo(path=signal.path) for index, signal in known.items()}

    def _found(self, rule: str, signal: str, side: str) -> tuple[SpcRule, LiveChart, int]:
        options = self._rules().get(rule)
        if not isinstance(options, SpcRule):
            raise NotFoundError(f"no control chart is kept by a rule {rule[:64]!r}")
        index = self._catalogue.index(signal)
        for one in self._live():
            if (one.rule, one.signal, one.side) == (rule, index, side):
                return options, one, index
        raise NotFoundError(f"rule {rule[:64]!r} keeps no chart of {signal[:255]!r} {side[:32]}")

    async def _rows(
        self, rule: SpcRule, index: int, *, start_ns: int, end_ns: int, lead: bool = True
    ) -> Rows:
        """Return the window's rows after as long a lead, so that runs and sums stand as they would live."""
        signals = [index, *self._keys(rule, index)]
        for lead_ns in (end_ns - start_ns, 0) if lead else (0,):
            span = {"start_ns": start_ns - lead_ns, "end_ns": end_ns}
            if await self._history.count(signals, **span) <= MOST_ROWS:
                batch = await self._history.rows(signals, **span, limit=MOST_ROWS)
                return Rows(batch, index, self._infos(signals))
        raise InvalidRequestError(
            f"this window holds more than {MOST_ROWS} samples: ask for a shorter one"
        )
