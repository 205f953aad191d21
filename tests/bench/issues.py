"""Corrective action under load: `python -m tests.bench.issues [--postgres URL]`. Nothing here asserts a time.

A second of ten thousand alarms of fifty causes goes through the desk of issues, beside a naive desk that commits each
report by itself; what comes of it goes through ladder and planner into the outbox. Then people's changes of one case with
its gates, looks at fixes that are watched, and looks for due actions, each one after another as one person sees it.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from sqlalchemy import func, insert, select

from gateway.issues import Clearing, Deviation
from gateway.store import Store
from gateway.store.issue_tables import issue_action
from gateway.store.notify_tables import notify_message, notify_notice
from tests.peers.cases import ANNA, CaseBench, S
from tests.peers.notify import Bench, bench

EVENTS: Final = 10_000
CAUSES: Final = 50
BATCH: Final = 1_000
NAIVE: Final = 500
TURNS: Final = 100
WATCHED: Final = 20
ACTIONS: Final = 10_000
TEAM: Final = {"teams": {"l1": {"members": ["anna"], "supervisors": ["sam"]}}}


class Many(CaseBench):
    """Cases of as many causes as are asked for by `turn`, none a repeat of another."""

    turn = 0

    def deviation(self, **changes: Any) -> Deviation:
        """Return a report of this turn's cause."""
        own = {"cause": f"weight{self.turn}", "family": f"limit{self.turn}"}
        return super().deviation(**own | changes)

    def clearing(self) -> Clearing:
        """Return a report that it is over."""
        return replace(super().clearing(), cause=f"weight{self.turn}")


def say(what: str, figure: str) -> None:
    """Print one line of the table."""
    print(f"{what:<66}{figure:>22}", flush=True)


def reports(cases: CaseBench, count: int, name: str) -> list[Deviation]:
    """Return alarms of fifty machines by turns, each a condition of its own."""
    found = []
    for turn in range(count):
        machine = f"demo/packaging/l{turn % 5}/{name}{turn % CAUSES}"
        found.append(
            cases.deviation(
                key=f"{name}-{turn}",
                cause=f"weight@{machine}",
                asset=machine,
                signal=f"{machine}/weight",
                member=f"{machine}/weight{turn}#high",
            )
        )
    return found


async def flood(cases: CaseBench, desk: Bench) -> None:
    """Measure a second of ten thousand alarms, to the outbox."""
    some = reports(cases, EVENTS, "m")
    before = len(await cases.desk.list(states=[], limit=1000))
    started, used = time.perf_counter(), time.process_time()
    for start in range(0, EVENTS, BATCH):
        await cases.desk.apply(some[start : start + BATCH])
    took = time.perf_counter() - started
    spent = time.process_time() - used
    opened = len(await cases.desk.list(states=[], limit=1000)) - before
    say(f"{EVENTS:,} alarms of {CAUSES} causes into issues", f"{EVENTS / took:,.0f} a second")
    say("processor time of an alarm", f"{1e6 * spent / EVENTS:.0f} µs")
    started = time.perf_counter()
    while await desk.desk.engine.turn():
        pass
    told = time.perf_counter() - started
    say(
        "their history followed, notices and messages made",
        f"{EVENTS / told:,.0f} entries a second",
    )

    def counted(connection: Any) -> tuple[int, int]:
        notices = select(func.count()).select_from(notify_notice)
        messages = select(func.count()).select_from(notify_message)
        return connection.execute(notices).scalar_one(), connection.execute(messages).scalar_one()

    notices, messages = await cases.store.run(counted)
    say("issues, notices, messages", f"{opened}, {notices}, {messages}")
    one_by_one = reports(cases, NAIVE, "n")
    started, used = time.perf_counter(), time.process_time()
    for report in one_by_one:
        await cases.desk.apply([report])
    took = time.perf_counter() - started
    spent = time.process_time() - used
    say("naive: each alarm committed by itself", f"{NAIVE / took:,.0f} a second")
    say("processor time of an alarm", f"{1e6 * spent / NAIVE:.0f} µs")


async def timed(what: str, turns: int, work: Callable[[int], Awaitable[object]]) -> None:
    """Print median and 95th percentile of so many turns."""
    spans = []
    for turn in range(turns):
        started = time.perf_counter()
        await work(turn)
        spans.append(1e3 * (time.perf_counter() - started))
    late = statistics.quantiles(spans, n=20)[-1]
    say(f"{what}, median and 95 %", f"{statistics.median(spans):.1f} and {late:.1f} ms")


async def people(cases: CaseBench) -> None:
    """Measure what a person waits for."""
    number = await cases.to_verifying(settings={"events": 1, "days": 100})

    async def edit(turn: int) -> None:
        await cases.edit(number, {"problem.what": f"Turn {turn}"})

    async def back_and_forth(_: int) -> None:
        await cases.office.act(number, "send_back", by=ANNA, reason="again")
        settings = {"events": 1, "days": 100}
        await cases.office.prove(number, template="no_recurrence", settings=settings, by=ANNA)
        await cases.advance(number)

    await timed("a field of the form changed", TURNS, edit)
    await timed("sent back, a proof chosen, and through its gate again", TURNS // 4, back_and_forth)
    await timed("the whole case read", TURNS, lambda _: cases.office.case(number))
    await timed("the case as PDF", 5, lambda _: cases.office.report_pdf(number))


async def looks(cases: Many, desk: Bench) -> None:
    """Measure what runs in the background: fixes that are watched, actions that are due."""
    for turn in range(1, WATCHED + 1):
        cases.turn = turn
        await cases.to_verifying(settings={"events": 1, "days": 1000})

    async def look(_: int) -> None:
        await cases.clock.advance(10)
        await cases.watcher.look()

    await timed(f"{WATCHED + 1} fixes held against the data", 20, look)
    now_ns = cases.clock.now_ns()
    rows: list[dict[str, Any]] = [
        {
            "issue": 1, "id": 100 + n, "kind": "corrective", "title": f"Do {n}", "owner": "anna",
            "due_ns": now_ns + (10 + n) * 86_400 * S, "checklist": [], "done_ns": None,
            "done_by": "", "created_ns": now_ns, "created_by": "anna", "version": 1,
        }
        for n in range(ACTIONS)
    ]  # fmt: skip
    await cases.store.run(lambda c: c.execute(insert(issue_action), rows))
    reminders = desk.desk.engine._reminders

    async def remind(_: int) -> None:
        await cases.store.run(lambda c: reminders.look(c, cases.clock.now_ns()))

    await remind(0)
    await timed(f"{ACTIONS:,} open actions looked at, nothing due", 50, remind)


async def measure(url: str) -> None:
    """Measure all of it on one database."""
    store = await Store.open(url)
    cases = Many(store)
    await cases.open()
    desk = await bench(store, cases.clock, TEAM)
    await people(cases)
    await looks(cases, desk)
    await flood(cases, desk)
    await store.close()


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.issues", description=__doc__)
    parser.add_argument("--postgres", help="address of an empty PostgreSQL database to measure too")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        print("SQLite")
        asyncio.run(measure(f"sqlite:///{Path(folder)}/state.db"))
    if given.postgres:
        print("PostgreSQL")
        asyncio.run(measure(given.postgres))


if __name__ == "__main__":
    main()
