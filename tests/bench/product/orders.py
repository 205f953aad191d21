"""How the bench tells its child processes what to do: lines on standard input, a JSON document at the end."""

from __future__ import annotations

import json
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass
class Orders:
    """Samples a second that are wanted now, and whether to go on; set by `rate <n>`, `stop` and `end` lines."""

    rate: float = 0.0
    stopped: bool = False
    ended: threading.Event = field(default_factory=threading.Event)

    def listen(self) -> None:
        """Follow standard input on a thread of its own; its end is an order to end."""
        threading.Thread(target=self._follow, name="orders", daemon=True).start()

    def _follow(self) -> None:
        for line in sys.stdin:
            word, _, rest = line.strip().partition(" ")
            if word == "rate":
                self.rate = float(rest)
            elif word == "stop":
                self.stopped = True
            elif word == "end":
                break
        self.ended.set()


@dataclass
class Ticker:
    """Says how many cycles of all signals are due, at a rate that may change; what is over a second late is skipped."""

    orders: Orders
    signals: int
    at: float = 0.0
    seen_s: float = 0.0
    skipped: int = 0

    def due(self) -> int:
        """Return how many samples are due since the last call, and count those that can never be made up for."""
        now_s = time.monotonic()
        if self.orders.stopped or self.orders.rate <= 0 or not self.seen_s:
            self.seen_s = now_s
            return 0
        self.at += (now_s - self.seen_s) * self.orders.rate
        self.seen_s = now_s
        due = int(self.at)
        self.at -= due
        if due > self.orders.rate:
            self.skipped += due - int(self.orders.rate)
            due = int(self.orders.rate)
        return due


def report(path: Path, document: dict[str, Any]) -> None:
    """Put a JSON document in place as a whole."""
    partial = path.with_name(path.name + ".partial")
    partial.write_text(json.dumps(document))
    partial.replace(path)
