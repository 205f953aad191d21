"""The composition root: builds every part, wires them, runs them in one task group."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack
from importlib.metadata import version
from pathlib import Path
from typing import Final

from gateway.assembly.care import open_care
from gateway.assembly.cases import open_cases
from gateway.assembly.control import job_machines, open_control, open_proposing
from gateway.assembly.detection import Detection, open_detection
from gateway.assembly.execution import open_execution
from gateway.assembly.ground import Ground
from gateway.assembly.improvement import open_improving
from gateway.assembly.lots import LotsOfJobs
from gateway.assembly.maintenance import open_maintenance
from gateway.assembly.notify import open_notify
from gateway.assembly.office import open_planning
from gateway.assembly.page import open_access, serve_page
from gateway.assembly.performance import open_flow, open_performance
from gateway.assembly.quality import open_quality
from gateway.assembly.reports import open_reports
from gateway.assembly.state import open_store
from gateway.assembly.stream import deliver, maintain, open_historian, open_latest, open_stream
from gateway.clock import Clock, SystemClock
from gateway.config.schema import GatewayOptions
from gateway.connections import Connections
from gateway.detect.options_broken import broken
from gateway.health import HealthBoard
from gateway.metrics import Metrics
from gateway.production.office.port import Planning
from gateway.production.quality.port import Quality
from gateway.stream.lock import DirectoryLock
from web.services import Services

STATIC: Final = Path(__file__).parents[1] / "web" / "static"


class Gateway:
    """The whole product. `run` returns when `stop` is set; one gateway owns a data directory.

    `config` is where the options were read from, if mappings may be written there.
    """

    def __init__(
        self,
        options: GatewayOptions,
        *,
        clock: Clock | None = None,
        config: Path | None = None,
    ) -> None:
        self.options = options
        self._config = config
        self._started = options
        self._clock = clock or SystemClock()
        self._started_ns = self._clock.now_ns()
        self._board = HealthBoard(self._clock)
        self._remarks: tuple[str, ...] = ()
        self._board.add_remarks(lambda: self._remarks)
        self._connections: Connections | None = None
        self._detection: Detection | None = None
        self.planning: Planning | None = None
        self.quality: Quality | None = None

    async def run(
        self, stop: asyncio.Event, *, on_serving: Callable[[str], None] | None = None
    ) -> None:
        """Run until `stop` is set, then end in order: page, connectors, consumers, journal.

        `on_serving` is called with the page's address. Raises `ConfigError` for a used data directory or port.
        """
        async with AsyncExitStack() as opened:
            opened.enter_context(DirectoryLock(self.options.data_dir))
            journal, catalogue, ledger = open_stream(
                self.options, clock=self._clock, board=self._board, opened=opened
            )
            historian = await open_historian(
                self.options, catalogue, clock=self._clock, opened=opened
            )
            feed = deliver(
                historian,
                journal,
                clock=self._clock,
                options=self.options,
                board=self._board,
                kind="historian",
            )
            latest = await open_latest(historian, journal, feed, clock=self._clock)
            self._connections = Connections(
                journal=journal,
                catalogue=catalogue,
                ledger=ledger,
                board=self._board,
                clock=self._clock,
                supervisor=self.options.supervisor,
                stamp=self.options.stamp,
            )
            async with asyncio.TaskGroup() as tasks:
                ground = Ground(
                    options=self.options,
                    clock=self._clock,
                    started_ns=self._started_ns,
                    board=self._board,
                    journal=journal,
                    catalogue=catalogue,
                    ledger=ledger,
                    historian=historian,
                    latest=latest,
                    connections=self._connections,
                    opened=opened,
                    tasks=tasks,
                )
                ground.start("event loop lag", self._board.run())
                ground.start("latest values", latest.run())
                ground.start("historian", feed.run())
                ground.start("historian upkeep", maintain(historian, clock=self._clock))
                ground.start("connectors", self._connections.run(self.options.connectors))
                await self._with_store(ground, stop, on_serving)
                ground.end()

    async def _with_store(
        self,
        ground: Ground,
        stop: asyncio.Event,
        on_serving: Callable[[str], None] | None,
    ) -> None:
        """Build every subject once the relational store is there, and serve the page until `stop` is set."""
        store = await open_store(self.options, clock=self._clock, stop=stop)
        if store is None:
            return
        ground.opened.push_async_callback(store.close)
        detection = self._detection = await open_detection(ground, store, config=self._config)
        performance = open_performance(ground, store)
        office = await open_access(ground, store)
        control = await open_control(ground, store, office.audit)
        open_proposing(ground, control, detection)
        quality = self.quality = await open_quality(ground, store, detection.issues)
        execution = await open_execution(
            ground,
            store,
            detection.issues,
            performance,
            job_machines(ground, control),
            gates=quality.gates,
            told=LotsOfJobs(quality.lots),
        )
        planning = self.planning = open_planning(ground, store, execution)
        care = await open_care(ground, store, config=self._config, reload=self.reload)
        maintenance = await open_maintenance(ground, store, detection.issues, performance)
        notifications = await open_notify(ground, store, detection.issues, office)
        cases = open_cases(ground, store, detection.issues, performance)
        services = Services(
            catalogue=ground.catalogue,
            history=ground.historian,
            latest=ground.latest,
            presence=ground.connections,
            tail=ground.journal,
            ledger=ground.ledger,
            health=self._board,
            issues=detection.issues,
            cases=cases,
            alarms=detection.alarms,
            backtests=detection.backtests,
            boards=care.boards,
            remarks=care.remarks,
            switches=ground.connections,
            letters=care.letters,
            adoption=care.adoption,
            performance=performance,
            planning=planning,
            execution=execution,
            quality=quality,
            improving=open_improving(ground, store, performance, detection.issues, cases, quality),
            reports=open_reports(
                ground, performance, detection.issues, quality, planning, notifications
            ),
            flow=open_flow(ground, performance),
            notifications=notifications,
            maintenance=maintenance,
            rulebook=detection.detector,
            rule_desk=detection.rules,
            charts=detection.charts,
            control=control,
            metrics=Metrics(self._board).render,
            clock=self._clock,
            site=self.options.plant.site,
            time_zone=self.options.plant.time_zone,
            units=self.options.plant.units.value,
            version=version("taktline"),
            static=STATIC,
            exports=self.options.data_dir / "exports",
        )
        await serve_page(ground, office, services, stop, on_serving)

    async def reload(self, options: GatewayOptions) -> str:
        """Apply a new configuration as far as that goes while running; return a sentence on what was done.

        Raises `ConfigError`, `StorageError` or `NotConnectedError` with nothing changed.
        """
        if self._connections is None or self._detection is None:
            return "still starting; reload again in a moment"
        old = self.options
        # Whatever may be refused comes first, so that a refusal leaves everything as it was.
        plan = self._connections.plan(options.connectors)
        await self._detection.rules.reread(options.rules, options.tests)
        await self._connections.carry_out(plan)
        changes = plan.changes
        self.options = options
        waiting = [
            name
            for name in GatewayOptions.model_fields
            if name not in {"connectors", "rules", "templates", "use", "tests"}
            and getattr(self._started, name) != getattr(options, name)
        ]
        remark = f"Restart the gateway to apply changes in: {', '.join(waiting)}."
        self._remarks = (remark,) if waiting else ()
        told = [
            f"{word}: {', '.join(names)}"
            for word, names in (
                ("started", changes.started),
                ("stopped", changes.stopped),
                ("replaced", changes.replaced),
                ("rules", ("changed",) if old.rules != options.rules else ()),
                ("disabled for their mistakes", broken(options.rules)),
                ("waiting for a restart", waiting),
            )
            if names
        ]
        return "; ".join(told) or "nothing changed"
