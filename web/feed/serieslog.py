"""The recent rows of one view, in order of arrival, for clients that want every sample."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from web.feed.frames import Body, FrameFlag, FrameKind, rows_body

KEEP_ROWS: Final = 50_000
FRAME_ROWS: Final = 8_192


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """Rows of a view: float64 value, float64 source time in ms, uint16 column, uint8 quality."""

    value: NDArray[np.float64]
    source_ms: NDArray[np.float64]
    column: NDArray[np.uint16]
    quality: NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.value)


class SeriesLog:
    """A ring of rows with positions that only rise; the oldest rows go first, and who missed them is told.

    `end` is the position after the newest row, `start` that of the oldest row kept.
    """

    def __init__(self, *, keep_rows: int = KEEP_ROWS) -> None:
        self.start = 0
        self.end = 0
        self._hole = -1
        self._keep = keep_rows
        self._parts: deque[Rows] = deque()

    def append(self, rows: Rows) -> None:
        """Add rows."""
        if not len(rows):
            return
        self._parts.append(rows)
        self.end += len(rows)
        while self.end - self.start > self._keep and len(self._parts) > 1:
            self.start += len(self._parts.popleft())

    def leave_out(self) -> None:
        """Note that rows which would follow now will never come; position `end` is that hole."""
        self._hole = self.end

    def take(self, after: int, *, most: int = FRAME_ROWS) -> tuple[Body, int, int]:
        """Return at most `most` rows from a position on as a frame body, the next position, and rows missed."""
        missed = max(0, self.start - after)
        at = after + missed
        stop = min(self.end, at + most)
        parts: list[Rows] = []
        place = self.start
        for part in self._parts:
            first, last = max(at, place), min(stop, place + len(part))
            if first < last:
                inside = slice(first - place, last - place)
                parts.append(
                    Rows(
                        part.value[inside],
                        part.source_ms[inside],
                        part.column[inside],
                        part.quality[inside],
                    )
                )
            place += len(part)
        left_out = missed > 0 or at <= self._hole < stop
        return _body(parts, left_out=left_out), stop, missed

    def holds(self, after: int) -> bool:
        """Say whether there is anything to tell after a position."""
        return after < self.end


def _body(parts: list[Rows], *, left_out: bool) -> Body:
    return rows_body(
        FrameKind.SERIES,
        value=np.concatenate([part.value for part in parts] or [np.empty(0)]),
        source_ms=np.concatenate([part.source_ms for part in parts] or [np.empty(0)]),
        column=np.concatenate([part.column for part in parts] or [np.empty(0, np.uint16)]),
        quality=np.concatenate([part.quality for part in parts] or [np.empty(0, np.uint8)]),
        flag=FrameFlag.ROWS_LEFT_OUT if left_out else FrameFlag.NONE,
    )
