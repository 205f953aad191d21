"""Views: which signals a subscription sees, as columns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from gateway.clock import NS_PER_MS
from gateway.model import SampleBatch, Signal
from gateway.ports import Catalogue
from gateway.quality import severity
from web.api.access import column_document
from web.feed.frames import MAX_COLUMNS, Body, FrameKind, full_body, rows_body
from web.feed.serieslog import Rows, SeriesLog
from web.feed.values import NewestValues
from web.jsontext import dumps, side_json

FLOOR: Final = "floor"
MACHINE: Final = "machine/"
SIGNALS: Final = "signals"


def signals_key(paths: Sequence[str]) -> str:
    """Return the key of the view that is made of these signals, sorted."""
    return "\n".join((SIGNALS, *paths))


def select(key: str, catalogue: Catalogue) -> list[tuple[int, Signal]]:
    """Return the signals of a view with their catalogue index; empty where no signal belongs to it."""
    signals = enumerate(catalogue.all())
    if key == FLOOR:
        found = [(index, each) for index, each in signals if each.role is not None]
    elif key.startswith(f"{SIGNALS}\n"):
        wanted = set(key.split("\n")[1:])
        found = [(index, each) for index, each in signals if each.path in wanted]
    else:
        machine = key.removeprefix(MACHINE)
        found = [(index, each) for index, each in signals if each.machine == machine]
    return found[:MAX_COLUMNS]


class View:
    """The columns of a view as they are now.

    Where they change, a `successor` with another version follows, and this one takes no more rows: who wants
    every sample goes from one to the next.
    """

    def __init__(self, key: str, version: int, found: Sequence[tuple[int, Signal]]) -> None:
        self.key = key
        self.version = version
        self.signals = tuple(signal for _, signal in found)
        self.index = np.array([index for index, _ in found], np.int64)
        self.columns_json = dumps([column_document(signal) for signal in self.signals])
        self.log = SeriesLog()
        self.successor: View | None = None
        self._column_of = np.full(int(self.index.max(initial=-1)) + 1, -1, np.int32)
        self._column_of[self.index] = np.arange(len(self.index), dtype=np.int32)

    def same(self, found: Sequence[tuple[int, Signal]]) -> bool:
        """Say whether these are the columns it has."""
        return len(found) == len(self.signals) and all(
            signal == mine for (_, signal), mine in zip(found, self.signals, strict=True)
        )

    def record(self, batch: SampleBatch) -> None:
        """Add the rows of a batch that belong to this view to its log."""
        known = np.flatnonzero(batch.signal < len(self._column_of))
        column = self._column_of[batch.signal[known]]
        inside = column >= 0
        rows = known[inside]
        if not len(rows):
            return
        self.log.append(
            Rows(
                batch.value[rows],
                batch.source_ns[rows] / NS_PER_MS,
                column[inside].astype(np.uint16),
                severity(batch.quality[rows]),
            )
        )

    def full(self, values: NewestValues) -> Body:
        """Return the newest value of every column."""
        at = self.index
        return full_body(
            value=values.value[at],
            source_ms=values.source_ms[at],
            quality=values.shown_quality(at),
        )

    def delta(self, values: NewestValues, *, since: int) -> Body:
        """Return the columns that changed after a revision."""
        column = np.flatnonzero(values.changed[self.index] > since)
        at = self.index[column]
        return rows_body(
            FrameKind.DELTA,
            value=values.value[at],
            source_ms=values.source_ms[at],
            column=column,
            quality=values.shown_quality(at),
        )

    def texts(self, values: NewestValues, *, since: int) -> dict[str, object]:
        """Return the texts that changed after a revision, by column number; null where there is none now."""
        if values.text_revision <= since:
            return {}
        changed: dict[str, object] = {}
        for column in np.flatnonzero(values.text_changed[self.index] > since).tolist():
            held = values.texts.get(int(self.index[column]))
            changed[str(column)] = None if held is None else side_json(held)
        return changed
