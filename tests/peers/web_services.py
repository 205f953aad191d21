"""The ports of the web side in memory, and a moving demo plant behind them for work on the page.

`python -m tests.peers.web_services --port 8090` serves it; add `--static FOLDER` for another built page.
"""

from __future__ import annotations

import argparse
import asyncio
import signal
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from gateway.care import AdoptionDesk, LetterDesk
from gateway.clock import Clock, SystemClock
from gateway.detect.backtest.jobs import BacktestDesk
from gateway.errors import NotFoundError
from gateway.production.office.options import Approval
from gateway.production.office.sample import fill
from gateway.production.quality.sample import fill as fill_quality
from gateway.production.quality.watch import QualityWatch
from gateway.status import ConnectorStatus, Health, StageStatus, UnknownSource
from tests.peers.web_alarms import MemoryAlarms, example_rules
from tests.peers.web_boards import MemoryBoards
from tests.peers.web_cases import MemoryCases
from tests.peers.web_charts import MemoryCharts
from tests.peers.web_control import NoControl
from tests.peers.web_execution import Floor, execution_over
from tests.peers.web_flow import MemoryFlow
from tests.peers.web_issues import MemoryIssues
from tests.peers.web_maintenance import MemoryMaintenance
from tests.peers.web_memory import (
    MemoryCatalogue,
    MemoryHistory,
    MemoryLedger,
    MemoryPresence,
    MemoryStore,
)
from tests.peers.web_notify import MemoryNotifications
from tests.peers.web_performance import MemoryPerformance
from tests.peers.web_planning import lazy_planning, lazy_store
from tests.peers.web_quality import followed, quality_over
from tests.peers.web_reports import improving_over, reports_over
from tests.peers.web_rules import MemoryRuleDesk, MemoryRules
from tests.peers.web_upkeep import (
    MemoryAgain,
    MemoryRemarks,
    MemorySwitches,
    config_folder,
    reloaded,
)
from web.options import SignIn, WebOptions
from web.serve import serve
from web.server import create_app
from web.services import Services


@dataclass
class MemoryHealth:
    """A health document that tests and the demo plant set."""

    now: Health
    unknown: dict[str, list[UnknownSource]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.switches = MemorySwitches(self)

    def health(self) -> Health:
        """Return it."""
        shown = tuple(self.switches.shown(each) for each in self.now.connectors)
        return replace(self.now, connectors=shown)

    def connector(self, name: str) -> ConnectorStatus:
        """Return one connector."""
        for each in self.now.connectors:
            if each.name == name:
                return self.switches.shown(each)
        raise NotFoundError(f"no connector {name!r}")

    def stage(self, name: str) -> StageStatus:
        """Return one stage."""
        for each in self.now.stages:
            if each.name == name:
                return each
        raise NotFoundError(f"no stage {name!r}")

    def unknown_sources(self, name: str) -> Sequence[UnknownSource]:
        """Return unknown sources."""
        self.connector(name)
        return self.unknown.get(name, [])


@dataclass(frozen=True, kw_only=True)
class MemoryPlant:
    """Every port in memory, and the services made of them."""

    catalogue: MemoryCatalogue
    store: MemoryStore
    history: MemoryHistory
    ledger: MemoryLedger
    health: MemoryHealth
    issues: MemoryIssues
    alarms: MemoryAlarms
    presence: MemoryPresence
    rules: MemoryRules
    boards: MemoryBoards
    watch: QualityWatch
    clock: Clock
    services: Services


def memory_plant(
    *, folder: Path, clock: Clock | None = None, static: Path | None = None, version: str = "0.1.0"
) -> MemoryPlant:
    """Return empty ports; exports go to `folder`."""
    clock = clock or SystemClock()
    catalogue, store, ledger = MemoryCatalogue(), MemoryStore(), MemoryLedger()
    presence, alarms = MemoryPresence(), MemoryAlarms(clock)
    boards, remarks = MemoryBoards(clock), MemoryRemarks(clock)
    history, issues, rules = MemoryHistory(store), MemoryIssues(clock), MemoryRules()
    health = MemoryHealth(
        Health(
            time_ns=clock.now_ns(),
            ready=True,
            problems=(),
            connectors=(),
            stages=(),
            event_loop_lag_s=0.001,
            memory_bytes=50_000_000,
        )
    )
    state, performance = lazy_store(folder), MemoryPerformance(clock)
    floor = Floor(catalogue=catalogue, latest=store, presence=presence, performance=performance)
    quality, watch = quality_over(
        state, catalogue=catalogue, history=history, clock=clock, approval=Approval.ANYBODY
    )
    cases = MemoryCases(issues)
    planning = lazy_planning(state, clock, zone="Europe/Berlin")
    services = Services(
        catalogue=catalogue,
        history=history,
        latest=store,
        presence=presence,
        tail=store,
        ledger=ledger,
        health=health,
        issues=issues,
        cases=cases,
        alarms=alarms,
        backtests=BacktestDesk(
            rules=example_rules,
            catalogue=catalogue,
            history=history,
            issues=issues,
            clock=clock,
            time_zone="Europe/Berlin",
        ),
        performance=performance,
        execution=execution_over(state, clock, floor, issues=issues).desk,
        planning=planning,
        quality=quality,
        improving=improving_over(
            state,
            catalogue=catalogue,
            history=history,
            performance=performance,
            issues=issues,
            cases=cases,
            lots=quality.lots,
            clock=clock,
        ),
        reports=reports_over(
            performance=performance, issues=issues, quality=quality, planning=planning, clock=clock
        ),
        flow=MemoryFlow(),
        boards=boards,
        remarks=remarks,
        switches=health.switches,
        letters=LetterDesk(ledger=ledger, remarks=remarks, history=history, again=MemoryAgain()),
        adoption=AdoptionDesk(
            config=config_folder(folder), site="plant", health=health, reload=reloaded
        ),
        notifications=MemoryNotifications(clock, issues),
        maintenance=MemoryMaintenance(clock),
        rulebook=rules,
        rule_desk=MemoryRuleDesk(rules, catalogue, clock),
        charts=MemoryCharts(catalogue, history),
        control=NoControl(),
        metrics=lambda: (b"taktline_up 1\n", "text/plain; version=0.0.4; charset=utf-8"),
        clock=clock,
        site="plant",
        time_zone="Europe/Berlin",
        units="as_measured",
        version=version,
        static=static or folder / "no-static",
        exports=folder / "exports",
    )
    return MemoryPlant(
        catalogue=catalogue,
        store=store,
        history=history,
        ledger=ledger,
        health=health,
        issues=issues,
        alarms=alarms,
        presence=presence,
        rules=rules,
        boards=boards,
        watch=watch,
        clock=clock,
        services=services,
    )


async def _main(port: int, static: Path, *, plan: bool) -> None:
    from tests.peers.web_demo_plant import DemoPlant

    with tempfile.TemporaryDirectory() as folder:
        plant = memory_plant(folder=Path(folder), static=static)
        options = WebOptions(
            sign_in=SignIn.OFF, port=port, allowed_origins=("http://localhost:5173",)
        )
        app = create_app(plant.services, options)
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for each in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(each, stop.set)
        demo = DemoPlant(plant)
        demo.prepare()
        mover = asyncio.create_task(demo.run())
        counting = asyncio.create_task(followed(plant.watch, plant.store)) if plan else None
        if plan:
            today = datetime.now(UTC).date()
            await fill(plant.services.planning, today=today, seed=1, by="sample data")
            await fill_quality(
                plant.services.quality, "plant/bottling/line1/filler", by="sample data"
            )
        print(f"http://127.0.0.1:{port}/", flush=True)
        try:
            await serve(app, options, stop=stop)
        finally:
            mover.cancel()
            if counting is not None:
                counting.cancel()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=8090)
    parser.add_argument("--static", type=Path, default=Path(__file__).parents[2] / "web" / "static")
    parser.add_argument("--plan", action="store_true", help="fill the production office first")
    given = parser.parse_args()
    asyncio.run(_main(given.port, given.static, plan=given.plan))
