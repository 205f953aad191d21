"""The supervisor keeps a connector alive: each error has its next move, silence and trouble are noticed."""

from __future__ import annotations

import asyncio
import logging

import pytest

from gateway.errors import BackOffError, EndedError, NotConnectedError, RefusedError
from gateway.status import ConnectorState, SourceTrouble
from gateway.stream.link import lifecycle
from tests.peers.stream_parts import (
    ScriptedConnector,
    advance_until,
    house,
    intake,
    stop,
    supervise,
    until,
)

S = ConnectorState


async def test_back_off_grows_with_jitter_and_starts_anew_after_a_stable_session(tmp_path):
    async with house(tmp_path) as parts:
        connector = ScriptedConnector()
        connector.sessions.extend(NotConnectedError(f"no route {n}") for n in range(6))
        supervisor = supervise(connector, parts)
        task = asyncio.create_task(supervisor.run())
        waits = []
        for n in range(6):
            await advance_until(parts.clock, lambda n=n: connector.connects == n + 1, step_s=0.05)
            await until(lambda: supervisor.state is S.BACKING_OFF)
            status = supervisor.status()
            assert status.attempts == n + 1
            assert status.last_error == f"no route {n}"
            assert status.last_error_ns is not None
            assert status.next_try_ns is not None
            waits.append((status.next_try_ns - parts.clock.now_ns()) / 1e9)
        bounds = [1, 2, 4, 8, 8, 8]
        assert all(0 <= wait <= bound for wait, bound in zip(waits, bounds, strict=True))
        assert len(set(waits)) == 6
        await advance_until(parts.clock, lambda: supervisor.state is S.LIVE)
        await parts.clock.advance(11)
        connector.give(NotConnectedError("gone"))
        await until(lambda: supervisor.state is S.BACKING_OFF)
        assert supervisor.status().attempts == 1
        await stop(task)


@pytest.mark.parametrize(
    ("error", "state", "least_s", "most_s"),
    [
        (BackOffError("quiet please", wait_s=50), S.BACKING_OFF, 50, 51),
        (RefusedError("wrong password"), S.REFUSED, 30, 60),
        (NotConnectedError("gone"), S.BACKING_OFF, 0, 1),
        (ZeroDivisionError("a bug\x1b[31m\nof ours"), S.BACKING_OFF, 0, 1),
        (asyncio.CancelledError(), S.BACKING_OFF, 0, 1),
    ],
)
@pytest.mark.parametrize("where", ["connect", "read", "acknowledge"])
async def test_each_error_has_its_next_move(tmp_path, error, state, least_s, most_s, where, caplog):
    async with house(tmp_path) as parts:
        connector = ScriptedConnector()
        if where == "connect":
            connector.sessions.append(error)
        elif where == "read":
            connector.give(error)
        else:
            connector.ack_error = error
            connector.give(intake(1, receipt=1))
        supervisor = supervise(connector, parts)
        with caplog.at_level(logging.INFO):
            task = asyncio.create_task(supervisor.run())
            await until(lambda: supervisor.state is state)
            status = supervisor.status()
            assert status.next_try_ns is not None
            assert least_s <= (status.next_try_ns - parts.clock.now_ns()) / 1e9 <= most_s
            connector.ack_error = None
            await advance_until(parts.clock, lambda: supervisor.state is S.LIVE)
        if isinstance(error, ZeroDivisionError):
            assert status.last_error == "unexpected ZeroDivisionError: a bug [31m of ours"
        said = [r.message for r in caplog.records if r.name == "gateway.stream.supervise"]
        assert len(said) == (2 if where == "connect" else 3)
        assert connector.closes == 1
        await stop(task)


async def test_an_ended_source_is_not_connected_again(tmp_path):
    async with house(tmp_path) as parts:
        connector = ScriptedConnector()
        connector.give(intake(1, receipt=1), EndedError("end of file"))
        supervisor = supervise(connector, parts)
        task = asyncio.create_task(supervisor.run())
        await advance_until(parts.clock, task.done)
        assert supervisor.state is S.ENDED
        assert connector.connects == 1
        assert await parts.journaled() == [1.0], "what was read before the end is on disk"


async def test_an_attempt_that_hangs_is_given_up(tmp_path):
    async with house(tmp_path) as parts:
        connector = ScriptedConnector()
        connector.sessions.append("hang")
        supervisor = supervise(connector, parts, connect_timeout_s=5.0)
        task = asyncio.create_task(supervisor.run())
        await until(lambda: connector.connects == 1)
        await parts.clock.advance(4)
        assert supervisor.state is S.CONNECTING
        await parts.clock.advance(2)
        await until(lambda: supervisor.state is S.BACKING_OFF)
        assert "within 5 s" in supervisor.status().last_error
        await stop(task)


async def test_silence_replaces_the_session(tmp_path):
    async with house(tmp_path) as parts:
        connector = ScriptedConnector()
        supervisor = supervise(connector, parts)
        task = asyncio.create_task(supervisor.run())
        connector.give(intake(1))
        await until(lambda: supervisor.status().samples == 1)
        await advance_until(parts.clock, lambda: connector.connects == 2, step_s=1.0)
        assert "no data for 3" in supervisor.status().last_error
        assert supervisor.status().stale_signals == 2
        connector.give(intake(60))
        await until(lambda: supervisor.status().samples == 2)
        assert supervisor.status().stale_signals == 1
        await stop(task)


async def test_silence_may_be_allowed(tmp_path):
    async with house(tmp_path) as parts:
        connector = ScriptedConnector()
        supervisor = supervise(connector, parts, silent_reconnect_s=None)
        task = asyncio.create_task(supervisor.run())
        await until(lambda: supervisor.state is S.LIVE)
        await parts.clock.advance(10_000)
        assert connector.connects == 1
        await stop(task)


async def test_sources_that_do_not_deliver_make_it_degraded(tmp_path):
    async with house(tmp_path) as parts:
        connector = ScriptedConnector()
        connector.trouble = (
            SourceTrouble(source="ns=2;s=x", signal_path="s/a/l/m/a", reason="gone", since_ns=1),
        )
        supervisor = supervise(connector, parts)
        task = asyncio.create_task(supervisor.run())
        await until(lambda: supervisor.state is S.DEGRADED)
        connector.trouble = ()
        await advance_until(parts.clock, lambda: supervisor.state is S.LIVE)
        await stop(task)


async def test_a_connector_that_cannot_close_is_left_behind(tmp_path):
    async with house(tmp_path) as parts:
        connector = ScriptedConnector()
        connector.close_error = OSError("stuck")
        task = asyncio.create_task(supervise(connector, parts).run())
        await until(lambda: connector.connects == 1)
        connector.give(NotConnectedError("gone"))
        await advance_until(parts.clock, lambda: connector.connects == 2)
        await stop(task)


def test_the_transition_table_is_complete():
    assert set(lifecycle.TRANSITIONS) == set(ConnectorState)
    with pytest.raises(ValueError, match="live cannot become connecting"):
        lifecycle.check(S.LIVE, S.CONNECTING)
