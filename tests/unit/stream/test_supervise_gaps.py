"""Where data are missing gaps are opened, and they end with the first usable row."""

from __future__ import annotations

import asyncio

from gateway.clock import NS_PER_S
from gateway.errors import NotConnectedError
from gateway.ports import Session
from gateway.status import ConnectorState
from gateway.stream.link.gaps import GapTracker
from tests.peers.stream_parts import (
    ScriptedConnector,
    T,
    advance_until,
    house,
    intake,
    rows,
    stop,
    supervise,
    until,
)

S = ConnectorState


async def test_gaps_open_on_disconnect_and_end_with_the_first_usable_row(tmp_path):
    async with house(tmp_path) as parts:
        connector = ScriptedConnector()
        supervisor = supervise(connector, parts)
        task = asyncio.create_task(supervisor.run())
        connector.give(intake(1), intake(2, signal=1), intake(3), NotConnectedError("cable"))
        await until(lambda: supervisor.state is S.BACKING_OFF)
        await until(lambda: len(parts.gaps()) == 2)
        assert parts.gaps() == [(0, 3.0, None, "open"), (1, 2.0, None, "open")]
        await advance_until(parts.clock, lambda: supervisor.state is S.LIVE)
        connector.give(
            intake(40, quality=0x8000_0000), intake(50, 51), intake(2, signal=1, received_s=55)
        )
        await until(lambda: all(gap[2] is not None for gap in parts.gaps()))
        assert parts.gaps() == [(0, 3.0, 50.0, "lost"), (1, 2.0, 55.0, "lost")]
        assert parts.ledger.open_gaps([0, 1]) == {}
        await stop(task)


async def test_a_resumed_session_that_delivers_the_missing_rows_republishes_the_gap(tmp_path):
    async with house(tmp_path) as parts:
        connector = ScriptedConnector()
        connector.sessions.extend([Session(resumed=False), Session(resumed=True)])
        supervisor = supervise(connector, parts)
        task = asyncio.create_task(supervisor.run())
        connector.give(intake(1), intake(1, signal=1))
        await until(lambda: supervisor.status().samples == 2)
        await parts.clock.advance(20)
        connector.give(NotConnectedError("cable"))
        await until(lambda: len(parts.gaps()) == 2)
        await advance_until(parts.clock, lambda: supervisor.state is S.LIVE)
        back_s = parts.clock.monotonic_s()
        connector.give(intake(5, 6, 7, received_s=back_s), intake(back_s + 1, signal=1))
        await until(lambda: all(gap[2] is not None for gap in parts.gaps()))
        [first, second] = parts.gaps()
        assert first[:2] == (0, 1.0)
        assert first[3] == "republished"
        assert second == (1, 1.0, back_s + 1, "lost")
        await stop(task)


async def test_rows_that_arrived_before_the_connection_ended_end_no_gap(tmp_path):
    async with house(tmp_path) as parts:
        connector = ScriptedConnector()
        supervisor = supervise(connector, parts)
        task = asyncio.create_task(supervisor.run())
        connector.give(intake(1))
        await until(lambda: supervisor.status().samples == 1)
        await parts.clock.advance(20)
        connector.give(NotConnectedError("cable"))
        await until(lambda: parts.gaps() == [(0, 1.0, None, "open")])
        await advance_until(parts.clock, lambda: supervisor.state is S.LIVE)
        back_s = parts.clock.monotonic_s()
        connector.give(intake(18, 19))
        await until(lambda: supervisor.status().samples == 3)
        assert parts.gaps() == [(0, 1.0, None, "open")], "they were read, but were not heard anew"
        connector.give(intake(back_s + 3))
        await until(lambda: parts.gaps() == [(0, 1.0, back_s + 3, "lost")])
        await stop(task)


async def test_a_clock_that_was_put_back_meanwhile_keeps_no_gap_open(tmp_path):
    async with house(tmp_path) as parts:
        tracker = GapTracker(parts.ledger, last_ns=rows(1).source_ns)
        await tracker.begin([0], cause="cable")
        hour_later_ns = T + 3600 * NS_PER_S
        tracker.connecting(now_ns=hour_later_ns)
        tracker.connected(Session(resumed=False), now_ns=hour_later_ns)
        assert tracker.ended_by(rows(5), now_ns=hour_later_ns) == []
        [gap] = tracker.ended_by(rows(5), now_ns=T + 5 * NS_PER_S)
        assert gap.end_ns == T + 5 * NS_PER_S


async def test_a_clock_that_is_put_right_hides_no_hole(tmp_path):
    async with house(tmp_path) as parts:
        connector = ScriptedConnector()
        task = asyncio.create_task(supervise(connector, parts).run())
        connector.give(intake(3600, received_s=1), intake(2), NotConnectedError("cable"))
        await until(lambda: parts.gaps() == [(0, 2.0, None, "open")])
        connector.give(intake(30))
        await advance_until(parts.clock, lambda: parts.gaps() == [(0, 2.0, 30.0, "lost")])
        await stop(task)


async def test_a_restart_opens_gaps_from_what_is_on_disk(tmp_path):
    async with house(tmp_path) as parts:
        connector = ScriptedConnector()
        task = asyncio.create_task(supervise(connector, parts).run())
        connector.give(intake(1, 2))
        await until(lambda: parts.journal.head == 1)
        await stop(task)
        assert parts.gaps() == []
    async with house(tmp_path) as parts:
        connector = ScriptedConnector()
        connector.sessions.append(NotConnectedError("not yet"))
        task = asyncio.create_task(supervise(connector, parts).run())
        await until(lambda: parts.gaps() == [(0, 2.0, None, "open")])
        assert parts.ledger.open_gaps([0])[0].cause == "the gateway was stopped"
        connector.give(intake(9))
        await advance_until(parts.clock, lambda: parts.gaps() == [(0, 2.0, 9.0, "lost")])
        await stop(task)


async def test_a_connector_that_is_started_again_opens_gaps_where_its_data_ended(tmp_path):
    async with house(tmp_path) as parts:
        connector = ScriptedConnector()
        task = asyncio.create_task(supervise(connector, parts).run())
        connector.give(intake(2))
        await until(lambda: parts.journal.head == 1)
        await stop(task)
        again = supervise(ScriptedConnector(), parts, away="the connector was not running")
        task = asyncio.create_task(again.run())
        await until(lambda: parts.gaps() == [(0, 2.0, None, "open")])
        assert parts.ledger.open_gaps([0])[0].cause == "the connector was not running"
        await stop(task)
