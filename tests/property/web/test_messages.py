"""Whatever a client says on the websocket, it is a message within bounds or an error that says what is wanted."""

from __future__ import annotations

import math
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.clock import ManualClock
from gateway.model import MAX_PATH_LENGTH, Principal
from tests.peers.web_services import memory_plant
from web.feed.client import LiveClient
from web.feed.hub import Hub
from web.feed.messages import MAX_SIGNALS, Message, MessageError, Subscribe, parse
from web.options import SignIn, WebOptions

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**64), 2**64)
    | st.floats(allow_nan=False)
    | st.text(max_size=30)
    | st.sampled_from(["sub", "unsub", "ack", "floor", "machine/p/a/l/m", "signals", "issues"]),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4)
    ),
    max_leaves=8,
)
SAID = st.fixed_dictionaries(
    {"type": st.sampled_from(["sub", "unsub", "ack"]) | VALUES},
    optional={
        "id": st.integers(1, 9) | VALUES,
        "view": st.sampled_from(["floor", "machine/p/a/l/m", "signals", "health"]) | VALUES,
        "mode": st.sampled_from(["latest", "series"]) | VALUES,
        "rate": st.floats(0, 100) | VALUES,
        "seq": VALUES,
        "since": st.fixed_dictionaries({"epoch": VALUES, "seq": VALUES}) | VALUES,
        "signals": st.lists(st.text(max_size=20), max_size=4) | VALUES,
    },
)


def dumped(said: object) -> bytes:
    return orjson.dumps(said, option=orjson.OPT_NON_STR_KEYS) if _fits(said) else b"{}"


def _fits(said: object) -> bool:
    try:
        orjson.dumps(said)
    except TypeError:
        return False
    return True


FRAMES = st.binary(max_size=300) | st.text(max_size=200) | SAID.map(dumped) | VALUES.map(dumped)


def read(frame: str | bytes) -> Message | MessageError:
    try:
        return parse(frame)
    except MessageError as error:
        return error


@given(FRAMES)
def test_any_frame_is_a_message_within_bounds_or_an_error(frame: str | bytes) -> None:
    message = read(frame)
    if isinstance(message, MessageError):
        assert 0 <= message.sub <= 65_535
        assert message.title
        assert message.detail
    if isinstance(message, Subscribe):
        assert 0 < message.rate_hz < math.inf
        assert len(message.view) <= MAX_PATH_LENGTH + 20
        assert len(message.signals) <= MAX_SIGNALS


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> LiveClient:
    plant = memory_plant(folder=tmp_path_factory.mktemp("plant"), clock=ManualClock())
    hub = Hub(plant.services, WebOptions(sign_in=SignIn.OFF), build="b")
    who = Principal(name="t", kind="person", roles=frozenset())
    made, _ = hub.join(who, may_see=lambda _: True, now_s=0.0)
    return made


def answers(client: LiveClient) -> list[Any]:
    found: list[Any] = []
    while True:
        message = client.next(now_s=0.0, now_ms=0.0)
        if message is None:
            return found
        found.append(message)
        client.sent(started_s=0.0, finished_s=0.0)


@given(st.lists(FRAMES, max_size=6))
def test_no_frame_ends_the_connection_of_who_sent_it(
    client: LiveClient, frames: list[str | bytes]
) -> None:
    for frame in frames:
        client.receive(frame, now_s=0.0)
    assert len(client.subscriptions) <= 32
    answers(client)
