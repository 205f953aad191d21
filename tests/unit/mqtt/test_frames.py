"""The receive path cuts the stream exactly as paho's own decoder would, at whatever bytes it is cut."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from paho.mqtt import _packet
from paho.mqtt.enums import MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from connectors.mqtt.frames import FrameError, Framer, Message, Packet


def length(n: int) -> bytes:
    out = bytearray()
    while True:
        n, digit = divmod(n, 128)
        out.append(digit | (128 if n else 0))
        if not n:
            return bytes(out)


def publish(topic: bytes, payload: bytes, *, qos=0, mid=7, dup=0, retain=0, props=b"") -> bytes:
    body = len(topic).to_bytes(2, "big") + topic
    body += mid.to_bytes(2, "big") if qos else b""
    body += props + payload
    return bytes([0x30 | dup << 3 | qos << 1 | retain]) + length(len(body)) + body


def framer(*, v5=False, largest=1000, kept=10) -> Framer:
    return Framer(v5=v5, max_payload_bytes=largest, kept_bytes=kept)


MESSAGES = st.lists(
    st.tuples(
        st.binary(min_size=1, max_size=20),
        st.binary(max_size=300),
        st.integers(0, 2),
        st.integers(1, 65535),
        st.integers(0, 1),
        st.integers(0, 1),
    ),
    min_size=1,
    max_size=8,
)


@given(MESSAGES, st.lists(st.integers(1, 60), min_size=1, max_size=20))
def test_any_cut_of_the_stream_gives_the_same_messages(messages, cuts):
    packets = [
        publish(topic, payload, qos=qos, mid=mid, dup=dup, retain=retain)
        for topic, payload, qos, mid, dup, retain in messages
    ]
    stream = b"\xd0\x00" + b"".join(packets) + b"\x62\x02\x00\x07"
    cutter, got, at, turn = framer(), [], 0, 0
    while at < len(stream):
        size = cuts[turn % len(cuts)]
        got += cutter.feed(stream[at : at + size], 5)
        at, turn = at + size, turn + 1
    assert got[0] == Packet(0xD0, b"")
    assert got[-1] == Packet(0x62, b"\x00\x07")
    for packet, (topic, payload, qos, mid, *_), message in zip(
        packets, messages, got[1:-1], strict=True
    ):
        body = packet[2:] if packet[1] < 128 else packet[3:]
        paho = _packet.decode_publish(packet[0], body, MQTTProtocolVersion.MQTTv311)
        assert isinstance(message, Message)
        assert (message.topic, message.payload, message.qos) == (topic, payload, qos)
        assert (paho.topic, paho.payload, paho.qos) == (topic, payload, qos)
        assert message.mid == paho.mid == (mid if qos else 0)
        assert (message.dup, message.retain) == (paho.dup, paho.retain)
        assert (message.size, message.received_ns) == (len(payload), 5)


@given(
    st.lists(st.integers(1, 268_435_455), max_size=3), st.text(max_size=5), st.binary(max_size=9)
)
def test_properties_of_version_5(ids, text, payload):
    properties = Properties(PacketTypes.PUBLISH)
    properties.ContentType = text.replace("\x00", "")
    properties.UserProperty = ("a", "b")
    properties.MessageExpiryInterval = 9
    properties.CorrelationData = b"xy"
    packed = properties.pack()
    extra = b"".join(b"\x0b" + length(each) for each in ids)
    body = packed[1:] + extra
    stream = publish(b"t", payload, qos=1, props=length(len(body)) + body)
    (message,) = framer(v5=True).feed(stream, 0)
    assert message.ids == tuple(ids)
    assert message.correlation == b"xy"
    assert message.payload == payload


@given(st.binary(max_size=200), st.booleans())
def test_any_bytes_are_packets_or_a_frame_error(data, v5):
    cutter = framer(v5=v5)
    items = cutter.feed(b"\x32" + data, 0)
    assert cutter.broken is None or isinstance(cutter.broken, FrameError)
    assert all(isinstance(item, Message | Packet) for item in items)


def test_an_oversized_payload_is_skipped_but_for_its_beginning():
    big = 400_000
    stream = publish(b"t", b"x" * big, qos=1) + publish(b"u", b"after")
    cutter, got = framer(), []
    for at in range(0, len(stream), 65_536):
        got += cutter.feed(stream[at : at + 65_536], 0)
        assert len(cutter._rest) < 200_000
    assert [message.topic for message in got] == [b"t", b"u"]
    assert got[0].size == big
    assert len(got[0].payload) < 140_000
    assert got[1].payload == b"after"


@pytest.mark.parametrize(
    "stream",
    [
        b"\x30\xff\xff\xff\xff\x01",
        b"\x36\x05\x00\x01a\x00\x01",
        b"\x30\x03\x00\x09a",
        b"\x30\x01\x00",
        b"\xa0\xff\xff\xff\x7f",
    ],
)
def test_what_is_not_mqtt_ends_the_stream_after_what_was_good(stream):
    cutter = framer()
    items = cutter.feed(publish(b"t", b"good") + stream, 0)
    assert [item.payload for item in items] == [b"good"]
    assert isinstance(cutter.broken, FrameError)
    assert cutter.feed(publish(b"t", b"after"), 0) == []
