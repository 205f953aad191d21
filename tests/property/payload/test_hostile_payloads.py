"""Whatever bytes a machine sends, the payload room returns finite values or a PayloadError, nothing else."""

import math
from datetime import UTC, datetime, timedelta

import orjson
from hypothesis import given
from hypothesis import strategies as st

from connectors.payload import (
    Field,
    FieldOptions,
    PayloadError,
    TimestampOptions,
    TimestampReader,
    decode_json,
    decode_value,
)
from gateway.model import DataType

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4)
    ),
    max_leaves=20,
)
FIELDS = [
    Field(FieldOptions(path="a", data_type=data_type, labels={1: "one"})) for data_type in DataType
]


def finite(value: str | float | tuple[float, ...]) -> bool:
    return isinstance(value, str) or (
        all(map(math.isfinite, value)) if isinstance(value, tuple) else math.isfinite(value)
    )


def reason(call, *args, **options) -> str:
    """Call, and return the reason of the refusal, or "" where there was none."""
    try:
        call(*args, **options)
    except PayloadError as refused:
        return str(refused)
    return ""


@given(st.binary(max_size=300))
def test_any_bytes(payload):
    for data_type in DataType:
        refused = reason(decode_value, payload, data_type=data_type, max_bytes=200, max_depth=5)
        assert refused.isprintable()
    assert reason(decode_json, payload, max_bytes=200, max_depth=5).isprintable()


@given(JSON)
def test_a_document_survives_exactly(document):
    payload = orjson.dumps(document)
    assert decode_json(payload, max_bytes=10**6, max_depth=64) == document


@given(JSON)
def test_any_value_converts_to_something_finite_or_is_refused(raw):
    for field in FIELDS:
        refused = reason(field.convert, raw)
        assert len(refused) < 200
        assert refused.isprintable()
        if not refused:
            assert finite(field.convert(raw))


@given(JSON | st.text(alphabet="0123456789-+:TZ. ", max_size=40))
def test_any_value_is_a_time_of_our_era_or_refused(raw):
    for form in ("epoch_s", "epoch_ms", "epoch_us", "epoch_ns", "iso8601"):
        reader = TimestampReader(TimestampOptions(path="t", format=form))
        refused = reason(reader.read_ns, {"t": raw})
        assert refused.isprintable()
        if not refused:
            assert 0 < reader.read_ns({"t": raw}) < 2**63


@given(st.integers(1, 2**63 // 1000 - 1))
def test_iso_and_microseconds_agree(time_us):
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=time_us)
    iso = TimestampReader(TimestampOptions(path="t", format="iso8601"))
    assert iso.read_ns({"t": moment.isoformat()}) == time_us * 1000
    epoch = TimestampReader(TimestampOptions(path="t", format="epoch_us"))
    assert epoch.read_ns({"t": time_us}) == time_us * 1000


@given(st.integers(1_000_000_000_000, 4_000_000_000_000))
def test_seconds_with_milliseconds_come_back_as_sent(time_ms):
    reader = TimestampReader(TimestampOptions(path="t", format="epoch_s"))
    assert reader.read_ns({"t": time_ms / 1000}) == time_ms * 1_000_000
