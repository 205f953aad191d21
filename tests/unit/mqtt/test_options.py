"""A configuration that cannot work is refused before a socket is opened, with what would be right."""

import pytest

from connectors.mqtt.options import MqttOptions

SIGNAL = {"path": "temp", "signal": "demo/{area}/cell1/{m}/temp"}
MAPPING = {"topic": "p/{area}/{m}/t", "signals": [SIGNAL]}
BASE = {"host": "broker", "client_id": "gateway-1", "mappings": [MAPPING]}


def test_the_least_that_is_needed():
    options = MqttOptions.model_validate(BASE)
    assert options.filters() == (("p/+/+/t", 1),)
    assert "secret" not in repr(MqttOptions.model_validate(BASE | {"password": "secret"}))


COMMAND = {"topic": "p/cmd", "values": [{"signal": "demo/a/cell1/m/target", "path": "target"}]}


def commands(**changes):
    return {"commands": [COMMAND | changes]}


def test_answers_are_subscribed_to_and_commands_say_what_they_write():
    options = MqttOptions.model_validate(BASE | commands(reply={"topic": "p/reply"}))
    assert options.filters() == (("p/+/+/t", 1), ("p/reply", 1))
    assert options.writable() == {"demo/a/cell1/m/target"}


def mapping(**changes):
    return {"mappings": [MAPPING | changes]}


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"client_id": ""}, "at least 1 character"),
        ({"client_id": "a b"}, "should match pattern"),
        ({"host": "a\nb"}, "printable"),
        ({"colour": 1}, "Extra inputs"),
        ({"mappings": []}, "at least 1 item"),
        (
            {"mappings": [MAPPING, MAPPING | {"topic": "p/{area}/{m}/+"}]},
            "can match the same topic",
        ),
        ({"listen": ["p/+/+/t"]}, "repeats the filter"),
        ({"listen": ["p/{x}"]}, "no fields"),
        ({"tls": {"cert_file": "a.pem"}}, "belong together"),
        (mapping(topic="p/{area"), "want text"),
        (mapping(topic="p/{m}/t"), "uses {area}, which topic"),
        (mapping(signals=[SIGNAL | {"signal": "a/b/c"}]), "3 levels, want 5"),
        (mapping(signals=[SIGNAL, SIGNAL]), "the same `signal`"),
        (mapping(signals=[SIGNAL | {"path": ""}]), "needs a `path`"),
        (mapping(format="value"), "must have none"),
        (
            mapping(format="value", sequence="n", signals=[{"signal": "d/{area}/c/{m}/temp"}]),
            "exactly one signal",
        ),
        (mapping(timestamp={"path": "ts"}), "both `path` and `format`"),
        (mapping(qos=3), "Input should be 0, 1 or 2"),
        (commands(reply={"topic": "p/x/y/t"}), "is read as samples by the mapping"),
        (
            {"commands": [COMMAND, COMMAND | {"topic": "p/other"}]},
            "is set by two command topics",
        ),
    ],
)
def test_mistakes(change, reason):
    with pytest.raises(ValueError) as refused:  # noqa: PT011 - the reason is compared below
        MqttOptions.model_validate(BASE | change)
    assert reason in str(refused.value)
