"""Whatever moment the process is killed at: what was acknowledged is in the journal, once."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from gateway.clock import SystemClock
from gateway.stream.journal import Journal
from gateway.stream.options import JournalOptions

pytestmark = pytest.mark.fault

CHILD = Path(__file__).with_name("appender.py")
ROOT = Path(__file__).parents[3]


def run_until_killed(
    directory: Path, start: int, *, env: dict[str, str], live_s: float | None
) -> set[tuple[int, int]]:
    out = directory / f"acks-{start}"
    with out.open("wb") as sink:
        child = subprocess.Popen(
            [sys.executable, str(CHILD), str(directory), str(start)],
            stdout=sink,
            env={**os.environ, "PYTHONPATH": str(ROOT), **env},
        )
        deadline = time.monotonic() + 20
        while out.stat().st_size == 0 and child.poll() is None and time.monotonic() < deadline:
            time.sleep(0.005)
        if live_s is not None:
            time.sleep(live_s)
            child.kill()
        assert child.wait(20) == -9
    lines = out.read_bytes().split(b"\n")[:-1]
    return {(int(lane), int(number)) for lane, number in (line.split() for line in lines)}


async def held(directory: Path) -> Counter[tuple[int, int]]:
    journal = Journal.open(directory, clock=SystemClock(), options=JournalOptions(ballast_bytes=0))
    assert journal.quarantine.remarks == []
    found: Counter[tuple[int, int]] = Counter()
    after = 0
    while (chunk := await journal.read(after, max_rows=10_000)) is not None:
        assert chunk.first_seq == after + 1
        after = chunk.last_seq
        firsts = chunk.batch.source_ns[::10] // 10
        lanes = chunk.batch.signal[::10]
        found.update(zip(lanes.tolist(), firsts.tolist(), strict=True))
    await journal.close()
    return found


async def test_random_kills(tmp_path):
    seed = random.randrange(2**32)
    rng = random.Random(seed)
    acked: set[tuple[int, int]] = set()
    for turn in range(10):
        acked |= run_until_killed(tmp_path, turn * 1_000_000, env={}, live_s=rng.uniform(0, 0.25))
        found = await held(tmp_path)
        assert acked <= set(found), f"seed {seed}"
        assert max(found.values()) == 1, f"seed {seed}"
    assert len(acked) > 50


@pytest.mark.parametrize("place", ["journal.before_commit", "journal.after_commit"])
async def test_kill_at_each_step_of_a_commit(tmp_path, place):
    env = {"TAKTLINE_FAILPOINT": f"{place}:kill@12"}
    acked = run_until_killed(tmp_path, 0, env=env, live_s=None)
    found = await held(tmp_path)
    assert acked <= set(found)
    assert max(found.values()) == 1
    if place == "journal.after_commit":
        assert set(found) - acked, "what was committed at the kill had no time to be acknowledged"
