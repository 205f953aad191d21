"""The journal keeps what it acknowledged, makes producers wait when full, and hands rows out in order."""

from __future__ import annotations

import asyncio

import apsw
import numpy as np
import pytest

from gateway.clock import ManualClock, SystemClock
from gateway.errors import StorageError
from gateway.model import DeadLetter, Intake, Loss, SampleBatch
from gateway.stream.disk import schema
from gateway.stream.journal import Journal, JournalState
from gateway.stream.options import JournalOptions

OPTIONS = JournalOptions(group_ms=1, retry_ms=20, ballast_bytes=0)


def batch(start: int, rows: int = 3, signal: int = 0) -> SampleBatch:
    times = np.arange(start, start + rows, dtype=np.int64) + 1_767_225_600_000_000_000
    return SampleBatch.of(
        signal=[signal] * rows, source_ns=times, value=times % 1000 / 7, received_ns=int(times[-1])
    )


def letter(number: int, payload: bytes = b"x") -> DeadLetter:
    return DeadLetter(
        time_ns=number,
        connector="c",
        source=f"s{number}\x00",
        reason="r",
        payload=payload,
        payload_size=len(payload),
    )


def open_journal(path, **changes) -> Journal:
    return Journal.open(path, clock=ManualClock(), options=OPTIONS.model_copy(update=changes))


async def until(condition, timeout_s: float = 5.0) -> None:
    async with asyncio.timeout(timeout_s):
        while not condition():  # noqa: ASYNC110 - the state is the writer thread's
            await asyncio.sleep(0.002)


async def everything(journal: Journal, after: int = 0) -> list[int]:
    rows: list[int] = []
    while (chunk := await journal.read(after, max_rows=100)) is not None:
        rows += chunk.batch.source_ns.tolist()
        after = chunk.last_seq
    return rows


async def test_append_numbers_batches_and_read_returns_them_in_order(tmp_path):
    journal = open_journal(tmp_path)
    assert journal.head == 0
    assert journal.is_new
    seqs = await asyncio.gather(*(journal.append(Intake(batch=batch(10 * n))) for n in range(5)))
    assert seqs == [1, 2, 3, 4, 5]
    assert journal.head == 5
    chunk = await journal.read(1, max_rows=6)
    assert chunk is not None
    assert (chunk.first_seq, chunk.last_seq, len(chunk.batch)) == (2, 3, 6)
    one = await journal.read(4, max_rows=1)
    assert one is not None
    assert one.batch.seq == 5
    assert await journal.read(5, max_rows=10) is None
    await journal.close()
    await journal.close()
    assert journal.state is JournalState.CLOSED
    with pytest.raises(StorageError):
        await journal.append(Intake(batch=batch(0)))
    with pytest.raises(StorageError):
        await journal.read(0, max_rows=1) if journal.head > 9 else await journal.seq_behind(1)


@pytest.mark.parametrize("ring_rows", [0, 200_000])
async def test_rows_come_back_after_reopening(tmp_path, ring_rows):
    first = open_journal(tmp_path, ring_rows=ring_rows)
    for n in range(20):
        await first.append(Intake(batch=batch(10 * n, signal=n)))
    held = await everything(first)
    await first.close()
    second = open_journal(tmp_path, ring_rows=ring_rows)
    assert second.stopped_cleanly
    assert second.head == 20
    assert await everything(second) == held
    assert len(held) == 60
    assert second.last_source_ns()[:20].tolist() == [held[3 * n + 2] for n in range(20)]
    assert await second.append(Intake(batch=batch(0))) == 21
    assert await second.seq_behind(6) == 19
    assert await second.rows_until(10) == 30
    assert (await second.tail(6)).source_ns.tolist() == [*held[-3:], *(batch(0).source_ns.tolist())]
    await second.close()


async def test_wait_returns_when_there_is_more(tmp_path):
    journal = open_journal(tmp_path)
    waiting = asyncio.create_task(journal.wait(0))
    await asyncio.sleep(0)
    assert not waiting.done()
    await journal.append(Intake(batch=batch(0)))
    await asyncio.wait_for(waiting, 5)
    stuck = asyncio.create_task(journal.wait(1))
    await asyncio.sleep(0)
    stuck.cancel()
    await journal.append(Intake(batch=batch(0)))
    await journal.close()


async def test_dead_letters_and_losses_go_with_their_batch(tmp_path):
    journal = open_journal(tmp_path, dead_letters_max=3, dead_letter_payload_bytes=4)
    loss = Loss(signal=0, start_ns=5, end_ns=9, cause="queue overflow \ud800")
    await journal.append(
        Intake(batch=batch(0), dead_letters=(letter(1, b"long payload"),), losses=(loss,))
    )
    assert await journal.append(Intake(batch=SampleBatch.empty(), dead_letters=(letter(2),))) == 1
    assert await journal.append(Intake(batch=SampleBatch.empty())) == 1
    await journal.bury([letter(n) for n in range(3, 6)])
    await journal.bury([])
    figures = journal.status().figures
    assert figures["dead_letters"] == 3
    assert figures["dead_letters_removed"] == 2
    assert figures["gaps"] == 1
    await journal.close()
    with apsw.Connection(str(tmp_path / schema.FILE)) as db:
        assert db.execute("SELECT time_ns, payload_size FROM dead_letter").fetchall() == [
            (3, 1),
            (4, 1),
            (5, 1),
        ]
        assert db.execute("SELECT start_ns, end_ns, state, cause FROM gap").fetchall() == [
            (5, 9, "lost", "queue overflow ?")
        ]


async def test_dead_letters_are_bounded_by_bytes(tmp_path):
    journal = open_journal(tmp_path, dead_letters_max_bytes=1024)
    await journal.bury([letter(n, b"x" * 500) for n in range(4)])
    assert journal.status().figures["dead_letters"] == 2
    await journal.close()


async def test_append_waits_while_consumers_lag_and_goes_on_when_they_catch_up(tmp_path):
    journal = open_journal(tmp_path, max_bytes=4096)
    journal.register_consumers(["fast", "slow"])
    done = 0
    pending: asyncio.Future[int] | None = None
    for n in range(200):
        pending = journal.submit(Intake(batch=batch(100 * n, rows=100)))
        done, _ = len(await asyncio.wait([pending], timeout=0.3)), None
        if not pending.done():
            break
        await journal.advance("fast", journal.head)
    assert pending is not None
    assert not pending.done()
    assert done == 2
    assert journal.state is JournalState.FULL
    assert "slow" in journal.error
    assert "slow" in journal.status().last_error
    taken = journal.head
    assert len(await everything(journal)) == 100 * taken
    await journal.advance("slow", taken)
    await journal.advance("fast", taken)
    assert await asyncio.wait_for(pending, 5) == taken + 1
    assert journal.state is JournalState.WORKING
    assert journal.status().figures["discarded_batches"] > 0
    await journal.close()


async def test_taken_rows_are_kept_until_they_are_too_old(tmp_path):
    clock = ManualClock()
    journal = Journal.open(
        tmp_path,
        clock=clock,
        options=OPTIONS.model_copy(update={"max_age_s": 60.0, "ring_rows": 0}),
    )
    await journal.append(Intake(batch=batch(0)))
    await journal.append(Intake(batch=batch(10)))
    await clock.advance(61)
    await journal.append(Intake(batch=batch(20)))
    assert len(await everything(journal)) == 9, "nothing goes before consumers are registered"
    journal.register_consumers(["a"])
    await journal.advance("a", 1)
    await journal.append(Intake(batch=batch(30)))
    chunk = await journal.read(0, max_rows=1)
    assert chunk is not None
    assert chunk.first_seq == 2, "what was not taken stays, however old"
    await journal.advance("a", 4)
    await journal.advance("a", 2)
    assert journal.cursor("a") == 4
    assert journal.cursor("b") == 0
    await clock.advance(120)
    await journal.advance("x", 1)
    await journal.advance("x", 2)
    chunk = await journal.read(0, max_rows=100)
    assert chunk is not None
    assert (chunk.first_seq, chunk.last_seq) == (4, 4), "the newest batch always stays"
    await journal.close()
    again = open_journal(tmp_path)
    assert (again.cursor("a"), again.head) == (4, 4)
    assert again.last_source_ns()[0] > 0
    await again.close()


async def test_a_full_database_acknowledges_nothing_and_recovers(tmp_path):
    journal = open_journal(tmp_path, ring_rows=0)
    await journal.append(Intake(batch=batch(0)))
    store = journal._writer._store
    pages = await journal.execute(lambda s: s.db.execute("PRAGMA page_count").fetchone()[0])
    await journal.execute(lambda s: s.db.execute(f"PRAGMA max_page_count={pages + 8}").fetchall())
    futures = [journal.submit(Intake(batch=batch(1000 * n, rows=500))) for n in range(1, 30)]
    await until(lambda: journal.state is JournalState.FAILING)
    assert "FullError" in journal.error
    held = journal.head
    acked = sum(future.done() for future in futures)
    assert acked == held - 1
    assert not futures[-1].done()
    await journal.advance("a", 1) if held > 100 else None
    # The only other thread that touches the connection is the writer's, which apsw serialises.
    store.db.execute("PRAGMA max_page_count=1000000").fetchall()
    await asyncio.wait_for(asyncio.gather(*futures), 10)
    await until(lambda: journal.state is JournalState.WORKING)
    assert journal.head == 30
    assert len(await everything(journal)) == 3 + 29 * 500
    assert journal.status().figures["refusals"] >= 1
    await journal.close()


async def test_one_bad_request_fails_alone(tmp_path):
    journal = open_journal(tmp_path, group_ms=50)
    good = journal.submit(Intake(batch=batch(0)))
    bad = journal.submit(
        Intake(batch=SampleBatch.of(signal=[-(2**31)], source_ns=[1], value=[1.0], received_ns=1))
    )
    wrong = asyncio.ensure_future(journal.execute(lambda store: 1 // 0))
    also = journal.submit(Intake(batch=batch(10)))
    results = await asyncio.gather(good, bad, wrong, also, return_exceptions=True)
    assert isinstance(results[1], IndexError)
    assert isinstance(results[2], ZeroDivisionError)
    assert (results[0], results[3]) == (1, 2)
    await journal.close()


async def test_raise_head_skips_numbers_that_a_consumer_already_holds(tmp_path):
    journal = open_journal(tmp_path)
    await journal.append(Intake(batch=batch(0)))
    await journal.raise_head(500)
    await journal.raise_head(400)
    assert await journal.append(Intake(batch=batch(10))) == 501
    chunk = await journal.read(1, max_rows=10)
    assert chunk is not None
    assert chunk.first_seq == 501
    await journal.close()
    again = open_journal(tmp_path)
    await again.raise_head(900)
    empty = await again.read(501, max_rows=10)
    assert empty is not None
    assert (len(empty.batch), empty.last_seq) == (0, 900)
    await again.close()


async def test_an_unclean_end_is_known_and_old_cursors_survive(tmp_path):
    journal = open_journal(tmp_path)
    await journal.append(Intake(batch=batch(0)))
    await journal.advance("a", 1)
    # As a kill would: the copy of the files is taken while the first journal still runs.
    copy = tmp_path / "copy"
    copy.mkdir()
    for file in tmp_path.glob("journal.db*"):
        (copy / file.name).write_bytes(file.read_bytes())
    await journal.close()
    again = open_journal(copy)
    assert not again.stopped_cleanly
    assert not again.is_new
    assert again.cursor("a") == 1
    await again.close()


async def test_a_directory_that_cannot_be_written_is_a_storage_error(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="cannot be opened"):
        Journal.open(tmp_path / "file" / "x", clock=SystemClock(), options=OPTIONS)


async def test_status_tells_how_far_the_slowest_consumer_is(tmp_path):
    journal = open_journal(tmp_path)
    journal.register_consumers(["a", "b"])
    for n in range(4):
        await journal.append(Intake(batch=batch(10 * n)))
    await journal.advance("a", 4)
    await journal.advance("b", 1)
    status = journal.status()
    assert (status.behind_rows, status.rows) == (9, 12)
    assert status.rows_per_s == 12.0
    await journal.close()


async def test_closing_finishes_what_was_handed_over(tmp_path):
    journal = open_journal(tmp_path, group_rows=10)
    futures = [journal.submit(Intake(batch=batch(100 * n, rows=50))) for n in range(30)]
    await journal.close()
    assert await asyncio.gather(*futures) == list(range(1, 31))


async def test_closing_while_full_refuses_what_does_not_fit(tmp_path):
    journal = open_journal(tmp_path, max_bytes=4096)
    journal.register_consumers(["slow"])
    futures = [journal.submit(Intake(batch=batch(1000 * n, rows=400))) for n in range(3)]
    await until(lambda: journal.state is JournalState.FULL)
    await journal.close()
    stored = [future for future in futures if future.exception() is None]
    assert len(stored) == journal.head < 3
    with pytest.raises(StorageError, match="closed before"):
        futures[-1].result()


async def test_a_refused_commit_of_upkeep_alone_is_repeated(tmp_path):
    journal = open_journal(tmp_path)
    db = journal._writer._store.db
    other = apsw.Connection(str(tmp_path / schema.FILE))
    db.set_busy_timeout(0)
    other.execute("BEGIN IMMEDIATE").fetchall()
    moving = asyncio.create_task(journal.advance("a", 7))
    await until(lambda: journal.state is JournalState.FAILING)
    assert "BusyError" in journal.error
    assert not moving.done()
    other.execute("ROLLBACK").fetchall()
    other.close()
    await asyncio.wait_for(moving, 5)
    await until(lambda: journal.state is JournalState.WORKING)
    await journal.close()


async def test_without_room_for_the_ballast_nothing_is_taken(tmp_path):
    (tmp_path / "journal.ballast").mkdir(parents=True)
    journal = open_journal(tmp_path, ballast_bytes=1000)
    future = journal.submit(Intake(batch=batch(0)))
    await until(lambda: journal.state is JournalState.FAILING)
    assert "ballast" in journal.error
    assert not future.done()
    (tmp_path / "journal.ballast").rmdir()
    assert await asyncio.wait_for(future, 5) == 1
    await until(lambda: journal.state is JournalState.WORKING)
    assert (tmp_path / "journal.ballast").stat().st_size == 1000
    await journal.close()


async def test_the_log_is_checkpointed(tmp_path):
    journal = open_journal(tmp_path)
    for n in range(9):
        await journal.append(Intake(batch=batch(100_000 * n, rows=100_000)))
    assert (tmp_path / schema.FILE).stat().st_size > 8_000_000
    await journal.close()


async def test_a_loop_that_ended_without_close_leaves_the_data(tmp_path):
    journal = open_journal(tmp_path)

    def elsewhere() -> None:
        async def one() -> None:
            journal.submit(Intake(batch=batch(0)))

        asyncio.run(one())

    await asyncio.to_thread(elsewhere)
    await until(lambda: journal.status().figures["head"] == 1)
    await journal.close()


async def test_a_disk_that_cannot_be_read_is_a_storage_error(tmp_path):
    journal = open_journal(tmp_path, ring_rows=0)
    await journal.append(Intake(batch=batch(0)))
    await journal.append(Intake(batch=batch(10)))

    def refuse(_db):
        raise apsw.IOError("cable")

    with pytest.raises(StorageError, match="cannot be read: IOError: cable"):
        await journal._in_reader(refuse)
    assert await everything(journal)
    await journal.close()
