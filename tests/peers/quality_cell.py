"""One machine that counts and measures, its quality control, and a journal that the test writes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from gateway.clock import ManualClock
from gateway.issues import IssueDesk
from gateway.model import DataType, Principal, SampleBatch, Signal, SignalKind, SignalRole
from gateway.ports import Chunk
from gateway.production.quality.checks import CheckDesk
from gateway.production.quality.model import (
    Checklist,
    ChecklistItem,
    CheckRun,
    ItemKind,
    NewLot,
    Sampling,
    Trigger,
)
from gateway.production.quality.port import Quality
from gateway.production.quality.watch import QualityWatch
from gateway.store import Store
from tests.peers.catalogue import FakeCatalogue
from tests.peers.history import FakeHistory
from tests.peers.web_quality import quality_over

MACHINE = "plant/milling/cell1/m8"
GOOD, REJECT, STATE, SIZE = range(4)
SIGNALS = (
    Signal(path=f"{MACHINE}/good", data_type=DataType.INTEGER, kind=SignalKind.COUNTER,
           role=SignalRole.GOOD_COUNT, counter_bits=16),
    Signal(path=f"{MACHINE}/reject", data_type=DataType.INTEGER, kind=SignalKind.COUNTER,
           role=SignalRole.REJECT_COUNT, counter_bits=16),
    Signal(path=f"{MACHINE}/state", data_type=DataType.ENUM, kind=SignalKind.STATE,
           role=SignalRole.STATE),
    Signal(path=f"{MACHINE}/size", unit="mm"),
)  # fmt: skip
SIZE_ITEM = ChecklistItem(
    id="size", text="Size", kind=ItemKind.NUMBER, unit="mm", low=9.9, high=10.1, signal="size"
)
LOOKS = ChecklistItem(id="looks", text="No burr", kind=ItemKind.YES_NO)
EVERY_50 = (
    Sampling(trigger=Trigger.FIRST),
    Sampling(trigger=Trigger.COUNT, every=50),
    Sampling(trigger=Trigger.LAST),
)
ANNA = "anna"
QUALITY = Principal(name="quinn", kind="person", roles=frozenset({"quality"}))
MANAGER = Principal(name="mary", kind="person", roles=frozenset({"production_manager"}))


@dataclass
class QualityCell:
    """A machine under quality control; `opened` reads what an earlier one left."""

    store: Store
    clock: ManualClock
    quality: Quality
    watch: QualityWatch
    seq: int = 0
    made: int = 65_500
    """What the counter shows: it rolls over at 16 bits on the way."""

    @property
    def issues(self) -> IssueDesk:
        """The issues that failed checks open."""
        assert isinstance(self.quality.checks, CheckDesk)
        return self.quality.checks._issues

    async def tell(self, rows: Sequence[tuple[int, int, float]], quality: int = 0) -> None:
        """Journal rows of (signal, time, value)."""
        self.seq += 1
        batch = SampleBatch.of(
            signal=[each[0] for each in rows], source_ns=[each[1] for each in rows],
            value=[each[2] for each in rows], received_ns=self.clock.now_ns(), quality=quality,
        )  # fmt: skip
        await self.watch.write(Chunk(batch=batch, first_seq=self.seq, last_seq=self.seq))

    def count(self, pieces: int) -> tuple[int, int, float]:
        """Return the counter's row some pieces on."""
        self.made += pieces
        return GOOD, self.clock.now_ns(), float(self.made % 65_536)

    async def make(self, pieces: int, size: float = 10.0) -> None:
        """Make pieces one a second, each measured."""
        for _ in range(pieces):
            await self.clock.advance(1.0)
            now_ns = self.clock.now_ns()
            await self.tell([(SIZE, now_ns - 1, size), self.count(1)])

    async def at_once(self, pieces: int, size: float = 10.0) -> None:
        """Make pieces that are told in one reading."""
        await self.clock.advance(float(pieces))
        await self.tell([(SIZE, self.clock.now_ns() - 1, size), self.count(pieces)])

    async def in_force(self, wanted: Checklist) -> None:
        """Put a checklist in force: drafted, submitted, and approved by somebody else."""
        made = await self.quality.checklists.draft(wanted, by=ANNA)
        await self.quality.checklists.submit(made.id, made.version, by=ANNA)
        await self.quality.checklists.approve(made.id, made.version, by="quinn")

    async def begin(self, lot: str, **more: Any) -> int:
        """Begin a lot; return its run."""
        new = NewLot(lot=lot, machine=MACHINE, product=more.pop("product", "P1"), **more)
        run = await self.quality.lots.begin(new, by=ANNA)
        await self.clock.advance(3.0)
        await self.watch.settle()
        return run.id

    async def end(self, run: int) -> None:
        """End a lot."""
        await self.clock.advance(1.0)
        await self.quality.lots.end(run, by=ANNA)
        await self.clock.advance(3.0)
        await self.watch.settle()

    async def all_checks(self) -> list[CheckRun]:
        """Return every check by number."""
        checks = self.quality.checks
        found = [*await checks.checks(), *await checks.checks(done=True)]
        return sorted(found, key=lambda each: each.number)

    async def restarted(self) -> QualityCell:
        """Return the same after a kill: what was not committed is read again from the cursor."""
        after = await QualityCell.opened(self.store, self.clock)
        return replace(after, made=self.made)

    @classmethod
    async def opened(cls, store: Store, clock: ManualClock) -> QualityCell:
        """Return the cell over a store, where its cursor stands."""
        quality, watch = quality_over(
            store, catalogue=FakeCatalogue(*SIGNALS), history=FakeHistory(), clock=clock
        )
        return cls(store=store, clock=clock, quality=quality, watch=watch, seq=await watch.cursor())


def checklist(*items: ChecklistItem, **more: Any) -> Checklist:
    """Return a checklist of the machine; a size that it measures, where no items are named."""
    sampling = more.pop("sampling", EVERY_50)
    return Checklist(
        id="dims", title="Dimensions", items=items or (SIZE_ITEM,), machines=(MACHINE,),
        sampling=sampling, **more,
    )  # fmt: skip
