"""Times come out as the nanoseconds that were meant, or are refused."""

import pytest

from connectors.payload import PayloadError, TimestampOptions, TimestampReader

T = 1_767_225_600_000_000_000


def read(raw, **options):
    reader = TimestampReader(TimestampOptions.model_validate({"path": "t", **options}))
    return reader.read_ns({"t": raw})


@pytest.mark.parametrize(
    ("form", "raw", "time_ns"),
    [
        ("epoch_s", 1_767_225_600, T),
        ("epoch_s", 1_767_225_600.123456, T + 123_456_000),
        ("epoch_s", "1767225600.5", T + 500_000_000),
        ("epoch_ms", 1_767_225_600_123, T + 123_000_000),
        ("epoch_ms", 1_767_225_600_123.25, T + 123_250_000),
        ("epoch_us", 1_767_225_600_000_007, T + 7_000),
        ("epoch_ns", T + 1, T + 1),
        ("iso8601", "2026-01-01T00:00:00Z", T),
        ("iso8601", "2026-01-01T01:00:00.25+01:00", T + 250_000_000),
        ("iso8601", "2026-01-01 00:00:00.123456789Z", T + 123_456_789),
    ],
)
def test_formats(form, raw, time_ns):
    assert read(raw, format=form) == time_ns


def test_a_naive_time_takes_the_zone_of_the_mapping():
    assert read("2026-01-01T01:00:00", format="iso8601", zone="Europe/Berlin") == T
    summer = read("2026-07-01T02:00:00", format="iso8601", zone="Europe/Berlin")
    assert summer == read("2026-07-01T00:00:00Z", format="iso8601")


@pytest.mark.parametrize(
    ("form", "raw", "reason"),
    [
        ("iso8601", "2026-01-01T01:00:00", "names no zone"),
        ("iso8601", "2026-01-01", "not an ISO 8601"),
        ("iso8601", "yesterday at 10:00", "not an ISO 8601"),
        ("iso8601", 17, "not an ISO 8601"),
        ("iso8601", "1960-01-01T00:00:00Z", "no time from 1970 to 2262"),
        ("epoch_s", "soon", "'soon' is not a time"),
        ("epoch_s", None, "null is not a time"),
        ("epoch_s", True, "true is not a time"),
        ("epoch_s", -1, "no time from 1970"),
        ("epoch_s", 1_767_225_600_000, "no time from 1970 to 2262"),
        ("epoch_ns", 1e300, "is not a time"),
    ],
)
def test_what_is_no_time(form, raw, reason):
    with pytest.raises(PayloadError, match=f"field t: .*{reason}"):
        read(raw, format=form)


def test_a_missing_time_is_named():
    reader = TimestampReader(TimestampOptions(path="data.ts", format="epoch_s"))
    with pytest.raises(PayloadError, match=r"field data\.ts: the timestamp is missing"):
        reader.read_ns({})


@pytest.mark.parametrize(
    "options",
    [
        {"path": "t"},
        {"format": "iso8601"},
        {"path": "t", "format": "iso8601", "zone": "Mars/Base"},
        {"path": "t", "format": "epoch_s", "zone": "Europe/Berlin"},
    ],
)
def test_half_a_timestamp_is_refused(options):
    with pytest.raises(ValueError, match=r"timestamp|zone"):
        TimestampOptions.model_validate(options)
