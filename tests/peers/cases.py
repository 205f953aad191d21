"""A desk of cases on a real store, with plant and history in memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from gateway.clock import NS_PER_S, ManualClock
from gateway.corrective import Case
from gateway.deviation import IssueType, Severity
from gateway.errors import NotFoundError
from gateway.issues import Clearing, Deviation, Ending, IssueDesk
from gateway.issues.around.reader import Around, ContextReader, OnDuty, nobody
from gateway.issues.case.office import CaseOffice
from gateway.issues.lifecycle import IssueAction
from gateway.issues.opening import IssueOptions, Policy
from gateway.issues.verify.watcher import Sources, Watcher
from gateway.model import Principal, SampleBatch, Signal, SignalRole
from gateway.performance import KpiBucket, KpiReport, ShiftTime, StateInterval
from gateway.store import Store
from tests.peers.web_memory import MemoryCatalogue, MemoryHistory, MemoryPresence, MemoryStore

S = NS_PER_S
DAY_S = 86_400
FILLER = "demo/packaging/l1/filler"
WEIGHT = f"{FILLER}/weight"
TWIN = "demo/packaging/l2/filler"
ANNA = Principal(name="anna", kind="person", roles=frozenset({"supervisor"}))
BEN = Principal(name="ben", kind="person", roles=frozenset({"quality"}))
CLARA = Principal(name="clara", kind="person", roles=frozenset({"quality"}))

WHAT = {f"problem.{name}": "said" for name in ("what", "where", "when", "who", "why", "how")}
TRIAGE = {**WHAT, "problem.how_many": "12 of 800", "owner": "anna"}
CAUSE = {
    "cause.occurrence": "The seal was worn.",
    "cause.escape": "No check after the change of format.",
    "cause.method": "five_why",
    "cause.five_why": ["It leaked.", "The seal was worn."],
    "cause.verified": "With a new seal the weight is right, with the old one it is not.",
}


class NoPerformance:
    """A plant that counts nothing."""

    async def kpis(self, unit: str, *, start_ns: int, end_ns: int, bucket: KpiBucket) -> KpiReport:
        """Know no machine."""
        raise NotFoundError(f"no machine at {unit}")

    async def intervals(
        self, machine: str, *, start_ns: int, end_ns: int, limit: int
    ) -> Sequence[StateInterval]:
        """Know no machine."""
        raise NotFoundError(f"no machine at {machine}")

    def shifts(self, day: date) -> Sequence[ShiftTime]:
        """Know no shift."""
        return ()

    def __getattr__(self, name: str) -> Any:
        """Answer nothing else."""
        raise NotImplementedError(name)


class CaseBench:
    """A desk, an office and a watcher over one store."""

    def __init__(self, store: Store, options: Mapping[str, Any] | None = None) -> None:
        self.store = store
        self.options = IssueOptions.model_validate(dict(options or {}))
        self.clock = ManualClock()
        self.catalogue: Any = MemoryCatalogue()
        self.rows, self.presence = MemoryStore(), MemoryPresence()
        self.history: Any = MemoryHistory(self.rows)
        self.performance: Any = NoPerformance()
        self.policy = Policy.of(self.options)
        self.on_duty: OnDuty = nobody
        self.catalogue.register(
            [
                Signal(path=WEIGHT, unit="g"),
                Signal(path=f"{FILLER}/good", role=SignalRole.GOOD_COUNT),
                Signal(path=f"{FILLER}/bad", role=SignalRole.REJECT_COUNT),
                Signal(path=f"{TWIN}/weight", unit="g"),
            ]
        )
        self.desk: IssueDesk
        self.office: CaseOffice
        self.watcher: Watcher
        self.context: ContextReader
        self._keys = 0

    async def open(self) -> CaseBench:
        """Open everything on the store, as a start of the gateway does."""
        sources = Sources(
            history=self.history,
            catalogue=self.catalogue,
            performance=self.performance,
            presence=self.presence,
        )
        self.desk = await IssueDesk.open(
            store=self.store,
            history=self.history,
            clock=self.clock,
            policy=self.policy,
        )
        self.office = CaseOffice(
            issues=self.desk,
            store=self.store,
            clock=self.clock,
            sources=sources,
            options=self.options,
            time_zone="Europe/Berlin",
            site="demo",
        )
        self.watcher = Watcher(
            issues=self.desk,
            store=self.store,
            sources=sources,
            options=self.options,
            clock=self.clock,
        )
        around = Around(
            history=self.history,
            catalogue=self.catalogue,
            performance=sources.performance,
            options=self.options,
            time_zone="Europe/Berlin",
            on_duty=self.on_duty,
        )
        self.context = ContextReader(
            store=self.store, around=around, issues=self.desk, clock=self.clock
        )
        return self

    def deviation(self, **changes: Any) -> Deviation:
        """Return a report of a weight that is too high, now."""
        self._keys += 1
        now_ns = self.clock.now_ns()
        base = Deviation(
            key=f"raise-{self._keys}",
            cause=f"weight@{FILLER}",
            member=f"{WEIGHT}#high",
            rule="weight",
            rule_version="ab12",
            asset=FILLER,
            signal=WEIGHT,
            severity=Severity.P3,
            type=IssueType.QUALITY,
            title="Fill weight high",
            explanation="Fill weight 504.3 g above 504.0 g for 5 s",
            onset_ns=now_ns - 5 * S,
            time_ns=now_ns,
            value=504.3,
            limits={"high": 504.0},
            family="limit",
        )
        return replace(base, **changes)

    def clearing(self) -> Clearing:
        """Return a report that it is over, now."""
        self._keys += 1
        return Clearing(
            key=f"clear-{self._keys}",
            cause=f"weight@{FILLER}",
            member=f"{WEIGHT}#high",
            rule="weight",
            ending=Ending.CLEARED,
            time_ns=self.clock.now_ns(),
            value=500.0,
        )

    async def spell(self, **changes: Any) -> int:
        """Raise it and have it clear after a minute; return the issue's number."""
        number = await self.desk.raise_deviation(self.deviation(**changes))
        assert number is not None
        await self.clock.advance(60)
        await self.desk.clear_deviation(self.clearing())
        return number

    def count(self, name: str, first: int, last: int, *, start_s: float, end_s: float) -> None:
        """Add rows of a counter, evenly from `start_s` to `end_s` before or after now."""
        index = self.catalogue.index(f"{FILLER}/{name}")
        now_ns = self.clock.now_ns()
        steps = 50
        times = [
            now_ns + round((start_s + (end_s - start_s) * i / steps) * S) for i in range(steps + 1)
        ]
        values = [first + (last - first) * i / steps for i in range(steps + 1)]
        batch = SampleBatch.of(
            signal=[index] * len(times), source_ns=times, value=values, received_ns=times
        )
        self.rows.append(batch)

    async def freeze(self) -> None:
        """Let the evidence and the context of new issues be read."""
        await self.clock.advance(60)
        await self.desk.collect()
        await self.context.collect()

    async def edit(self, number: int, fields: Mapping[str, object], by: Principal = ANNA) -> Case:
        """Change fields of the newest version."""
        version = (await self.desk.get(number)).version
        return await self.office.edit(number, version=version, changes=fields, by=by)

    async def advance(self, number: int, by: Principal = ANNA) -> Case:
        """Move on by one stage."""
        return await self.office.act(number, IssueAction.ADVANCE, by=by)

    async def to_root_cause(self) -> int:
        """Open an issue and contain it."""
        self.count("good", 0, 900, start_s=-3600, end_s=0)
        self.count("bad", 0, 40, start_s=-3600, end_s=0)
        number = await self.spell()
        await self.freeze()
        await self.office.act(number, IssueAction.ACKNOWLEDGE, by=ANNA)
        await self.edit(number, TRIAGE)
        await self.advance(number)
        now_ms = self.clock.now_ns() // 1_000_000
        await self.edit(
            number,
            {
                "containment.action": "Everything since noon is held.",
                "containment.verified": "Store checked.",
                "containment.from_ms": now_ms - 3_600_000,
                "containment.to_ms": now_ms,
                "suspect.quantity": 940,
            },
        )
        await self.advance(number)
        return number

    async def to_verifying(
        self, template: str = "no_recurrence", settings: Mapping[str, object] | None = None
    ) -> int:
        """Bring an issue to where the data decides."""
        number = await self.to_root_cause()
        await self.edit(number, CAUSE)
        await self.advance(number)
        chosen = settings or {"events": 1, "days": 0.01}
        await self.office.prove(number, template=template, settings=chosen, by=ANNA)
        await self.edit(number, {"plan.metric": "No fill above 504 g."})
        due_ns = self.clock.now_ns() + DAY_S * S
        fields = {"title": "Replace the seal", "owner": "ben", "due_ns": due_ns}
        await self.office.add_action(number, kind="corrective", fields=fields, by=ANNA)
        await self.advance(number)
        await self.office.change_action(number, 1, version=1, fields={"done": True}, by=BEN)
        await self.edit(number, {"implementation.change": "Limit version cd34."})
        await self.advance(number)
        return number

    async def look_around(self, number: int, by: Principal = BEN) -> Case:
        """Look at every machine that was proposed as similar."""
        case = await self.office.case(number)
        for machine in case.similar:
            if machine.checked_ns is None:
                case = await self.office.check_similar(
                    number, asset=machine.asset, finding="Seal is new.", by=by
                )
        return case

    async def watch(self, seconds: float, *, step_s: float = 20.0) -> None:
        """Let time pass with the watcher looking at it."""
        passed = 0.0
        while passed < seconds:
            await self.clock.advance(step_s)
            passed += step_s
            await self.watcher.look()
