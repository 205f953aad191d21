"""What a message suggests: paths of five levels, types by what is there, and no unit that nobody wrote."""

from __future__ import annotations

import pytest
import yaml

from connectors.mqtt.options import MqttOptions
from gateway.care.adopt import _mapping
from gateway.care.propose import propose
from gateway.errors import InvalidRequestError


def told(source: str, sample: bytes) -> dict[str, tuple[str, str, str]]:
    wish = propose(source, sample, site="plant")
    return {value.path: (value.signal, value.data_type, value.unit) for value in wish.values}


@pytest.mark.parametrize(
    ("source", "sample", "wanted"),
    [
        ("room/7/co2", b"612", {"": ("plant/room/7/7/co2", "float", "")}),
        ("plant/room/7/co2", b'{"ppm": 612}', {"ppm": ("plant/room/7/co2/ppm", "float", "ppm")}),
        ("plant/a/b/c/d/e/telemetry", b'{"x": [1, 2]}', {"x": ("plant/a/b/c-d-e/x", "array", "")}),
        ("door", b"ON", {"": ("plant/adopted/adopted/adopted/door", "boolean", "")}),
        ("a/b/lot", b"L-17", {"": ("plant/a/b/b/lot", "string", "")}),
        (
            "plant/hall/cell/mill/state",
            b'{"ts": 1767225600123, "a": {"v": 1}, "b": {"v": true}, "none": null}',
            {
                "a.v": ("plant/hall/cell/mill/a_v", "float", ""),
                "b.v": ("plant/hall/cell/mill/b_v", "boolean", ""),
            },
        ),
    ],
)
def test_a_sample_suggests_a_mapping_that_the_connector_takes(
    source: str, sample: bytes, wanted: dict[str, tuple[str, str, str]]
) -> None:
    assert told(source, sample) == wanted
    mapping = yaml.safe_load(yaml.safe_dump(_mapping(propose(source, sample, site="plant"))))
    MqttOptions.model_validate({"host": "h", "client_id": "c", "mappings": [mapping]})


@pytest.mark.parametrize(
    ("field", "value", "form"),
    [
        ("ts", "1767225600", "epoch_s"),
        ("time", "1767225600123", "epoch_ms"),
        ("timestamp", '"2026-01-01T08:00:00+01:00"', "iso8601"),
        ("ts", '"2026-01-01T08:00:00"', "received"),
        ("ts", "17", "received"),
    ],
)
def test_the_payloads_own_time_is_found_where_it_is_certain(
    field: str, value: str, form: str
) -> None:
    wish = propose("a/b", f'{{"{field}": {value}, "v": 1}}'.encode(), site="plant")
    assert (wish.timestamp_path, wish.timestamp_format) == (
        (field, form) if form != "received" else ("", "received")
    )


@pytest.mark.parametrize("sample", [b'{"a": 1, "b": "cut he', b'{"a": null}', b"{}"])
def test_what_suggests_nothing_says_so(sample: bytes) -> None:
    with pytest.raises(InvalidRequestError, match=r"by hand|no value"):
        propose("a/b", sample, site="plant")
