"""From an issue to messages on both databases: who is told when, once, until somebody acknowledges."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlalchemy import func, select

from gateway.clock import ManualClock
from gateway.deviation import Severity
from gateway.errors import ConflictError, InvalidRequestError, NotFoundError
from gateway.model import Principal
from gateway.notice import Contact, DeliveriesWanted, DeliveryState, QuietHours
from gateway.store import Store
from gateway.store.notify_tables import notify_message, notify_notice
from tests.peers.notify import Bench, bench, flood

TEAM = {
    "zones": ["demo/packaging"],
    "members": ["anna", "ben"],
    "rotation": {"order": ["anna", "ben"], "start": "2025-12-29"},
    "supervisors": ["sam"],
    "managers": ["mia"],
}
ALL = DeliveriesWanted(limit=1000)
BEN = Principal(name="ben", kind="person", roles=frozenset({"maintenance"}))


@pytest.fixture
async def store(url: str) -> AsyncIterator[Store]:
    opened = await Store.open(url)
    yield opened
    await opened.close()


async def opened(store: Store, **options: Any) -> Bench:
    return await bench(store, ManualClock(), {"teams": {"l1": TEAM}} | options)


async def told(desk: Bench) -> list[tuple[str, int | None]]:
    found = await desk.desk.deliveries(ALL)
    return sorted((each.person, each.issue) for each in found)


async def test_an_issue_is_told_once_to_who_is_on_call(store: Store) -> None:
    desk = await opened(store)
    await desk.raised()
    await desk.settle()
    await desk.settle()
    assert await told(desk) == [("anna", 1)]
    sent = (await desk.desk.deliveries(ALL))[0]
    assert (sent.state, sent.channel, sent.tries) == (DeliveryState.SENT, "screen", 1)
    assert sent.subject == "[demo] P2 Fill weight high, 1"
    assert "nobody" not in sent.body
    actions = [e.action for e in await desk.issues.events(after=0, limit=10)]
    assert actions == ["opened", "notified"]
    assert desk.issues.revision == 2, "who waits for the history hears of the step"


async def test_what_nobody_acknowledges_climbs_and_each_step_is_in_the_history(
    store: Store,
) -> None:
    desk = await opened(store)
    await desk.raised(severity=Severity.P1)
    await desk.settle()
    for elapsed_s, people in (
        (899, {"anna"}),
        (1, {"anna", "sam"}),
        (2699, {"anna", "sam"}),
        (1, {"anna", "sam", "mia"}),
    ):
        await desk.advance(elapsed_s)
        assert {person for person, _ in await told(desk)} == people
    await desk.advance(4 * 3600 - 1)
    assert len(await told(desk)) == 3
    await desk.advance(1)
    assert await told(desk) == [("anna", 1), ("mia", 1), ("mia", 1), ("sam", 1)], "again each 4 h"
    history = await desk.issues.events(after=0, limit=20)
    steps = [(e.action, e.detail.get("told")) for e in history]
    assert steps == [
        ("opened", None),
        ("notified", {"anna": "owner"}),
        ("escalated", {"sam": "supervisor"}),
        ("escalated", {"mia": "manager"}),
        ("escalated", {"mia": "manager"}),
    ]


async def test_acknowledging_ends_the_climb_and_tells_those_who_were_told(store: Store) -> None:
    desk = await opened(store, window_s=0)
    await desk.raised(severity=Severity.P1)
    await desk.settle()
    await desk.advance(900)
    await desk.issues.acknowledge(1, by=BEN)
    await desk.settle()
    bodies = [(e.person, e.body) for e in await desk.desk.deliveries(ALL)]
    assert {person for person, body in bodies if "taken" in body} == {"anna", "sam"}
    await desk.advance(48 * 3600)
    assert len(await desk.desk.deliveries(ALL)) == 4


async def test_an_acknowledgement_that_is_not_followed_yet_stops_the_next_step(
    store: Store,
) -> None:
    desk = await opened(store)
    await desk.raised(severity=Severity.P1)
    await desk.settle()
    await desk.issues.acknowledge(1, by=BEN)
    await desk.advance(5000)
    assert {person for person, _ in await told(desk)} == {"anna"}


async def test_an_issue_outside_every_zone_is_told_to_nobody(store: Store) -> None:
    desk = await opened(store)
    await desk.raised(asset="demo/other/l1/m")
    await desk.settle()
    assert await told(desk) == []


async def test_a_flood_of_10000_events_is_one_message_and_none_is_lost(store: Store) -> None:
    desk = await opened(store)
    await flood(desk, 10_000)
    await desk.settle()
    sent = await desk.desk.deliveries(ALL)
    assert len(sent) == 1
    assert (sent[0].notices, sent[0].subject) == (
        10_000,
        "[demo] P2 Fill weight high, 1 and 9999 more",
    )
    assert sent[0].body.endswith("… and 9985 more: the list of issues has them all.")

    def counted(connection: Any) -> tuple[int, int]:
        notices = select(func.count(), func.count(notify_notice.c.issue.distinct()))
        return tuple(connection.execute(notices).one())

    assert await store.run(counted) == (10_000, 10_000)
    await desk.raised(100)
    await desk.advance(599)
    assert len(await desk.desk.deliveries(ALL)) == 1, "one message a line and person in ten minutes"
    await desk.advance(1)
    second = (await desk.desk.deliveries(ALL))[0]
    assert second.notices == 100


async def test_another_line_and_what_is_worse_do_not_wait_for_the_window(store: Store) -> None:
    desk = await opened(store)
    await desk.raised()
    await desk.settle()
    await desk.raised()
    await desk.raised(asset="demo/packaging/l2/filler")
    await desk.settle()
    assert await told(desk) == [("anna", 1), ("anna", 3)]
    await desk.raised(severity=Severity.P1)
    await desk.settle()
    assert (await desk.desk.deliveries(ALL))[0].notices == 2, "what waited comes along"


async def test_quiet_hours_hold_what_is_mild_and_let_the_worst_through(store: Store) -> None:
    desk = await opened(store)
    night = QuietHours(days=("thu",), start="00:00", end="06:00")
    await desk.desk.set_contact(Contact(person="anna", quiet=(night,)))
    await desk.raised()  # the clock stands at 2026-01-01 01:00 in Berlin, a Thursday
    await desk.settle()
    assert await told(desk) == []
    await desk.raised(severity=Severity.P1)
    await desk.settle()
    assert await told(desk) == [("anna", 2)]
    await desk.advance(5 * 3600 - 1)
    assert ("anna", 1) not in await told(desk)
    await desk.advance(1)
    assert ("anna", 1) in await told(desk)


async def test_what_is_mild_comes_in_one_digest_a_day_and_what_climbs_does_not_wait(
    store: Store,
) -> None:
    desk = await opened(store)
    await desk.desk.set_contact(Contact(person="anna", digest_from="P2", digest_at="07:00"))
    await desk.desk.set_contact(Contact(person="sam", digest_from="P2", digest_at="07:00"))
    await desk.raised()
    await desk.raised(asset="demo/packaging/l2/filler", severity=Severity.P4)
    await desk.settle()
    assert await told(desk) == []
    await desk.advance(3600)
    assert await told(desk) == [("sam", 1)]
    await desk.advance(5 * 3600)
    digest = next(e for e in await desk.desk.deliveries(ALL) if e.person == "anna")
    assert (digest.kind, digest.subject) == ("digest", "[demo] Daily digest: 2 issues")
    assert len([e for e in await desk.desk.deliveries(ALL) if e.person == "anna"]) == 1


async def test_settings_are_kept_by_version_and_mistakes_told_at_once(store: Store) -> None:
    mail = {"type": "mail", "host": "127.0.0.1", "security": "none", "sender": "t@demo.example"}
    desk = await opened(
        store,
        channels={"mail": mail | {"domains": ["demo.example"]}},
        allowed_hosts=["127.0.0.1"],
        people={"anna": {"mail": "anna@demo.example"}},
    )
    given = await desk.desk.contact("anna")
    assert (dict(given.addresses), given.version) == ({"mail": "anna@demo.example"}, 0)
    kept = await desk.desk.set_contact(Contact(person="anna", addresses={"mail": "a@demo.example"}))
    assert kept.version == 1
    assert (await desk.desk.contact("anna")).addresses == {"mail": "a@demo.example"}
    with pytest.raises(ConflictError, match="version 1, yours 0"):
        await desk.desk.set_contact(Contact(person="anna"))
    quiet = (QuietHours(days=("monday",), start="7", end="07:00"),)
    wrong = Contact(
        person="anna",
        addresses={"mail": "a@other.example", "sms": "1"},
        time_zone="Mars",
        quiet=quiet,
        digest_from="P1",
        break_through="P9",
    )
    with pytest.raises(InvalidRequestError) as told_all:
        await desk.desk.set_contact(wrong)
    for words in (
        "addresses.mail: want an address of demo.example",
        "addresses.sms: no such channel; there are: mail",
        "'7' is no time",
        "'monday' is no day",
        "time_zone: 'Mars'",
        "digest_from",
        "break_through",
    ):
        assert words in str(told_all.value)


async def test_the_inbox_is_ones_own(store: Store) -> None:
    desk = await opened(store)
    await desk.raised()
    await desk.settle()
    mine = await desk.desk.inbox("anna", limit=10)
    assert [each.issue for each in mine] == [1]
    assert await desk.desk.inbox("ben", limit=10) == []
    with pytest.raises(NotFoundError):
        await desk.desk.seen("ben", mine[0].id)
    await desk.desk.seen("anna", mine[0].id)
    assert (await desk.desk.inbox("anna", limit=10))[0].seen_ns == desk.clock.now_ns()


async def test_a_full_outbox_holds_notices_back_and_loses_none(store: Store) -> None:
    mail = {"type": "mail", "host": "127.0.0.1", "port": 1, "security": "none"}
    people = [f"p{n}" for n in range(60)]
    desk = await opened(
        store,
        teams={"l1": {"members": people}},
        channels={"mail": mail | {"sender": "t@demo.example"}},
        allowed_hosts=["127.0.0.1"],
        people={p: {"mail": f"{p}@demo.example"} for p in people},
        max_waiting=100,
    )
    await desk.raised()
    while await desk.desk.engine.turn():
        pass

    def counted(connection: Any) -> tuple[int, int]:
        messages = select(func.count()).select_from(notify_message)
        waiting = select(func.count()).where(notify_notice.c.batch.is_(None))
        return (
            int(connection.execute(messages).scalar_one()),
            int(connection.execute(waiting).scalar_one()),
        )

    assert await store.run(counted) == (100, 10)
    assert any("outbox is full" in each for each in desk.desk.engine.problems())
    await desk.post.drain("screen")
    await desk.desk.engine.turn()
    assert (await store.run(counted))[1] == 0


async def test_the_log_forgets_what_is_old(store: Store) -> None:
    desk = await opened(store, keep_days=1)
    await desk.raised(severity=Severity.P4)
    await desk.settle()
    await desk.advance(3 * 86_400)
    assert await desk.desk.deliveries(ALL) == []
