"""Times, types and losses of rows; the buffer drops the oldest and declares it."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from asyncua import ua

from connectors.opcua.buffer import RowBuffer, merged
from connectors.opcua.decode import decode_changes
from connectors.opcua.options import OpcUaOptions
from connectors.opcua.rows import MAX_TEXT, RowMaker, Rows
from gateway.model import Loss, SampleBatch
from gateway.quality import BAD_DECODING_ERROR, BAD_OUT_OF_RANGE, BAD_SENSOR_FAILURE
from tests.peers.opcua_wire import Item, notification

VT = ua.VariantType
NOW = 1_767_225_600_000_000_000
EPOCH = 116_444_736_000_000_000


def ticks(ns: int) -> int:
    return ns // 100 + EPOCH


def maker(*kinds: str, **extra: Any) -> RowMaker:
    nodes = [
        {"node": f"nsu=urn:a;i={n}", "signal": f"a/b/c/d/s{n}", "data_type": kind} | extra
        for n, kind in enumerate(kinds)
    ]
    options = OpcUaOptions.model_validate(
        {"endpoint": "opc.tcp://h:1", "security": "none", "nodes": nodes}
    )
    return RowMaker(options.nodes, np.arange(10, 10 + len(kinds), dtype=np.int32), NOW)


def make(rows: RowMaker, *items: Item) -> Rows:
    return rows.make(decode_changes(notification(list(items))), NOW)


def number(handle: int, value: Any, kind: ua.VariantType, **extra: Any) -> Item:
    return Item(handle, ua.Variant(value, kind), **extra)


def test_the_source_time_is_taken_else_the_servers_else_the_received() -> None:
    rows = make(
        maker("float"),
        number(0, 1.0, VT.Double, source=ticks(NOW - 500), server=ticks(NOW - 100)),
        number(0, 1.0, VT.Double, server=ticks(NOW - 100)),
        number(0, 1.0, VT.Double),
    )
    assert rows.batch.source_ns.tolist() == [NOW - 500, NOW - 100, NOW]
    assert rows.batch.received_ns.tolist() == [NOW] * 3
    assert rows.batch.signal.tolist() == [10] * 3


def test_the_status_code_is_kept_whole_with_its_value() -> None:
    batch = make(maker("float"), number(0, 7.5, VT.Double, status=BAD_SENSOR_FAILURE | 0x481)).batch
    assert batch.quality.tolist() == [BAD_SENSOR_FAILURE | 0x481]
    assert batch.value.tolist() == [7.5]


def test_a_value_that_contradicts_its_type_is_marked_and_told() -> None:
    rows = make(
        maker("float", "integer", "boolean", "string", "array", "enum"),
        number(0, "x", VT.String),
        number(1, 1.5, VT.Double),
        number(2, 1, VT.Int32),
        number(3, 1.0, VT.Double),
        number(4, 1.0, VT.Double),
        number(5, True, VT.Boolean),
    )
    assert rows.batch.quality.tolist() == [BAD_DECODING_ERROR] * 6
    assert np.isnan(rows.batch.value).all()
    assert not rows.batch.side
    assert "sends String, configured is float" in rows.unfit[0]
    assert sorted(rows.unfit) == [0, 1, 2, 3, 4, 5]


def test_good_without_a_value_is_marked_and_bad_without_a_value_is_not() -> None:
    rows = make(maker("float", "float"), Item(0), Item(1, status=BAD_SENSOR_FAILURE))
    assert rows.batch.quality.tolist() == [BAD_DECODING_ERROR, BAD_SENSOR_FAILURE]
    assert list(rows.unfit) == [0]


def test_a_fitting_value_after_a_misfit_is_told_once() -> None:
    rows = maker("float")
    assert make(rows, number(0, "x", VT.String)).fit.tolist() == []
    assert make(rows, number(0, 1.0, VT.Double)).fit.tolist() == [0]
    assert make(rows, number(0, 1.0, VT.Double)).fit.tolist() == []


def test_integers_beyond_a_double_are_exact_in_side() -> None:
    batch = make(
        maker("integer", "float"), number(0, 2**63 - 1, VT.Int64), number(1, 2**60, VT.Int64)
    ).batch
    assert dict(batch.side) == {0: 2**63 - 1}
    assert batch.value[1] == 2.0**60


def test_scale_and_offset_apply_to_the_raw_value() -> None:
    batch = make(maker("float", scale=0.01, offset=-40), number(0, 5000, VT.UInt16)).batch
    assert batch.value.tolist() == [10.0]


def test_text_beyond_the_bound_is_out_of_range() -> None:
    rows = make(maker("string"), number(0, "x" * (MAX_TEXT + 1), VT.String))
    assert rows.batch.quality.tolist() == [BAD_OUT_OF_RANGE]
    assert not rows.batch.side
    assert 0 in rows.unfit


def test_structures_are_bad_rows_with_a_reason() -> None:
    rows = make(maker("string"), number(0, ua.Range(1.0, 2.0), VT.ExtensionObject))
    assert rows.batch.quality.tolist() == [BAD_DECODING_ERROR]
    assert "structure" in rows.unfit[0]


def test_an_overflow_bit_declares_the_time_since_the_value_before() -> None:
    rows = maker("float", "float")
    make(rows, number(0, 1.0, VT.Double, source=ticks(NOW + 100)))
    losses = make(
        rows,
        number(0, 5.0, VT.Double, source=ticks(NOW + 500), status=0x480),
        number(1, 9.0, VT.Double, source=ticks(NOW + 900)),
        number(0, 6.0, VT.Double, source=ticks(NOW + 600)),
        number(0, 9.0, VT.Double, source=ticks(NOW + 900), status=0x4080_0480),
    ).losses
    assert [(loss.signal, loss.start_ns, loss.end_ns) for loss in losses] == [
        (10, NOW + 100, NOW + 500),
        (10, NOW + 600, NOW + 900),
    ]


def test_other_info_bits_are_no_overflow() -> None:
    assert make(maker("float"), number(0, 1.0, VT.Double, status=0x0400)).losses == ()
    assert make(maker("float"), number(0, 1.0, VT.Double, status=0x0080)).losses == ()


def batch(signal: int, first: int, n: int) -> SampleBatch:
    times = [first + i for i in range(n)]
    return SampleBatch.of(signal=[signal] * n, source_ns=times, value=times, received_ns=0)


def test_a_full_buffer_drops_the_oldest_and_declares_each_loss() -> None:
    buffer = RowBuffer(100)
    buffer.put(batch(1, 0, 60))
    buffer.put(batch(2, 1000, 60))
    assert (buffer.rows, buffer.drops) == (100, 20)
    intake = buffer.take()
    assert intake is not None
    assert intake.batch.source_ns[0] == 20
    assert [(x.signal, x.start_ns, x.end_ns) for x in intake.losses] == [(1, 0, 20)]
    assert buffer.take() is None
    assert buffer.rows == 0


def test_a_batch_larger_than_the_buffer_keeps_its_newest() -> None:
    buffer = RowBuffer(10)
    buffer.put(batch(1, 0, 25))
    intake = buffer.take()
    assert intake is not None
    assert intake.batch.source_ns.tolist() == list(range(15, 25))
    assert buffer.drops == 15


def test_losses_are_bounded_by_merging() -> None:
    losses = [Loss(signal=n % 3, start_ns=n, end_ns=n + 1, cause="x") for n in range(12_000)]
    buffer = RowBuffer(10)
    buffer.declare(losses)
    intake = buffer.take()
    assert intake is not None
    assert {(x.signal, x.start_ns, x.end_ns) for x in intake.losses} == {
        (0, 0, 11_998),
        (1, 1, 11_999),
        (2, 2, 12_000),
    }
    assert merged([]) == []


def test_no_number_is_made_up_for_nothing() -> None:
    assert math.isnan(make(maker("float"), Item(0, status=BAD_SENSOR_FAILURE)).batch.value[0])
