"""Gaps open once, close with the batch that ends them, and survive a restart."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gateway.clock import ManualClock
from gateway.errors import StorageError
from gateway.model import DeadLetter, GapState, Intake, Loss, SampleBatch
from gateway.stream.journal import Journal
from gateway.stream.ledger import GapLedger
from gateway.stream.options import JournalOptions

EMPTY = Intake(batch=SampleBatch.empty())


def start(path, **changes) -> Journal:
    options = JournalOptions(group_ms=0, ballast_bytes=0, **changes)
    return Journal.open(path, clock=ManualClock(), options=options)


async def test_gaps_live_through_a_restart(tmp_path):
    journal = start(tmp_path)
    ledger = GapLedger(journal)
    await ledger.begin({1: 100, 2: 200}, cause="link down")
    await ledger.begin({1: 150}, cause="again")
    assert {g.signal: (g.start_ns, g.cause) for g in ledger.open_gaps([1, 2, 3]).values()} == {
        1: (100, "link down"),
        2: (200, "link down"),
    }
    ledger.close()
    await journal.close()

    journal = start(tmp_path)
    ledger = GapLedger(journal)
    gap = ledger.open_gaps([1])[1]
    ended = replace(gap, end_ns=180, state=GapState.LOST)
    ledger.ended([ended])
    await journal.append(EMPTY, ended=[ended])
    assert ledger.open_gaps([1, 2]).keys() == {2}
    found = ledger.gaps(None, start_ns=0, end_ns=1000, limit=10)
    assert [(g.signal, g.end_ns, g.state) for g in found] == [
        (2, None, GapState.OPEN),
        (1, 180, GapState.LOST),
    ]
    assert ledger.gaps([1], start_ns=181, end_ns=1000, limit=10) == []
    assert len(ledger.gaps([1, 2], start_ns=180, end_ns=1000, limit=10)) == 2
    assert len(ledger.gaps(None, start_ns=0, end_ns=1000, limit=1)) == 1
    assert ledger.gaps([], start_ns=0, end_ns=1000, limit=1) == []
    ledger.close()
    await journal.close()
    with pytest.raises(StorageError):
        await GapLedger(journal).begin({5: 1}, cause="x")


async def test_closed_gaps_are_bounded_and_open_ones_stay(tmp_path):
    journal = start(tmp_path, gaps_max=3)
    ledger = GapLedger(journal)
    await ledger.begin({9: 1}, cause="open")
    for n in range(5):
        await ledger.begin({1: n}, cause=str(n))
        gap = ledger.open_gaps([1])[1]
        ledger.ended([gap])
        await journal.append(EMPTY, ended=[replace(gap, end_ns=n + 1, state=GapState.LOST)])
    kept = ledger.gaps(None, start_ns=0, end_ns=99, limit=99)
    assert [g.cause for g in kept] == ["4", "3", "open"]
    assert journal.status().figures["gaps_removed"] == 3
    ledger.close()
    await journal.close()


async def test_a_flood_of_gaps_is_merged_and_hides_no_loss(tmp_path):
    journal = start(tmp_path, gaps_max=4)
    ledger = GapLedger(journal)
    second = 1_000_000_000
    for n in range(20):
        losses = [
            Loss(signal=signal, start_ns=n * second, end_ns=n * second + 5, cause="queue overflow")
            for signal in (1, 2)
        ]
        await journal.append(Intake(batch=SampleBatch.empty(), losses=tuple(losses)))
    kept = ledger.gaps(None, start_ns=0, end_ns=99 * second, limit=99)
    assert len(kept) == 4
    assert {(g.signal, g.start_ns) for g in kept} >= {(1, 0), (2, 0)}
    for n in range(20):
        for signal in (1, 2):
            assert any(
                g.signal == signal and g.start_ns <= n * second < (g.end_ns or 0) for g in kept
            )
    assert journal.status().figures["gaps_removed"] == 0
    far = Loss(signal=1, start_ns=5000 * second, end_ns=5001 * second, cause="queue overflow")
    for n in range(3):
        await journal.append(
            Intake(batch=SampleBatch.empty(), losses=(replace(far, signal=3 + n),))
        )
    assert journal.status().figures["gaps_removed"] == 1, (
        "what has no near one goes, and is counted"
    )
    ledger.close()
    await journal.close()


async def test_dead_letters_are_read_in_pages(tmp_path):
    journal = start(tmp_path)
    ledger = GapLedger(journal)
    letters = [
        DeadLetter(
            time_ns=n, connector="c", source="s", reason="r", payload=b"\x00\xff", payload_size=9
        )
        for n in range(5)
    ]
    await journal.bury(letters)
    page = ledger.dead_letters(before_id=None, limit=2)
    assert [letter.time_ns for letter in page] == [4, 3]
    rest = ledger.dead_letters(before_id=page[-1].id, limit=9)
    assert [letter.time_ns for letter in rest] == [2, 1, 0]
    assert rest[0].payload == b"\x00\xff"
    assert ledger.dead_letter_count() == 5
    ledger.close()
    await journal.close()
