"""Whatever a historian's server answers, it is rows or a refusal in words; whatever a text is, it stays one line."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import orjson
from hypothesis import given
from hypothesis import strategies as st

from gateway.clock import ManualClock
from gateway.errors import TaktlineError
from gateway.historian.options import InfluxOptions
from gateway.historian.wire.http import Server
from gateway.historian.wire.influxql import Reader
from gateway.model import Signal
from tests.peers.historian import MemoryCatalogue

OPTIONS = InfluxOptions.model_validate(
    {"kind": "influx", "url": "http://127.0.0.1:1", "org": "o", "bucket": "b", "token": "t"}
)
VALUES = (
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats()
    | st.text(max_size=12)
    | st.sampled_from(["i1", "f-inf", "a1.0,2.5", 'j"x"', "i", "z"])
)
JSON = st.recursive(
    VALUES,
    lambda inner: (
        st.lists(inner, max_size=6)
        | st.dictionaries(st.sampled_from(["results", "series", "values", "error"]), inner)
    ),
    max_leaves=20,
)
ROWS = st.lists(st.lists(VALUES, min_size=2, max_size=6), max_size=3)
SERIES = st.fixed_dictionaries({"values": ROWS}).map(lambda one: [one]) | JSON


def refusal(ask: Callable[[], object]) -> str:
    """Return what a refusal says, or nothing where there is an answer; any other error is a defect."""
    try:
        ask()
    except TaktlineError as error:
        return str(error)
    return ""


@given(
    st.binary(max_size=200)
    | JSON.map(lambda said: orjson.dumps(said, default=str) if _fits(said) else b"7")
)
def test_any_answer_is_series_or_a_refusal(data: bytes) -> None:
    server = Server(OPTIONS, clock=ManualClock())
    refusal(lambda: server._series(data, 1))
    server.close()


def _fits(said: object) -> bool:
    try:
        orjson.dumps(said)
    except TypeError:
        return False
    return True


class Answers:
    """A server that answers every question alike."""

    def __init__(self, series: Any) -> None:
        self._series = series

    def query(self, statements: Sequence[str]) -> list[Any]:
        """Answer."""
        return [self._series for _ in statements]


@given(SERIES)
def test_any_series_become_rows_or_a_refusal(series: object) -> None:
    catalogue = MemoryCatalogue([Signal(path="W/H/L/M/S")])
    server: Any = Answers(series)
    reader = Reader(server, catalogue=catalogue, measurement="samples")
    refusal(lambda: reader.rows([0], start_ns=0, end_ns=100, limit=10))
    refusal(lambda: reader.buckets([0], start_ns=0, end_ns=100, max_points=5))
    refusal(lambda: reader.latest([0]))
    refusal(lambda: reader.count([0], start_ns=0, end_ns=100))
    refusal(lambda: reader.span([0], start_ns=0, end_ns=100))
