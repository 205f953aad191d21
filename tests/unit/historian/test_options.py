"""Where history is kept: what is refused, and that secrets stay secret."""

from __future__ import annotations

import pytest
from pydantic import TypeAdapter, ValidationError

from gateway.historian.options import EmbeddedOptions, HistorianOptions, InfluxOptions

ADAPTER: TypeAdapter[EmbeddedOptions | InfluxOptions] = TypeAdapter(HistorianOptions)
GOOD = {
    "kind": "influx",
    "url": "http://influx:8086/",
    "bucket": "plant",
    "org": "works",
    "token": "s3cret-canary",
}


def test_kind_chooses_and_defaults_do() -> None:
    assert isinstance(ADAPTER.validate_python({"kind": "embedded"}), EmbeddedOptions)
    found = ADAPTER.validate_python(GOOD)
    assert isinstance(found, InfluxOptions)
    assert found.url == "http://influx:8086"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"token": ""}, "token"),
        ({"token": "  "}, "token"),
        ({"version": "1", "username": "gateway", "password": ""}, "password"),
        ({"url": "influx:8086"}, "http://host:port"),
        ({"url": "http://user:pw@influx:8086"}, "secret does not belong"),
        ({"measurement": "a,b"}, "measurement"),
        ({"bucket": ""}, "bucket"),
        ({"buckets": "x"}, "buckets"),
        ({"timeout_s": 0}, "timeout_s"),
    ],
)
def test_refuses(change: dict[str, object], reason: str) -> None:
    with pytest.raises(ValidationError, match=reason):
        ADAPTER.validate_python(GOOD | change)


def test_secrets_are_not_shown() -> None:
    shown = repr(ADAPTER.validate_python(GOOD)) + ADAPTER.validate_python(GOOD).model_dump_json()
    assert "canary" not in shown
    with pytest.raises(ValidationError) as caught:
        ADAPTER.validate_python(GOOD | {"url": "ftp://x"})
    assert "canary" not in str(caught.value)


@pytest.mark.parametrize("model", [EmbeddedOptions, InfluxOptions])
def test_every_field_is_described(model: type[EmbeddedOptions | InfluxOptions]) -> None:
    assert all(field.description for field in model.model_fields.values())
