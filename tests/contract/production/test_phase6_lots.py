"""A job at a machine that counts is a lot of quality control, from which its checks fall due."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from gateway.assembly.lots import LotsOfJobs
from gateway.clock import NS_PER_S, ManualClock
from gateway.model import DataType, SampleBatch, Signal, SignalKind, SignalRole
from gateway.ports import Chunk
from gateway.production.archive import Archive
from gateway.production.execution.desk import Move
from gateway.production.execution.port import Act, Commanded
from gateway.production.model import Operation
from gateway.store import Store
from tests.peers.shop_floor import ANNA, LATHE, QTY, fill, things
from tests.peers.web_execution import Floor, execution_over
from tests.peers.web_quality import quality_over
from tests.peers.web_services import memory_plant

EIGHT_NS = int(datetime(2027, 1, 4, 7, 0, tzinfo=UTC).timestamp()) * NS_PER_S


async def test_a_job_begins_and_ends_its_lot_once_whatever_is_told_again(tmp_path: Path) -> None:
    clock = ManualClock(start_ns=EIGHT_NS)
    store = await Store.open(f"sqlite:///{tmp_path}/state.db")
    plant = memory_plant(folder=tmp_path, clock=clock)
    counter = Signal(
        path=f"{LATHE}/good", kind=SignalKind.COUNTER, data_type=DataType.INTEGER,
        role=SignalRole.GOOD_COUNT, counter_bits=16,
    )  # fmt: skip
    index = plant.catalogue.register([counter])
    quality, watch = quality_over(
        store, catalogue=plant.catalogue, history=plant.history, clock=clock
    )
    await watch.cursor()
    first = SampleBatch.of(
        signal=index, source_ns=[EIGHT_NS - 1], value=[7.0], received_ns=EIGHT_NS - 1
    )
    await watch.write(Chunk(batch=first, first_seq=1, last_seq=1))
    floor = Floor(
        catalogue=plant.catalogue, latest=plant.store, presence=plant.presence,
        performance=plant.services.performance,
    )  # fmt: skip
    desk = execution_over(
        store, clock, floor, issues=plant.issues, gates=quality.gates,
        told=LotsOfJobs(quality.lots),
    ).desk  # fmt: skip
    await fill(Archive(store, clock=clock), things(EIGHT_NS // (60 * NS_PER_S)))

    begun = await desk.command("W-1/turn", Commanded(act=Act.START), by=ANNA)
    (lot,) = await quality.lots.lots(machine=LATHE)
    assert (lot.lot, lot.job, lot.product, lot.wanted) == ("W-1-turn", "W-1/turn", "P", QTY)
    assert (lot.checklist, lot.start_ns, lot.end_ns) == ("first piece", EIGHT_NS, None)
    await desk.reconcile()
    await clock.advance(600)
    await desk.command("W-1/turn", Commanded(act=Act.FINISH), by=ANNA)
    await desk.reconcile()
    (lot,) = await quality.lots.lots(machine=LATHE)
    assert lot.end_ns == EIGHT_NS + 600 * NS_PER_S
    # A machine whose clock is ahead gets no lot, and whoever follows its jobs goes on.
    ahead = replace(begun, job="W-3/turn", started_ns=clock.now_ns() + 120 * NS_PER_S)
    step = Operation(op="turn", work_centre="turning")
    await LotsOfJobs(quality.lots)(Move(run=ahead, operation=step, path=LATHE, materials=()))
    assert len(await quality.lots.lots(machine=LATHE)) == 1
    # A machine that counts nothing has no lots, and its jobs go on all the same.
    run = await desk.command("W-2/turn", Commanded(act=Act.START), by=ANNA)
    assert run.started_ns is not None
    await store.close()
