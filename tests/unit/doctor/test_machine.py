"""What the doctor makes of a clock, a disk, a commit and a machine."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from gateway.clock import NS_PER_S
from gateway.commands.doctor import machine
from gateway.commands.doctor.finding import Finding, Grade
from gateway.commands.doctor.machine import GIB, KernelClock

NOW_NS = 1_780_000_000 * NS_PER_S
MOUNTS = """\
/dev/vda1 / ext4 rw 0 0
tmpfs /run tmpfs rw 0 0
10.0.0.1:/plant /mnt/plant\\040data nfs4 rw 0 0
overlay /srv overlay rw 0 0
"""


def grades(found: list[Finding]) -> list[tuple[str, Grade]]:
    return [(each.subject, each.grade) for each in found]


@pytest.mark.parametrize(
    ("kernel", "now_ns", "grade"),
    [
        (KernelClock(synchronised=True, maxerror_s=0.02), NOW_NS, Grade.GOOD),
        (KernelClock(synchronised=False, maxerror_s=16.0), NOW_NS, Grade.WORTH_A_LOOK),
        (None, NOW_NS, Grade.WORTH_A_LOOK),
        (KernelClock(synchronised=True, maxerror_s=0.02), 12 * NS_PER_S, Grade.IN_THE_WAY),
    ],
)
def test_a_clock_that_nobody_keeps_is_told(
    kernel: KernelClock | None, now_ns: int, grade: Grade
) -> None:
    assert machine.clock(kernel, now_ns).grade is grade


def test_the_kernel_answers_or_says_nothing() -> None:
    found = machine.kernel_clock()
    assert found is None or 0 <= found.maxerror_s < 1000


@pytest.mark.parametrize(
    ("folder", "found"),
    [
        ("/var/lib", ("/", "ext4")),
        ("/run/x", ("/run", "tmpfs")),
        ("/running", ("/", "ext4")),
        ("/mnt/plant data/a", ("/mnt/plant data", "nfs4")),
        ("/srv", ("/srv", "overlay")),
    ],
)
def test_a_folder_is_on_the_nearest_mount(folder: str, found: tuple[str, str]) -> None:
    assert machine.file_system(Path(folder), MOUNTS) == found


def test_a_disk_is_judged_by_its_kind_and_its_room(tmp_path: Path) -> None:
    absent = tmp_path / "not" / "there"
    root = "/dev/vda1 / ext4 rw 0 0\n"
    assert grades(list(machine.disk(absent, root, wanted_bytes=1))) == [("disk", Grade.GOOD)]
    huge = list(machine.disk(absent, root, wanted_bytes=10**18))
    assert grades(huge) == [("disk", Grade.WORTH_A_LOOK)]
    assert f"{10**18 / GIB:.1f} GiB" in huge[0].says
    remote = f"host:/x {tmp_path.resolve()} nfs rw 0 0\n"
    assert grades(list(machine.disk(absent, root + remote, wanted_bytes=1))) == [
        ("disk", Grade.IN_THE_WAY),
        ("disk", Grade.GOOD),
    ]
    assert not absent.exists(), "an examination makes nothing"


def test_what_is_there_counts_as_room(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "b").write_bytes(bytes(1000))
    assert machine.used(tmp_path) == 1000


@pytest.mark.parametrize(
    ("median_s", "grade", "word"),
    [
        (0.004, Grade.GOOD, "4.00 ms"),
        (0.00001, Grade.WORTH_A_LOOK, "not honoured"),
        (0.2, Grade.WORTH_A_LOOK, "200.00 ms"),
    ],
)
def test_a_commit_that_is_too_slow_or_too_quick_is_told(
    median_s: float, grade: Grade, word: str
) -> None:
    found = machine.judge_commits(median_s, 2 * median_s)
    assert found.grade is grade
    assert word in found.says


def test_a_commit_is_measured_in_the_data_folder(tmp_path: Path) -> None:
    assert len(machine.commit_times_s(tmp_path)) == 30
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written_is_in_the_way(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    assert machine.commits(tmp_path).grade is Grade.IN_THE_WAY


def test_memory_that_is_scarce_is_told() -> None:
    assert machine.memory("MemTotal: 1 kB\nMemAvailable: 8000000 kB\n").grade is Grade.GOOD
    assert machine.memory("MemAvailable: 100000 kB\n").grade is Grade.WORTH_A_LOOK
    assert machine.open_files().subject == "open files"
