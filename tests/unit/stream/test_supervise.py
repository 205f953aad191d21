"""The supervisor keeps a connector alive and acknowledges only what is on disk, in order."""

from __future__ import annotations

import asyncio
import logging
import random

import pytest

from gateway.clock import NS_PER_S
from gateway.errors import BackOffError, EndedError, NotConnectedError, RefusedError
from gateway.model import DeadLetter, Intake, Loss, SampleBatch
from gateway.ports import Session
from gateway.status import ConnectorState, SourceTrouble
from gateway.stream.link import lifecycle
from gateway.stream.link.gaps import GapTracker
from gateway.stream.options import BackOffOptions, StampOptions, SupervisorOptions
from gateway.stream.stamp import Stamper
from gateway.stream.supervise import Supervisor
from tests.peers.stream_parts import (
    House,
    ScriptedConnector,
    T,
    advance_until,
    house,
    rows,
    stop,
    until,
)

OPTIONS = SupervisorOptions(
    back_off=BackOffOptions(min_s=1, max_s=8), silent_reconnect_s=30.0, stable_after_s=10.0
)
S = ConnectorState


def supervise(connector, parts: House, *, away: str = "", **changes) -> Supervisor:
    return Supervisor(
        connector,
        journal=parts.journal,
        catalogue=parts.catalogue,
        clock=parts.clock,
        options=OPTIONS.model_copy(update=changes),
        stamp=Stamper(options=StampOptions()),
        ledger=parts.ledger,
        away=away,
        rng=random.Random(1),
    )


def intake(*times_s: float, receipt: object = None, **fields) -> Intake:
    return Intake(batch=rows(*times_s, **fields), receipt=receipt)


async def test_rows_are_journaled_then_acknowledged_in_order(tmp_path):
    async with house(tmp_path) as parts:
        connector = ScriptedConnector()
        supervisor = supervise(connector, parts)
        task = asyncio.create_task(supervisor.run())
        letter = DeadLetter(
            time_ns=1, connector="press", source="t", reason="r", payload=b"", payload_size=0
        )
        loss = Loss(signal=0, start_ns=1, end_ns=2, cause="overflow")
        connector.give(*(intake(n, n + 0.5, receipt=n) for n in range(1, 40)))
        connector.give(
            Intake(batch=SampleBatch.empty(), dead_letters=(letter,), losses=(loss,), receipt=40)
        )
        await until(lambda: len(connector.acked) == 40)
        assert connector.acked == list(range(1, 41))
        status = supervisor.status()
        assert (status.state, status.samples, status.batches) == (S.LIVE, 78, 39)
        assert (status.dead_letters, status.losses, status.signals) == (1, 1, 2)
        assert status.figures.extra["own"] == 3.0
        assert status.lag_s == 0.0
        assert len(await parts.journaled()) == 78
        assert len(supervisor.unknown_sources()) == 1
        await stop(task)
        assert supervisor.state is S.STOPPED
        assert connector.closes == 1


async def test_nothing_is_acknowledged_while_the_journal_is_held(tmp_path):
    async with house(tmp_path, max_bytes=4096) as parts:
        parts.journal.register_consumers(["slow"])
        connector = ScriptedConnector()
        supervisor = supervise(connector, parts, max_in_flight=3)
        task = asyncio.create_task(supervisor.run())
        connector.give(
            *(intake(*(n + k / 1000 for k in range(100)), receipt=n) for n in range(1, 12))
        )
        await advance_until(parts.clock, lambda: supervisor.state is S.HELD)
        held = list(connector.acked)
        assert len(held) == parts.journal.head < 11
        assert supervisor.status().figures.extra["in_flight"] == 3
        await parts.clock.advance(100)
        assert supervisor.state is S.HELD, "being held is not silence"
        assert connector.connects == 1
        await parts.journal.advance("slow", parts.journal.head)
        while len(connector.acked) < 11:
            await parts.journal.advance("slow", parts.journal.head)
            await asyncio.sleep(0.005)
        assert connector.acked == list(range(1, 12))
        await advance_until(parts.clock, lambda: supervisor.state is S.LIVE)
        await stop(task)


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


async def test_cancelling_stores_and_acknowledges_what_was_read(tmp_path):
    async with house(tmp_path) as parts:
        connector = ScriptedConnector()
        task = asyncio.create_task(supervise(connector, parts).run())
        connector.give(*(intake(n, receipt=n) for n in range(1, 11)))
        await until(connector.feed.empty)
        await stop(task)
        assert connector.acked == list(range(1, 11))
        assert connector.closes == 1


async def test_cancelling_while_held_ends_at_once_and_acknowledges_nothing_more(tmp_path):
    async with house(tmp_path, max_bytes=4096) as parts:
        parts.journal.register_consumers(["slow"])
        connector = ScriptedConnector()
        supervisor = supervise(connector, parts)
        task = asyncio.create_task(supervisor.run())
        connector.give(
            *(intake(*(n + k / 1000 for k in range(100)), receipt=n) for n in range(1, 12))
        )
        await advance_until(parts.clock, lambda: supervisor.state is S.HELD)
        task.cancel()
        await advance_until(parts.clock, task.done, limit_s=1)
        assert supervisor.state is S.STOPPED
        assert connector.acked == list(range(1, parts.journal.head + 1))
        assert connector.closes == 1


async def test_a_journal_that_closed_is_reported_and_ends_nothing(tmp_path, caplog):
    async with house(tmp_path) as parts:
        connector = ScriptedConnector()
        supervisor = supervise(connector, parts)
        task = asyncio.create_task(supervisor.run())
        connector.give(intake(1))
        await until(lambda: supervisor.status().samples == 1)
        await parts.journal.close()
        connector.give(intake(2, receipt=2))
        await until(lambda: "closed" in supervisor.status().last_error)
        await until(lambda: "gaps not noted" in caplog.text)
        assert connector.acked == []
        await stop(task)


async def test_a_repeat_is_acknowledged_only_after_what_it_repeats_is_on_disk(tmp_path):
    async with house(tmp_path) as parts:
        gate = asyncio.Event()
        connector = ScriptedConnector()
        task = asyncio.create_task(supervise(connector, parts).run())
        loop = asyncio.get_running_loop()
        blocked = parts.journal.execute(
            lambda store: asyncio.run_coroutine_threadsafe(gate.wait(), loop).result(10)
        )
        hold = asyncio.create_task(blocked)
        await asyncio.sleep(0.05)
        connector.give(intake(1, receipt="first"), intake(1, receipt="again"))
        await until(connector.feed.empty)
        await asyncio.sleep(0.05)
        assert connector.acked == []
        gate.set()
        await hold
        await until(lambda: connector.acked == ["first", "again"])
        assert await parts.journaled() == [1.0]
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
