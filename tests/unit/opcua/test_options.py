"""A person's mistakes are told with what would be right; the samples hold."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from asyncua import ua
from pydantic import ValidationError

from connectors.opcua.address import parse
from connectors.opcua.options import OpcUaOptions

SAMPLES = sorted((Path(__file__).parents[3] / "connectors/opcua/samples").glob("*.yaml"))


def raw(**changes: Any) -> dict[str, Any]:
    return {
        "endpoint": "opc.tcp://127.0.0.1:4840",
        "security": "none",
        "machine": "plant/area/line/press",
        "namespaces": {"press": "urn:test:press"},
        "nodes": [{"node": "press:s=speed", "signal": "speed"}],
    } | changes


def refusal(**changes: Any) -> str:
    with pytest.raises(ValidationError) as caught:
        OpcUaOptions.model_validate(raw(**changes))
    return str(caught.value)


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_every_sample_is_valid(path: Path) -> None:
    options = OpcUaOptions.model_validate(yaml.safe_load(path.read_text()))
    assert options.nodes
    secret = options.password.get_secret_value()
    assert not secret or secret.startswith("${"), "no sample carries a password"


def test_there_are_samples() -> None:
    assert len(SAMPLES) >= 2


def test_the_compact_form_becomes_uri_and_full_path() -> None:
    node = OpcUaOptions.model_validate(raw()).nodes[0]
    assert node.node == "nsu=urn:test:press;s=speed"
    assert node.signal == "plant/area/line/press/speed"


def test_the_input_is_not_changed() -> None:
    given = raw()
    OpcUaOptions.model_validate(given)
    assert given == raw()


@pytest.mark.parametrize(
    ("node", "told"),
    [
        ("ns=3;s=speed", "nsu=<namespace URI>;s=speed"),
        ("other:s=speed", "alias 'other' is not declared under namespaces"),
        ("s=speed", "nsu=<namespace URI>;s=speed"),
        ("speed", "want nsu=<namespace URI>;s=<name>"),
        ("press:i=x", "a number from 0 to 4294967295"),
        ("press:i=4294967296", "a number from 0 to 4294967295"),
        ("press:g=12", "a GUID"),
        ("press:b=%", "base64"),
        ("press:s=a\x07b", "printable"),
    ],
)
def test_a_wrong_node_id_is_told_with_what_is_right(node: str, told: str) -> None:
    message = refusal(nodes=[{"node": node, "signal": "speed"}])
    assert told in message
    assert "nodes.0.node" in message


def test_all_mistakes_are_told_at_once() -> None:
    message = refusal(
        nodes=[{"node": "ns=1;i=1", "signal": "speed"}, {"node": "press:s=b", "signal": "a/b"}],
        queue_size=0,
    )
    assert "nodes.0.node" in message
    assert "nodes.1.signal" in message
    assert "queue_size" in message


def test_a_node_or_signal_twice_is_refused() -> None:
    message = refusal(
        nodes=[
            {"node": "press:s=a", "signal": "a"},
            {"node": "nsu=urn:test:press;s=a", "signal": "b"},
            {"node": "press:s=c", "signal": "a"},
        ]
    )
    assert "nodes[1] repeats the node of nodes[0]" in message
    assert "nodes[2] repeats the signal of nodes[0]" in message


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"endpoint": "http://host"}, "endpoint"),
        ({"endpoint": "opc.tcp://user:secret@host:4840"}, "endpoint"),
        ({"security": "Basic128Rsa15"}, "security"),
        ({"password": "x"}, "password without username"),
        ({"username": "u", "password": "x"}, "plain_password: accept"),
        ({"machine": "plant/press"}, "site/area/line/machine"),
        ({"namespaces": {"ns": "urn:a"}}, "not ns or nsu"),
        ({"namespaces": {"press": ""}}, "no namespace URI"),
        ({"nodes": []}, "at least 1 item"),
        ({"sampling": 3}, "Extra inputs"),
    ],
)
def test_wrong_settings_are_refused(changes: dict[str, Any], told: str) -> None:
    assert told in refusal(**changes)


@pytest.mark.parametrize(
    ("extra", "told"),
    [
        ({"deadband": {}}, "exactly one of absolute and percent"),
        ({"deadband": {"absolute": 1, "percent": 1}}, "exactly one"),
        ({"deadband": {"absolute": -1}}, "greater than 0"),
        ({"scale": 2, "data_type": "integer"}, "scale and offset are for data_type float"),
        ({"scale": 0}, "scale not 0"),
        ({"offset": float("nan")}, "finite"),
    ],
)
def test_wrong_node_settings_are_refused(extra: dict[str, Any], told: str) -> None:
    assert told in refusal(nodes=[{"node": "press:s=a", "signal": "a"} | extra])


def test_security_must_be_chosen() -> None:
    given = raw()
    del given["security"]
    with pytest.raises(ValidationError, match="security"):
        OpcUaOptions.model_validate(given)


def test_a_password_is_never_shown() -> None:
    options = OpcUaOptions.model_validate(
        raw(username="u", password="canary", plain_password="accept")
    )
    assert "canary" not in repr(options) + options.model_dump_json()


@pytest.mark.parametrize(
    ("publishing", "sampling", "queue"), [(250, 100, 6), (100, 1000, 2), (250, 0, 500)]
)
def test_the_queue_holds_twice_what_sampling_makes(
    publishing: int, sampling: int, queue: int
) -> None:
    options = OpcUaOptions.model_validate(raw(publishing_ms=publishing, sampling_ms=sampling))
    assert options.queue_of(options.nodes[0]) == queue


def test_addresses_resolve_by_uri_alone() -> None:
    address = parse("nsu=urn:b;s=x=1;y")
    assert address.resolve(["http://opcfoundation.org/UA/", "urn:b"]) == ua.NodeId(
        ua.String("x=1;y"), ua.Int16(1)
    )
    assert address.resolve(["http://opcfoundation.org/UA/", "urn:a", "urn:b"]) == ua.NodeId(
        ua.String("x=1;y"), ua.Int16(2)
    )
    assert address.resolve(["urn:a"]) is None
    assert parse("i=2258").resolve(["http://opcfoundation.org/UA/"]) == ua.NodeId(
        ua.Int32(2258), ua.Int16(0)
    )
