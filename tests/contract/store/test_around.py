"""What is kept of the time before an issue: commands with their outcome, maintenance, who was there."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date
from typing import Any

import pytest
from sqlalchemy import insert

from gateway.corrective import Case
from gateway.issues.opening import Policy
from gateway.maintenance.changes import Changes
from gateway.maintenance.desk import MaintenanceDesk
from gateway.maintenance.options import MaintenanceOptions
from gateway.notify.options import NotifyOptions
from gateway.notify.recipients import Recipients
from gateway.performance import ShiftTime
from gateway.store import Store
from gateway.store.access_tables import audit
from gateway.store.control_tables import operation
from gateway.workorder import NewWork, Part, WorkAction, WorkKind
from tests.peers.cases import FILLER, TWIN, CaseBench, S
from tests.peers.pdf import pdf_text

HOUR_S = 3600
TEAMS = {
    "teams": {
        "l1": {
            "zones": ["demo/packaging/l1"],
            "members": ["anna", "ben"],
            "shifts": {"night": {"start": "22:00", "end": "06:00", "members": ["ben"]}},
        },
        "all": {"members": ["mia"]},
    }
}


class Shifts:
    """Performance that knows shifts alone."""

    def __init__(self, base: Any, start_ns: int) -> None:
        self._base, self._start_ns = base, start_ns

    def shifts(self, day: date) -> list[ShiftTime]:
        made = ShiftTime(
            calendar="day", shift="late", day=day.isoformat(), breaks=(), units=(FILLER,),
            start_ns=self._start_ns, end_ns=self._start_ns + 8 * HOUR_S * S,
        )  # fmt: skip
        return [made]

    def __getattr__(self, name: str) -> Any:
        return getattr(self._base, name)


@pytest.fixture
async def bench(url: str) -> AsyncIterator[CaseBench]:
    store = await Store.open(url)
    made = CaseBench(store)
    recipients = Recipients(NotifyOptions.model_validate(TEAMS), time_zone="Europe/Berlin")
    made.on_duty = recipients.on_duty
    made.policy = Policy.of(made.options, teams=recipients.teams)
    made.performance = Shifts(made.performance, made.clock.now_ns())
    yield await made.open()
    await store.close()


def sent(bench: CaseBench, key: str, ago_s: float, **more: Any) -> dict[str, Any]:
    now_ns = bench.clock.now_ns()
    sent_ns = now_ns - round(ago_s * S)
    row = {
        "id": key, "command": "fill_target", "title": "Fill target", "machine": FILLER,
        "kind": "setpoint", "state": "ok", "values": {f"{FILLER}/target": 505.0},
        "present": {f"{FILLER}/target": 500.0}, "reason": "too light", "by": "otto",
        "by_kind": "person", "approved_by": "sam", "explanation": "", "created_ns": sent_ns,
        "changed_ns": sent_ns, "sent_ns": sent_ns, "expires_ns": None,
    }  # fmt: skip
    return row | more


async def frozen(bench: CaseBench) -> tuple[Case, dict[str, Any]]:
    """Open an issue; return its case and what was kept of the time before."""
    number = await bench.spell()
    await bench.freeze()
    case = await bench.office.case(number)
    assert case.context is not None
    return case, dict(case.context)


async def test_what_was_commanded_stands_with_from_to_and_outcome(bench: CaseBench) -> None:
    await bench.clock.advance(2 * 86_400)
    entry = {
        "time_ns": bench.clock.now_ns() - 60 * S, "actor": "otto", "kind": "person", "address": "",
        "target": f"{FILLER}: fill_target", "outcome": "asked", "detail": "{}", "mac": "",
    }  # fmt: skip
    actions = ((901, "control.operate"), (902, "rules.changed"))
    entries = [{**entry, "seq": seq, "action": action} for seq, action in actions]
    operations = [
        sent(bench, "a", 600),
        sent(bench, "b", 1200, state="unknown", present={}, approved_by="", reason=""),
        sent(bench, "c", 1800, machine=TWIN),
        sent(bench, "d", 2 * 86_400),
        sent(bench, "e", 60, sent_ns=None),
        sent(bench, "f", 300, machine="demo/packaging/l1/line", kind="recipe", title="Cola 1 l",
             values={}, present={}),
    ]  # fmt: skip

    def work(connection: Any) -> None:
        connection.execute(insert(operation), operations)
        connection.execute(insert(audit), entries)

    await bench.store.run(work)
    _, context = await frozen(bench)
    told = [(each["kind"], each["by"], each["text"]) for each in context["changes"]]
    assert told == [
        ("asked", "otto", f"rules.changed {FILLER}: fill_target (asked)"),
        ("recipe", "otto", "Cola 1 l (ok, approved by sam, because: too light)"),
        (
            "setpoint",
            "otto",
            "Fill target: target from 500 to 505 (ok, approved by sam, because: too light)",
        ),
        ("setpoint", "otto", "Fill target: target from unknown to 505 (unknown)"),
    ]


async def test_maintenance_shift_and_who_was_on_duty_are_kept_and_printed(bench: CaseBench) -> None:
    desk = MaintenanceDesk(
        MaintenanceOptions.model_validate({}),
        store=bench.store,
        clock=bench.clock,
        performance=bench.performance,
        site="demo",
        changes=await Changes.open(bench.store),
        told=bench.desk.refresh,
    )

    async def order(title: str, *, asset: str = FILLER, done: bool = True) -> None:
        new = NewWork(title=title, asset=asset, kind=WorkKind.CORRECTIVE, assignees=("ben",))
        made = await desk.open(new, by="anna")
        if done:
            made = await desk.act(made.number, WorkAction.START, by="ben", version=made.version)
            made = await desk.add_part(made.number, Part(part="seal", quantity=2), by="ben")
            await desk.act(made.number, WorkAction.COMPLETE, by="ben", version=made.version)

    await order("Long ago")
    await bench.clock.advance(31 * 86_400)
    await order("Last week")
    await order("Elsewhere", asset=TWIN)
    await bench.clock.advance(7 * 86_400)
    await order("This morning")
    await order("Not done yet", done=False)
    bench.performance._start_ns = bench.clock.now_ns()
    await bench.clock.advance(2 * HOUR_S)
    case, context = await frozen(bench)
    await order("Afterwards")
    assert [(o["title"], o["state"], o["by"], o["parts"]) for o in context["maintenance"]] == [
        ("Not done yet", "open", "ben", []),
        ("This morning", "complete", "ben", ["2 \u00d7 seal"]),
        ("Last week", "complete", "ben", ["2 \u00d7 seal"]),
    ]
    told = [each["text"] for each in context["changes"] if each["kind"] == "maintenance"]
    assert told == ["work order 4: This morning (corrective, complete); 2 \u00d7 seal"]
    assert context["shift"] == "late"
    assert context["on_duty"] == {"l1": ["ben"]}, "the night shift of Berlin"
    assert case.issue.team == "l1"
    text = pdf_text(await bench.office.report_pdf(case.issue.number))
    for words in ("This morning (corrective, complete); 2 \u00d7 seal", "l1: ben", "late"):
        assert words in text


async def test_a_team_is_named_where_one_alone_looks_after_a_place(bench: CaseBench) -> None:
    given = bench.deviation(asset="demo/filling/l9/mixer", cause="x")
    number = await bench.desk.raise_deviation(given)
    assert number is not None
    assert (await bench.desk.get(number)).team == "all"
    both = NotifyOptions.model_validate(
        {"teams": {"a": {"members": ["a"]}, "b": {"members": ["b"]}}}
    )
    policy = Policy.of(bench.options, teams=Recipients(both, time_zone="UTC").teams)
    assert policy.decide(given).team == ""
    ruled = bench.options.model_validate({"opening": [{"team": "Line 1"}]})
    assert Policy.of(ruled, teams=lambda *_: ["l1"]).decide(given).team == "Line 1"
