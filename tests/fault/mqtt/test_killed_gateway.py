"""SIGKILL of the gateway at random moments: every message the broker took is in the journal, values equal."""

import json
import random
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from tests.peers.mosquitto import Mosquitto
from tests.peers.mqtt_driver import Publisher

pytestmark = [pytest.mark.peer, pytest.mark.fault]

T_MS = 1_767_225_600_000
ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("qos", [1, 2])
def test_killed_again_and_again(tmp_path, qos):
    seed = random.randrange(2**32)
    print("seed", seed)
    dice = random.Random(seed)
    journal = tmp_path / "journal"
    sent: set[int] = set()

    def gateway():
        return subprocess.Popen(
            [
                sys.executable,
                str(ROOT / "tests/fault/mqtt/child_gateway.py"),
                str(broker.port),
                str(journal),
                str(qos),
            ],
            cwd=ROOT,
            env={"PYTHONPATH": str(ROOT)},
        )

    def publish(machine, done):
        n = 0
        while not done.is_set():
            burst = range(n, n + 200)
            documents = [
                (f"p/m{k % 5}/t", json.dumps({"ts": T_MS + k, "n": k}).encode()) for k in burst
            ]
            machine.send_all(documents, qos=qos)
            sent.update(burst)
            n += 200

    with Mosquitto(tmp_path) as broker, Publisher(broker.port) as machine:
        child = gateway()
        wait_for(journal, child, more_than=-1)
        done = threading.Event()
        flow = threading.Thread(target=publish, args=(machine, done))
        flow.start()
        try:
            for _ in range(5):
                before = lines(journal)
                wait_for(journal, child, more_than=before)
                time.sleep(dice.uniform(0, 0.2))
                child.kill()
                child.wait(5)
                child = gateway()
        finally:
            done.set()
            flow.join(20)
        try:
            deadline = time.monotonic() + 20
            while time.monotonic() < deadline and not sent <= stored(journal):
                time.sleep(0.1)
        finally:
            child.kill()
            child.wait(5)
    assert stored(journal) == sent


def lines(journal: Path) -> int:
    return journal.read_bytes().count(b"\n") if journal.exists() else 0


def wait_for(journal: Path, child: subprocess.Popen, *, more_than: int) -> None:
    deadline = time.monotonic() + 15
    while not journal.exists() or lines(journal) <= more_than:
        assert child.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.02)


def stored(journal: Path) -> set[int]:
    """Return the numbers in the journal, each of which must carry its own time and machine."""
    numbers = set()
    for line in journal.read_text().splitlines():
        path, time_ns, value = line.split()
        number = int(float(value))
        assert int(time_ns) == (T_MS + number) * 1_000_000
        assert path == f"s/a/l/m{number % 5}/n"
        numbers.add(number)
    return numbers
