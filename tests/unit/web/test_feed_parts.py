"""Frames, logs, paces, streams and messages of the live feed, each alone."""

from __future__ import annotations

import numpy as np
import pytest

from web.feed.events import EventStream
from web.feed.frames import (
    HEADER_BYTES,
    FrameFlag,
    FrameKind,
    decode,
    encode,
    full_body,
    rows_body,
)
from web.feed.messages import Ack, MessageError, Mode, Subscribe, Unsubscribe, parse
from web.feed.pace import Pace
from web.feed.serieslog import Rows, SeriesLog


def test_a_frame_is_what_the_protocol_page_says_byte_for_byte() -> None:
    body = rows_body(
        FrameKind.DELTA,
        value=np.array([1.5]),
        source_ms=np.array([2.0]),
        column=np.array([513]),
        quality=np.array([2], np.uint8),
        flag=FrameFlag.ROWS_LEFT_OUT,
    )
    message = encode(body, id=7, seq=2**32 + 9, server_ms=3.0)
    assert message.hex() == (
        "02 01 0700 01000000 09000000 00000000 0000000000000840"
        "000000000000f83f 0000000000000040 0102 02"
    ).replace(" ", "")
    assert len(message) == HEADER_BYTES + 19


def test_frames_come_back_as_they_went() -> None:
    value = np.array([np.nan, -0.0, 2.0**53])
    source_ms = np.array([np.nan, 1767225600000.125, 0.0])
    quality = np.array([0, 1, 2], np.uint8)
    frame = decode(
        encode(
            full_body(value=value, source_ms=source_ms, quality=quality),
            id=65535,
            seq=1,
            server_ms=5.5,
        )
    )
    assert (frame.kind, frame.id, frame.seq, frame.server_ms) == (FrameKind.FULL, 65535, 1, 5.5)
    assert frame.column is None
    np.testing.assert_array_equal(frame.value, value)
    np.testing.assert_array_equal(frame.source_ms, source_ms)
    np.testing.assert_array_equal(frame.quality, quality)
    with pytest.raises(ValueError, match="no frame"):
        decode(
            encode(
                full_body(value=value, source_ms=source_ms, quality=quality),
                id=1,
                seq=1,
                server_ms=0,
            )[:-1]
        )


def _rows(*values: float) -> Rows:
    n = len(values)
    return Rows(np.array(values), np.zeros(n), np.zeros(n, np.uint16), np.zeros(n, np.uint8))


def _taken(log: SeriesLog, after: int, most: int = 100) -> tuple[list[float], bool, int]:
    body, at, _ = log.take(after, most=most)
    frame = decode(encode(body, id=1, seq=1, server_ms=0))
    return frame.value.tolist(), frame.flag is FrameFlag.ROWS_LEFT_OUT, at


def test_a_log_gives_rows_from_any_position_and_tells_who_missed_some() -> None:
    log = SeriesLog(keep_rows=4)
    log.append(_rows(1, 2))
    log.append(_rows(3, 4))
    assert _taken(log, 0) == ([1, 2, 3, 4], False, 4)
    assert _taken(log, 1, most=2) == ([2, 3], False, 3)
    log.append(_rows(5))
    assert _taken(log, 1) == ([3, 4, 5], True, 5)
    assert _taken(log, 2) == ([3, 4, 5], False, 5)
    assert not log.holds(5)


def test_a_hole_flags_the_frame_that_crosses_it_and_no_other() -> None:
    log = SeriesLog()
    log.append(_rows(1, 2))
    log.leave_out()
    assert _taken(log, 0) == ([1, 2], False, 2)
    log.append(_rows(3))
    assert _taken(log, 0) == ([1, 2, 3], True, 3)
    assert _taken(log, 2) == ([3], True, 3)
    log.append(_rows(4))
    assert _taken(log, 3) == ([4], False, 4)


def test_a_pace_halves_down_to_one_in_two_seconds_and_rises_again() -> None:
    pace = Pace(asked_hz=4, now_s=0.0)
    now_s = 0.0
    rates = []
    for _ in range(5):
        pace.sent(started_s=now_s, finished_s=now_s + 3, pressed=False)
        now_s = pace.due_s
        rates.append(pace.rate_hz)
    assert rates == [2, 1, 0.5, 0.5, 0.5]
    for _ in range(24):
        pace.sent(started_s=now_s, finished_s=now_s, pressed=False)
        now_s = pace.due_s
    assert pace.rate_hz == 4
    pace.sent(started_s=now_s, finished_s=now_s, pressed=True)
    assert pace.rate_hz == 2


def test_clients_with_one_rate_are_due_at_the_same_time() -> None:
    first, second = Pace(asked_hz=4, now_s=10.01), Pace(asked_hz=4, now_s=10.13)
    first.sent(started_s=10.01, finished_s=10.011, pressed=False)
    second.sent(started_s=10.13, finished_s=10.131, pressed=False)
    assert first.due_s == second.due_s == 10.25


def test_a_stream_resumes_where_it_still_keeps_what_follows() -> None:
    stream = EventStream(head=10, keep=2)
    assert stream.can_resume(10)
    assert not stream.can_resume(9)
    stream.append([(12, b"12"), (13, b"13"), (13, b"again")])
    assert stream.next(10) == (12, b"12")
    stream.append([(17, b"17")])
    assert not stream.can_resume(10)
    assert stream.can_resume(12)
    assert not stream.can_resume(18)
    assert stream.next(12) == (13, b"13")
    assert stream.next(17) is None


def test_messages_are_read() -> None:
    assert parse('{"type":"ack","seq":77}') == Ack(seq=77)
    assert parse('{"type":"unsub","id":1}') == Unsubscribe(id=1)
    assert parse('{"type":"sub","id":2,"view":"floor","mode":"series","rate":10}') == Subscribe(
        id=2, view="floor", mode=Mode.SERIES, rate_hz=10.0
    )


@pytest.mark.parametrize(
    ("text", "sub"),
    [
        ("", 0),
        ("[]", 0),
        ("{}", 0),
        ("NaN", 0),
        ("[" * 60_000, 0),
        ('{"type":["sub"]}', 0),
        ('{"type":"sub","id":0,"view":"floor"}', 0),
        ('{"type":"sub","id":65536,"view":"floor"}', 0),
        ('{"type":"sub","id":true,"view":"floor"}', 0),
        ('{"type":"sub","id":1,"view":"moon"}', 1),
        ('{"type":"sub","id":1,"view":["floor"]}', 1),
        ('{"type":"sub","id":1,"view":"floor","mode":["latest"]}', 1),
        ('{"type":"sub","id":1,"view":"floor","mode":"fast"}', 1),
        ('{"type":"sub","id":1,"view":"floor","rate":0}', 1),
        ('{"type":"sub","id":1,"view":"floor","rate":1e999}', 0),
        ('{"type":"sub","id":1,"view":"floor","rate":"4"}', 1),
        ('{"type":"sub","id":1,"view":"issues","since":{"epoch":"x"}}', 1),
        ('{"type":"ack","seq":-1}', 0),
        (b"\xff\xfe", 0),
    ],
)
def test_a_message_that_is_wrong_is_an_error_with_its_subscription(
    text: str | bytes, sub: int
) -> None:
    with pytest.raises(MessageError) as caught:
        parse(text)
    assert caught.value.sub == sub
