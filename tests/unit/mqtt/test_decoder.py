"""A burst of messages becomes rows, dead letters and losses, and nothing is lost without a word."""

import numpy as np
import pytest

from connectors.mqtt.connector import MqttConnector
from connectors.mqtt.decoder import Decoder
from connectors.mqtt.frames import LISTEN_ID, Message
from connectors.mqtt.inbox import Dropped
from connectors.mqtt.options import MqttOptions
from connectors.mqtt.routes import Routes
from connectors.mqtt.unknown import UnknownTopics
from gateway import quality
from gateway.clock import ManualClock
from gateway.model import DataType, Signal
from tests.peers.mqtt_driver import MemoryCatalogue

T = 1_767_225_600_000_000_000
MS = 1_000_000
TELEMETRY = {
    "topic": "p/{area}/{m}/t",
    "timestamp": {"path": "ts", "format": "epoch_ms"},
    "sequence": "n",
    "signals": [
        {"path": "temp", "signal": "demo/{area}/cell1/{m}/temp"},
        {"path": "count", "signal": "demo/{area}/cell1/{m}/count", "data_type": "integer"},
        {"path": "lot", "signal": "demo/{area}/cell1/{m}/lot", "data_type": "string"},
    ],
}
ROOM = {"topic": "room/{r}", "format": "value", "signals": [{"signal": "demo/r/r/{r}/temp"}]}


class Bench:
    def __init__(self, **changes):
        self.options = MqttOptions.model_validate(
            {"host": "h", "client_id": "c", "mappings": [TELEMETRY, ROOM]} | changes
        )
        self.catalogue = MemoryCatalogue()
        self.unknown = UnknownTopics()
        self.routes = Routes(self.options, catalogue=self.catalogue, clock=ManualClock())
        self.decoder = Decoder(
            self.options, name="broker", routes=self.routes, unknown=self.unknown
        )

    def decode(self, *messages, dropped=()):
        self.batch, self.letters, self.losses = self.decoder.decode(messages, dropped)
        return [
            (
                self.catalogue.known[self.batch.signal[row]].path,
                int(self.batch.source_ns[row]),
                self.batch.side.get(row, float(self.batch.value[row])),
                int(self.batch.quality[row]),
            )
            for row in range(len(self.batch))
        ]

    @property
    def reasons(self):
        return [letter.reason for letter in self.letters]


def message(payload, topic="p/a/m/t", **changes):
    raw = topic if isinstance(topic, bytes) else topic.encode()
    plain = Message(raw, payload, 1, 1, False, False, T, len(payload), ())
    return plain._replace(**changes)


def test_one_document_becomes_a_row_for_each_value():
    bench = Bench()
    rows = bench.decode(message(b'{"ts":1767225600001,"n":1,"temp":21.5,"count":7,"lot":"L7"}'))
    assert rows == [
        ("demo/a/cell1/m/temp", T + MS, 21.5, 0),
        ("demo/a/cell1/m/count", T + MS, 7.0, 0),
        ("demo/a/cell1/m/lot", T + MS, "L7", 0),
    ]
    assert bench.batch.received_ns.tolist() == [T] * 3
    assert np.isnan(bench.batch.value[2])
    assert bench.letters == ()


def test_a_large_integer_stays_exact():
    bench = Bench()
    bench.decode(message(b'{"ts":1767225600001,"n":1,"count":9007199254740993}'))
    assert dict(bench.batch.side) == {0: 9_007_199_254_740_993}


def test_one_bad_value_spoils_only_itself_and_is_named():
    bench = Bench()
    rows = bench.decode(message(b'{"ts":1767225600001,"n":1,"temp":"abc","count":7}'))
    assert [(path[-5:], code) for path, _, _, code in rows] == [
        ("/temp", quality.BAD_DECODING_ERROR),
        ("count", 0),
    ]
    assert bench.reasons == ["field temp: 'abc' is not a number"]
    assert bench.letters[0].payload.startswith(b'{"ts"')
    assert bench.decoder.counts["missing_fields"] == 1


def test_null_is_a_bad_value_not_a_missing_one():
    bench = Bench()
    ((_, _, _, code),) = bench.decode(message(b'{"ts":1767225600001,"n":1,"temp":null}'))
    assert code == quality.BAD
    assert bench.letters == ()


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"{", "payload is not JSON"),
        (b'{"temp":1}', "field ts: the timestamp is missing"),
        (b'{"ts":"soon","temp":1}', "field ts: 'soon' is not a time"),
        (b'{"ts":1767225600001,"x":1}', "none of its values is there: field temp, field count"),
        (b"[1]", "field ts: the timestamp is missing"),
        (b'{"ts":1767225600001,"temp":"\xff"}', "not valid UTF-8"),
    ],
)
def test_an_unusable_payload_keeps_its_bytes(payload, reason):
    bench = Bench()
    assert bench.decode(message(payload)) == []
    (letter,) = bench.letters
    assert reason in letter.reason
    assert (letter.payload, letter.source, letter.connector) == (payload, "p/a/m/t", "broker")


def test_a_bad_message_does_not_shift_the_times_of_the_others():
    bench = Bench()
    good = b'{"ts":%d,"n":%d,"temp":%d}'
    rows = bench.decode(
        message(good % (1767225600001, 1, 1)),
        message(b'{"ts":1767225600002}'),
        message(good % (1767225600003, 2, 3)),
    )
    assert [(time_ns, value) for _, time_ns, value, _ in rows] == [(T + MS, 1), (T + 3 * MS, 3)]


def test_an_oversized_payload_is_cut_and_sized():
    bench = Bench(max_payload_bytes=16, dead_letter_bytes=4)
    bench.decode(message(b"0123456789", size=1000))
    assert bench.reasons == ["payload of 1000 bytes, at most 16 are allowed"]
    assert (bench.letters[0].payload, bench.letters[0].payload_size) == (b"0123", 1000)


def test_arrivals_of_one_moment_keep_distinct_times():
    bench = Bench()
    rows = bench.decode(*[message(b"%d" % n, "room/1") for n in range(3)])
    assert [(time_ns - T, value) for _, time_ns, value, _ in rows] == [(0, 0), (1, 1), (2, 2)]


def test_a_retained_value_without_time_counts_once_and_as_uncertain():
    bench = Bench()
    (row,) = bench.decode(message(b"20", "room/1", retain=True))
    assert row[3] == quality.UNCERTAIN_LAST_USABLE_VALUE
    assert bench.decode(message(b"20", "room/1", retain=True)) == []
    assert bench.decoder.counts["retained_skipped"] == 1
    assert len(bench.decode(message(b"21", "room/1"))) == 1


def test_a_retained_document_counts_where_it_is_newer():
    bench = Bench()
    text = b'{"ts":1767225600001,"n":1,"temp":1}'
    assert len(bench.decode(message(text, retain=True))) == 1
    assert bench.decode(message(text, retain=True)) == []
    newer = b'{"ts":1767225600002,"n":2,"temp":1}'
    assert bench.decode(message(newer, retain=True))[0][3] == 0


def test_retained_messages_can_be_ignored():
    bench = Bench(mappings=[ROOM | {"retained": "ignore"}])
    assert bench.decode(message(b"20", "room/1", retain=True)) == []


def test_a_jump_of_the_sequence_number_is_a_declared_loss():
    bench = Bench()
    text = b'{"ts":%d,"n":%d,"temp":1}'
    bench.decode(message(text % (1767225600001, 5)), message(text % (1767225600009, 9)))
    assert [bench.catalogue.known[loss.signal].name for loss in bench.losses] == [
        "temp",
        "count",
        "lot",
    ]
    assert (bench.losses[0].start_ns, bench.losses[0].end_ns) == (T + MS, T + 9 * MS)
    assert bench.losses[0].cause == "sequence number jumped from 5 to 9: 3 missing"


def test_repetition_and_restart_of_the_sequence_are_no_losses():
    bench = Bench()
    text = b'{"ts":%d,"n":%d,"temp":1}'
    bench.decode(message(text % (1767225600001, 5)))
    bench.decode(message(text % (1767225600001, 5), dup=True))
    bench.decode(message(text % (1767225600000, 4), dup=True))
    bench.decode(message(text % (1767225600002, 6)))
    bench.decode(message(text % (1767225600003, 0)), message(text % (1767225600004, 1)))
    assert bench.losses == ()
    assert bench.decoder.counts["sequence_restarts"] == 1


def test_a_message_without_its_sequence_number_is_taken_and_told():
    bench = Bench()
    assert len(bench.decode(message(b'{"ts":1767225600001,"temp":1}'))) == 1
    assert bench.reasons == ["sequence number is missing; the values were taken"]


@pytest.mark.parametrize(
    ("topic", "reason"),
    [
        ("p/a b/m/t", "topic level {area} is 'a b'"),
        ("p/a//t", "topic level {m} is empty"),
        ("p/a/" + "m" * 65 + "/t", "at most 64"),
        (b"p/a/\xff/t", "the topic is not valid UTF-8: 702f612fff2f74"),
    ],
)
def test_a_topic_that_cannot_be_a_path_is_a_dead_letter_not_a_signal(topic, reason):
    bench = Bench()
    assert bench.decode(message(b"{}", topic), message(b"{}", topic)) == []
    assert len(bench.catalogue) == 0
    assert len(bench.letters) == 2
    assert all(reason in each for each in bench.reasons)
    assert all(letter.source.isprintable() for letter in bench.letters)


def test_unknown_topics_are_counted_and_never_become_signals():
    bench = Bench()
    assert bench.decode(*[message(b"1", "other/x"), message(b"22", "other/x")]) == []
    (source,) = bench.unknown.sources()
    assert (source.source, source.count, source.sample) == ("other/x", 2, b"22")
    assert (len(bench.catalogue), bench.letters) == (0, ())


def test_a_copy_that_came_only_by_listening_is_not_a_second_sample():
    bench = Bench()
    rows = bench.decode(
        message(b"1", "room/1", ids=(LISTEN_ID,)), message(b"1", "room/1", ids=(1,))
    )
    assert len(rows) == 1


def test_max_signals_bounds_what_topics_can_create():
    bench = Bench(max_signals=2, mappings=[ROOM])
    rows = bench.decode(*[message(b"1", f"room/{n}") for n in range(3)])
    assert len(rows) == 2
    assert bench.reasons == ["more than max_signals (2) signals"]


def test_two_topics_do_not_share_a_signal_silently():
    one = {"topic": "x/{a}/{b}", "format": "value", "signals": [{"signal": "s/a/l/{a}/v"}]}
    bench = Bench(mappings=[one])
    assert len(bench.decode(message(b"1", "x/m/1"), message(b"1", "x/m/2"))) == 1
    assert "is already fed by topic x/m/" in bench.reasons[0]


def test_a_type_that_the_catalogue_refuses_is_a_trouble_and_the_others_live():
    bench = Bench(mappings=[ROOM])
    bench.catalogue.register([Signal(path="demo/r/r/1/temp", data_type=DataType.STRING)])
    rows = bench.decode(message(b"1", "room/1"), message(b"2", "room/2"))
    assert [value for _, _, value, _ in rows] == [2.0]
    assert "demo/r/r/1/temp is string, not float" in bench.reasons[0]
    assert [trouble.source for trouble in bench.routes.troubles()] == ["room/1"]


def test_drops_of_our_queue_are_declared_for_the_signals_of_their_topic():
    bench = Bench(mappings=[ROOM])
    bench.decode(dropped=[(b"room/1", Dropped(5, 9, 3)), (b"other", Dropped(1, 2, 1))])
    ((loss,),) = (bench.losses,)
    assert (loss.start_ns, loss.end_ns) == (5, 9)
    assert loss.cause == "3 messages of QoS 0 dropped: our queue was full"


def test_fixed_topics_are_known_before_their_first_message():
    fixed = {"topic": "room/a", "format": "value", "signals": [{"signal": "s/a/l/m/v"}]}
    bench = Bench(mappings=[fixed])
    bench.routes.learn_fixed()
    assert bench.routes.signals() == [0]


def test_the_list_of_unknown_topics_is_bounded_and_its_overflow_counted():
    bench = Bench()
    bench.decode(*[message(b"1", f"other/{n}") for n in range(600)])
    assert len(bench.unknown.sources()) == 500
    assert (bench.unknown.messages, bench.unknown.overflow) == (600, 100)


async def test_building_touches_no_network_and_reading_needs_a_connection():
    connector = MqttConnector(
        name="b", options=Bench().options, catalogue=MemoryCatalogue(), clock=ManualClock()
    )
    assert (connector.kind, connector.target) == ("mqtt", "mqtt://h:1883")
    await connector.acknowledge(object())
    await connector.close()
    assert connector.figures().queue_limit == 20_000
