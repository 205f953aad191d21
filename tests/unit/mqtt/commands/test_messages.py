"""Orders as JSON and answers as outcomes, without a broker."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from connectors.mqtt.commands.messages import CommandTopic, Replies, read
from connectors.mqtt.commands.options import PublishOptions, ReplyOptions
from connectors.mqtt.commands.waiting import Answers
from connectors.mqtt.frames import Message
from connectors.payload import PayloadError
from gateway.actuator import Order
from gateway.errors import CommandRefusedError, NotSentError, UnansweredError

M = "p/a/l/oven"
TEMP, MODE = f"{M}/temp", f"{M}/mode"


def topic(**change: Any) -> PublishOptions:
    values = [
        {"signal": TEMP, "path": "data.target", "scale": 0.1, "offset": -5},
        {"signal": MODE, "path": "data.mode", "words": {2: "start"}},
    ]
    return PublishOptions.model_validate({"topic": "oven/cmd", "values": values, **change})


def order(**values: Any) -> Order:
    given = {TEMP: 20.0, MODE: 2, **{f"{M}/{name}": each for name, each in values.items()}}
    return Order(id="abc", values=given, expires_ns=5_000_000_000)


def test_an_order_is_one_document_with_its_id_and_its_end() -> None:
    message = CommandTopic(topic()).message(order())
    assert orjson.loads(message) == {
        "data": {"target": 250.0, "mode": "start"},
        "request_id": "abc",
        "expires_ms": 5000,
    }


def test_a_whole_number_is_scaled_as_the_mapping_reads_it_back() -> None:
    pieces = {"signal": TEMP, "path": "pieces", "scale": 10, "offset": 5}
    command = CommandTopic(topic(values=[pieces]))
    sent = orjson.loads(command.message(Order(id="abc", values={TEMP: 205}, expires_ns=1)))
    assert repr(sent["pieces"]) == "20"
    with pytest.raises(CommandRefusedError, match="207 is no whole number by scale 10"):
        command.message(Order(id="abc", values={TEMP: 207}, expires_ns=1))
    plain = CommandTopic(topic(values=[{"signal": TEMP, "path": "pieces"}]))
    sent = orjson.loads(plain.message(Order(id="abc", values={TEMP: 2**53 - 1}, expires_ns=1)))
    assert sent["pieces"] == 2**53 - 1


@pytest.mark.parametrize(
    ("values", "kind", "words"),
    [
        ({"mode": 3}, CommandRefusedError, "no word is configured for 3"),
        ({"mode": "2"}, CommandRefusedError, "no word"),
        ({"temp": 2**60}, CommandRefusedError, "JSON holds exactly"),
    ],
)
def test_a_value_that_does_not_fit_is_refused(
    values: Any, kind: type[Exception], words: str
) -> None:
    with pytest.raises(kind, match=words):
        CommandTopic(topic()).message(order(**values))


def test_half_of_a_message_is_not_sent() -> None:
    with pytest.raises(NotSentError, match="mode is missing"):
        CommandTopic(topic()).message(Order(id="abc", values={TEMP: 1.0}, expires_ns=1))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"topic": "oven/+"}, "want one topic"),
        ({"topic": "{oven}/cmd"}, "want one topic"),
        ({"topic": "$SYS/x"}, "cannot be mapped"),
        ({"values": [{"signal": "p/a", "path": "x"}]}, "2 levels"),
        ({"values": [{"signal": TEMP, "path": "x[0]"}]}, "keys between dots"),
        ({"values": [{"signal": TEMP, "path": "x", "scale": 0}]}, "scale not 0"),
        ({"values": [{"signal": TEMP, "path": "request_id.x"}]}, "two values stand at"),
        ({"request_id": "data"}, "two values stand at"),
        ({"reply": {"topic": "r", "accepted": ["no"], "refused": ["NO"]}}, "stands in both"),
        ({"reply": {"topic": "r", "within_s": 15}}, "less than or equal to 14"),
    ],
)
def test_a_mistake_is_told(change: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words.replace("[", r"\[")):
        topic(**change)


@pytest.mark.parametrize(
    ("document", "kind", "words"),
    [
        ({"status": "Done"}, None, "the machine answered Done"),
        ({"status": True, "message": "fine\n"}, None, "answered true: fine"),
        ({"status": "ERROR", "message": "door"}, CommandRefusedError, "answered ERROR: door"),
        ({"status": "maybe"}, UnansweredError, "no word that was agreed"),
        ({}, UnansweredError, "without a status"),
        ({"status": {"x": 1}}, UnansweredError, "no word"),
    ],
)
def test_an_answer_is_taken_by_its_agreed_words(
    document: dict[str, Any], kind: type[Exception] | None, words: str
) -> None:
    replies = Replies(ReplyOptions.model_validate({"topic": "r"}))
    if kind is None:
        assert words in replies.outcome(document)
    else:
        with pytest.raises(kind, match=words):
            replies.outcome(document)


@pytest.mark.parametrize("payload", [b"", b"[1]", b"7", b"{" * 9, b'{"a":' * 9 + b"1" + b"}" * 9])
def test_an_answer_is_one_shallow_object(payload: bytes) -> None:
    with pytest.raises(PayloadError):
        read(payload, max_bytes=1000)


def said(payload: bytes, **more: Any) -> Message:
    given: dict[str, Any] = {"qos": 1, "mid": 1, "dup": False, "retain": False, **more}
    return Message(b"oven/reply", payload, received_ns=1, size=len(payload), ids=(), **given)


async def test_an_answer_finds_its_order_by_correlation_data_before_its_text() -> None:
    options = topic(reply={"topic": "oven/reply"})
    answers = Answers([options], max_bytes=100)
    with answers.expected("one") as one, answers.expected("two") as two:
        answers.take(said(b'{"request_id":"two","n":1}', correlation=b"one"))
        answers.take(said(b'{"request_id":"two","n":2}'))
        answers.take(said(b'{"request_id":"two","n":3}'))
        answers.take(said(b'{"request_id":"six"}'))
        with pytest.raises(PayloadError, match="101 bytes"):
            answers.take(said(b"x" * 101))
        assert (await one)["n"] == 1
        assert (await two)["n"] == 2
    answers.take(said(b'{"request_id":"one"}'))
    with answers.expected("three"):
        pass
    answers.take(said(b'{"request_id":"three"}'))
    assert answers.counts == {
        "replies": 2,
        "repeated_replies": 2,
        "foreign_replies": 1,
        "late_replies": 1,
    }
