"""Hostile JSON gets a clear reason and never takes the process down."""

import pytest

from connectors.payload import PayloadError, decode_json, decode_value
from gateway.model import DataType


def decode(payload: bytes, depth: int = 8):
    return decode_json(payload, max_bytes=100_000, max_depth=depth)


def test_a_document_comes_back_as_plain_values():
    assert decode(b'{"a":[1,2.5,null,true,"x"]}') == {"a": [1, 2.5, None, True, "x"]}


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"", "payload is empty"),
        (b"{", "payload is not JSON"),
        (b'{"a":NaN}', "payload is not JSON"),
        (b'{"a":1e999}', "infinity"),
        (b"9" * 5000, "infinity"),
        (b"[" * 90_000, "payload is not JSON: depth limit"),
        (b"[" * 9 + b"]" * 9, "nested deeper than 8"),
        (b'{"a":"\xff"}', "payload is not valid UTF-8"),
        (b"\xef\xbb\xbf{}", "BOM"),
        (b"[" + b"1," * 60_000 + b"1]", "payload of 120003 bytes, at most 100000"),
    ],
)
def test_what_cannot_be_used_is_refused_with_its_reason(payload, reason):
    with pytest.raises(PayloadError, match=reason):
        decode(payload)


def test_depth_counts_levels_not_brackets():
    assert decode(b"[[],[],[],[],[],[],[],[],[]]", depth=2) == [[]] * 9
    assert decode(b"[" * 8 + b"]" * 8)
    assert decode(b'"[[[[[[[[[[[[[[["')


def test_of_duplicate_keys_the_last_counts():
    assert decode(b'{"a":1,"a":2}') == {"a": 2}


@pytest.mark.parametrize(
    ("payload", "data_type", "value"),
    [
        (b"21.5", DataType.FLOAT, "21.5"),
        (b"ON", DataType.BOOLEAN, "ON"),
        (b'"run"', DataType.STRING, "run"),
        (b"[OK] ready", DataType.STRING, "[OK] ready"),
        (b"[1,2]", DataType.ARRAY, [1, 2]),
    ],
)
def test_a_payload_that_is_one_value(payload, data_type, value):
    assert decode_value(payload, data_type=data_type, max_bytes=99, max_depth=4) == value


@pytest.mark.parametrize(
    ("payload", "reason"),
    [(b"\xff\xfe", "UTF-8"), (b" ", "empty"), (b"1" * 100, "100 bytes, at most 99")],
)
def test_one_value_that_cannot_be_used(payload, reason):
    with pytest.raises(PayloadError, match=reason):
        decode_value(payload, data_type=DataType.FLOAT, max_bytes=99, max_depth=4)
