"""The library's decoder behind bounds: the same values as ours, prompt on whatever a hostile server sends."""

from __future__ import annotations

import itertools
import struct
from collections.abc import Callable

import numpy as np
import pytest
from asyncua import ua
from asyncua.common.utils import Buffer
from asyncua.ua.ua_binary import struct_from_binary, variant_from_binary
from asyncua.ua.uaerrors import UaError
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.opcua.decode import Changes, decode_changes
from connectors.opcua.fallback import MAX_BYTES, decode_by_library
from connectors.opcua.wire.library import harden
from connectors.opcua.wire.reader import DecodeError
from connectors.opcua.wire.variant import Unreadable
from tests.peers.opcua_wire import Item, notification
from tests.property.opcua.test_decode import TICKS, others, repeated, scalars

HUGE = struct.pack("<i", 2**31 - 1)
PICOSECONDS = st.none() | st.integers(0, 65535)


def still() -> float:
    return 0.0


def ticking(step_s: float) -> Callable[[], float]:
    turns = itertools.count()
    return lambda: next(turns) * step_s


def one(variant: bytes, *, mask: int = 1) -> bytes:
    """Return a notification of one item whose value is these bytes."""
    return struct.pack("<iIB", 1, 7, mask) + variant + struct.pack("<i", -1)


def items() -> st.SearchStrategy[Item]:
    return st.builds(
        Item,
        handle=st.integers(0, 2**32 - 1),
        variant=st.none() | scalars() | others(),
        status=st.none() | st.integers(0, 2**32 - 1),
        source=TICKS,
        source_ps=PICOSECONDS,
        server=TICKS,
        server_ps=PICOSECONDS,
    )


def same(one: Changes, other: Changes) -> None:
    for name in ("handle", "type", "status", "source_ns", "server_ns"):
        assert getattr(one, name).tolist() == getattr(other, name).tolist(), name
    assert np.array_equal(one.value, other.value, equal_nan=True)
    assert one.held.keys() == other.held.keys()
    for row, held in one.held.items():
        told = other.held[row]
        # NaN in an array is not equal to itself; a structure's type has two names.
        assert (
            repr(held) == repr(told)
            or isinstance(held, Unreadable) is isinstance(told, Unreadable) is True
        )


@given(repeated(items(), most=8))
def test_gives_what_our_own_decoder_gives_picoseconds_included(sent: list[Item]) -> None:
    body = notification(sent)
    same(decode_by_library(body, still), decode_changes(body))


@pytest.mark.parametrize(
    ("name", "variant", "mask"),
    [
        ("a reserved bit of the mask", b"\x0b" + struct.pack("<d", 1.5), 0x41),
        ("dimensions without an array", b"\x4b" + struct.pack("<d", 1.5) + b"\xff\xff\xff\xff", 1),
    ],
)
def test_takes_layouts_that_ours_refuses(name: str, variant: bytes, mask: int) -> None:
    body = one(variant, mask=mask)
    with pytest.raises(DecodeError):
        decode_changes(body)
    assert decode_by_library(body, still).value.tolist() == [1.5], name


@pytest.mark.parametrize(
    ("name", "variant"),
    [
        ("array of nothing", b"\x80" + HUGE),
        ("array of strings", b"\x8c" + HUGE),
        ("array of variants", b"\x98" + HUGE + b"\x00" * 50),
        ("array of nothing in an array of variants", b"\x98" + b"\x01\0\0\0" + b"\x80" + HUGE),
        ("array of doubles", b"\x8b" + HUGE),
        ("negative length of a string", b"\x8c\x03\0\0\0" + struct.pack("<i", -2) * 3),
        ("negative length of an array", b"\x8c" + struct.pack("<i", -7)),
        ("dimensions of a million", b"\xcb\x01\0\0\0" + struct.pack("<dii", 1.0, 1, 999_999)),
        ("nested without end", b"\x18" * 100_000),
        ("nested arrays", b"\x98\x01\0\0\0" * 20_000),
    ],
)
def test_a_hostile_length_is_refused_and_does_not_hang(name: str, variant: bytes) -> None:
    with pytest.raises(DecodeError):
        decode_by_library(one(variant), still)
    if name != "dimensions of a million":  # ours looks at the elements alone
        with pytest.raises(DecodeError):
            decode_changes(one(variant))


def test_no_answer_of_a_server_makes_the_library_hang() -> None:
    harden()
    for hostile in (b"\x80" + HUGE, b"\x8c" + HUGE, b"\x98" + b"\x01\0\0\0" + b"\x80" + HUGE):
        with pytest.raises(UaError):
            variant_from_binary(Buffer(hostile))
    times = b"\x01\x00\x79\x02" + bytes(12)  # type id of a ReadResponse, and times of its header
    head = times[4:] + bytes(4) + b"\x00" + struct.pack("<i", -1) + b"\x00\x00\x00"
    answer = head + b"\x01\0\0\0" + b"\x01\x80" + HUGE + struct.pack("<i", -1)
    with pytest.raises(UaError, match="cannot stand in"):
        struct_from_binary(ua.ReadResponse, Buffer(b"\x01\x00\x79\x02" + answer))


def test_an_empty_array_of_structures_and_of_two_dimensions_is_still_read() -> None:
    harden()
    table = ua.Variant([[1.0, 2.0], [3.0, 4.0]], ua.VariantType.Double)
    from asyncua.ua.ua_binary import variant_to_binary

    assert variant_from_binary(Buffer(variant_to_binary(table))).Value == [[1.0, 2.0], [3.0, 4.0]]
    empty = b"\xcb\0\0\0\0" + b"\x02\0\0\0" + struct.pack("<ii", 5, 0)
    assert variant_from_binary(Buffer(empty)).Value == []


def test_time_and_size_are_bounded() -> None:
    many = notification([Item(n, ua.Variant(float(n), ua.VariantType.Double)) for n in range(500)])
    assert len(decode_by_library(many, ticking(1e-6))) == 500
    with pytest.raises(DecodeError, match=r"more than 0\.1 s"):
        decode_by_library(many, ticking(0.001))
    with pytest.raises(DecodeError, match="too many"):
        decode_by_library(bytes(MAX_BYTES + 1), still)


@given(st.binary(max_size=300))
@settings(max_examples=300)
def test_garbage_is_refused_or_read_within_bounds(data: bytes) -> None:
    try:
        changes = decode_by_library(data, still)
    except DecodeError:
        return
    assert len(changes) * 5 <= len(data)


@given(repeated(items(), most=5), st.data())
def test_a_flipped_byte_raises_nothing_else(sent: list[Item], data: st.DataObject) -> None:
    body = bytearray(notification(sent))
    at = data.draw(st.integers(0, len(body) - 1))
    body[at] ^= data.draw(st.integers(1, 255))
    try:
        changes = decode_by_library(bytes(body), still)
    except DecodeError:
        return
    assert len(changes) <= len(body)
