"""Which messages are on disk and which are not: acknowledgement in order, across connections."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from connectors.mqtt.frames import Message


@dataclass(frozen=True, slots=True)
class Receipt:
    """Everything of one connection up to, not including, a running number."""

    generation: int
    upto: int


@dataclass(slots=True)
class _Handed:
    """What one connection has handed out and nobody has settled yet, in order of receipt."""

    generation: int
    settled: int = 0
    waiting: deque[Message] = field(default_factory=deque)

    def settle(self, upto: int) -> list[Message]:
        count = min(upto - self.settled, len(self.waiting))
        done = [self.waiting.popleft() for _ in range(max(count, 0))]
        self.settled += len(done)
        return done


class Receipts:
    """Keeps, for the connection that stands and the one before it, what was handed out.

    A message that is on disk and yet is delivered again (its acknowledgement was lost with the connection) is
    recognised by DUP flag, packet id and content, so that a value without a time of its own is not stored twice.
    At most `window` such messages are remembered: the broker cannot have more than that unacknowledged.
    """

    def __init__(self, *, window: int) -> None:
        self._window = window
        self._now = _Handed(0)
        self._before = _Handed(-1)
        self._on_disk: OrderedDict[int, int] = OrderedDict()
        self._carried: dict[int, int] = {}

    @property
    def unsettled(self) -> int:
        """How many messages are handed out and not yet acknowledged."""
        return len(self._now.waiting)

    def begin(self, *, resumed: bool, carried: Sequence[Message] = ()) -> None:
        """Start a new connection; where the broker lost the session, packet ids mean nothing any more.

        `carried` came with the connection before and is handed out in this one.
        """
        self._carried = {each.mid: _mark(each) for each in carried if each.qos and resumed}
        self._before = self._now
        self._now = _Handed(self._before.generation + 1)
        if not resumed:
            self._on_disk.clear()
            self._before.waiting.clear()

    def hand_out(self, messages: list[Message]) -> Receipt:
        """Return the receipt for everything handed out so far, these messages included."""
        self._now.waiting.extend(message for message in messages if message.qos)
        return Receipt(self._now.generation, self._now.settled + len(self._now.waiting))

    def settle(self, receipt: Receipt) -> list[Message]:
        """Note that everything up to the receipt is on disk; return what to acknowledge, in order.

        For a receipt of the connection before, nothing is to be acknowledged (packet ids may be in use again),
        but what it covers is known to be on disk. Older receipts are ignored.
        """
        if receipt.generation == self._now.generation:
            done = self._now.settle(receipt.upto)
            self._remember(done)
            return done
        if receipt.generation == self._before.generation:
            self._remember(self._before.settle(receipt.upto))
        return []

    def is_repeated(self, message: Message) -> bool:
        """Return whether this repeats a message that is on disk, or was carried over and so lies before it."""
        if not message.dup or not message.qos:
            return False
        mark = _mark(message)
        return mark in {self._on_disk.get(message.mid), self._carried.get(message.mid)}

    def _remember(self, messages: list[Message]) -> None:
        known = self._on_disk
        for message in messages:
            known[message.mid] = _mark(message)
            known.move_to_end(message.mid)
        while len(known) > self._window:
            known.popitem(last=False)


def _mark(message: Message) -> int:
    return hash((message.topic, message.payload))
