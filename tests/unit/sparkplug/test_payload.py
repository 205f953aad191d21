"""The payload against a hand-written encoder, whatever bytes, and every type at its ends."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from connectors.payload import PayloadError
from connectors.sparkplug.options import SparkplugOptions
from connectors.sparkplug.payload import DataType, Metric, Payload, decode, encode, meant, raw
from gateway.errors import CommandRefusedError
from tests.peers import sparkplug_device as other

SAMPLES = Path(__file__).parents[3] / "connectors/sparkplug/samples"
ENDS = [
    (DataType.INT8, -128, 127), (DataType.INT16, -(2**15), 2**15 - 1), (DataType.INT32, -(2**31), 2**31 - 1),
    (DataType.INT64, -(2**63), 2**63 - 1), (DataType.UINT8, 0, 255), (DataType.UINT16, 0, 2**16 - 1),
    (DataType.UINT32, 0, 2**32 - 1), (DataType.UINT64, 0, 2**64 - 1),
]  # fmt: skip


@pytest.mark.parametrize(("datatype", "low", "high"), ENDS)
def test_integers_go_there_and_back_and_what_does_not_fit_is_refused(
    datatype: DataType, low: int, high: int
) -> None:
    fitting: list[Any] = [low, high, 0, float(high) if high < 2**53 else 1]
    for value in fitting:
        sent = Metric(name="x", datatype=datatype, value=raw(value, datatype, name="x"))
        (got,) = decode(encode(Payload(metrics=(sent,), seq=1))).metrics
        assert meant(got.value, got.datatype) == value
    odd: list[Any] = [low - 1, high + 1, 0.5, True, "1"]
    for value in odd:
        with pytest.raises(CommandRefusedError, match=datatype.name):
            raw(value, datatype, name="x")


@pytest.mark.parametrize(
    ("value", "datatype"),
    [(1.5, DataType.STRING), ("x", DataType.DOUBLE), (1, DataType.BOOLEAN), (1e39, DataType.FLOAT), (1, 16)],
)  # fmt: skip
def test_a_value_of_another_kind_is_refused(value: Any, datatype: int) -> None:
    with pytest.raises(CommandRefusedError):
        raw(value, datatype, name="x")


@given(
    st.floats(allow_nan=False),
    st.integers(-(2**31), 2**31 - 1),
    st.booleans(),
    st.text(max_size=9),
    st.integers(0, 2**64 - 1),
    st.integers(0, 255),
)
def test_what_another_encoder_wrote_is_read(
    number: float, whole: int, flag: bool, name: str, alias: int, seq: int
) -> None:
    metrics = [
        other.metric(name, alias, other.DOUBLE, number),
        other.metric("", None, other.INT32, whole),
        other.metric("b", 0, other.BOOLEAN, flag),
    ]
    body = b"".join(other.sized(2, each) for each in metrics) + other.field(3, 0, other.varint(seq))
    read = decode(body)
    assert (read.seq, read.timestamp_ms) == (seq, None)
    first, second, third = read.metrics
    assert (first.name, first.alias, first.value) == (name, alias, number)
    assert (second.alias, meant(second.value, second.datatype)) == (None, whole)
    assert (third.alias, third.value) == (0, flag)


@given(st.binary(max_size=200))
def test_any_bytes_are_a_payload_or_refused(data: bytes) -> None:
    with contextlib.suppress(PayloadError):
        assert isinstance(decode(data), Payload)


def test_null_and_what_is_no_scalar_have_no_value() -> None:
    null = Metric(name="x", datatype=DataType.DOUBLE, value=None)
    template = other.sized(1, b"t") + other.sized(18, b"\x08\x01")
    body = encode(Payload(metrics=(null,))) + other.sized(2, template)
    assert [each.value for each in decode(body).metrics] == [None, None]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"group": "a/b"}, "should match pattern"),
        ({"machine": "a/b"}, "levels"),
        ({"metrics": [{"metric": "m", "signal": "s", "data_type": "array"}]}, "no scalar"),
        ({"metrics": [{"metric": m, "signal": "s"} for m in "ab"]}, "fed by two metrics"),
        (
            {"metrics": [{"metric": "m", "signal": s} for s in "ab"]},
            "Plant1/Line1/Packer/m' feeds two",
        ),
    ],
)
def test_a_mistake_is_told(change: dict[str, Any], words: str) -> None:
    options = yaml.safe_load((SAMPLES / "packer.yaml").read_text())
    assert SparkplugOptions.model_validate(options).filters() == (("spBv1.0/Plant1/+/Line1/#", 1),)
    options["devices"][0] |= change
    with pytest.raises(ValueError, match=words):
        SparkplugOptions.model_validate(options)
