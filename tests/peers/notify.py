"""Notifications on a real store, and real receivers on loopback: a mail server and a verifying webhook."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.message import Message
from email.policy import default
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

from aiosmtpd.controller import Controller
from sqlalchemy import Connection, insert, update

from gateway.clock import NS_PER_S, Clock, ManualClock
from gateway.deviation import IssueType, Severity
from gateway.issues import Deviation, IssueDesk
from gateway.issues.records import add_events
from gateway.notify.channels.webhook import verify
from gateway.notify.desk import NotifyDesk
from gateway.notify.office import make_notify
from gateway.notify.options import NotifyOptions
from gateway.notify.post import Post
from gateway.store import Store
from gateway.store.tables import counter, issue
from tests.peers.history import FakeHistory
from tests.peers.process import free_port

SECRET = "a-secret-of-forty-characters-for-webhooks"
KEY = b"k" * 32
MACHINE = "demo/packaging/l1/filler"


class Bench:
    """A desk of issues and one of notifications on the same store."""

    def __init__(self, store: Store, clock: Clock, issues: IssueDesk, desk: NotifyDesk, post: Post):
        self.store, self.clock, self.issues, self.desk, self.post = store, clock, issues, desk, post
        self._raised = 0

    async def settle(self) -> None:
        """Do everything that is due now."""
        while await self.desk.engine.turn():
            pass
        for name in self.post.lanes:
            await self.post.drain(name)

    async def advance(self, delta_s: float) -> None:
        """Turn the clock on, and do what is due then."""
        assert isinstance(self.clock, ManualClock)
        await self.clock.advance(delta_s)
        await self.settle()

    async def raised(self, count: int = 1, **changes: Any) -> list[int]:
        """Raise deviations of causes of their own; return the issues' numbers."""
        reports = []
        for _ in range(count):
            self._raised += 1
            reports.append(deviation(self._raised, self.clock.now_ns(), **changes))
        return list(await self.issues.apply(reports))


def deviation(number: int, now_ns: int, **changes: Any) -> Deviation:
    """Return what a rule would report."""
    base: dict[str, Any] = {
        "key": f"k{number}",
        "cause": f"c{number}",
        "member": "m",
        "rule": "weight",
        "rule_version": "ab12",
        "asset": MACHINE,
        "signal": f"{MACHINE}/weight",
        "severity": Severity.P2,
        "type": IssueType.QUALITY,
        "title": f"Fill weight high, {number}",
        "explanation": "504.3 g above 504.0 g",
        "onset_ns": now_ns,
        "time_ns": now_ns,
        "value": 504.3,
        "limits": {"high": 504.0},
    }
    return Deviation(**base | changes)


async def bench(
    store: Store, clock: Clock, options: dict[str, Any], *, page: str = "https://floor.example"
) -> Bench:
    """Open both desks; what a crash left behind is taken up."""
    issues = await IssueDesk.open(store=store, history=FakeHistory(), clock=clock)
    desk, post = make_notify(
        NotifyOptions.model_validate(options),
        store=store,
        clock=clock,
        issues=issues,
        key=KEY,
        page=page,
        site="demo",
        time_zone="Europe/Berlin",
        told=issues.refresh,
    )
    await desk.engine.recover()
    return Bench(store, clock, issues, desk, post)


async def flood(desk: Bench, count: int) -> None:
    """Open so many issues in the store at once: what a flood of alarms of distinct causes would leave there."""
    now_ns = desk.clock.now_ns()
    given = deviation(0, now_ns)
    shared = {
        name: getattr(given, name)
        for name in ("rule", "rule_version", "asset", "signal", "severity", "type", "explanation")
    }
    issues = [
        {
            **shared,
            "number": n,
            "cause": f"f{n}",
            "title": f"Fill weight high, {n}",
            "state": "open",
        }
        | {"onset_ns": now_ns, "opened_ns": now_ns, "active": True, "holding": [], "occurrences": 1}
        | {"limits": {}, "revision": 0, "stage_ns": now_ns, "team": "", "owner": ""}
        | {"recurrence": "", "repeat": 1, "version": 0, "verified": False}
        for n in range(1, count + 1)
    ]
    opened = {"time_ns": now_ns, "action": "opened", "by": "rule", "detail": {}}

    def work(connection: Connection) -> None:
        connection.execute(insert(issue), issues)
        add_events(connection, [{**opened, "issue": each["number"]} for each in issues])
        connection.execute(update(counter).where(counter.c.name == "issue").values(value=count))

    await desk.store.run(work)
    await desk.issues.refresh()


class MailBox:
    """A real SMTP server that keeps what it takes; use as a context manager."""

    def __init__(self, port: int = 0) -> None:
        self.port = port or free_port()
        self.mails: list[Message] = []
        self.refuse = ""
        self._controller: Controller | None = None

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        """Keep a mail, or refuse it."""
        if self.refuse:
            return self.refuse
        self.mails.append(message_from_bytes(envelope.content, policy=default))
        return "250 taken"

    def start(self) -> None:
        """Listen."""
        self._controller = Controller(self, hostname="127.0.0.1", port=self.port)
        self._controller.start()

    def stop(self) -> None:
        """Listen no longer."""
        if self._controller is not None:
            self._controller.stop()
            self._controller = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def keys(self) -> list[str]:
        """Return the idempotency keys of the mails, in the order they came."""
        return [str(mail["X-Taktline-Key"]) for mail in self.mails]


def mail_text(mail: Message) -> str:
    """Return the text of a mail."""
    part = mail.get_body(("plain",)) if hasattr(mail, "get_body") else mail
    return str(part.get_content()) if part is not None else ""


class Hook(ThreadingHTTPServer):
    """A receiver that verifies as docs/notifications.md says: signature, time, and each key once."""

    daemon_threads = True

    def __init__(self, clock: Clock, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.clock = clock
        self.taken: list[dict[str, Any]] = []
        self.refusals: list[str] = []
        self.seen: set[str] = set()
        self.tries: list[tuple[str, str, bytes]] = []
        self.status = 200
        self.location = ""
        self.retry_after = ""

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.server_address[1]}/taktline"

    def judge(self, key: str, header: str, body: bytes) -> int:
        """Return the status of an answer."""
        self.tries.append((key, header, body))
        if self.status != 200:
            return self.status
        now_s = self.clock.now_ns() // NS_PER_S
        problem = verify(SECRET, header=header, key=key, body=body, now_s=now_s)
        if problem is not None:
            self.refusals.append(problem)
            return 401
        if key not in self.seen:
            self.seen.add(key)
            self.taken.append(json.loads(body))
        return 200


class _Handler(BaseHTTPRequestHandler):
    server: Hook

    def do_POST(self) -> None:
        """Verify and answer."""
        body = self.rfile.read(int(self.headers["content-length"]))
        key, header = self.headers["Idempotency-Key"], self.headers["Taktline-Signature"]
        self.send_response(self.server.judge(key, header, body))
        if self.server.location:
            self.send_header("location", self.server.location)
        if self.server.retry_after:
            self.send_header("retry-after", self.server.retry_after)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def hook(clock: Clock) -> Iterator[Hook]:
    """Run a receiver."""
    server = Hook(clock)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
