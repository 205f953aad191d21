"""A page of the live feed as a browser keeps it: applies messages, and fails on what the protocol forbids."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, field
from typing import Any

from web.feed.frames import Frame, FrameFlag, FrameKind, decode


@dataclass
class Sub:
    """What one subscription has received."""

    wish: dict[str, Any]
    snapped: bool = False
    columns: list[dict[str, Any]] = field(default_factory=list)
    awaits_full: bool = False
    value: list[float] = field(default_factory=list)
    source_ms: list[float] = field(default_factory=list)
    quality: list[int] = field(default_factory=list)
    text: dict[int, Any] = field(default_factory=dict)
    rows: list[tuple[str, float, float, int]] = field(default_factory=list)
    left_out: bool = False


class Page:
    """Subscriptions of one connection at a time; events and their position outlive connections."""

    def __init__(self) -> None:
        self.subs: dict[int, Sub] = {}
        self.ended: set[int] = set()
        self.seq = 0
        self.epoch = ""
        self.resume: dict[str, Any] | None = None
        self.resets = 0
        self.events: list[int] = []
        self.errors: list[dict[str, Any]] = []
        self.health: list[dict[str, Any]] = []
        self.heartbeats = 0

    def connect(self) -> None:
        """Forget what belonged to the connection before."""
        self.subs, self.ended, self.seq = {}, set(), 0

    def sub(self, sub: int, view: str, **more: Any) -> str:
        """Return a wish, and wait for what it brings."""
        wish = {"type": "sub", "id": sub, "view": view, **more}
        if view == "issues" and self.resume is not None:
            wish["since"] = self.resume
        self.subs[sub] = Sub(wish)
        self.ended.discard(sub)
        return json.dumps(wish)

    def unsub(self, sub: int) -> str:
        """Return the wish to end a subscription."""
        return json.dumps({"type": "unsub", "id": sub})

    def apply(self, message: str | bytes) -> None:
        """Take over one message of the server."""
        if isinstance(message, bytes):
            self._frame(decode(message))
            return
        said = json.loads(message)
        kind = said["type"]
        if "id" in said and kind not in {"error", "unsubbed"}:
            assert said["id"] in self.subs, f"{kind} after unsubbed"
        if kind in {"snap", "text"}:
            self._step(said["seq"])
        getattr(self, f"_on_{kind}")(said)

    def table(self, sub: int) -> dict[str, tuple[float, float, int, Any]]:
        """Return value, source time, quality and text by path."""
        held = self.subs[sub]
        return {
            column["path"]: (
                held.value[n],
                held.source_ms[n],
                held.quality[n],
                held.text.get(n),
            )
            for n, column in enumerate(held.columns)
        }

    def _step(self, seq: int) -> None:
        assert seq == self.seq + 1, f"seq {seq} after {self.seq}"
        self.seq = seq

    def _frame(self, frame: Frame) -> None:
        assert frame.id in self.subs, "a frame after unsubbed"
        self._step(frame.seq)
        held = self.subs[frame.id]
        assert held.snapped, "a frame before its columns"
        columns = range(len(held.columns)) if frame.column is None else frame.column.tolist()
        if frame.kind is FrameKind.FULL:
            assert len(frame.value) == len(held.columns)
            held.awaits_full = False
        assert not held.awaits_full, "columns without their full frame"
        rows = zip(
            columns,
            frame.value.tolist(),
            frame.source_ms.tolist(),
            frame.quality.tolist(),
            strict=True,
        )
        for column, value, source_ms, quality in rows:
            if frame.kind is FrameKind.SERIES:
                path = held.columns[column]["path"]
                held.rows.append((path, value, source_ms, quality))
            else:
                held.value[column] = value
                held.source_ms[column] = source_ms
                held.quality[column] = quality
        held.left_out |= frame.flag is FrameFlag.ROWS_LEFT_OUT

    def _on_welcome(self, said: dict[str, Any]) -> None:
        self.epoch = said["epoch"]

    def _on_heartbeat(self, _: dict[str, Any]) -> None:
        self.heartbeats += 1

    def _on_snap(self, said: dict[str, Any]) -> None:
        held = self.subs[said["id"]]
        held.snapped = True
        held.columns = said["columns"]
        held.awaits_full = said["mode"] == "latest"
        held.value = [math.nan] * len(held.columns)
        held.source_ms = [math.nan] * len(held.columns)
        held.quality = [0] * len(held.columns)
        held.text = {}

    def _on_text(self, said: dict[str, Any]) -> None:
        held = self.subs[said["id"]]
        for column, value in said["values"].items():
            held.text[int(column)] = value

    def _on_event(self, said: dict[str, Any]) -> None:
        assert said["seq"] == said["event"]["seq"]
        assert self.resume is not None, "an event before the stream's position"
        assert said["seq"] > self.resume["seq"], "an event again"
        self.events.append(said["seq"])
        self.resume = {"epoch": self.epoch, "seq": said["seq"]}

    def _on_reset(self, said: dict[str, Any]) -> None:
        self.resets += 1
        self.events.clear()
        self.resume = {"epoch": said["epoch"], "seq": said["seq"]}

    def _on_health(self, said: dict[str, Any]) -> None:
        self.health.append(said["health"])

    def _on_error(self, said: dict[str, Any]) -> None:
        self.errors.append(said)

    def _on_unsubbed(self, said: dict[str, Any]) -> None:
        self.ended.add(said["id"])
        self.subs.pop(said["id"], None)
