"""The embedded historian killed, damaged and starved on purpose: the cursor and the rows always agree."""

from __future__ import annotations

import asyncio
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from gateway.errors import StorageError
from gateway.historian.embedded import EmbeddedHistorian
from gateway.ports import Chunk
from tests.peers.historian_child import ROWS, SIGNALS, chunk, open_historian

pytestmark = pytest.mark.fault
EVER = {"start_ns": -(2**62), "end_ns": 2**62}
ROOT = Path(__file__).parents[3]
CHILD = [sys.executable, "-m", "tests.peers.historian_child"]


async def expect_whole(historian: EmbeddedHistorian) -> int:
    """Assert that exactly the rows up to the cursor are there, each once; return the cursor."""
    seq = await historian.cursor()
    assert seq is not None
    got = await historian.rows(list(range(SIGNALS)), **EVER, limit=10_000_000)
    first = ROWS - 7 if seq else 0
    expected = np.arange(first, (seq + 1) * ROWS) if seq else np.empty(0)
    assert np.array_equal(np.sort(got.value), expected)
    assert historian.figures()["rows"] == len(expected)
    return seq


def run_until_killed(
    directory: Path, *, after: int | None, wait_s: float = 0.0, failpoint: str = ""
) -> list[int]:
    """Run a writing child, end it with SIGKILL a little after it said `after` batches; return all that it said.

    Counted, not timed, so that a starved child has written as much as a quick one.
    """
    child = subprocess.Popen(
        [*CHILD, str(directory)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "TAKTLINE_FAILPOINT": failpoint},
        cwd=ROOT,
    )
    with child:
        assert child.stdout is not None
        assert child.stdout.readline() == "open\n"
        said = []
        if after is not None:
            said = [child.stdout.readline() for _ in range(after)]
            time.sleep(wait_s)
            child.kill()
        said += child.stdout.read().split()
        assert child.wait(30) == -signal.SIGKILL
    return [int(word) for word in said]


def test_sigkill_at_random_moments_loses_nothing_stored_and_doubles_nothing(
    tmp_path: Path,
) -> None:
    rng = random.Random(20_260_101)

    async def look() -> int:
        historian = open_historian(tmp_path)
        assert historian.figures()["quarantined_files"] == 0
        seq = await expect_whole(historian)
        await historian.close()
        return seq

    before = 0
    for _ in range(6):
        said = run_until_killed(tmp_path, after=rng.randrange(1, 60), wait_s=rng.uniform(0.0, 0.03))
        seq = asyncio.run(look())
        assert seq >= max(said, default=before)
        assert seq >= before
        before = seq
    assert before > 10


@pytest.mark.parametrize(
    ("failpoint", "stored"), [("historian.before_commit", 4), ("historian.after_commit", 5)]
)
def test_killed_on_either_side_of_the_commit(tmp_path: Path, failpoint: str, stored: int) -> None:
    said = run_until_killed(tmp_path, after=None, failpoint=f"{failpoint}:kill@5")
    assert said == [1, 2, 3, 4]

    async def look() -> None:
        historian = open_historian(tmp_path)
        assert await expect_whole(historian) == stored
        for seq in range(3, 9):
            await historian.write(chunk(seq))
        assert await expect_whole(historian) == 8
        await historian.close()

    asyncio.run(look())


def test_killed_while_a_file_begins_leaves_no_file_that_looks_damaged(tmp_path: Path) -> None:
    said = run_until_killed(tmp_path, after=None, failpoint="historian.file_drafted:kill@2")
    drafts = list(tmp_path.glob("new-*"))
    assert drafts, "the second file was begun"

    async def look() -> None:
        historian = open_historian(tmp_path)
        assert historian.figures()["quarantined_files"] == 0
        assert await expect_whole(historian) == said[-1]
        await refill(historian, to=said[-1] + 5)
        assert historian.figures()["files"] == 2
        await historian.close()

    asyncio.run(look())
    assert not any(path.exists() for path in drafts)


async def fill(directory: Path, *, batches: int) -> None:
    """Leave files as a killed process would: newest rows in the write-ahead log only."""
    child = directory.parent / "writer"
    historian = open_historian(child)
    for seq in range(1, batches + 1):
        await historian.write(chunk(seq))
    await asyncio.to_thread(shutil.copytree, child, directory)
    await historian.close()


async def refill(historian: EmbeddedHistorian, *, to: int) -> None:
    """Do as the journal does: everything after the cursor again, several batches a chunk."""
    seq = (await historian.cursor() or 0) + 1
    while seq <= to:
        batches = min(10, to + 1 - seq)
        await historian.write(chunk(seq, batches=batches))
        seq += batches
    assert await expect_whole(historian) == to


def newest(directory: Path, suffix: str) -> Path:
    return max(directory.glob(f"samples-*{suffix}"))


async def test_a_write_ahead_log_with_any_bytes_flipped_never_stops_the_start(
    tmp_path: Path,
) -> None:
    rng = random.Random(7)
    await fill(tmp_path / "sound", batches=30)
    wal = newest(tmp_path / "sound", ".wal").read_bytes()
    assert len(wal) > 10_000
    quarantined = 0
    for turn in range(12):
        directory = tmp_path / f"turn{turn}"
        directory.mkdir()
        for path in (tmp_path / "sound").iterdir():
            (directory / path.name).write_bytes(path.read_bytes())
        damaged = bytearray(wal)
        if turn % 4 == 3:
            del damaged[rng.randrange(len(wal)) :]
        else:
            at = rng.randrange(200) if turn % 4 == 0 else rng.randrange(len(wal))
            damaged[at : at + 8] = rng.randbytes(8)
        newest(directory, ".wal").write_bytes(damaged)
        historian = open_historian(directory)
        quarantined += int(historian.figures()["quarantined_files"])
        assert await expect_whole(historian) <= 30
        await refill(historian, to=30)
        await historian.close()
        historian = open_historian(directory)
        assert await expect_whole(historian) == 30
        await historian.close()
    assert quarantined, "at least one log was so damaged that it had to be moved away"


@pytest.mark.parametrize(
    ("which", "damage"), [(0, "header"), (1, "noise"), (-1, "header"), (-1, "cut"), (-1, "noise")]
)
async def test_a_damaged_file_is_moved_away_and_filled_again(
    tmp_path: Path, which: int, damage: str
) -> None:
    batches = 130
    directory = tmp_path / "history"
    historian = open_historian(directory)
    for seq in range(1, batches + 1):
        await historian.write(chunk(seq))
    await historian.close()
    files = sorted(directory.glob("samples-*.duckdb"))
    assert len(files) == 4
    content = bytearray(files[which].read_bytes())
    if damage == "cut":
        del content[5000:]
    else:
        size = 8 if damage == "header" else len(content)
        content[8 : 8 + size] = random.Random(1).randbytes(size)
    files[which].write_bytes(content)
    historian = open_historian(directory)
    assert historian.figures()["quarantined_files"] == 1
    assert len(list((directory / "quarantine").iterdir())) == 1
    cursor = await historian.cursor()
    assert cursor is not None
    assert cursor < batches
    await historian.close()
    historian = open_historian(directory)
    assert await historian.cursor() == cursor, (
        "the cursor stays back until the journal has refilled"
    )
    await refill(historian, to=batches)
    await historian.close()
    historian = open_historian(directory)
    assert await expect_whole(historian) == batches
    await historian.close()


_FULL_DISK = """
import asyncio, resource, signal, sys
from pathlib import Path
from gateway.errors import StorageError
from tests.peers.historian_child import chunk, open_historian

async def main():
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    historian = open_historian(Path(sys.argv[1]))
    for seq in range(1, 10):
        await historian.write(chunk(seq))
    resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, resource.RLIM_INFINITY))
    refused, seq = 0, 10
    while refused < 3 and seq < 500:
        try:
            await historian.write(chunk(seq))
            seq += 1
        except StorageError as error:
            refused += 1
            print("refused", seq, error, flush=True)
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    for seq in range(seq, seq + 5):
        await historian.write(chunk(seq))
    await historian.close()
    print("stored", seq)

asyncio.run(main())
"""


async def test_a_full_disk_refuses_cleanly_and_recovers_without_a_restart(tmp_path: Path) -> None:
    done = subprocess.run(  # noqa: ASYNC221 - nothing else runs in this loop
        [sys.executable, "-c", _FULL_DISK, str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("refused") == 3
    historian = open_historian(tmp_path)
    assert await expect_whole(historian) == int(done.stdout.split()[-1])
    await historian.close()


async def test_a_directory_that_cannot_be_made_is_a_storage_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StorageError):
        open_historian(tmp_path / "file" / "history")


async def test_a_chunk_that_spans_a_kill_adds_only_its_missing_half(tmp_path: Path) -> None:
    historian = open_historian(tmp_path)
    await historian.write(chunk(1, batches=5))
    whole = chunk(3, batches=6)
    await historian.write(Chunk(batch=whole.batch, first_seq=3, last_seq=8))
    assert await expect_whole(historian) == 8
    await historian.close()
