"""Decoded changes become rows of the catalogue's signals: times chosen, types checked, losses found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from connectors.opcua.decode import NO_TIME, Changes
from connectors.opcua.options import NodeOptions
from connectors.opcua.wire.variant import ARRAY_BIT, Unreadable, type_name
from gateway.model import DataType, Loss, SampleBatch, SideValue
from gateway.quality import BAD_DECODING_ERROR, BAD_OUT_OF_RANGE, OVERFLOW_BIT

MAX_TEXT: Final = 4096
_INTEGERS: Final = (2, 3, 4, 5, 6, 7, 8, 9)
_ACCEPTED: Final = {
    DataType.FLOAT: (*_INTEGERS, 10, 11),
    DataType.INTEGER: (*_INTEGERS, 19),
    DataType.BOOLEAN: (1,),
    DataType.ENUM: _INTEGERS,
    DataType.STRING: (12, 13, 14, 15, 16, 17, 18, 20, 21),
    DataType.ARRAY: tuple(kind | ARRAY_BIT for kind in (1, *_INTEGERS, 10, 11)),
}
_BAD: Final = 2


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """What a notification gave: rows, losses the server declared, and positions whose value does not fit."""

    batch: SampleBatch
    losses: tuple[Loss, ...]
    unfit: dict[int, str]
    fit: NDArray[np.intp]


class RowMaker:
    """Turns changes into rows; a client handle is the position of a node in the configuration.

    Keeps each signal's last source time across connections, so that a loss begins where the data ended.
    """

    def __init__(
        self, nodes: Sequence[NodeOptions], signals: NDArray[np.int32], now_ns: int
    ) -> None:
        n = len(nodes)
        self._signals = signals
        self._types = [node.data_type for node in nodes]
        self._accepts = np.zeros((n, 256), np.bool_)
        for position, node in enumerate(nodes):
            self._accepts[position, list(_ACCEPTED[node.data_type])] = True
        self._scale = np.array([node.scale for node in nodes])
        self._offset = np.array([node.offset for node in nodes])
        self._scaled = bool((self._scale != 1).any() or (self._offset != 0).any())
        self._is_float = np.array([kind is DataType.FLOAT for kind in self._types])
        self._suspect = np.zeros(n, np.bool_)
        self.last_ns = np.full(n, now_ns, np.int64)

    def make(self, changes: Changes, received_ns: int) -> Rows:
        """Return the rows of changes whose handles are all positions."""
        at = changes.handle.astype(np.intp)
        source = np.where(changes.source_ns != NO_TIME, changes.source_ns, changes.server_ns)
        source = np.where(source != NO_TIME, source, received_ns)
        quality = changes.status.copy()
        value = changes.value
        if self._scaled:
            value = value * self._scale[at] + self._offset[at]
        fits = self._accepts[at, changes.type] | (
            (quality >> np.uint32(30) >= _BAD) & (changes.type == 0)
        )
        side, unfit = self._side(changes, at, fits, quality)
        if not fits.all():
            value = value.copy() if value is changes.value else value
            rows = np.flatnonzero(~fits)
            # A bad status of the server says more than our complaint about the value beside it.
            not_bad = rows[quality[rows] >> np.uint32(30) < _BAD]
            quality[not_bad] = BAD_DECODING_ERROR
            value[rows] = np.nan
            for row in rows.tolist():
                unfit[int(at[row])] = self._misfit(changes, row, int(at[row]))
                side.pop(row, None)
        losses = self._overflows(at, source, changes.status)
        batch = SampleBatch.of(
            signal=self._signals[at],
            source_ns=source,
            value=value,
            received_ns=received_ns,
            quality=quality,
            side=side,
        )
        return Rows(batch, losses, unfit, self._recovered(at, unfit))

    def _recovered(self, at: NDArray[np.intp], unfit: dict[int, str]) -> NDArray[np.intp]:
        """Return positions that had a misfit before and sent a value that fits now."""
        back: NDArray[np.intp] = np.empty(0, np.intp)
        if self._suspect.any():
            seen = np.unique(at[self._suspect[at]])
            back = seen[[position not in unfit for position in seen.tolist()]]
            self._suspect[back] = False
        if unfit:
            self._suspect[list(unfit)] = True
        return back

    def _side(
        self,
        changes: Changes,
        at: NDArray[np.intp],
        fits: NDArray[np.bool_],
        quality: NDArray[np.uint32],
    ) -> tuple[dict[int, SideValue], dict[int, str]]:
        """Keep what a float64 cannot hold, within bounds; a value beyond them is marked out of range."""
        side: dict[int, SideValue] = {}
        unfit: dict[int, str] = {}
        for row, held in changes.held.items():
            position = int(at[row])
            if isinstance(held, Unreadable):
                fits[row] = False
            elif isinstance(held, str | tuple) and len(held) > MAX_TEXT:
                quality[row] = BAD_OUT_OF_RANGE
                unfit[position] = f"value of {len(held)} characters or elements, at most {MAX_TEXT}"
            elif not (isinstance(held, int) and self._is_float[position]):
                side[row] = held
        return side, unfit

    def _misfit(self, changes: Changes, row: int, position: int) -> str:
        """Say how a value contradicts its signal's data type."""
        held = changes.held.get(row)
        sent = held.reason if isinstance(held, Unreadable) else type_name(int(changes.type[row]))
        return f"the server sends {sent}, configured is {self._types[position]}"

    def _overflows(
        self, at: NDArray[np.intp], source: NDArray[np.int64], status: NDArray[np.uint32]
    ) -> tuple[Loss, ...]:
        """Return the gaps that overflow bits declare, each from the signal's previous source time to this one."""
        if not len(at):
            return ()
        overflowed = np.flatnonzero((status & OVERFLOW_BIT) == OVERFLOW_BIT)
        losses: tuple[Loss, ...] = ()
        if len(overflowed):
            before = self._previous(at, source)
            losses = tuple(
                Loss(
                    signal=int(self._signals[at[row]]),
                    start_ns=min(int(before[row]), int(source[row])),
                    end_ns=max(int(before[row]), int(source[row])),
                    cause="server queue overflow",
                )
                for row in overflowed.tolist()
            )
        self.last_ns[at] = source
        return losses

    def _previous(self, at: NDArray[np.intp], source: NDArray[np.int64]) -> NDArray[np.int64]:
        order = np.argsort(at, kind="stable")
        before = self.last_ns[at]
        follows = at[order][1:] == at[order][:-1]
        before[order[1:][follows]] = source[order[:-1][follows]]
        return before

    def losses_of_all(self, since_ns: NDArray[np.int64], until_ns: int, cause: str) -> list[Loss]:
        """Return a loss for every signal, from its time in `since_ns` to `until_ns`."""
        return [
            Loss(signal=signal, start_ns=start, end_ns=max(start, until_ns), cause=cause)
            for signal, start in zip(self._signals.tolist(), since_ns.tolist(), strict=True)
        ]

    def bad(self, statuses: Mapping[int, int], now_ns: int) -> SampleBatch:
        """Return a row without value for each position, with the status code that explains it."""
        positions = np.fromiter(statuses, np.intp, len(statuses))
        return SampleBatch.of(
            signal=self._signals[positions],
            source_ns=np.full(len(positions), now_ns),
            value=np.full(len(positions), np.nan),
            received_ns=now_ns,
            quality=np.fromiter(statuses.values(), np.uint32, len(statuses)),
        )
