"""Told by name: named in a comment, given work, due and overdue actions, fixes that fail or hold."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert

from gateway.clock import NS_PER_S
from gateway.notice import Contact, DeliveriesWanted
from gateway.store import Store
from gateway.store.access_tables import user
from tests.peers.cases import ANNA, BEN, CaseBench
from tests.peers.notify import Bench, bench

TEAM = {
    "zones": ["demo/packaging"],
    "members": ["anna", "ben"],
    "supervisors": ["sam"],
    "managers": ["mia"],
}
ALL = DeliveriesWanted(limit=1000)
DAY_S = 86_400


@pytest.fixture
async def cases(tmp_path: Path) -> AsyncIterator[CaseBench]:
    store = await Store.open(f"sqlite:///{tmp_path}/state.db")
    yield await CaseBench(store).open()
    await store.close()


@pytest.fixture
async def anywhere(url: str) -> AsyncIterator[CaseBench]:
    """The same on each database, for what asks it something of its own."""
    store = await Store.open(url)
    yield await CaseBench(store).open()
    await store.close()


async def telling(cases: CaseBench, **options: Any) -> Bench:
    """Tell of a desk's cases, each matter in a message of its own."""
    return await bench(cases.store, cases.clock, {"teams": {"l1": TEAM}, "window_s": 0} | options)


async def said(desk: Bench, person: str) -> list[str]:
    await desk.settle()
    found = await desk.desk.deliveries(DeliveriesWanted(person=person, limit=1000))
    return [each.body for each in reversed(found)]


async def test_who_is_named_in_a_comment_is_told_once_and_nobody_else(cases: CaseBench) -> None:
    desk = await telling(cases)
    number = await cases.spell()
    await desk.settle()
    before = len(await desk.desk.deliveries(ALL))
    row = {"name": "uma", "grants": [], "password": "", "code": "", "code_state": "none"}
    states = (("uma", "active"), ("gone", "disabled"))
    rows = [{**row, "name": n, "state": s, "code_step": 0, "created_ns": 1} for n, s in states]
    await cases.store.run(lambda c: c.execute(insert(user), rows))
    text = "Seen this, @Sam and @uma?\n@gone @nobody @anna mail x@mia.example"
    await cases.desk.comment(number, by=ANNA, text=text)
    assert (await said(desk, "sam"))[-1].startswith(
        "P3 #1 anna: Seen this, @Sam and @uma? @gone @nobody @anna mail x@mia.example"
        " at demo/packaging/l1/filler: you are named in a comment ("
    )
    assert len(await said(desk, "uma")) == 1
    await desk.advance(600)
    assert len(await desk.desk.deliveries(ALL)) == before + 2, "not its author, no stranger, once"
    mine = await cases.office.my_work("sam")
    assert [each.by for each in mine.mentions] == ["anna"]


async def test_who_is_given_work_is_told_and_of_what_one_does_oneself_nothing(
    cases: CaseBench,
) -> None:
    desk = await telling(cases)
    number = await cases.to_root_cause()
    assert "Fill weight high at demo/packaging/l1/filler: is yours now" not in str(
        await said(desk, "anna")
    ), "she took it herself"
    due_ns = cases.clock.now_ns() + 30 * DAY_S * NS_PER_S
    fields = {"title": "Replace the seal", "owner": "ben", "due_ns": due_ns}
    await cases.office.add_action(number, kind="corrective", fields=fields, by=ANNA)
    assert "P3 #1 Replace the seal at demo/packaging/l1/filler: is yours now" in str(
        await said(desk, "ben")
    )
    await cases.office.change_action(number, 1, version=1, fields={"owner": "sam"}, by=BEN)
    assert "Replace the seal" in (await said(desk, "sam"))[-1]
    await cases.edit(number, {"owner": "mia"})
    assert (
        "Fill weight high at demo/packaging/l1/filler: is yours now"
        in ((await said(desk, "mia"))[-1])
    )


async def test_an_action_is_reminded_of_then_climbs_until_it_is_done(cases: CaseBench) -> None:
    desk = await telling(cases)
    await desk.desk.set_contact(Contact(person="ben", digest_from="P2", digest_at="07:00"))
    number = await cases.to_root_cause()
    await desk.settle()
    due_ns = cases.clock.now_ns() + 3 * DAY_S * NS_PER_S
    fields = {"title": "Replace the seal", "owner": "ben", "due_ns": due_ns}
    await cases.office.add_action(number, kind="corrective", fields=fields, by=BEN)
    told: dict[str, list[int]] = {}
    for hour in range(0, 7 * 24, 12):
        for person in ("ben", "sam", "mia"):
            for body in await said(desk, person):
                if "Replace the seal" in body and body not in told:
                    told.setdefault(f"{person} {body.split(': ')[-1][:10]}", []).append(hour)
        await desk.advance(12 * 3600)
    first = {name: hours[0] for name, hours in told.items()}
    assert first["ben is soon du"] in range(48, 48 + 25), "in the digest of the morning after"
    assert (first["ben is overdue"], first["sam is overdue"], first["mia is overdue"]) == (
        *(72, 96, 144),
    ), "what climbs waits for no digest"
    history = await cases.desk.events(after=0, limit=1000, issue=number)
    steps = [(e.action, e.detail["told"]) for e in history if e.action in {"reminded", "overdue"}]
    assert steps == [
        ("reminded", {"ben": "owner"}),
        ("overdue", {"ben": "owner"}),
        ("overdue", {"sam": "supervisor"}),
        ("overdue", {"mia": "manager"}),
    ]
    assert "(due 04 Jan" in (await said(desk, "mia"))[-1]


async def test_what_is_done_put_off_or_told_before_a_restart_is_not_told_again(
    anywhere: CaseBench,
) -> None:
    cases = anywhere
    desk = await telling(cases)
    number = await cases.to_root_cause()
    due_ns = cases.clock.now_ns() + 3600 * NS_PER_S
    for title in ("Seal", "Belt"):
        fields = {"title": title, "owner": "ben", "due_ns": due_ns}
        await cases.office.add_action(number, kind="corrective", fields=fields, by=BEN)
    await desk.settle()
    before = len([body for body in await said(desk, "ben") if "soon due" in body])
    assert before == 1, "two at once are one message"
    again = await telling(cases)
    await again.settle()
    assert len([b for b in await said(again, "ben") if "soon due" in b]) == before
    await cases.office.change_action(number, 1, version=1, fields={"done": True}, by=BEN)
    later = {"due_ns": due_ns + 10 * DAY_S * NS_PER_S}
    await cases.office.change_action(number, 2, version=1, fields=later, by=BEN)
    await again.advance(5 * DAY_S)
    assert not [b for b in await said(again, "ben") if "overdue" in b]
    await again.advance(5 * DAY_S - 3000)
    assert "Belt (due 11 Jan" in (await said(again, "ben"))[-1], "the new date is reminded of"
    sooner = {"due_ns": cases.clock.now_ns() - 60 * NS_PER_S}
    await cases.office.change_action(number, 2, version=2, fields=sooner, by=BEN)
    await again.advance(20)
    last = (await said(again, "ben"))[-1]
    assert "Belt" in last, "a date that was moved forward does not wait for the old one"
    assert "is overdue" in last


async def test_a_fix_that_fails_is_told_with_what_the_data_said_and_climbs_anew(
    cases: CaseBench,
) -> None:
    steps = [{"after_s": 0, "tell": ["team"]}, {"after_s": 14_400, "tell": ["supervisor"]}]
    team = TEAM | {"members": ["anna", "ben", "cleo"]}
    desk = await telling(cases, teams={"l1": team}, escalation={"P3": {"steps": steps}})
    await cases.to_verifying()
    await desk.settle()
    await cases.watch(600)
    await cases.spell()
    await cases.watcher.look()
    for person in ("anna", "ben", "cleo"):
        body = (await said(desk, person))[-1]
        assert "Fill weight high: It came again after 10.5 min of 43.2 min." in body, person
        assert body.count("the data says that its fix has failed") == 1
    before = await said(desk, "sam")
    await desk.advance(4 * 3600)
    after = await said(desk, "sam")
    assert len(after) == len(before) + 1
    assert "nobody has acknowledged it" in after[-1]


async def test_a_fix_that_holds_is_told_to_who_owns_the_issue(cases: CaseBench) -> None:
    desk = await telling(cases)
    await cases.to_verifying()
    await cases.watch(0.03 * DAY_S + 60, step_s=30)
    assert "the data has proven its fix" in (await said(desk, "anna"))[-1]
    assert "proven" not in str(await said(desk, "ben"))
