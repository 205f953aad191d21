"""Grouping along a line, on SQLite and PostgreSQL: one issue a group, with the first one as its root."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from gateway.clock import NS_PER_S, ManualClock
from gateway.deviation import Issue, IssueType, Severity
from gateway.issues import Clearing, Deviation, Ending, IssueDesk, Line, Topology
from gateway.model import Principal
from gateway.store import Store
from tests.peers.history import FakeHistory

S = NS_PER_S
FILLER, CAPPER, PACKER = (f"demo/pack/l1/{name}" for name in ("filler", "capper", "packer"))
LINES = Topology([Line(machines=(FILLER, CAPPER, PACKER), window_ns=30 * S, transport_ns=5 * S)])


class Line1:
    """A desk over the line, told of deviations by second."""

    def __init__(self, desk: IssueDesk) -> None:
        self.desk = desk

    def deviation(self, asset: str, onset_s: float, **changes: Any) -> Deviation:
        rule = changes.pop("rule", "slow")
        fields: dict[str, Any] = {
            "key": f"{rule}{asset}{onset_s}",
            "cause": f"{rule}@{asset}",
            "member": f"{asset}/good_count#low",
            "rule": rule,
            "rule_version": "1",
            "asset": asset,
            "signal": f"{asset}/good_count",
            "severity": Severity.P3,
            "type": IssueType.THROUGHPUT,
            "title": f"slow at {asset}",
            "explanation": "slow",
            "onset_ns": round(onset_s * S),
            "time_ns": round(onset_s * S) + 5 * S,
            "value": 1.0,
            "limits": {"low": 2.0},
        }
        return Deviation(**fields | changes)

    async def raised(self, asset: str, onset_s: float, **changes: Any) -> None:
        await self.desk.raise_deviation(self.deviation(asset, onset_s, **changes))

    async def cleared(self, asset: str, at_s: float, rule: str = "slow") -> None:
        await self.desk.clear_deviation(
            Clearing(
                key=f"end{asset}{at_s}",
                cause=f"{rule}@{asset}",
                member=f"{asset}/good_count#low",
                rule=rule,
                ending=Ending.CLEARED,
                time_ns=round(at_s * S),
                value=3.0,
            )
        )

    async def issues(self) -> list[Issue]:
        return list(reversed(await self.desk.list(states=[], limit=100)))


@pytest.fixture
async def line(url: str) -> AsyncIterator[Line1]:
    store = await Store.open(url)
    clock = ManualClock()
    desk = await IssueDesk.open(store=store, history=FakeHistory(), clock=clock, topology=LINES)
    yield Line1(desk)
    await store.close()


async def test_what_follows_along_the_line_joins_the_issue_of_what_began(line: Line1) -> None:
    await line.raised(CAPPER, 100)
    await line.raised(PACKER, 110)
    await line.raised(FILLER, 120)
    (issue,) = await line.issues()
    assert (issue.asset, issue.cause, issue.onset_ns) == (CAPPER, f"slow@{CAPPER}", 100 * S)
    told = [(child.asset, child.relation, child.consequence) for child in issue.children]
    assert told == [(PACKER, "downstream", "starved"), (FILLER, "upstream", "blocked")]
    events = await line.desk.events(after=0, limit=10)
    assert [event.action for event in events] == ["opened", "attached", "attached"]


async def test_the_earliest_onset_becomes_the_root_whenever_it_is_found(line: Line1) -> None:
    await line.raised(PACKER, 110)
    await line.raised(CAPPER, 100, severity=Severity.P2)
    await line.raised(FILLER, 105, type=IssueType.QUALITY)
    (issue,) = await line.issues()
    assert (issue.number, issue.asset, issue.title) == (1, CAPPER, f"slow at {CAPPER}")
    told = [(child.asset, child.relation, child.consequence) for child in issue.children]
    assert told == [(FILLER, "upstream", ""), (PACKER, "downstream", "starved")]
    assert [e.action for e in await line.desk.events(after=0, limit=10)][1] == "root_found"
    await line.cleared(CAPPER, 200)
    await line.cleared(FILLER, 201)
    (issue,) = await line.issues()
    assert issue.active
    assert [child.active for child in issue.children] == [False, True]
    await line.cleared(PACKER, 202)
    (issue,) = await line.issues()
    assert (issue.active, issue.cleared_ns) == (False, 202 * S)


async def test_a_tie_goes_upstream_then_to_the_worse(line: Line1) -> None:
    await line.raised(PACKER, 100, severity=Severity.P1)
    await line.raised(FILLER, 100)
    (issue,) = await line.issues()
    assert (issue.asset, issue.severity) == (FILLER, Severity.P1)
    await line.raised(FILLER, 100, rule="worse", severity=Severity.P2)
    (issue,) = await line.issues()
    assert issue.rule == "worse" or issue.severity is Severity.P1


@pytest.mark.parametrize(("asset", "onset_s", "count"), [(PACKER, 140, 1), (PACKER, 140.1, 2)])
async def test_the_window_grows_with_the_steps_between(
    line: Line1, asset: str, onset_s: float, count: int
) -> None:
    await line.raised(FILLER, 100)
    await line.raised(asset, onset_s)
    assert len(await line.issues()) == count


async def test_a_machine_of_no_line_and_a_group_that_is_over_take_nobody(line: Line1) -> None:
    await line.raised(FILLER, 100)
    await line.raised("demo/utilities/rooms/cold", 101)
    assert len(await line.issues()) == 2
    await line.cleared(FILLER, 110)
    await line.raised(PACKER, 112)
    assert len(await line.issues()) == 3


async def test_a_child_that_comes_again_stays_with_its_open_group_and_once(line: Line1) -> None:
    await line.raised(FILLER, 100)
    await line.raised(PACKER, 110)
    await line.cleared(PACKER, 120)
    await line.raised(PACKER, 300)
    (issue,) = await line.issues()
    assert [(c.asset, c.active, c.onset_ns) for c in issue.children] == [(PACKER, True, 300 * S)]
    before = line.desk.revision
    await line.raised(PACKER, 300)
    assert line.desk.revision == before


async def test_a_closed_group_takes_nobody_and_still_learns_of_its_end(line: Line1) -> None:
    await line.raised(FILLER, 100)
    await line.raised(PACKER, 105)
    ann = Principal(name="ann", kind="person", roles=frozenset())
    await line.desk.reject(1, by=ann, reason="known")
    await line.raised(CAPPER, 110)
    first, second = await line.issues()
    assert (first.state, second.asset) == ("rejected", CAPPER)
    await line.cleared(FILLER, 120)
    await line.cleared(PACKER, 121)
    assert not (await line.desk.get(1)).active
