"""The columnar decoder reads what the library's decoder reads, and never anything else."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

import numpy as np
from asyncua import ua
from asyncua.common.utils import Buffer
from asyncua.ua.ua_binary import struct_from_binary
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.opcua.decode import NO_TIME, Changes, decode_changes
from connectors.opcua.wire.publish import read_publish
from connectors.opcua.wire.reader import DecodeError
from connectors.opcua.wire.variant import Unreadable
from tests.peers.opcua_wire import Item, notification, publish_response

VT = ua.VariantType
INTEGERS = {
    VT.SByte: (-128, 127), VT.Byte: (0, 255), VT.Int16: (-(2**15), 2**15 - 1), VT.UInt16: (0, 2**16 - 1),
    VT.Int32: (-(2**31), 2**31 - 1), VT.UInt32: (0, 2**32 - 1), VT.Int64: (-(2**63), 2**63 - 1),
    VT.UInt64: (0, 2**64 - 1),
}  # fmt: skip
TICKS = st.none() | st.integers(30_000_000_000_000_000, 200_000_000_000_000_000).map(
    lambda t: t // 10 * 10
)


def integers(kind: ua.VariantType) -> st.SearchStrategy[ua.Variant]:
    return st.integers(*INTEGERS[kind]).map(lambda value: ua.Variant(value, kind))


def scalars() -> st.SearchStrategy[ua.Variant]:
    numbers = [integers(kind) for kind in INTEGERS]
    return st.one_of(
        *numbers,
        st.booleans().map(lambda v: ua.Variant(v, VT.Boolean)),
        st.floats().map(lambda v: ua.Variant(v, VT.Double)),
        st.floats(width=32).map(lambda v: ua.Variant(v, VT.Float)),
        st.datetimes(datetime(1970, 1, 1), datetime(2200, 1, 1)).map(  # noqa: DTZ001 - hypothesis wants naive bounds
            lambda v: ua.Variant(v.replace(tzinfo=UTC), VT.DateTime)
        ),
        st.just(ua.Variant(None, VT.Null)),
    )


def others() -> st.SearchStrategy[ua.Variant]:
    return st.one_of(
        st.text(max_size=20).map(lambda v: ua.Variant(v, VT.String)),
        st.just(ua.Variant(None, VT.String)),
        st.binary(max_size=20).map(lambda v: ua.Variant(v, VT.ByteString)),
        st.uuids().map(lambda v: ua.Variant(v, VT.Guid)),
        st.text(max_size=8).map(lambda v: ua.Variant(ua.LocalizedText(v, "en"), VT.LocalizedText)),
        st.text(max_size=8).map(lambda v: ua.Variant(ua.QualifiedName(v, 3), VT.QualifiedName)),
        st.lists(st.floats(), max_size=5).map(lambda v: ua.Variant(v, VT.Double)),
        st.lists(st.integers(0, 65535), max_size=5).map(lambda v: ua.Variant(v, VT.UInt16)),
        st.lists(st.text(max_size=5), max_size=3).map(lambda v: ua.Variant(v, VT.String)),
        st.just(ua.Variant(ua.Range(1.0, 2.0), VT.ExtensionObject)),
        st.just(ua.Variant(ua.StatusCode(ua.UInt32(0x80340000)), VT.StatusCode)),
        st.just(ua.Variant(ua.NodeId(ua.String("a.b"), ua.Int16(4)), VT.NodeId)),
    )


def items(variants: st.SearchStrategy[ua.Variant]) -> st.SearchStrategy[Item]:
    """Items as the library can read them: without picoseconds, whose order it has wrong."""
    return st.builds(
        Item,
        handle=st.integers(0, 2**32 - 1),
        variant=st.none() | variants,
        status=st.none() | st.integers(0, 2**32 - 1),
        source=TICKS,
        server=TICKS,
    )


def repeated(item: st.SearchStrategy[Item], *, most: int = 12) -> st.SearchStrategy[list[Item]]:
    """Runs of items, so that long runs, short runs and single items of a layout all occur."""
    runs = st.tuples(item, st.integers(1, 5)).map(lambda pair: [pair[0]] * pair[1])
    return st.lists(runs, max_size=most).map(lambda parts: [i for part in parts for i in part])


def nanoseconds(moment: datetime | None) -> int:
    if moment is None:
        return NO_TIME
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1) * 1000


def same(a: float, b: float) -> bool:
    return a == b or (math.isnan(a) and math.isnan(b))


def check_value(changes: Changes, row: int, variant: ua.Variant) -> None:  # noqa: C901 - one branch a type
    held, value, expected = changes.held.get(row), float(changes.value[row]), variant.Value
    if expected is None:
        assert held is None
        assert math.isnan(value)
        assert changes.type[row] == 0
    elif isinstance(expected, list):
        if variant.VariantType is VT.String:
            assert isinstance(held, str)
        else:
            assert isinstance(held, tuple)
            assert all(same(a, float(b)) for a, b in zip(held, expected, strict=True))
    elif isinstance(expected, bool | int | float):
        assert same(value, float(expected))
        assert held == (expected if isinstance(expected, int) and abs(expected) > 2**53 else None)
    elif isinstance(expected, datetime):
        assert held == f"{expected:%Y-%m-%dT%H:%M:%S.%f}0Z"
    elif isinstance(expected, bytes):
        assert held == "0x" + expected.hex()
    elif isinstance(expected, ua.StatusCode):
        assert value == expected.value
    elif isinstance(expected, ua.Range):
        assert isinstance(held, Unreadable)
    elif isinstance(expected, ua.LocalizedText):
        assert held == expected.Text
    elif isinstance(expected, ua.QualifiedName):
        assert held == f"3:{expected.Name}"
    elif isinstance(expected, ua.NodeId):
        assert held == "ns=4;s=a.b"
    else:
        assert held == str(expected)


def check(sent: list[Item]) -> None:
    body = notification(sent)
    changes = decode_changes(body)
    reference = struct_from_binary(ua.DataChangeNotification, Buffer(body)).MonitoredItems
    assert len(changes) == len(reference)
    for row, item in enumerate(reference):
        assert changes.handle[row] == item.ClientHandle
        status = item.Value.StatusCode
        assert changes.status[row] == (0 if status is None else status.value)
        assert changes.source_ns[row] == nanoseconds(item.Value.SourceTimestamp)
        assert changes.server_ns[row] == nanoseconds(item.Value.ServerTimestamp)
        check_value(changes, row, item.Value.Value)


@given(repeated(items(scalars())))
def test_agrees_with_the_library_on_numbers_of_mixed_layouts(sent: list[Item]) -> None:
    check(sent)


@given(repeated(items(scalars() | others()), most=8))
def test_agrees_with_the_library_on_every_type(sent: list[Item]) -> None:
    check(sent)


@given(items(scalars()), st.integers(1, 300))
@settings(max_examples=30)
def test_agrees_with_the_library_on_one_layout(item: Item, n: int) -> None:
    check([item] * n)


@given(
    st.lists(
        st.builds(
            Item,
            handle=st.integers(0, 100),
            variant=st.none() | scalars() | others(),
            source=TICKS,
            source_ps=st.none() | st.integers(0, 65535),
            server=TICKS,
            server_ps=st.none() | st.integers(0, 65535),
        ),
        max_size=20,
    )
)
def test_picoseconds_belong_to_the_timestamp_before_them(sent: list[Item]) -> None:
    changes = decode_changes(notification(sent))
    for row, item in enumerate(sent):
        for ticks, parts, column in (
            (item.source, item.source_ps, changes.source_ns),
            (item.server, item.server_ps, changes.server_ns),
        ):
            ns = NO_TIME if ticks is None else (ticks - 116_444_736_000_000_000) * 100
            extra = 0 if ticks is None else min(parts or 0, 9999) // 100
            assert column[row] == ns + extra


@given(repeated(items(scalars() | others()), most=6), st.data())
def test_a_cut_notification_is_refused(sent: list[Item], data: st.DataObject) -> None:
    body = notification(sent)
    cut = data.draw(st.integers(0, len(body) - 1))
    try:
        decode_changes(body[:cut])
    except DecodeError:
        return
    raise AssertionError(f"{cut} of {len(body)} bytes were taken for a notification")


@given(st.binary(max_size=300))
@settings(max_examples=300)
def test_garbage_never_raises_anything_else(data: bytes) -> None:
    for read in (decode_changes, read_publish):
        try:
            read(data)
        except DecodeError:
            continue


@given(repeated(items(scalars() | others()), most=5), st.data())
def test_a_flipped_byte_is_refused_or_read_within_bounds(
    sent: list[Item], data: st.DataObject
) -> None:
    body = bytearray(notification(sent))
    at = data.draw(st.integers(0, len(body) - 1))
    body[at] ^= data.draw(st.integers(1, 255))
    try:
        changes = decode_changes(bytes(body))
    except DecodeError:
        return
    assert len(changes) <= len(body)


@given(repeated(items(scalars()), most=4), st.integers(0, 2**32 - 1), st.integers(1, 3))
def test_the_frame_gives_each_notification_unchanged(
    sent: list[Item], sequence: int, n: int
) -> None:
    body = notification(sent)
    frame = read_publish(publish_response([body] * n, sequence=sequence))
    assert frame.message is not None
    assert frame.message.sequence == sequence
    assert frame.message.data_changes == (body,) * n
    assert frame.subscription == 7


def test_the_times_of_a_year_that_nanoseconds_cannot_hold_are_none() -> None:
    sent = [Item(1, source=2_650_467_743_999_999_999, server=1), Item(2, source=-5, server=0)]
    changes = decode_changes(notification(sent))
    assert (changes.source_ns == NO_TIME).all()
    assert (changes.server_ns == NO_TIME).all()
    assert changes.handle.dtype == np.uint32
