"""Questions to the server in InfluxQL, which 1.x, 2.x and 3.x answer alike, and their answers as columns."""

# ruff: noqa: S608 - InfluxQL knows no parameters here: names are escaped below, the rest are numbers
from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from gateway.errors import RefusedError
from gateway.historian.shape import bucket_width_ns, no_buckets
from gateway.historian.wire.http import Server
from gateway.historian.wire.line import TAGS, read_exact
from gateway.model import SampleBatch, SideValue
from gateway.ports import Buckets, Catalogue

_FIELDS: Final = '"value","quality","received","text","exact"'
_BAD: Final = 0x8000_0000
_STATEMENTS: Final = 50
"""Statements in one request: an answer stays a few megabytes."""

Series = Sequence[Mapping[str, Any]]


@contextmanager
def _understood() -> Iterator[None]:
    """Raise `RefusedError` where an answer is none of the questions': a server is input from outside too."""
    try:
        yield
    except (TypeError, ValueError, LookupError, AttributeError, OverflowError) as error:
        msg = f"the server's answer cannot be read: {type(error).__name__}: {str(error)[:100]}"
        raise RefusedError(msg) from error


class Reader:
    """Blocking questions about signals of the catalogue; raises `RefusedError` for answers that are none."""

    def __init__(self, server: Server, *, catalogue: Catalogue, measurement: str) -> None:
        self._server = server
        self._catalogue = catalogue
        self._measurement = measurement

    def buckets(
        self, signals: Sequence[int], *, start_ns: int, end_ns: int, max_points: int
    ) -> list[Buckets]:
        """Return at most `max_points` buckets that begin at `start_ns` for each signal, in the order asked."""
        width_ns = bucket_width_ns(start_ns=start_ns, end_ns=end_ns, max_points=max_points)
        if end_ns <= start_ns:
            return [no_buckets(signal, width_ns) for signal in signals]
        group = f" GROUP BY time({width_ns}ns,{start_ns % width_ns}ns) fill(none)"
        statements = []
        for signal in signals:
            chosen = self._chosen(signal, start_ns, end_ns)
            statements += [
                f'SELECT count("quality"),max("quality") {chosen}{group}',
                'SELECT first("value"),last("value"),min("value"),max("value"),mean("value")'
                f' {chosen} AND "quality" < {_BAD}{group}',
            ]
        answers = self._ask(statements)
        with _understood():
            return [
                _join_buckets(signal, width_ns, answers[2 * place], answers[2 * place + 1])
                for place, signal in enumerate(signals)
            ]

    def rows(
        self, signals: Sequence[int], *, start_ns: int, end_ns: int, limit: int
    ) -> SampleBatch:
        """Return raw rows of all signals, oldest first, at most `limit`."""
        if end_ns <= start_ns or limit <= 0:
            return SampleBatch.empty()
        asked = list(dict.fromkeys(signals))
        answers = self._ask(
            [
                f"SELECT {_FIELDS} {self._chosen(signal, start_ns, end_ns)} LIMIT {limit}"
                for signal in asked
            ]
        )
        with _understood():
            found = SampleBatch.concat(map(_rows, asked, answers))
            order = np.lexsort((found.signal, found.source_ns))[:limit]
            return found.take(order)

    def latest(self, signals: Sequence[int]) -> SampleBatch:
        """Return the newest row of each signal that has any, in the order asked."""
        answers = self._ask(
            [
                f'SELECT {_FIELDS} FROM "{self._measurement}" WHERE {self._tags(signal)}'
                " ORDER BY time DESC LIMIT 1"
                for signal in signals
            ]
        )
        with _understood():
            return SampleBatch.concat(map(_rows, signals, answers))

    def count(self, signals: Sequence[int], *, start_ns: int, end_ns: int) -> int:
        """Return how many rows the range holds."""
        if end_ns <= start_ns:
            return 0
        answers = self._ask(
            [
                f'SELECT count("quality") {self._chosen(signal, start_ns, end_ns)}'
                for signal in dict.fromkeys(signals)
            ]
        )
        with _understood():
            columns = [_columns(one, 2) for one in answers]
            return sum(int(column[1][0]) for column in columns if column)

    def span(self, signals: Sequence[int], *, start_ns: int, end_ns: int) -> tuple[int, int] | None:
        """Return the first and the last source time in the range, None where it is empty."""
        if end_ns <= start_ns:
            return None
        answers = self._ask(
            [
                f'SELECT "quality" {self._chosen(signal, start_ns, end_ns)}'
                f" ORDER BY time {order} LIMIT 1"
                for signal in dict.fromkeys(signals)
                for order in ("ASC", "DESC")
            ]
        )
        with _understood():
            columns = [_columns(one, 2) for one in answers]
            times = [int(column[0][0]) for column in columns if column]
        return (min(times), max(times)) if times else None

    def _ask(self, statements: Sequence[str]) -> list[Series]:
        answers: list[Series] = []
        for start in range(0, len(statements), _STATEMENTS):
            answers += self._server.query(statements[start : start + _STATEMENTS])
        return answers

    def _chosen(self, signal: int, start_ns: int, end_ns: int) -> str:
        return (
            f'FROM "{self._measurement}" WHERE {self._tags(signal)}'
            f" AND time >= {start_ns} AND time < {end_ns}"
        )

    def _tags(self, signal: int) -> str:
        levels = self._catalogue.signal(signal).path.split("/")
        pairs = zip(TAGS, levels, strict=True)
        return " AND ".join(f"\"{tag}\" = '{_escaped(level)}'" for tag, level in pairs)


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("'", "\\'")


def _columns(answer: Series, width: int) -> list[tuple[Any, ...]]:
    """Return the columns of the only series of an answer, none where it is empty.

    Raises `RefusedError` for a server that takes the question and answers something else (VictoriaMetrics).
    """
    if not answer:
        return []
    rows = answer[0].get("values") or []
    if any(len(row) != width for row in rows):
        raise RefusedError(
            "the server does not answer InfluxQL: history can be written there, not read"
        )
    return list(zip(*rows, strict=True))


def _floats(column: Sequence[float | None]) -> NDArray[np.float64]:
    return np.asarray(column, np.float64)  # None becomes NaN


def _rows(signal: int, answer: Series) -> SampleBatch:
    columns = _columns(answer, 6)
    if not columns:
        return SampleBatch.empty()
    times, values, qualities, received, texts, exacts = columns
    value = _floats(values)
    side: dict[int, SideValue] = {row: t for row, t in enumerate(texts) if t is not None}
    for row, field in enumerate(exacts):
        if field is not None:
            number, held = read_exact(field)
            if number is not None:
                value[row] = number
            if held is not None:
                side[row] = held
    return SampleBatch.of(
        signal=np.full(len(times), signal, np.int32),
        source_ns=np.asarray(times, np.int64),
        received_ns=np.asarray(received, np.int64),
        value=value,
        quality=np.asarray(qualities, np.uint32),
        side=side,
    )


def _join_buckets(signal: int, width_ns: int, counted: Series, valued: Series) -> Buckets:
    """Return buckets for every time that has rows, with values where some of the rows are usable."""
    columns = _columns(counted, 3)
    if not columns:
        return no_buckets(signal, width_ns)
    start_ns = np.asarray(columns[0], np.int64)
    worst = np.minimum(np.asarray(columns[2], np.int64) >> 30, 2).astype(np.uint8)
    numbers = [np.full(len(start_ns), np.nan) for _ in range(5)]
    found = _columns(valued, 6)
    if found:
        place = np.searchsorted(start_ns, np.asarray(found[0], np.int64))
        for column, given in zip(numbers, found[1:], strict=True):
            column[place] = _floats(given)
    first, last, low, high, mean = numbers
    return Buckets(
        signal=signal,
        width_ns=width_ns,
        start_ns=start_ns,
        first=first,
        last=last,
        low=low,
        high=high,
        mean=mean,
        count=np.asarray(columns[1], np.int64),
        worst=worst,
    )
