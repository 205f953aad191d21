"""Every batch comes back bit for bit; every damaged byte is noticed."""

from __future__ import annotations

import struct
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.model import SampleBatch
from gateway.stream.codec import CorruptBatchError, decode, encode

INT64 = st.integers(-(2**63), 2**63 - 1)
SIDE = st.one_of(
    st.text(st.characters(), max_size=20),
    st.integers(-(2**200), 2**200),
    st.lists(st.floats(), max_size=4).map(tuple),
)


@st.composite
def batches(draw) -> SampleBatch:
    n = draw(st.integers(0, 12))

    def column(values, kind):
        one = draw(st.booleans())
        items = [draw(values)] * n if one else draw(st.lists(values, min_size=n, max_size=n))
        return np.array(items, kind)

    near = st.integers(1_767_225_600_000_000_000, 1_767_225_600_000_001_000)
    side = draw(st.dictionaries(st.integers(0, n - 1), SIDE, max_size=n)) if n else {}
    return SampleBatch(
        column(st.one_of(st.integers(0, 70000), st.integers(-(2**31), 2**31 - 1)), np.int32),
        column(st.one_of(near, INT64), np.int64),
        column(INT64, np.int64),
        column(st.floats(), np.float64),
        column(st.integers(0, 2**32 - 1), np.uint32),
        side,
    )


def same(a: SampleBatch, b: SampleBatch) -> bool:
    columns = ("signal", "source_ns", "received_ns", "value", "quality")
    bits = all(getattr(a, name).tobytes() == getattr(b, name).tobytes() for name in columns)
    kinds = all(getattr(a, name).dtype == getattr(b, name).dtype for name in columns)
    return bits and kinds and repr(dict(sorted(a.side.items()))) == repr(dict(b.side))


@given(batches())
@settings(max_examples=300, deadline=None)
def test_round_trip(batch):
    back = decode(encode(batch), seq=7)
    assert back.seq == 7
    assert same(batch, back)


def test_integers_of_any_size_come_back():
    huge = 7**9000
    batch = SampleBatch.of(
        signal=[0, 0], source_ns=[1, 2], value=[0, 0], received_ns=1, side={0: huge, 1: -huge}
    )
    assert decode(encode(batch)).side == {0: huge, 1: -huge}


@given(batches(), st.data())
@settings(max_examples=40, deadline=None)
def test_every_flipped_and_cut_byte_is_noticed(batch, data):
    good = encode(batch)
    bit = 1 << data.draw(st.integers(0, 7))
    for at in range(min(len(good), 400)):
        bad = bytearray(good)
        bad[at] ^= bit
        with pytest.raises(CorruptBatchError):
            decode(bytes(bad))
        with pytest.raises(CorruptBatchError):
            decode(good[:at])
    with pytest.raises(CorruptBatchError):
        decode(good + b"\0")


def sealed(body: bytes) -> bytes:
    return body + struct.pack("<I", zlib.crc32(body))


@pytest.mark.parametrize(
    "body",
    [
        struct.pack("<2sBBII", b"XX", 1, 0, 0, 0),
        struct.pack("<2sBBII", b"TB", 9, 0, 0, 0),
        struct.pack("<2sBBII", b"TB", 1, 0, 5, 0),
        struct.pack("<2sBBII", b"TB", 1, 15, 1, 0) + b"\0\0",
        struct.pack("<2sBBII", b"TB", 1, 0, 0, 0) + b"extra",
        struct.pack("<2sBBII", b"TB", 1, 0, 0, 9) + struct.pack("<IBI", 0, 0, 0),
        struct.pack("<2sBBII", b"TB", 1, 15, 1, 9) + bytes(34) + struct.pack("<IBI", 0, 0, 50),
        struct.pack("<2sBBII", b"TB", 1, 15, 1, 9) + bytes(34) + struct.pack("<IBI", 0, 7, 0),
        struct.pack("<2sBBII", b"TB", 1, 15, 1, 10)
        + bytes(34)
        + struct.pack("<IBI", 0, 0, 1)
        + b"\xff",
        struct.pack("<2sBBII", b"TB", 1, 15, 1, 10)
        + bytes(34)
        + struct.pack("<IBI", 0, 2, 1)
        + b"\xff",
    ],
)
def test_well_summed_nonsense_is_refused(body):
    with pytest.raises(CorruptBatchError):
        decode(sealed(body))
