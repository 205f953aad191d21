"""Killed between an interval's order and its meter, neither is kept: every interval opens one order, once."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import create_engine, select

from gateway.store.maintenance_tables import maintenance_meter, work_order
from tests.fault.maintenance.reader import HOURS

ROOT = Path(__file__).parents[3]
COMMAND = [sys.executable, "-m", "tests.fault.maintenance.reader"]


def run(path: Path, failpoint: str = "") -> int:
    environment = {**os.environ, "TAKTLINE_FAILPOINT": failpoint}
    command = [*COMMAND, f"sqlite:///{path}"]
    return subprocess.run(command, cwd=ROOT, env=environment, timeout=120, check=False).returncode


@pytest.mark.fault
def test_killed_before_a_commit_the_hours_and_their_orders_are_kept_together(
    tmp_path: Path,
) -> None:
    path = tmp_path / "killed.db"
    for reading in (5, 5, 2):  # the orders' hours: 5, then 9 on the second run, then 10
        assert run(path, f"maintenance.before_commit:kill@{reading}") == -9
    assert run(path) == 0
    engine = create_engine(f"sqlite:///{path}")
    with engine.connect() as connection:
        keys = connection.execute(select(work_order.c.key).order_by(work_order.c.number)).scalars()
        orders = [key.rpartition(":")[2] for key in keys]
        total, opened = connection.execute(
            select(maintenance_meter.c.total, maintenance_meter.c.opened)
        ).one()
    engine.dispose()
    assert (total, opened) == (HOURS, 4)
    assert orders == ["1", "2", "3", "4"]
