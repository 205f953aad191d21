"""What publish answers carry, taken apart: rows to the buffer, losses, dead letters, signs of life."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from connectors.opcua.buffer import RowBuffer
from connectors.opcua.decode import NO_TIME, Changes, decode_changes
from connectors.opcua.fallback import decode_by_library
from connectors.opcua.faults import Troubles, status_name
from connectors.opcua.items import HEARTBEAT, NAMESPACES, NODE_GONE
from connectors.opcua.rows import RowMaker
from connectors.opcua.wire.publish import Message
from connectors.opcua.wire.reader import DecodeError
from gateway.clock import NS_PER_S, Clock
from gateway.model import DeadLetter

_LETTER_BYTES = 4096
_REST = 9.0
"""The library's slow decoder gets a tenth of the time at most, whatever a server sends."""


class Receiver:
    """Feeds the buffer, and keeps the counts that the health page shows."""

    def __init__(
        self,
        *,
        name: str,
        nodes: int,
        maker: RowMaker,
        buffer: RowBuffer,
        troubles: Troubles,
        clock: Clock,
    ) -> None:
        self._name = name
        self._nodes = nodes
        self._maker = maker
        self._buffer = buffer
        self._troubles = troubles
        self._clock = clock
        self.unknown = 0
        self.undecodable = 0
        self.by_library = 0
        self._library_rests_until_s = 0.0
        self.overflows = 0
        self.misfits = 0
        self.lost_messages = 0
        self.clock_offset_ns = 0
        self.begin()

    def begin(self) -> None:
        """Forget what belonged to the last connection."""
        self.heartbeat_s: float | None = None
        self.namespace_reports = 0
        self.gone: dict[int, int] = {}

    def positions_ns(self) -> NDArray[np.int64]:
        """Return each signal's last source time as it is now."""
        return self._maker.last_ns.copy()

    def take(self, message: Message) -> None:
        """Take the data changes of one message; what nothing can read becomes a dead letter and a loss."""
        received_ns = self._clock.now_ns()
        for body in message.data_changes:
            try:
                changes = self._decoded(body)
            except DecodeError as error:
                self.undecodable += 1
                self._bury(body, str(error), received_ns)
                self.lose(self.positions_ns(), "notification could not be decoded")
                continue
            self._rows(self._configured(changes, received_ns), received_ns)

    def _decoded(self, body: bytes) -> Changes:
        """Return the changes by our decoder, else by the library's; raises `DecodeError` with what both say."""
        try:
            return decode_changes(body)
        except DecodeError as refused:
            began_s = self._clock.monotonic_s()
            if began_s < self._library_rests_until_s:
                msg = f"{refused}; the library was not asked, it has had its share of time"
                raise DecodeError(msg) from refused
            try:
                changes = decode_by_library(body, self._clock.monotonic_s)
            except DecodeError as error:
                msg = f"{refused}; {error}"
                raise DecodeError(msg) from error
            finally:
                now_s = self._clock.monotonic_s()
                self._library_rests_until_s = now_s + _REST * (now_s - began_s)
        self.by_library += 1
        return changes

    def lose(self, since_ns: NDArray[np.int64], cause: str) -> None:
        """Declare every signal lost from `since_ns` until now, by the server's clock."""
        until_ns = self._clock.now_ns() + self.clock_offset_ns
        self._buffer.declare(self._maker.losses_of_all(since_ns, until_ns, cause))

    def miss(self, statuses: dict[int, int], reason: str = "") -> None:
        """Note nodes that the server does not have: a trouble each, and a row that says so."""
        now_ns = self._clock.now_ns()
        for position, code in statuses.items():
            self._troubles.set(
                position, reason or f"the server refuses it: {status_name(code)}", now_ns
            )
        self._buffer.put(self._maker.bad(statuses, now_ns))

    def found(self, position: int) -> None:
        """Note that the server has a node again."""
        self._troubles.clear(position)

    def _configured(self, changes: Changes, received_ns: int) -> Changes:
        """Return the rows of configured nodes; the others are the server's clock, its namespaces, or unknown."""
        ours = changes.handle < self._nodes
        if ours.all():
            return changes
        for row in np.flatnonzero(~ours).tolist():
            which = int(changes.handle[row]) - self._nodes
            if which == HEARTBEAT:
                self._beat(int(changes.server_ns[row]), received_ns)
            elif which == NAMESPACES:
                self.namespace_reports += 1
            else:
                self.unknown += 1
        return changes.take(ours)

    def _beat(self, server_ns: int, received_ns: int) -> None:
        self.heartbeat_s = self._clock.monotonic_s()
        if server_ns != NO_TIME:
            self.clock_offset_ns = server_ns - received_ns

    def _rows(self, changes: Changes, received_ns: int) -> None:
        if not len(changes):
            return
        rows = self._maker.make(changes, received_ns)
        self.overflows += len(rows.losses)
        self.misfits += len(rows.unfit)
        for position, reason in rows.unfit.items():
            self._troubles.set(position, reason, received_ns)
        for position in rows.fit.tolist():
            self._troubles.clear(position)
        plain = changes.status & np.uint32(0xFFFF_0000)
        for row in np.flatnonzero(np.isin(plain, list(NODE_GONE))).tolist():
            self.gone[int(changes.handle[row])] = int(plain[row])
        self._buffer.put(rows.batch, rows.losses)

    def _bury(self, body: bytes, reason: str, now_ns: int) -> None:
        self._buffer.bury(
            DeadLetter(
                time_ns=now_ns,
                connector=self._name,
                source="DataChangeNotification",
                reason=reason,
                payload=body[:_LETTER_BYTES],
                payload_size=len(body),
            )
        )

    def figures(self) -> dict[str, float]:
        """Return the counts by name."""
        return {
            "undecodable_notifications": self.undecodable,
            "notifications_by_library": self.by_library,
            "server_overflows": self.overflows,
            "misfit_values": self.misfits,
            "lost_messages": self.lost_messages,
            "server_clock_offset_s": self.clock_offset_ns / NS_PER_S,
            "dead_letters_not_kept": self._buffer.lost_letters,
        }
