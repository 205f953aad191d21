"""The Sparkplug B payload (Eclipse Sparkplug 3.0, chapter 6): scalars of metrics in and out, by Google's protobuf.

Data sets, templates, metadata and properties are left unread; a metric that holds one has no scalar value.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Final, TypeAlias

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.message import DecodeError

from connectors.payload import PayloadError
from gateway.command import Value
from gateway.errors import CommandRefusedError

Raw: TypeAlias = "bool | int | float | str | None"
MAX_METRICS: Final = 20_000
_F: Final = descriptor_pb2.FieldDescriptorProto
_FLOAT32_MAX: Final = 3.4028234663852886e38


class DataType(IntEnum):
    """Sparkplug's data types that are scalars here."""

    INT8 = 1
    INT16 = 2
    INT32 = 3
    INT64 = 4
    UINT8 = 5
    UINT16 = 6
    UINT32 = 7
    UINT64 = 8
    FLOAT = 9
    DOUBLE = 10
    BOOLEAN = 11
    STRING = 12
    DATETIME = 13
    TEXT = 14
    UUID = 15


_SIGNED: Final[Mapping[int, int]] = {
    DataType.INT8: 8,
    DataType.INT16: 16,
    DataType.INT32: 32,
    DataType.INT64: 64,
}
_UNSIGNED: Final[Mapping[int, int]] = {
    DataType.UINT8: 8, DataType.UINT16: 16, DataType.UINT32: 32, DataType.UINT64: 64, DataType.DATETIME: 64,
}  # fmt: skip
_TEXT: Final = {DataType.STRING, DataType.TEXT, DataType.UUID}


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """One metric: by name, or by the alias that its birth gave it; `value` None is null, or no scalar."""

    name: str = ""
    alias: int | None = None
    timestamp_ms: int | None = None
    datatype: int = 0
    value: Raw = None
    historical: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Payload:
    """One message's content; `seq` is None where it has none, as in a node's death."""

    timestamp_ms: int | None = None
    metrics: tuple[Metric, ...] = ()
    seq: int | None = None


def _message_class() -> Any:
    """Return the protobuf class of the payload, described here instead of generated."""
    file = descriptor_pb2.FileDescriptorProto(
        name="taktline/sparkplug_b.proto", package="taktline.sparkplug", syntax="proto2"
    )
    metric = file.message_type.add(name="Metric")
    metric.oneof_decl.add(name="value")
    for name, number, kind, in_value in (
        ("name", 1, _F.TYPE_STRING, False),
        ("alias", 2, _F.TYPE_UINT64, False),
        ("timestamp", 3, _F.TYPE_UINT64, False),
        ("datatype", 4, _F.TYPE_UINT32, False),
        ("is_historical", 5, _F.TYPE_BOOL, False),
        ("is_null", 7, _F.TYPE_BOOL, False),
        ("int_value", 10, _F.TYPE_UINT32, True),
        ("long_value", 11, _F.TYPE_UINT64, True),
        ("float_value", 12, _F.TYPE_FLOAT, True),
        ("double_value", 13, _F.TYPE_DOUBLE, True),
        ("boolean_value", 14, _F.TYPE_BOOL, True),
        ("string_value", 15, _F.TYPE_STRING, True),
    ):
        field = metric.field.add(name=name, number=number, type=kind, label=_F.LABEL_OPTIONAL)
        if in_value:
            field.oneof_index = 0
    payload = file.message_type.add(name="Payload")
    payload.field.add(name="timestamp", number=1, type=_F.TYPE_UINT64, label=_F.LABEL_OPTIONAL)
    payload.field.add(
        name="metrics", number=2, type=_F.TYPE_MESSAGE, label=_F.LABEL_REPEATED,
        type_name=".taktline.sparkplug.Metric",
    )  # fmt: skip
    payload.field.add(name="seq", number=3, type=_F.TYPE_UINT64, label=_F.LABEL_OPTIONAL)
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("taktline.sparkplug.Payload"))


_PAYLOAD: Final = _message_class()


def decode(data: bytes) -> Payload:
    """Return what a payload says; raises `PayloadError`."""
    try:
        read = _PAYLOAD.FromString(data)
        if len(read.metrics) > MAX_METRICS:
            raise PayloadError(f"{len(read.metrics)} metrics, at most {MAX_METRICS} are allowed")
        return Payload(
            timestamp_ms=read.timestamp if read.HasField("timestamp") else None,
            metrics=tuple(_metric(each) for each in read.metrics),
            seq=read.seq if read.HasField("seq") else None,
        )
    except (DecodeError, UnicodeDecodeError) as error:
        raise PayloadError(f"is no Sparkplug B payload: {error}") from None


def _metric(read: Any) -> Metric:
    return Metric(
        name=read.name,
        alias=read.alias if read.HasField("alias") else None,
        timestamp_ms=read.timestamp if read.HasField("timestamp") else None,
        datatype=read.datatype,
        value=None if read.is_null else _scalar(read),
        historical=read.is_historical,
    )


def _scalar(read: Any) -> Raw:
    held = read.WhichOneof("value")
    value: Raw = None if held is None else getattr(read, held)
    return value


def meant(value: Raw, datatype: int) -> Raw:
    """Return a raw value as its data type means it: signed integers are sent as two's complement."""
    bits = _SIGNED.get(datatype)
    if bits is None or isinstance(value, bool) or not isinstance(value, int):
        return value
    low = value & ((1 << bits) - 1)
    return low - (1 << bits) if low >> (bits - 1) else low


def encode(payload: Payload) -> bytes:
    """Return a payload's bytes; the values have been made by `raw`."""
    made = _PAYLOAD()
    if payload.timestamp_ms is not None:
        made.timestamp = payload.timestamp_ms
    if payload.seq is not None:
        made.seq = payload.seq
    for each in payload.metrics:
        _write(made.metrics.add(), each)
    data: bytes = made.SerializeToString()
    return data


def _write(into: Any, metric: Metric) -> None:
    if metric.name:
        into.name = metric.name
    if metric.alias is not None:
        into.alias = metric.alias
    if metric.timestamp_ms is not None:
        into.timestamp = metric.timestamp_ms
    into.datatype = metric.datatype
    if metric.historical:
        into.is_historical = True
    if metric.value is None:
        into.is_null = True
    else:
        setattr(into, _field(metric.datatype), metric.value)


def _field(datatype: int) -> str:
    if datatype in _TEXT:
        return "string_value"
    if datatype == DataType.BOOLEAN:
        return "boolean_value"
    if datatype == DataType.FLOAT:
        return "float_value"
    if datatype == DataType.DOUBLE:
        return "double_value"
    wide = {DataType.INT64, DataType.UINT64, DataType.DATETIME}
    return "long_value" if datatype in wide else "int_value"


def raw(value: Value, datatype: int, *, name: str) -> bool | int | float | str:
    """Return a value as a data type sends it; raises `CommandRefusedError` where it does not fit."""
    if datatype in _TEXT and isinstance(value, str):
        return value
    if datatype == DataType.BOOLEAN and isinstance(value, bool):
        return value
    if isinstance(value, bool | str):
        raise CommandRefusedError(f"{name}: {value!r} does not fit {_word(datatype)}")
    if datatype == DataType.DOUBLE or (datatype == DataType.FLOAT and abs(value) <= _FLOAT32_MAX):
        return float(value)
    for table, signed in ((_SIGNED, True), (_UNSIGNED, False)):
        bits = table.get(datatype)
        if bits is None or not -(2**63) <= value < 2**64 or value != int(value):
            continue
        low, high = (-(1 << (bits - 1)), (1 << (bits - 1)) - 1) if signed else (0, (1 << bits) - 1)
        if low <= value <= high:
            return int(value) & ((1 << max(32, bits)) - 1)
    raise CommandRefusedError(f"{name}: {value!r} does not fit {_word(datatype)}")


def _word(datatype: int) -> str:
    return DataType(datatype).name if datatype in set(DataType) else f"data type {datatype}"
