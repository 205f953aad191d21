"""One control chart over the demo plant's first signal, with limits that were given and some that are proposed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, cast

from sqlalchemy import Connection

from gateway.chart import Baseline, BaselineState, Chart, ChartSummary
from gateway.clock import ManualClock
from gateway.detect import running as run
from gateway.detect.charts.baselines import ChartKey, Kept
from gateway.detect.charts.desk import ChartDesk
from gateway.detect.charts.live import LiveChart, charted
from gateway.detect.options import RuleOptions, rule_types
from gateway.errors import ConflictError, InvalidRequestError, NotFoundError
from gateway.ports import Catalogue, History
from gateway.store import Store

SIGNAL = "plant/bottling/line1/filler/fill_weight"
CHART: dict[str, Any] = {
    "type": "spc",
    "title": "Fill weight drifts",
    "signals": [SIGNAL],
    "run_rules": ["N1", "N2"],
    "ewma_weight": 0.2,
    "ewma_width": 2.962,
    "cusum_limit": 5.0,
    "limits": {"centre": 500.0, "sigma": 2.0},
    "lower_spec": 480.0,
    "upper_spec": 520.0,
    "target_value": 500.0,
}


class NoKeeper:
    """Keeps no limits but those of the configuration."""

    def limits(self, key: ChartKey) -> Kept | None:
        """Return none."""
        return None

    async def put_limits(
        self, key: ChartKey, kept: Kept, *, replaces: str, also: Callable[[Connection], None]
    ) -> None:
        """Refuse."""
        raise NotFoundError("no chart runs here")


class MemoryCharts:
    """Charts drawn by the real desk; baselines in a list."""

    def __init__(self, catalogue: Catalogue, history: History) -> None:
        rules: Mapping[str, RuleOptions] = {"drift": rule_types()["spc"].model_validate(CHART)}

        def live() -> Iterable[LiveChart]:
            started, _ = run.start(rules, catalogue.all(), state=None, now_ns=0)
            return charted(started)

        self._desk = ChartDesk(
            rules=lambda: rules,
            live=live,
            catalogue=catalogue,
            history=history,
            store=cast("Store", None),
            clock=ManualClock(),
            keeper=NoKeeper(),
        )
        self.held: list[Baseline] = []

    def list(self, *, asset: str = "") -> Sequence[ChartSummary]:
        """Return the chart."""
        return self._desk.list(asset=asset)

    async def chart(
        self, rule: str, signal: str, *, start_ns: int, end_ns: int, side: str = ""
    ) -> Chart:
        """Return the chart over history."""
        return await self._desk.chart(rule, signal, start_ns=start_ns, end_ns=end_ns, side=side)

    async def baselines(self, rule: str, *, limit: int) -> Sequence[Baseline]:
        """Return what was proposed, newest first."""
        return [one for one in reversed(self.held) if one.rule == rule][:limit]

    async def baseline(self, number: int) -> Baseline:
        """Return one."""
        if not 1 <= number <= len(self.held):
            raise NotFoundError(f"there are no control limits of number {number}")
        return self.held[number - 1]

    async def propose(
        self, rule: str, signal: str, *, side: str, start_ns: int, end_ns: int, by: str, reason: str
    ) -> Baseline:
        """Propose limits."""
        self.held.append(
            Baseline(
                number=len(self.held) + 1, rule=rule, signal=signal, side=side, version="b",
                replaces="a", centre=1.0, sigma=1.0, phi=0.0, points=100, left_out=0, said="",
                state=BaselineState.PROPOSED, start_ns=start_ns, end_ns=end_ns, proposed_by=by,
                reason=reason, proposed_ns=1, decided_by=None, decision=None, decided_ns=None,
            )
        )  # fmt: skip
        return self.held[-1]

    async def approve(self, number: int, *, by: str, reason: str) -> Baseline:
        """Approve, unless the proposer does."""
        if (await self.baseline(number)).proposed_by == by:
            raise InvalidRequestError(
                f"{by} proposed these limits: somebody else must approve them"
            )
        return await self._decided(number, BaselineState.APPROVED, by, reason)

    async def reject(self, number: int, *, by: str, reason: str) -> Baseline:
        """Reject."""
        return await self._decided(number, BaselineState.REJECTED, by, reason)

    async def _decided(self, number: int, state: BaselineState, by: str, reason: str) -> Baseline:
        now = await self.baseline(number)
        if now.state is not BaselineState.PROPOSED:
            raise ConflictError(f"limits {number} are {now.state} already")
        made = replace(now, state=state, decided_by=by, decision=reason, decided_ns=2)
        self.held[number - 1] = made
        return made
