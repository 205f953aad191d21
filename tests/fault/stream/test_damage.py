"""A damaged file never stops the start: valid rows are kept, the rest is put aside and reported."""

from __future__ import annotations

import random
import shutil
from pathlib import Path

import apsw
import numpy as np
import pytest

from gateway.clock import ManualClock
from gateway.model import Intake, SampleBatch
from gateway.stream.disk import schema, walscan
from gateway.stream.journal import Journal
from gateway.stream.options import JournalOptions

pytestmark = pytest.mark.fault
OPTIONS = JournalOptions(group_ms=0, ballast_bytes=0)
COUNT, ROWS = 40, 400


def start(directory: Path, **changes) -> Journal:
    return Journal.open(directory, clock=ManualClock(), options=OPTIONS.model_copy(update=changes))


def value_of(times):
    return times.astype(np.float64) * 0.25


@pytest.fixture
async def written(tmp_path: Path) -> Path:
    """A journal of COUNT batches, its write-ahead log still beside it, as a kill would leave it."""
    live, killed = tmp_path / "live", tmp_path / "killed"
    journal = start(live)
    for n in range(COUNT):
        times = np.arange(n * ROWS, (n + 1) * ROWS, dtype=np.int64)
        # Random bits, so that no damage can hide in zeros.
        received = np.random.default_rng(n).integers(0, 2**62, ROWS)
        await journal.append(
            Intake(
                batch=SampleBatch.of(
                    signal=times % 7, source_ns=times, value=value_of(times), received_ns=received
                )
            )
        )
        if n == COUNT // 2:
            await journal.execute(lambda store: None)
            journal._writer._store.db.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_PASSIVE)
    await journal.advance("a", 3)
    shutil.copytree(live, killed)
    await journal.close()
    return killed


async def survivors(directory: Path, **changes) -> tuple[list[int], Journal]:
    journal = start(directory, **changes)
    rows: list[int] = []
    after = 0
    while (chunk := await journal.read(after, max_rows=5000)) is not None:
        assert (chunk.batch.value == value_of(chunk.batch.source_ns)).all()
        rows += chunk.batch.source_ns.tolist()
        after = chunk.last_seq
    assert rows == sorted(set(rows))
    return rows, journal


def flip(path: Path, at: int, bit: int = 0) -> None:
    with path.open("r+b") as file:
        file.seek(at)
        byte = file.read(1)[0]
        file.seek(at)
        file.write(bytes([byte ^ (1 << bit)]))


async def test_nothing_is_reported_of_a_sound_journal(written):
    rows, journal = await survivors(written)
    assert len(rows) == COUNT * ROWS
    assert journal.quarantine.remarks == []
    await journal.close()


@pytest.mark.parametrize("checked", [0, 10**9])
async def test_a_damaged_batch_is_put_aside_and_the_others_stay(written, checked):
    with apsw.Connection(str(written / schema.FILE)) as db:
        data = bytearray(db.execute("SELECT data FROM batch WHERE seq = 30").fetchone()[0])
        data[500] ^= 4
        db.execute("UPDATE batch SET data = ? WHERE seq IN (30, 40)", (bytes(data),))
    rows, journal = await survivors(written, check_max_bytes=checked)
    assert len(rows) == (COUNT - 2) * ROWS
    assert journal.head == COUNT, "the number of a damaged newest batch is not given again"
    assert len(journal.quarantine.remarks) == 2
    assert journal.status().figures["quarantined"] == 2
    assert (written / "quarantine" / "rows.jsonl").read_bytes().count(b"\n") == 2
    batch = SampleBatch.of(signal=[1], source_ns=[1], value=[0.25], received_ns=1)
    assert await journal.append(Intake(batch=batch)) == COUNT + 1
    await journal.close()


async def test_flipped_bytes_anywhere_never_stop_the_start(written, tmp_path):
    seed = random.randrange(2**32)
    rng = random.Random(seed)
    for turn in range(60):
        name = rng.choice([schema.FILE, schema.FILE, schema.FILE + "-wal"])
        copy = tmp_path / f"flip{turn}"
        shutil.copytree(written, copy)
        size = (copy / name).stat().st_size
        at = rng.randrange(100) if turn % 6 == 0 else rng.randrange(size)
        flip(copy / name, at, rng.randrange(8))
        rows, journal = await survivors(copy)
        told = bool(journal.quarantine.remarks)
        assert told or len(rows) == COUNT * ROWS, f"seed {seed}: {name} at {at} lost rows silently"
        await journal.close()
        shutil.rmtree(copy)


async def test_a_cut_file_keeps_what_is_before_the_cut(written, tmp_path):
    for part in (0.0, 0.3, 0.9):
        copy = tmp_path / f"cut{part}"
        shutil.copytree(written, copy)
        (copy / (schema.FILE + "-wal")).unlink()
        path = copy / schema.FILE
        with path.open("r+b") as file:
            file.truncate(int(path.stat().st_size * part))
        rows, journal = await survivors(copy)
        assert journal.quarantine.remarks or part == 0.0
        assert len(rows) > 0 or part < 0.5
        await journal.close()


async def test_a_cut_log_keeps_whole_commits(written, tmp_path):
    log = written / (schema.FILE + "-wal")
    with log.open("r+b") as file:
        file.truncate(log.stat().st_size - 100)
    rows, journal = await survivors(written)
    assert len(rows) % ROWS == 0
    await journal.close()


async def test_damaged_pages_cost_only_their_own_batches(written):
    """What lies before, behind and between two damaged pages is kept."""
    await (await survivors(written))[1].close()
    path = written / schema.FILE
    data = bytearray(path.read_bytes())
    # Leaf pages of tables begin with 13; those of the batches are the ones that hold an encoded batch.
    leaves = [
        at
        for at in range(4096, len(data), 4096)
        if data[at] == 13 and b"TB\x01" in data[at : at + 4096]
    ]
    assert len(leaves) > 6
    for leaf in (leaves[2], leaves[-3]):
        data[leaf : leaf + 12] = b"\xff" * 12
    path.write_bytes(data)
    rows, journal = await survivors(written)
    assert journal.quarantine.remarks
    lost = COUNT - len(rows) // ROWS
    assert 0 < lost < COUNT // 2
    assert journal.head > COUNT
    await journal.close()


async def test_rows_of_the_wrong_kind_are_put_aside(written):
    with apsw.Connection(str(written / schema.FILE)) as db:
        db.execute("UPDATE batch SET data = 'text' WHERE seq = 20")
        db.execute("UPDATE batch SET time_ns = 'text' WHERE seq = 21")
        empty = b"well summed nonsense"
        row = db.execute("SELECT * FROM batch WHERE seq = 22").fetchone()
        check = schema.row_sum(
            seq=22,
            time_ns=row[1],
            rows=row[2],
            size=row[3],
            rows_before=row[4],
            bytes_before=row[5],
            data=empty,
        )
        db.execute("UPDATE batch SET data = ?, sum = ? WHERE seq = 22", (empty, check))
        db.execute("UPDATE cursor SET seq = 39")
    db.close()
    rows, journal = await survivors(written)
    assert len(rows) == (COUNT - 3) * ROWS
    assert journal.cursor("a") == 0, "a damaged cursor is not believed"
    await journal.close()


async def test_a_damaged_flow_of_newest_times_is_left_to_the_readers(written):
    with apsw.Connection(str(written / schema.FILE)) as db:
        db.execute("UPDATE batch SET data = x'00' WHERE seq = 5")
    db.close()
    rows, journal = await survivors(written, check_max_bytes=0)
    assert len(rows) == (COUNT - 1) * ROWS
    await journal.close()


async def test_nonsense_instead_of_a_journal(tmp_path):
    (tmp_path / schema.FILE).write_bytes(b"not a database at all" * 1000)
    rows, journal = await survivors(tmp_path)
    assert rows == []
    assert journal.head > 10**12, "numbers of the lost journal are not given again"
    assert any("moved" in remark for remark in journal.quarantine.remarks)
    await journal.close()


def test_log_scan_of_damaged_headers(tmp_path):
    log = tmp_path / "log"
    assert walscan.damage(log) is None
    log.write_bytes(b"")
    assert walscan.damage(log) is None
    log.write_bytes(b"abc")
    assert "cut" in str(walscan.damage(log))
    log.write_bytes(bytes(64))
    assert "header" in str(walscan.damage(log))
