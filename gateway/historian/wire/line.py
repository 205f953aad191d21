"""Rows as line protocol: one series a signal, tagged with the levels of its path."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from typing import Final

import numpy as np

from gateway.errors import StorageError
from gateway.historian.side import pack, unpack
from gateway.model import SampleBatch, SideValue
from gateway.ports import Catalogue

TAGS: Final = ("site", "area", "line", "machine", "signal")
_TAG_ESCAPES: Final = str.maketrans({",": r"\,", "=": r"\=", " ": r"\ ", "\\": r"\\"})
_TEXT_ESCAPES: Final = str.maketrans({"\\": r"\\", '"': r"\""})


class LineWriter:
    """Turns batches into lines; deterministic, so that a row written twice is the same row.

    Fields: `value` float, `quality` and `received` integer, `text` string, and `exact` for what those cannot
    hold (big integers, arrays, infinities, negative zero, text with control characters).
    """

    def __init__(self, catalogue: Catalogue, *, measurement: str) -> None:
        self._catalogue = catalogue
        self._measurement = measurement
        self._series: dict[int, str] = {}

    def lines(self, batch: SampleBatch) -> list[bytes]:
        """Return one line for each row, without line ends; raises `NotFoundError` for an unknown signal."""
        series = {signal: self._of(signal) for signal in np.unique(batch.signal).tolist()}
        lines = [
            f"{series[signal]} value={value!r},quality={code}i,received={received_ns}i {source_ns}"
            for signal, value, code, received_ns, source_ns in zip(
                batch.signal.tolist(),
                batch.value.tolist(),
                batch.quality.tolist(),
                batch.received_ns.tolist(),
                batch.source_ns.tolist(),
                strict=True,
            )
        ]
        for row, fields in _unusual(batch):
            head, _, source_ns = lines[row].rpartition(" ")
            if not math.isfinite(batch.value[row]):
                start, _, rest = head.partition(" value=")
                head = f"{start} {rest.partition(',')[2]}"
            lines[row] = f"{head}{fields} {source_ns}"
        return [line.encode() for line in lines]

    def _of(self, signal: int) -> str:
        known = self._series.get(signal)
        if known is None:
            levels = self._catalogue.signal(signal).path.split("/")
            tags = sorted(zip(TAGS, levels, strict=True))
            written = ",".join(f"{tag}={level.translate(_TAG_ESCAPES)}" for tag, level in tags)
            known = self._series[signal] = f"{self._measurement},{written}"
        return known


def _unusual(batch: SampleBatch) -> Iterator[tuple[int, str]]:
    """Yield the rows that have more, or less, than a finite value, with their further fields."""
    # InfluxDB 1.x loses the sign of a negative zero.
    odd = ~np.isfinite(batch.value) | ((batch.value == 0) & np.signbit(batch.value))
    rows = set(np.flatnonzero(odd).tolist()) | set(batch.side)
    for row in sorted(rows):
        value = float(batch.value[row])
        if row in batch.side:
            yield row, _side_field(batch.side[row])
        else:
            yield row, "" if math.isnan(value) else f',exact="f{value!r}"'


def _side_field(value: SideValue) -> str:
    # A line ends at a line end whatever the quotes say in some servers, so control characters go another way.
    if isinstance(value, str):
        if value.isprintable() or not any(c < " " or c == "\x7f" for c in value):
            return f',text="{value.translate(_TEXT_ESCAPES)}"'
        return f',exact="{("j" + json.dumps(value)).translate(_TEXT_ESCAPES)}"'
    return f',exact="{pack(value)}"'


def read_exact(field: str) -> tuple[float | None, SideValue | None]:
    """Return the float value or the side value that an `exact` field holds; raises `StorageError`."""
    kind, rest = field[:1], field[1:]
    try:
        if kind == "f":
            return float(rest), None
        if kind == "j":
            return None, str(json.loads(rest))
    except ValueError as error:
        raise StorageError(f"unreadable field exact={field[:80]!r}") from error
    return None, unpack(field)
