"""The stream and where it ends: journal, catalogue, gap ledger, historian, newest values."""

from __future__ import annotations

import asyncio
import logging
from contextlib import AsyncExitStack
from typing import Final

from gateway.clock import Clock
from gateway.config.schema import GatewayOptions
from gateway.errors import NotConnectedError, StorageError
from gateway.health import HealthBoard
from gateway.historian.embedded import EmbeddedHistorian
from gateway.historian.influx import InfluxHistorian
from gateway.historian.options import InfluxOptions
from gateway.ports import Catalogue, Sink
from gateway.stream.catalogue import JournalCatalogue
from gateway.stream.deliver import Delivery
from gateway.stream.journal import Journal
from gateway.stream.latest import LatestTable
from gateway.stream.ledger import GapLedger

Historian = EmbeddedHistorian | InfluxHistorian

CONSUMERS: Final = ("historian", "rules", "kpi", "execution", "quality")
"""Sinks whose rows the journal keeps until they have taken them."""

_MAINTAIN_EVERY_S: Final = 60.0
_log = logging.getLogger(__name__)


def open_stream(
    options: GatewayOptions, *, clock: Clock, board: HealthBoard, opened: AsyncExitStack
) -> tuple[Journal, JournalCatalogue, GapLedger]:
    """Open the journal and what is kept in it."""
    journal = Journal.open(options.data_dir / "journal", clock=clock, options=options.journal)
    opened.push_async_callback(journal.close)
    catalogue = JournalCatalogue(journal)
    opened.callback(catalogue.close)
    ledger = GapLedger(journal)
    opened.callback(ledger.close)
    journal.register_consumers(CONSUMERS)
    board.add_stage("journal", journal.status)
    board.add_remarks(lambda: tuple(journal.quarantine.remarks))
    return journal, catalogue, ledger


async def open_historian(
    options: GatewayOptions, catalogue: Catalogue, *, clock: Clock, opened: AsyncExitStack
) -> Historian:
    """Open the embedded historian, or the client of a remote one."""
    if isinstance(options.historian, InfluxOptions):
        historian: Historian = InfluxHistorian(options.historian, catalogue=catalogue, clock=clock)
    else:
        historian = await asyncio.to_thread(
            EmbeddedHistorian.open,
            options.data_dir / "history",
            catalogue=catalogue,
            clock=clock,
            options=options.historian,
        )
    opened.push_async_callback(historian.close)
    return historian


async def open_latest(
    historian: Historian, journal: Journal, feed: Delivery, *, clock: Clock
) -> LatestTable:
    """Return the newest values, primed from an embedded history; a remote one must not hold up the start."""
    if not isinstance(historian, EmbeddedHistorian):
        return LatestTable(journal, clock=clock)
    await feed.prepare()
    table = LatestTable(journal, clock=clock, after=journal.cursor("historian"))
    table.prime(await historian.latest(range(len(journal.last_source_ns()))))
    return table


async def maintain(historian: Historian, *, clock: Clock) -> None:
    """Tidy history now and then, until cancelled; a failure is told and tried again."""
    while True:
        await clock.sleep(_MAINTAIN_EVERY_S)
        try:
            await historian.maintain(now_ns=clock.now_ns())
        except (StorageError, NotConnectedError) as error:
            _log.warning("history could not be tidied, trying again later: %s", error)


def deliver(
    sink: Sink,
    journal: Journal,
    *,
    clock: Clock,
    options: GatewayOptions,
    board: HealthBoard,
    kind: str,
) -> Delivery:
    """Return the feed of one sink from its cursor; its state is a stage of the health page."""
    feed = Delivery(sink, journal=journal, clock=clock, options=options.delivery, kind=kind)
    board.add_stage(sink.name, feed.status)
    return feed
