"""Killed at each step between opening and telling: once into the outbox, at most one duplicate out of it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from sqlalchemy import create_engine, select

from gateway.clock import SystemClock
from gateway.store.notify_tables import notify_message, notify_notice
from gateway.store.tables import issue_event
from tests.peers.notify import Hook, MailBox, hook

ROOT = Path(__file__).parents[3]
pytestmark = pytest.mark.fault


def run(url: str, mail: MailBox, receiver: Hook, failpoint: str = "") -> int:
    command = [sys.executable, "-m", "tests.fault.notify.teller", url, str(mail.port), receiver.url]
    environment = os.environ | ({"TAKTLINE_FAILPOINT": failpoint} if failpoint else {})
    done = subprocess.run(
        command, cwd=ROOT, env=environment, timeout=120, capture_output=True, check=False
    )
    if not failpoint:
        assert done.returncode == 0, done.stderr.decode()
    return done.returncode


def outbox(path: Path) -> tuple[list[str], list[str], int]:
    """Return states and keys of the messages that went outside, and the count of notices."""
    engine = create_engine(f"sqlite:///{path}")
    with engine.connect() as connection:
        messages = select(notify_message).where(notify_message.c.channel != "screen")
        rows = connection.execute(messages.order_by(notify_message.c.id)).all()
        notices = connection.execute(select(notify_notice)).all()
        told = connection.execute(
            select(issue_event).where(issue_event.c.action == "notified")
        ).all()
    engine.dispose()
    assert len(told) <= 1, "the step is in the history once"
    return [row.state for row in rows], [row.key for row in rows], len(notices)


def test_kills_at_every_step_lose_nothing_and_double_at_most_once(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/state.db"
    with MailBox() as mail, hook(SystemClock()) as receiver:
        for failpoint in (
            "notify.before_commit:kill@1",
            "notify.after_commit:kill@1",
            "notify.before_send:kill@1",
            "notify.after_send:kill@2",
        ):
            assert run(url, mail, receiver, failpoint) == -9, failpoint
        run(url, mail, receiver)
        states, keys, notices = outbox(tmp_path / "state.db")
        assert states == ["sent", "sent"]
        assert notices == 2, "anna and the team, once each"
        assert len(set(keys)) == 2
        assert set(mail.keys()) | {t["id"] for t in receiver.taken} == set(keys)
        assert len(mail.mails) == 1, "its first try was cut short before it was sent"
        assert [key for key, _, _ in receiver.tries] == [receiver.taken[0]["id"]] * 2
        assert len(receiver.taken) == 1, "the receiver knows the key of a duplicate"


def test_two_kills_after_sending_make_one_duplicate_and_are_told(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/state.db"
    with MailBox() as mail, hook(SystemClock()) as receiver:
        for _ in range(2):
            assert run(url, mail, receiver, "notify.after_send:kill@1") == -9
        run(url, mail, receiver)
        states, _, _ = outbox(tmp_path / "state.db")
        assert sorted(states) == ["sent", "unknown"]
        assert max(Counter([*mail.keys(), *(key for key, _, _ in receiver.tries)]).values()) == 2
