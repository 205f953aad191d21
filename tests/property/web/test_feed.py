"""Whatever happens between them, page and server end equal, and no event is missed or repeated."""

from __future__ import annotations

import json
import math
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from gateway.clock import NS_PER_MS, ManualClock
from gateway.model import DataType, Principal, SampleBatch, SideValue, Signal, SignalRole
from gateway.quality import severity
from tests.peers.web_page import Page
from tests.peers.web_services import memory_plant
from web.feed.client import LiveClient
from web.feed.events import EventStream
from web.feed.hub import Hub
from web.options import SignIn, WebOptions

WHO = Principal(name="t", kind="person", roles=frozenset())
MACHINE = "machine/p/a/l/m0"
VIEWS = {1: ("floor", "latest", 4), 2: (MACHINE, "latest", 10), 3: (MACHINE, "series", 5)}
ISSUES = 9
QUALITIES = (0, 0x40900000, 0x80310000)

ROW = st.tuples(
    st.integers(0, 7),
    st.integers(-3000, 3000),
    st.floats(allow_nan=True),
    st.sampled_from(QUALITIES),
    st.one_of(st.none(), st.text(max_size=3), st.just((1.0, math.inf)), st.just(2**60)),
)


class Feed(RuleBasedStateMachine):
    """One page, one hub, simulated time; sending takes as long as a rule says."""

    @initialize(keep=st.integers(1, 6))
    def begin(self, keep: int) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.clock = ManualClock()
        self.plant = memory_plant(folder=Path(self.folder.name), clock=self.clock)
        self.hub = Hub(self.plant.services, WebOptions(sign_in=SignIn.OFF), build="b")
        self.hub.source.streams["issues"] = EventStream(head=5, keep=keep)
        self.page = Page()
        self.now_s = 100.0
        self.newest: dict[str, tuple[int, float, int, int, SideValue | None]] = {}
        self.arrived: list[tuple[str, float, float, int]] = []
        self.series_from = 0
        self.add_signals(3)
        self.client = self._connect()

    def teardown(self) -> None:
        if not hasattr(self, "client"):
            return
        for sub, (view, mode, rate) in VIEWS.items():
            if sub not in self.page.subs:
                self._subscribe(sub, view, mode=mode, rate=rate)
        if ISSUES not in self.page.subs:
            self._subscribe(ISSUES, "issues")
        self.hub.look_again()
        self._drain(seconds=30.0, cost_s=0.0)
        self._compare()
        self.folder.cleanup()

    def _connect(self) -> LiveClient:
        client, _ = self.hub.join(WHO, may_see=lambda _: True, now_s=self.now_s)
        self.page.connect()
        return client

    def _subscribe(self, sub: int, view: str, **more: Any) -> None:
        if sub == 3:
            self.series_from = -1
        self.client.receive(self.page.sub(sub, view, **more), now_s=self.now_s)

    def _one(self, cost_s: float) -> bool:
        message = self.client.next(now_s=self.now_s, now_ms=self.now_s * 1000)
        if message is None:
            return False
        snapped = 3 in self.page.subs and self.page.subs[3].snapped
        self.page.apply(message)
        if 3 in self.page.subs and self.page.subs[3].snapped and not snapped:
            self.series_from = len(self.arrived)
        started_s = self.now_s
        self.now_s += cost_s
        self.client.sent(started_s=started_s, finished_s=self.now_s)
        return True

    def _drain(self, *, seconds: float, cost_s: float) -> None:
        end_s = self.now_s + seconds
        while self.now_s < end_s:
            if not self._one(cost_s):
                self.now_s = max(self.now_s + 1e-4, min(end_s, self.client.due_s()))

    @rule(count=st.integers(1, 3))
    def add_signals(self, count: int) -> None:
        have = len(self.plant.catalogue)
        self.plant.catalogue.register(
            [
                Signal(
                    path=f"p/a/l/m{n % 2}/s{n}",
                    role=SignalRole.KEY_VALUE if n % 3 else None,
                    data_type=DataType.FLOAT,
                )
                for n in range(have, min(8, have + count))
            ]
        )

    @rule(rows=st.lists(ROW, min_size=1, max_size=6))
    def data(self, rows: list[tuple[int, int, float, int, SideValue | None]]) -> None:
        known = [row for row in rows if row[0] < len(self.plant.catalogue)]
        if not known:
            return
        now_ns = round(self.now_s * 1e9)
        side = {n: row[4] for n, row in enumerate(known) if row[4] is not None}
        batch = SampleBatch.of(
            signal=[row[0] for row in known],
            source_ns=[now_ns + row[1] * NS_PER_MS for row in known],
            received_ns=now_ns,
            value=[row[2] for row in known],
            quality=[row[3] for row in known],
            side=side,
        )
        for n, (index, late_ms, value, quality, _) in enumerate(known):
            path = self.plant.catalogue.signal(index).path
            source_ns = now_ns + late_ms * NS_PER_MS
            level = int(severity(np.array([quality], np.uint32))[0])
            if index % 2 == 0:
                self.arrived.append((path, value, source_ns / NS_PER_MS, level))
            key = min(source_ns, now_ns)
            if path not in self.newest or key >= self.newest[path][0]:
                self.newest[path] = (key, value, source_ns, level, side.get(n))
        self.hub.take(batch)

    @rule(count=st.integers(1, 4))
    def issues_change(self, count: int) -> None:
        head = self.hub.source.streams["issues"].head
        self.hub.source.streams["issues"].append(
            [(seq, json.dumps({"seq": seq}).encode()) for seq in range(head + 1, head + 1 + count)]
        )

    @rule(seconds=st.floats(0.01, 3.0), cost_s=st.sampled_from([0.0, 0.001, 0.4, 5.0]))
    def send(self, seconds: float, cost_s: float) -> None:
        self._drain(seconds=seconds, cost_s=cost_s)

    @rule(count=st.integers(1, 4))
    def send_a_few(self, count: int) -> None:
        for _ in range(count):
            self._one(0.0)

    @rule(sub=st.sampled_from([*VIEWS, ISSUES]))
    def subscribe_or_end(self, sub: int) -> None:
        if sub in self.page.subs:
            self.client.receive(self.page.unsub(sub), now_s=self.now_s)
            while sub in self.page.subs:
                assert self._one(0.0), "no answer to an unsub"
        elif sub == ISSUES:
            self._subscribe(sub, "issues")
        else:
            view, mode, rate = VIEWS[sub]
            self._subscribe(sub, view, mode=mode, rate=rate)

    @rule()
    def reconnect(self) -> None:
        self.hub.leave(self.client)
        self.client = self._connect()

    @precondition(lambda self: self.page.seq > 0)
    @rule(behind=st.integers(0, 3))
    def acknowledge(self, behind: int) -> None:
        said = json.dumps({"type": "ack", "seq": max(0, self.page.seq - behind)})
        self.client.receive(said, now_s=self.now_s)

    def _compare(self) -> None:
        for sub in (1, 2):
            table = self.page.table(sub)
            wanted = {
                each.path
                for each in self.plant.catalogue.all()
                if (each.role is not None if sub == 1 else each.machine == "p/a/l/m0")
            }
            assert set(table) == wanted
            for path, shown in table.items():
                self._compare_one(path, shown)
        held = self.page.subs[3]
        if not held.left_out:
            want = self.arrived[self.series_from :]
            assert repr(held.rows) == repr(want)
        assert self.page.errors == []
        stream = self.hub.source.streams["issues"]
        resume = self.page.resume
        assert resume is not None
        assert resume["seq"] == stream.head
        events = self.page.events
        assert events == list(range(stream.head - len(events) + 1, stream.head + 1))

    def _compare_one(self, path: str, shown: tuple[float, float, int, Any]) -> None:
        value, source_ms, quality, text = shown
        if path not in self.newest:
            assert math.isnan(source_ms)
            return
        _, want, source_ns, level, held = self.newest[path]
        assert (repr(value), source_ms, quality) == (repr(want), source_ns / NS_PER_MS, level)
        if isinstance(held, tuple):
            assert text == [1.0, None]
        else:
            assert text == (str(held) if isinstance(held, int) else held)


Feed.TestCase.settings = settings(max_examples=100, stateful_step_count=40, deadline=None)
TestFeed = Feed.TestCase
