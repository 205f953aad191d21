"""The composition root: builds every part, wires them, runs them in one task group."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from importlib.metadata import version
from pathlib import Path
from typing import Final, TypeVar

from sqlalchemy import make_url

from gateway.access.office import Office, open_office
from gateway.clock import NS_PER_S, Clock, SystemClock
from gateway.config.schema import GatewayOptions
from gateway.connections import Connections
from gateway.detect.alarms.desk import AlarmDesk
from gateway.detect.backtest.jobs import BacktestDesk
from gateway.detect.evaluate import Detector
from gateway.errors import NotConnectedError, StorageError
from gateway.health import HealthBoard
from gateway.historian.embedded import EmbeddedHistorian
from gateway.historian.influx import InfluxHistorian
from gateway.historian.options import InfluxOptions
from gateway.issues import IssueDesk, Line, Topology
from gateway.metrics import Metrics
from gateway.ports import Catalogue
from gateway.production.kpi.desk import KpiDesk
from gateway.store import Store
from gateway.stream.catalogue import JournalCatalogue
from gateway.stream.deliver import Delivery
from gateway.stream.journal import Journal
from gateway.stream.latest import LatestTable
from gateway.stream.ledger import GapLedger
from gateway.stream.lock import DirectoryLock
from web.api.users import link_path
from web.options import SignIn, WebOptions
from web.serve import serve
from web.server import create_app
from web.services import Services

Historian = EmbeddedHistorian | InfluxHistorian
T = TypeVar("T")

STATIC: Final = Path(__file__).parents[1] / "web" / "static"
_log = logging.getLogger(__name__)
_MAINTAIN_EVERY_S: Final = 60.0
_STORE_WAIT_S: Final = (0.5, 10.0)


class Gateway:
    """The whole product. `run` returns when `stop` is set; one gateway owns a data directory."""

    def __init__(self, options: GatewayOptions, *, clock: Clock | None = None) -> None:
        self.options = options
        self._started = options
        self._clock = clock or SystemClock()
        self._board = HealthBoard(self._clock)
        self._connections: Connections | None = None
        self._detector: Detector | None = None
        self._remarks: tuple[str, ...] = ()
        self._started_ns = self._clock.now_ns()

    async def run(
        self, stop: asyncio.Event, *, on_serving: Callable[[str], None] | None = None
    ) -> None:
        """Run until `stop` is set, then end in order: page, connectors, consumers, journal.

        `on_serving` is called with the page's address. Raises `ConfigError` for a used data directory or port.
        """
        async with AsyncExitStack() as opened:
            opened.enter_context(DirectoryLock(self.options.data_dir))
            journal, catalogue, ledger = self._open_stream(opened)
            historian = await self._open_historian(catalogue, opened)
            history_feed = self._delivery(historian, journal, kind="historian")
            latest = await self._latest(historian, journal, history_feed)
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
                running = [
                    tasks.create_task(self._board.run(), name="event loop lag"),
                    tasks.create_task(latest.run(), name="latest values"),
                    tasks.create_task(history_feed.run(), name="historian"),
                    tasks.create_task(self._maintain(historian), name="historian upkeep"),
                    tasks.create_task(
                        self._connections.run(self.options.connectors), name="connectors"
                    ),
                ]
                store = await self._open_store(stop)
                if store is not None:
                    opened.push_async_callback(store.close)
                    alarms = await AlarmDesk.open(
                        self.options.rules,
                        store=store,
                        clock=self._clock,
                        latest=latest,
                        catalogue=catalogue,
                    )
                    desk, detector = await self._detection(
                        store, historian, catalogue, journal, alarms
                    )
                    self._detector = detector
                    rules_feed = self._delivery(detector, journal, kind="rules")
                    performance = KpiDesk(
                        self.options.production,
                        catalogue=catalogue,
                        store=store,
                        clock=self._clock,
                        time_zone=self.options.plant.time_zone,
                    )
                    kpi_feed = self._delivery(performance, journal, kind="kpi")
                    running += [
                        tasks.create_task(desk.run(), name="evidence"),
                        tasks.create_task(alarms.run(), name="alarms"),
                        tasks.create_task(rules_feed.run(), name="rules"),
                        tasks.create_task(kpi_feed.run(), name="kpi"),
                        tasks.create_task(detector.run(), name="rules' time"),
                    ]
                    services = Services(
                        catalogue=catalogue,
                        history=historian,
                        latest=latest,
                        presence=self._connections,
                        tail=journal,
                        ledger=ledger,
                        health=self._board,
                        issues=desk,
                        alarms=alarms,
                        backtests=self._backtests(opened, detector, catalogue, historian, desk),
                        performance=performance,
                        rulebook=detector,
                        metrics=Metrics(self._board).render,
                        clock=self._clock,
                        site=self.options.plant.site,
                        time_zone=self.options.plant.time_zone,
                        version=version("taktline"),
                        static=STATIC,
                        exports=self.options.data_dir / "exports",
                    )
                    office = await open_office(
                        store,
                        self.options.access,
                        data_dir=self.options.data_dir,
                        clock=self._clock,
                        site=self.options.plant.site,
                    )
                    opened.callback(office.close)
                    await self._serve(services, office, stop, on_serving)
                for task in reversed(running):
                    task.cancel()

    async def reload(self, options: GatewayOptions) -> str:
        """Apply a new configuration as far as that goes while running; return a sentence on what was done.

        Raises `ConfigError`, `StorageError` or `NotConnectedError` with nothing changed.
        """
        if self._connections is None or self._detector is None:
            return "still starting; reload again in a moment"
        old = self.options
        # Whatever may be refused comes first, so that a refusal leaves everything as it was.
        plan = self._connections.plan(options.connectors)
        await self._detector.replace_rules(options.rules)
        await self._connections.carry_out(plan)
        changes = plan.changes
        self.options = options
        waiting = [
            name
            for name in GatewayOptions.model_fields
            if name not in {"connectors", "rules", "tests"}
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
                ("waiting for a restart", waiting),
            )
            if names
        ]
        return "; ".join(told) or "nothing changed"

    def _open_stream(self, opened: AsyncExitStack) -> tuple[Journal, JournalCatalogue, GapLedger]:
        journal = Journal.open(
            self.options.data_dir / "journal", clock=self._clock, options=self.options.journal
        )
        opened.push_async_callback(journal.close)
        catalogue = JournalCatalogue(journal)
        opened.callback(catalogue.close)
        ledger = GapLedger(journal)
        opened.callback(ledger.close)
        journal.register_consumers(["historian", "rules", "kpi"])
        self._board.add_stage("journal", journal.status)
        self._board.add_remarks(lambda: (*self._remarks, *journal.quarantine.remarks))
        return journal, catalogue, ledger

    async def _open_historian(self, catalogue: Catalogue, opened: AsyncExitStack) -> Historian:
        options = self.options.historian
        if isinstance(options, InfluxOptions):
            historian: Historian = InfluxHistorian(options, catalogue=catalogue, clock=self._clock)
        else:
            historian = await asyncio.to_thread(
                EmbeddedHistorian.open,
                self.options.data_dir / "history",
                catalogue=catalogue,
                clock=self._clock,
                options=options,
            )
        opened.push_async_callback(historian.close)
        return historian

    def _delivery(
        self, sink: Historian | Detector | KpiDesk, journal: Journal, *, kind: str
    ) -> Delivery:
        delivery = Delivery(
            sink, journal=journal, clock=self._clock, options=self.options.delivery, kind=kind
        )
        self._board.add_stage(sink.name, delivery.status)
        return delivery

    async def _latest(self, historian: Historian, journal: Journal, feed: Delivery) -> LatestTable:
        """Return the newest values, primed from an embedded history; a remote one must not hold up the start."""
        after = 0
        table = LatestTable(journal, clock=self._clock)
        if isinstance(historian, EmbeddedHistorian):
            await feed.prepare()
            after = journal.cursor("historian")
            table = LatestTable(journal, clock=self._clock, after=after)
            table.prime(await historian.latest(range(len(journal.last_source_ns()))))
        return table

    async def _maintain(self, historian: Historian) -> None:
        while True:
            await self._clock.sleep(_MAINTAIN_EVERY_S)
            try:
                await historian.maintain(now_ns=self._clock.now_ns())
            except (StorageError, NotConnectedError) as error:
                _log.warning("history could not be tidied, trying again later: %s", error)

    async def _open_store(self, stop: asyncio.Event) -> Store | None:
        """Open the relational store, waiting for a server that is not there yet; None once told to stop."""
        url = self.store_url()
        return await self._until(lambda: Store.open(url), stop)

    async def _until(self, attempt: Callable[[], Awaitable[T]], stop: asyncio.Event) -> T | None:
        wait_s, told = _STORE_WAIT_S[0], False
        while not stop.is_set():
            try:
                return await attempt()
            except (NotConnectedError, StorageError) as error:
                if not told:
                    _log.warning(
                        "the store is not there yet, samples are kept meanwhile: %s", error
                    )
                told = True
                await _either(self._clock.sleep(wait_s), stop.wait())
                wait_s = min(2 * wait_s, _STORE_WAIT_S[1])
        return None

    def store_url(self) -> str:
        """Return the relational store's address, password included; never show it."""
        store = self.options.store
        if not store.url:
            return f"sqlite:///{self.options.data_dir / 'taktline.db'}"
        if store.password is None:
            return store.url
        url = make_url(store.url).set(password=store.password.get_secret_value())
        return url.render_as_string(hide_password=False)

    def _backtests(
        self,
        opened: AsyncExitStack,
        detector: Detector,
        catalogue: Catalogue,
        historian: Historian,
        issues: IssueDesk,
    ) -> BacktestDesk:
        desk = BacktestDesk(
            rules=detector.configured,
            catalogue=catalogue,
            history=historian,
            issues=issues,
            clock=self._clock,
            time_zone=self.options.plant.time_zone,
        )
        opened.push_async_callback(desk.close)
        return desk

    def _topology(self) -> Topology:
        return Topology(
            Line(
                machines=tuple(line.machines),
                window_ns=round(line.window_s * NS_PER_S),
                transport_ns=round(line.transport_s * NS_PER_S),
            )
            for line in self.options.lines.values()
        )

    async def _detection(
        self,
        store: Store,
        historian: Historian,
        catalogue: Catalogue,
        journal: Journal,
        alarms: AlarmDesk,
    ) -> tuple[IssueDesk, Detector]:
        desk = await IssueDesk.open(
            store=store, history=historian, clock=self._clock, topology=self._topology()
        )
        detector = Detector(
            self.options.rules,
            catalogue=catalogue,
            issues=desk,
            store=store,
            clock=self._clock,
            tail=journal,
            started_ns=self._started_ns,
            alarms=alarms,
        )
        return desk, detector

    async def _set_up_path(self, office: Office) -> str | None:
        """Return the path that makes the first administrator, or None where there is one or none is needed."""
        off = self.options.web.sign_in is SignIn.OFF
        if off or await office.desk.has_administrator():
            return None
        return link_path(await office.desk.setup_link())

    def _offer_set_up(self, address: str, path: str) -> None:
        _log.warning(
            "no administrator yet, so only this machine is served; make one within %.0f minutes"
            " at %s%s (or: taktline user add NAME --role administrator)",
            self.options.access.link_s / 60,
            address.rstrip("/"),
            path,
        )

    async def _serve(
        self,
        services: Services,
        office: Office,
        stop: asyncio.Event,
        on_serving: Callable[[str], None] | None,
    ) -> None:
        app = create_app(services, self.options.web, access=office.desk, audit=office.audit)
        set_up = await self._set_up_path(office)
        self._board.add_stage("live", app.state.hub.status)
        self._board.started()

        def listening(port: int) -> None:
            address = _address(self.options.web, port)
            if set_up is not None:
                self._offer_set_up(address, set_up)
            if on_serving is not None:
                on_serving(address)

        await serve(app, self.options.web, stop=stop, on_listening=listening)


def _address(web: WebOptions, port: int) -> str:
    """Return where a person on this machine opens the page."""
    scheme = "https" if web.tls is not None else "http"
    host = "127.0.0.1" if web.host in {"0.0.0.0", "::"} else web.host  # noqa: S104 - shown, not bound
    return f"{scheme}://{host}:{port}/"


async def _either(*waits: Awaitable[object]) -> None:
    """Return as soon as one of these has ended, and end the others."""
    tasks = [asyncio.ensure_future(wait) for wait in waits]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
