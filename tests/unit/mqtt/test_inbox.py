"""The inbox drops QoS 0 only, counts every drop, and asks for quiet before it overflows."""

from connectors.mqtt.frames import Message
from connectors.mqtt.inbox import MAX_DROPPED_TOPICS, Inbox


def message(topic: bytes, *, qos: int = 0, time_ns: int = 0, payload: bytes = b"x") -> Message:
    return Message(topic, payload, qos, 1, False, False, time_ns, len(payload), ())


def test_order_and_take():
    inbox = Inbox(limit=10, limit_bytes=100, window=5)
    inbox.put([message(b"a"), message(b"b")])
    inbox.put([message(b"c")])
    assert [m.topic for m in inbox.take(2)] == [b"a", b"b"]
    assert [m.topic for m in inbox.take(9)] == [b"c"]
    assert len(inbox) == 0


def test_qos_0_beyond_the_limit_is_dropped_and_counted_by_topic():
    inbox = Inbox(limit=2, limit_bytes=100, window=5)
    inbox.put([message(b"a", time_ns=t) for t in (1, 2, 3, 4)])
    assert inbox.drops == 2
    ((topic, entry),) = inbox.take_dropped()
    assert (topic, entry.first_ns, entry.last_ns, entry.count) == (b"a", 3, 4, 2)
    assert inbox.take_dropped() == []


def test_bytes_count_too():
    inbox = Inbox(limit=100, limit_bytes=10, window=5)
    inbox.put([message(b"a", payload=b"x" * 10), message(b"b")])
    assert (inbox.drops, inbox.full) == (1, False)
    inbox.put([message(b"a", qos=1, payload=b"x" * 10)])
    assert inbox.full
    inbox.take(1)
    assert not inbox.full


def test_qos_1_is_never_dropped_but_stops_the_reading():
    inbox = Inbox(limit=2, limit_bytes=100, window=3)
    inbox.put([message(b"a", qos=1)] * 4)
    assert not inbox.full
    inbox.put([message(b"a", qos=1)] * 2)
    assert (len(inbox), inbox.drops, inbox.full) == (6, 0, True)
    assert not inbox.wait_for_room(0)
    inbox.take(2)
    assert inbox.wait_for_room(0)


def test_the_list_of_dropped_topics_is_bounded():
    inbox = Inbox(limit=0, limit_bytes=100, window=3)
    inbox.put([message(b"%d" % n) for n in range(MAX_DROPPED_TOPICS + 50)])
    dropped = dict(inbox.take_dropped())
    assert len(dropped) == MAX_DROPPED_TOPICS + 1
    assert dropped[b""].count == 50
