"""Practices, each from the records that show it and silent without them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, update

from gateway.alarm import Shelving
from gateway.corrective import Hint
from gateway.store import Store
from gateway.store.control_tables import operation
from gateway.store.tables import alarm, alarm_event, rule_version
from tests.peers.cases import ANNA, BEN, FILLER, CaseBench, S

DAY_S = 86_400


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[CaseBench]:
    store = await Store.open(f"sqlite:///{tmp_path}/state.db")
    made = await CaseBench(store).open()
    await made.clock.advance(40 * DAY_S)
    yield made
    await store.close()


async def hints(bench: CaseBench, practice: str) -> list[Hint]:
    return [hint for hint in await bench.office.hints() if hint.practice == practice]


async def put(bench: CaseBench, table: Any, *rows: dict[str, Any]) -> None:
    await bench.store.run(lambda c: c.execute(insert(table), list(rows)))


def written(bench: CaseBench, key: str, ago_s: float, kind: str = "setpoint") -> dict[str, Any]:
    at_ns = bench.clock.now_ns() - round(ago_s * S)
    return {
        "id": key, "command": "fill", "title": "Fill target", "machine": FILLER, "kind": kind,
        "state": "ok", "values": {}, "present": {}, "reason": "", "by": "otto",
        "by_kind": "person", "approved_by": "", "explanation": "", "created_ns": at_ns,
        "changed_ns": at_ns, "sent_ns": at_ns, "expires_ns": None,
    }  # fmt: skip


def raised(bench: CaseBench, number: int, **more: Any) -> dict[str, Any]:
    row = {
        "number": number, "key": f"k{number}", "rule": "weight", "rule_version": "1",
        "signal": f"{FILLER}/weight", "side": "high", "asset": FILLER, "title": "Weight",
        "priority": "high", "enabled": True, "active": True, "acked": False, "confirmed": False,
        "latched": False, "suppressed": False, "out_of_service": False,
        "shelving": Shelving.UNSHELVED.value, "onset_ns": 1, "raised_ns": 1, "limits": {},
        "explanation": "", "consequence": "", "response": "", "first_out": False,
        "occurrences": 1, "revision": 1,
    }  # fmt: skip
    return row | more


def event(bench: CaseBench, seq: int, action: str, ago_s: float) -> dict[str, Any]:
    at_ns = bench.clock.now_ns() - round(ago_s * S)
    return {
        "seq": seq, "alarm": 1, "time_ns": at_ns, "action": action, "by": "otto", "reason": "",
        "before": "A", "after": "B", "detail": {}, "key": f"e{seq}",
    }  # fmt: skip


async def test_set_points_written_while_nothing_signalled(bench: CaseBench) -> None:
    hour = 3600
    await put(bench, operation, *(written(bench, f"a{n}", hour + n * 600) for n in range(2)))
    assert await hints(bench, "tampering") == [], "twice is no habit"
    await put(bench, operation, written(bench, "m", hour + 60, kind="method"))
    assert await hints(bench, "tampering") == [], "starting a machine is no adjustment"
    by_plan = written(bench, "s", hour + 120) | {"by_kind": "scheduler"}
    await put(bench, operation, by_plan, written(bench, "r", hour + 180, kind="recipe"))
    assert await hints(bench, "tampering") == [], "what a plan or a job brings is none either"
    await put(bench, operation, written(bench, "b", hour + 1900))
    (hint,) = await hints(bench, "tampering")
    assert (hint.figures["writes"], hint.assets) == (3, (FILLER,))
    assert hint.evidence == [f"Fill target at {FILLER}: 3 writes within 8 h"]
    assert "otto" not in str(hint), "no person is named"
    await put(bench, alarm, raised(bench, 1))
    await put(bench, alarm_event, event(bench, 1, "raised", hour + 1960))
    assert await hints(bench, "tampering") == [], "an alarm before is a reason"


async def test_alarms_shelved_again_and_again_or_for_long(bench: CaseBench) -> None:
    await put(bench, alarm, raised(bench, 1))
    shelvings = [event(bench, n, "timed_shelved", n * 3600) for n in (1, 2)]
    await put(bench, alarm_event, *shelvings)
    assert await hints(bench, "silencing") == []
    await put(bench, alarm_event, event(bench, 3, "timed_shelved", 30 * 3600))
    (again,) = await hints(bench, "silencing")
    assert again.figures == {"times": 3}
    await bench.store.run(lambda c: c.execute(update(alarm).values(shelving=Shelving.TIMED.value)))
    await bench.clock.advance(25 * 3600)
    long = [h for h in await hints(bench, "silencing") if "hours" in h.figures]
    assert [round(h.figures["hours"]) for h in long] == [26]


async def test_limits_widened_after_an_issue(bench: CaseBench) -> None:
    await bench.spell()

    def version(revision: int, high: float, ago_s: float) -> dict[str, Any]:
        at_ns = bench.clock.now_ns() - round(ago_s * S)
        settings = {"type": "limit", "high": high}
        return {
            "rule": "weight", "revision": revision, "version": f"v{revision}", "by": "anna",
            "settings": settings, "reason": "too many", "time_ns": at_ns,
        }  # fmt: skip

    await put(bench, rule_version, version(1, 504.0, DAY_S), version(2, 503.0, 0))
    assert await hints(bench, "moving_goalposts") == [], "tighter is no goalpost moved"
    await put(bench, rule_version, version(3, 506.0, 0))
    (hint,) = await hints(bench, "moving_goalposts")
    assert "503" in hint.evidence[0]
    assert "issues 1; reason given: too many" in hint.evidence[-1]


async def test_actions_long_overdue(bench: CaseBench) -> None:
    number = await bench.to_root_cause()
    due_ns = bench.clock.now_ns() + DAY_S * S
    fields = {"title": "Seal", "owner": "ben", "due_ns": due_ns}
    await bench.office.add_action(number, kind="corrective", fields=fields, by=ANNA)
    before = [h.practice for h in await bench.office.hints()]
    await bench.clock.advance(30 * DAY_S)
    after = [h for h in await bench.office.hints() if h.practice not in before]
    assert len(after) == 1
    assert "ben" not in str(after[0])
    await bench.office.change_action(number, 1, version=1, fields={"done": True}, by=BEN)
    assert [h.practice for h in await bench.office.hints()] == before
